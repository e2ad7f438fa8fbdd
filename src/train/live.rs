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

use super::grid::Grid;
use crate::sparse::TILE;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// How many live units a tile of a line has.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Segment {
    /// Units of the forward set; the highest bit: some unit is in the wrong part.
    forward: u16,
    /// Units of the backward set.
    pub live: u16,
}

/// [`Segment::forward`]'s highest bit.
const UNSETTLED: u16 = 0x8000;

impl Segment {
    pub fn new(forward: usize, live: usize) -> Self {
        Segment { forward: forward as u16, live: live as u16 }
    }

    pub fn forward(&self) -> usize {
        usize::from(self.forward & !UNSETTLED)
    }

    pub fn live(&self) -> usize {
        self.live.into()
    }

    pub fn is_unsettled(&self) -> bool {
        self.forward & UNSETTLED != 0
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

/// What there is of each live unit.
pub(super) struct Arrays<'l, V> {
    pub columns: &'l mut [u8],
    pub values: &'l mut [V],
    /// Momentum, or Adam's mean; empty where the optimizer keeps none.
    pub first: &'l mut [f32],
    /// Adam's mean of squares; empty where the optimizer keeps none.
    pub second: &'l mut [f32],
    /// Gradients of a batch that is not taken at once; else empty. They are 0 while units change places.
    pub gradients: &'l mut [f32],
}

/// Columns of a dense tile.
static EVERY: [u8; TILE] = {
    let mut columns = [0; TILE];
    let mut at = 0;
    while at < TILE {
        columns[at] = at as u8;
        at += 1;
    }
    columns
};

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
    pub fn parts(&self) -> impl Iterator<Item = Part<'_, V>> {
        let (grid, size) = (self.grid, self.grid.unit.size());
        let (mut columns, mut values) = (&*self.arrays.columns, &*self.arrays.values);
        let mut segments = self.segments.as_deref().map(|segments| segments.iter());
        places(grid).map_while(move |(place, len)| {
            let (forward, live) = match &mut segments {
                Some(segments) => segments.next().map(|s| (s.forward(), s.live()))?,
                None => (len, len),
            };
            let columns = match segments {
                Some(_) => columns.split_off(..live)?,
                None => EVERY.get(..live)?,
            };
            let values = values.split_off(..live * size)?;
            Some(Part { place, forward, columns, values })
        })
    }

    /// Segment after segment, to be changed.
    pub fn parts_mut(&mut self) -> impl Iterator<Item = PartMut<'_, V>> {
        let (grid, size) = (self.grid, self.grid.unit.size());
        let Arrays { columns, values, first, second, gradients } = &mut self.arrays;
        let (mut columns, mut values) = (&**columns, &mut **values);
        let (mut first, mut second) = (&mut **first, &mut **second);
        let mut gradients = &mut **gradients;
        let mut segments = self.segments.as_deref_mut().map(|segments| segments.iter_mut());
        places(grid).map_while(move |(place, len)| {
            let segment = match &mut segments {
                Some(segments) => Some(segments.next()?),
                None => None,
            };
            let (forward, live) =
                segment.as_ref().map_or((len, len), |segment| (segment.forward(), segment.live()));
            let columns = match segments {
                Some(_) => columns.split_off(..live)?,
                None => EVERY.get(..live)?,
            };
            let values = values.split_off_mut(..live * size)?;
            let first = first.split_off_mut(..live * size).unwrap_or_default();
            let second = second.split_off_mut(..live * size).unwrap_or_default();
            let gradients = gradients.split_off_mut(..live * size).unwrap_or_default();
            Some(PartMut { place, forward, columns, values, first, second, gradients, segment })
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
pub(super) fn places(grid: Grid) -> impl Iterator<Item = (Place, usize)> {
    let width = grid.width();
    (0..grid.lines()).flat_map(move |line| {
        let starts = (0..width).step_by(TILE);
        starts.map(move |start| (Place { line, start }, (width - start).min(TILE)))
    })
}

impl<V> Arrays<'_, V> {
    /// `len` units from number `start` on, of `size` weights each.
    pub fn part(&mut self, start: usize, len: usize, size: usize) -> Arrays<'_, V> {
        let weights = start * size..(start + len) * size;
        Arrays {
            columns: self.columns.get_mut(start..start + len).unwrap_or_default(),
            values: self.values.get_mut(weights.clone()).unwrap_or_default(),
            first: self.first.get_mut(weights.clone()).unwrap_or_default(),
            second: self.second.get_mut(weights).unwrap_or_default(),
            gradients: &mut [],
        }
    }

    /// Copies `len` units from number `from` on to number `to` on, as `memmove`.
    pub fn copy(&mut self, from: usize, to: usize, len: usize, size: usize)
    where
        V: Copy,
    {
        if from != to {
            copy(self.columns, from, to, len, 1);
            copy(self.values, from, to, len, size);
            copy(self.first, from, to, len, size);
            copy(self.second, from, to, len, size);
        }
    }

    /// Puts a unit that enters at number `at`; what the optimizer keeps of it starts at 0.
    pub fn put<const U: usize>(&mut self, at: usize, column: u8, unit: [V; U])
    where
        V: Copy,
    {
        self.columns.iter_mut().skip(at).take(1).for_each(|place| *place = column);
        if let Some(place) = self.values.as_chunks_mut::<U>().0.get_mut(at) {
            *place = unit;
        }
        for state in [&mut *self.first, &mut *self.second] {
            state.iter_mut().skip(at * U).take(U).for_each(|state| *state = 0.0);
        }
    }

    /// The unit at `from` goes to `to`; those between move up by one. `size`: weights of a unit.
    pub fn shift(&mut self, from: usize, to: usize, size: usize) {
        rotate(self.columns, from, to, 1);
        rotate(self.values, from, to, size);
        rotate(self.first, from, to, size);
        rotate(self.second, from, to, size);
    }
}

/// Copies `len` units of `size`. Nothing happens to an empty slice.
fn copy<T: Copy>(slice: &mut [T], from: usize, to: usize, len: usize, size: usize) {
    if slice.len() >= (from.max(to) + len) * size {
        slice.copy_within(from * size..(from + len) * size, to * size);
    }
}

/// What stands at `from` goes to `to`, in units of `size`. Nothing happens to an empty slice.
fn rotate<T>(slice: &mut [T], from: usize, to: usize, size: usize) {
    let (low, high) = (from.min(to) * size, (from.max(to) + 1) * size);
    if let Some(range) = slice.get_mut(low..high) {
        match from < to {
            true => range.rotate_left(size),
            false => range.rotate_right(size),
        }
    }
}
