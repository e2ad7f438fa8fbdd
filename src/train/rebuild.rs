//! The live weights brought to a new backward set, in their own memory.
//!
//! ```text
//! last unit first     what leaves goes into the table, what stays to the far end of the memory
//! first unit first    what stays is put back, what enters between it
//! ```
//!
//! As many units enter as leave. So the gap between what is written and what is still to be read is as
//! wide as what is still to enter, and nothing is overwritten before it is read. The table's
//! entries of units that enter are given up in the second pass, when their values have been taken.

use super::backward_set::{Choice, is_unchanged};
use super::base::Base;
use super::candidates::{first, hide};
use super::live::{Arrays, Live, Segment, places};
use super::overlay::Filling;
use super::rank::{Threshold, unit_key};
use super::value::Value;
use crate::sparse::TILE;
use core::ops::Range;

impl<V: Value> Choice<'_, '_, '_, V> {
    /// Has what is not in the set leave, `leaving` units of it for the table, and what is in it enter; gives
    /// how many enter.
    pub(super) fn rebuild<const U: usize>(&mut self, end: Threshold, leaving: usize) -> u32 {
        self.put_back::<U>(end);
        let to_table = matches!(self.base, Base::Image(_));
        self.each_leaving::<U>(end, |_, unit, reserve| {
            let stays_in_mind = to_table && !is_unchanged(unit, reserve);
            if stays_in_mind { unit } else { gone() }
        });
        self.leave::<U>(end, leaving);
        let entered = self.enter::<U>(end);
        let is_live = |index: u32, unit: [V; U]| end.holds(unit_key(unit.map(V::get)), index);
        self.overlay.retain::<U>(|index, unit| !is_live(index, unit));
        entered
    }

    /// With all θ in RAM, what leaves is written to its place there.
    fn put_back<const U: usize>(&mut self, end: Threshold) {
        if let Base::Exact(theta) = &mut self.base {
            put_back::<U, V>(theta, self.live, |_, key, index| !end.holds(key, index));
        }
    }

    /// Moves what stays to the far end, and what leaves into the table.
    fn leave<const U: usize>(&mut self, end: Threshold, leaving: usize) {
        let mut filling = Filling::new(self.overlay, leaving);
        let (grid, arrays) = (self.live.grid, &mut self.live.arrays);
        let Some(segments) = self.live.segments.as_deref_mut() else { return };
        let mut from = segments.iter().map(Segment::live).sum::<usize>();
        let mut to = arrays.columns.len();
        for (number, segment) in segments.iter_mut().enumerate().rev() {
            let (forward, live) = (segment.forward(), segment.live());
            from -= live;
            if !segment.is_unsettled() {
                to -= live;
                arrays.copy(from, to, live, U);
                continue;
            }
            let first = first(grid, grid.place(number));
            let units = arrays.part(from, live, U);
            for at in descending(units.columns, forward) {
                let values = units.values.as_chunks_mut::<U>().0;
                let (Some(&column), Some(unit)) = (units.columns.get(at), values.get_mut(at))
                else {
                    continue;
                };
                let index = first + u32::from(column);
                if !is_gone(unit) && !end.holds(unit_key(unit.map(V::get)), index) {
                    filling.put(self.overlay, index, core::mem::replace(unit, gone()));
                }
            }
            let (mut forward_left, before, mut left) = (0, to, live);
            while let Some(staying) = last_staying::<U, V>(arrays, from..from + left) {
                to -= staying.len();
                arrays.copy(staying.start, to, staying.len(), U);
                left = staying.start - from;
                forward_left += forward.min(left + staying.len()).saturating_sub(left);
            }
            *segment = Segment::new(forward_left, before - to);
        }
    }

    /// Puts back what stays, and what enters between it; gives how many enter.
    fn enter<const U: usize>(&mut self, end: Threshold) -> u32 {
        let (grid, arrays) = (self.live.grid, &mut self.live.arrays);
        let Some(segments) = self.live.segments.as_deref_mut() else { return 0 };
        let Some(mut tiles) = self.base.tiles::<V>(grid) else { return 0 };
        let staying = segments.iter().map(Segment::live).sum::<usize>();
        let (mut from, mut to) = (arrays.columns.len().saturating_sub(staying), 0);
        let (mut entry, mut all) = (0, 0);
        for (segment, (place, len)) in segments.iter_mut().zip(places(grid)) {
            let units = first(grid, place)..first(grid, place) + len as u32;
            let (forward, live) = (segment.forward(), segment.live());
            let mut tile = tiles.fill::<U>(place, len, self.space);
            let columns = arrays.columns.get(from..from + live).unwrap_or_default();
            hide(&mut tile, columns, (self.overlay, entry), units.clone());
            let mut entering = Entering::new();
            tile.each(end.key..u32::MAX, |column, key| {
                if end.holds(key, units.start + column as u32) {
                    entering.push(column as u8);
                }
            });
            let start = entry;
            for (index, unit) in self.overlay.entries::<U>(&mut entry, units.end) {
                if end.holds(unit_key(unit.map(V::get)), index) {
                    entering.insert(index.saturating_sub(units.start) as u8);
                }
            }
            let value = |column: u8| {
                let mut entries = self.overlay.entries::<U>(&mut { start }, units.end);
                let learned = entries.find(|&(index, _)| index == units.start + u32::from(column));
                let reserve = || tile.unit(column.into()).unwrap_or([0.0; U]).map(V::nearest);
                learned.map_or_else(reserve, |(_, unit)| unit)
            };
            merge(arrays, (from, to), (forward, live), entering.columns(), value);
            from += live;
            to += live + entering.columns().len();
            all += entering.columns().len() as u32;
            *segment = Segment::new(forward, live + entering.columns().len());
        }
        all
    }
}

/// Writes live units to their places in `theta`, those for which `leaves` says so: by whether they are in the
/// forward part, key and index.
pub(super) fn put_back<const U: usize, V: Value>(
    theta: &mut [f32],
    live: &Live<'_, V>,
    leaves: impl Fn(bool, u32, u32) -> bool,
) {
    let (theta, _) = theta.as_chunks_mut::<U>();
    for part in live.parts() {
        let first = first(live.grid, part.place);
        let units = part.columns.iter().zip(part.values.as_chunks::<U>().0);
        for (at, (&column, unit)) in units.enumerate() {
            let (index, weights) = (first + u32::from(column), unit.map(V::get));
            let place = theta.get_mut(index as usize);
            if let Some(place) =
                place.filter(|_| leaves(at < part.forward, unit_key(weights), index))
            {
                *place = weights;
            }
        }
    }
}

/// Moves the `live` units at `from` down to `to`, with the units that enter put between those behind the
/// first `forward` of them.
fn merge<const U: usize, V: Value>(
    arrays: &mut Arrays<'_, V>,
    (from, to): (usize, usize),
    (forward, live): (usize, usize),
    entering: &[u8],
    value: impl Fn(u8) -> [V; U],
) {
    if entering.is_empty() {
        arrays.copy(from, to, live, U);
        return;
    }
    arrays.copy(from, to, forward, U);
    let (mut from, end, mut to) = (from + forward, from + live, to + forward);
    for &column in entering {
        let rest = arrays.columns.get(from..end).unwrap_or_default();
        let before = rest.partition_point(|&other| other < column);
        arrays.copy(from, to, before, U);
        (from, to) = (from + before, to + before);
        arrays.put(to, column, value(column));
        to += 1;
    }
    arrays.copy(from, to, end - from, U);
}

/// Weights that are no longer looked at.
fn gone<const U: usize, V: Value>() -> [V; U] {
    [V::nearest(f32::NAN); U]
}

fn is_gone<const U: usize, V: Value>(unit: &[V; U]) -> bool {
    unit.first().is_some_and(|weight| weight.get().is_nan())
}

/// The last units in a row, of a range, that are still looked at.
fn last_staying<const U: usize, V: Value>(
    arrays: &Arrays<'_, V>,
    range: Range<usize>,
) -> Option<Range<usize>> {
    let units = arrays.values.as_chunks::<U>().0.get(range.clone())?;
    let end = units.iter().rposition(|unit| !is_gone(unit))? + 1;
    let start = units.get(..end)?.iter().rposition(is_gone).map_or(0, |gone| gone + 1);
    Some(range.start + start..range.start + end)
}

/// Places in a segment, by their columns from the last to the first.
fn descending(columns: &[u8], forward: usize) -> impl Iterator<Item = usize> + use<> {
    let mut columns_of = [0; TILE];
    columns_of.iter_mut().zip(columns).for_each(|(to, &column)| *to = column);
    let (mut near, mut far) = (forward, columns.len());
    core::iter::from_fn(move || {
        let column = |at: usize, low: usize| {
            if at > low { columns_of.get(at - 1).copied() } else { None }
        };
        let at = match (column(near, 0), column(far, forward)) {
            (None, None) => return None,
            (near_column, far_column) if near_column > far_column => &mut near,
            _ => &mut far,
        };
        *at -= 1;
        Some(*at)
    })
}

/// Columns of a tile that enter, ascending.
struct Entering {
    columns: [u8; TILE],
    len: usize,
}

impl Entering {
    fn new() -> Self {
        Entering { columns: [0; TILE], len: 0 }
    }

    fn columns(&self) -> &[u8] {
        self.columns.get(..self.len).unwrap_or_default()
    }

    /// Adds a column behind all others.
    fn push(&mut self, column: u8) {
        if let Some(place) = self.columns.get_mut(self.len) {
            *place = column;
            self.len += 1;
        }
    }

    /// Adds a column where it belongs.
    fn insert(&mut self, column: u8) {
        let before = self.columns().iter().take_while(|&&other| other < column).count();
        self.push(column);
        if let Some(behind) = self.columns.get_mut(before..self.len) {
            behind.rotate_right(1);
        }
    }
}
