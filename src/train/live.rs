//! The live weights of a layer: those of the backward set, the forward set first.
//!
//! ```text
//!     segments   forward 2, live 5    one for each tile of each line
//!     columns    1  4 | 0  2  7       places in the tile: the forward set's ascend, then the rest's
//!     values     …  … | …  …  …       as many as a unit has weights
//!     momentum   …  … | …  …  …       where the optimizer keeps some
//! ```
//!
//! The forward pass reads the first part of each segment and nothing else. Because columns ascend in each
//! part, a sum has one order for one set, however the set came about. A dense layer has neither segments
//! nor columns: all of its weights are in the forward set.

use super::arrays::Arrays;
use super::grid::Grid;
use crate::sparse::TILE;
use core::slice::{Iter, IterMut};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// How many live units a tile of a line has.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Segment {
    /// Units of the forward set, and [`UNSETTLED`] and [`MARKED`].
    forward: u16,
    /// Units of the backward set.
    pub live: u16,
}

/// Some unit is in the wrong part.
const UNSETTLED: u16 = 0x8000;

/// Some unit may leave.
const MARKED: u16 = 0x4000;

impl Segment {
    pub fn new(forward: usize, live: usize) -> Self {
        Segment { forward: forward as u16, live: live as u16 }
    }

    pub fn forward(&self) -> usize {
        usize::from(self.forward & !(UNSETTLED | MARKED))
    }

    pub fn live(&self) -> usize {
        self.live.into()
    }

    pub fn is_unsettled(&self) -> bool {
        self.forward & UNSETTLED != 0
    }

    pub fn is_marked(&self) -> bool {
        self.forward & MARKED != 0
    }

    /// Marks the segment, or takes the mark away.
    pub fn mark(&mut self, marked: bool) {
        self.forward = self.forward & !MARKED | if marked { MARKED } else { 0 };
    }

    /// Other numbers of units; the mark is taken away.
    pub fn resize(&mut self, forward: usize, live: usize) {
        self.forward = self.forward & UNSETTLED | forward as u16;
        self.live = live as u16;
    }

    pub fn settle(&mut self, settled: bool) {
        self.forward = self.forward & !UNSETTLED | if settled { 0 } else { UNSETTLED };
    }
}

/// The live weights of a layer.
pub(super) struct Live<'l, V> {
    pub grid: Grid,
    /// `None`: a dense layer.
    pub segments: Option<&'l mut [Segment]>,
    pub arrays: Arrays<'l, V>,
}

/// Columns of a dense tile.
pub(super) static EVERY: [u8; TILE] = every();

#[allow(clippy::indexing_slicing)] // at compile time
const fn every() -> [u8; TILE] {
    let (mut columns, mut at) = ([0; TILE], 0);
    while at < TILE {
        columns[at] = at as u8;
        at += 1;
    }
    columns
}

/// Where a segment stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub line: usize,
    /// First unit of the tile, in the line.
    pub start: usize,
}

/// The live units of one segment.
pub(super) struct Part<'p, V> {
    pub place: Place,
    /// How many are in the forward set.
    pub forward: usize,
    /// Whether all are in the right part.
    pub is_settled: bool,
    pub columns: &'p [u8],
    pub values: &'p [V],
}

/// The same, to be changed.
pub(super) struct PartMut<'p, V> {
    pub place: Place,
    pub forward: usize,
    pub columns: &'p [u8],
    pub values: &'p mut [V],
    pub first: &'p mut [f32],
    pub second: &'p mut [f32],
    pub gradients: &'p mut [f32],
    pub segment: Option<&'p mut Segment>,
}

impl<V> Live<'_, V> {
    /// Segment after segment.
    #[inline(always)]
    pub fn parts(&self) -> Parts<'_, V> {
        Parts {
            places: places(self.grid),
            segments: self.segments.as_deref().map(|segments| segments.iter()),
            columns: self.arrays.columns,
            values: self.arrays.values,
            size: self.grid.unit.size(),
        }
    }

    /// Segment after segment, to be changed.
    pub fn parts_mut(&mut self) -> PartsMut<'_, V> {
        PartsMut {
            places: places(self.grid),
            segments: self.segments.as_deref_mut().map(|segments| segments.iter_mut()),
            columns: self.arrays.columns,
            values: self.arrays.values,
            first: self.arrays.first,
            second: self.arrays.second,
            gradients: self.arrays.gradients,
            size: self.grid.unit.size(),
        }
    }
}

impl<V> Live<'_, V> {
    /// The same as [`parts`](Self::parts), but tile after tile, and in each line after line: a host finds the inputs
    /// of a tile in its nearest cache when it comes to the next line.
    #[inline(always)]
    pub fn by_tile(&self, mut f: impl FnMut(Part<'_, V>)) {
        let Live { grid, segments, arrays } = self;
        let size = grid.unit.size();
        for tile in 0..grid.tiles() {
            let mut start = 0;
            for (number, (place, len)) in places(*grid).enumerate() {
                let segment = segments.as_ref().and_then(|segments| segments.get(number));
                let segment = segment.copied().unwrap_or_else(|| Segment::new(len, len));
                let end = start + segment.live();
                if place.start == tile * TILE {
                    let columns = match segments {
                        Some(_) => arrays.columns.get(start..end),
                        None => EVERY.get(..len),
                    };
                    f(Part {
                        place,
                        forward: segment.forward(),
                        is_settled: !segment.is_unsettled(),
                        columns: columns.unwrap_or_default(),
                        values: arrays.values.get(start * size..end * size).unwrap_or_default(),
                    });
                }
                start = end;
            }
        }
    }

    /// The same as [`parts_mut`](Self::parts_mut), in the order of [`by_tile`](Self::by_tile), without the buffer.
    #[inline(always)]
    pub fn by_tile_mut(&mut self, mut f: impl FnMut(PartMut<'_, V>)) {
        let Live { grid, segments, arrays } = self;
        let size = grid.unit.size();
        for tile in 0..grid.tiles() {
            let mut start = 0;
            for (number, (place, len)) in places(*grid).enumerate() {
                let segments = segments.as_deref_mut();
                let segment = segments.and_then(|segments| segments.get_mut(number));
                let (forward, live) = match &segment {
                    Some(segment) => (segment.forward(), segment.live()),
                    None => (len, len),
                };
                if place.start == tile * TILE {
                    let Arrays { columns, values, first, second, .. } =
                        arrays.part(start, live, size);
                    let columns = match &segment {
                        Some(_) => &*columns,
                        None => EVERY.get(..len).unwrap_or_default(),
                    };
                    let gradients = &mut [][..];
                    f(PartMut {
                        place,
                        forward,
                        columns,
                        values,
                        first,
                        second,
                        gradients,
                        segment,
                    });
                }
                start += live;
            }
        }
    }
}

/// [`Live::parts`].
pub(super) struct Parts<'p, V> {
    places: Places,
    segments: Option<Iter<'p, Segment>>,
    columns: &'p [u8],
    values: &'p [V],
    size: usize,
}

impl<'p, V> Iterator for Parts<'p, V> {
    type Item = Part<'p, V>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let (place, len) = self.places.next()?;
        let (segment, columns) = match &mut self.segments {
            Some(segments) => {
                let segment = *segments.next()?;
                (segment, self.columns.split_off(..segment.live())?)
            }
            None => (Segment::new(len, len), EVERY.get(..len)?),
        };
        let values = self.values.split_off(..segment.live() * self.size)?;
        let (forward, is_settled) = (segment.forward(), !segment.is_unsettled());
        Some(Part { place, forward, is_settled, columns, values })
    }
}

/// [`Live::parts_mut`].
pub(super) struct PartsMut<'p, V> {
    places: Places,
    segments: Option<IterMut<'p, Segment>>,
    columns: &'p [u8],
    values: &'p mut [V],
    first: &'p mut [f32],
    second: &'p mut [f32],
    gradients: &'p mut [f32],
    size: usize,
}

impl<'p, V> Iterator for PartsMut<'p, V> {
    type Item = PartMut<'p, V>;

    fn next(&mut self) -> Option<Self::Item> {
        let (place, len) = self.places.next()?;
        let segment = match &mut self.segments {
            Some(segments) => Some(segments.next()?),
            None => None,
        };
        let (forward, live, columns) = match &segment {
            Some(segment) => {
                let columns = self.columns.split_off(..segment.live())?;
                (segment.forward(), segment.live(), columns)
            }
            None => (len, len, EVERY.get(..len)?),
        };
        let weights = live * self.size;
        Some(PartMut {
            place,
            forward,
            columns,
            values: self.values.split_off_mut(..weights)?,
            first: self.first.split_off_mut(..weights).unwrap_or_default(),
            second: self.second.split_off_mut(..weights).unwrap_or_default(),
            gradients: self.gradients.split_off_mut(..weights).unwrap_or_default(),
            segment,
        })
    }
}

impl<V: Copy> Live<'_, V> {
    /// Lets go of what is not in the forward set; gives how many units are left.
    pub fn keep_forward(&mut self) -> usize {
        let size = self.grid.unit.size();
        let (mut from, mut to) = (0, 0);
        for segment in self.segments.iter_mut().flat_map(|segments| segments.iter_mut()) {
            let forward = segment.forward();
            self.arrays.copy(from, to, forward, size);
            from += segment.live();
            to += forward;
            *segment = Segment::new(forward, forward);
        }
        to
    }
}

/// Where segments stand, and how many units their tiles have.
pub(super) fn places(grid: Grid) -> Places {
    Places { place: Place { line: 0, start: 0 }, lines: grid.lines(), width: grid.width() }
}

/// [`places`].
pub(super) struct Places {
    place: Place,
    lines: usize,
    width: usize,
}

impl Iterator for Places {
    type Item = (Place, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let place = self.place;
        if place.line >= self.lines || self.width == 0 {
            return None;
        }
        let left = self.width - place.start;
        self.place = match left > TILE {
            true => Place { start: place.start + TILE, ..place },
            false => Place { line: place.line + 1, start: 0 },
        };
        Some((place, left.min(TILE)))
    }
}
