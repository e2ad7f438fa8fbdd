//! The live weights brought to a new backward set, in their own memory.
//!
//! ```text
//! last unit first     what leaves goes into the table, what stays to the far end of the memory
//! first unit first    what stays is put back, what enters between it
//! ```
//!
//! As many units enter as leave. So the gap between what is written and what is still to be read is as
//! wide as what is still to enter, and nothing is overwritten before it is read. What stands side by side
//! moves at once, over the ends of segments. The table's entries of units that enter are given up at the end,
//! when their values have been taken.

use super::arrays::Arrays;
use super::backward_set::{Choice, Leaving};
use super::base::Base;
use super::candidates::first;
use super::entering::Entering;
use super::fall_back::is_unchanged;
use super::live::{Live, Segment, places};
use super::overlay::Filling;
use super::rank::{Threshold, unit_key};
use super::scan;
use super::search::Buckets;
use super::value::Value;
use core::ops::Range;

impl<V: Value> Choice<'_, '_, '_, V> {
    /// Has what is not in the set leave, and what is in it enter; gives how many enter. `known`: how many,
    /// where their indices are in the buckets already.
    pub(super) fn rebuild<const U: usize>(
        &mut self,
        end: Threshold,
        leaving: Leaving,
        (buckets, known): (&mut Buckets, Option<usize>),
    ) -> u32 {
        self.forward.1 = self.forward.1.saturating_sub(leaving.of_forward);
        if leaving.others > 0 {
            self.part_with::<U>(end);
        }
        self.leave::<U>(end, leaving.to_table);
        let entered = self.enter::<U>(end, Entering::new(buckets, known));
        let is_live = |index: u32, unit: [V; U]| end.holds(unit_key(unit.map(V::get)), index);
        self.overlay.retain::<U>(|index, unit| !is_live(index, unit));
        entered
    }

    /// Parts with what leaves and does not go into the table. With all θ in RAM, it is written to its place
    /// there.
    #[inline(never)]
    fn part_with<const U: usize>(&mut self, end: Threshold) {
        if let Base::Exact(theta) = &mut self.base {
            put_back::<U, V>(theta, self.live, |_, key, index| !end.holds(key, index));
        }
        let has_table = matches!(self.base, Base::Image(_));
        self.each_leaving::<U>(end, |_, unit, reserve| {
            let stays_in_mind = has_table && !is_unchanged(unit, reserve);
            if stays_in_mind { unit } else { gone() }
        });
    }

    /// Moves what stays to the far end, and what leaves into the table.
    #[inline(never)]
    fn leave<const U: usize>(&mut self, end: Threshold, to_table: usize) {
        let mut filling = Filling::new(self.overlay, to_table);
        let (grid, arrays) = (self.live.grid, &mut self.live.arrays);
        let Some(segments) = self.live.segments.as_deref_mut() else { return };
        let mut from = segments.iter().map(Segment::live).sum::<usize>();
        let mut staying = Up { end: from, to: arrays.columns.len() };
        for (number, segment) in segments.iter_mut().enumerate().rev() {
            let (forward, live) = (segment.forward(), segment.live());
            from -= live;
            if !segment.is_marked() {
                continue;
            }
            let first = first(grid, grid.place(number));
            take_out(arrays.part(from, live, U), forward, (end, first), |index, unit| {
                filling.put::<U, V>(self.overlay, index, unit);
            });
            let (mut forward_left, mut left) = (forward, live);
            while let Some(at) = last_gone::<U, V>(arrays, from..staying.end.min(from + live)) {
                staying.pass(arrays, at, U);
                forward_left -= usize::from(at < from + forward);
                left -= 1;
            }
            segment.resize(forward_left, left);
        }
        staying.move_from(arrays, 0, U);
    }

    /// Puts back what stays, and what enters between it; gives how many enter.
    #[inline(never)]
    fn enter<const U: usize>(&mut self, end: Threshold, mut entering: Entering<'_>) -> u32 {
        let (grid, arrays) = (self.live.grid, &mut self.live.arrays);
        let Some(segments) = self.live.segments.as_deref_mut() else { return 0 };
        let Some(mut reserves) = self.base.reserves::<V>(grid) else { return 0 };
        let mut from = arrays.columns.len() - segments.iter().map(Segment::live).sum::<usize>();
        let (mut staying, mut entered) = (Down { start: from, to: 0 }, 0);
        for (segment, (place, len)) in segments.iter_mut().zip(places(grid)) {
            let units = first(grid, place)..first(grid, place) + len as u32;
            let (forward, live) = (segment.forward(), segment.live());
            let columns = arrays.columns.get(from..from + live).unwrap_or_default();
            let here = entering.of::<U, V>(
                &units,
                end,
                (columns, self.overlay, &mut reserves),
                self.space,
            );
            for &index in here {
                let learned = self.overlay.get::<U>(index);
                let unit = learned.unwrap_or_else(|| {
                    let reserve = reserves.at::<U>(index, self.space);
                    reserve.unwrap_or([0.0; U]).map(V::nearest)
                });
                let is_forward = self.forward.0.holds(unit_key(unit.map(V::get)), index);
                self.forward.1 += u32::from(is_forward);
                segment.settle(!segment.is_unsettled() && !is_forward);
                let rest = from + forward..from + live;
                staying.put::<U, V>(arrays, rest, (index - units.start) as u8, unit);
            }
            from += live;
            segment.resize(forward, live + here.len());
            entered += here.len() as u32;
        }
        staying.move_to(arrays, from, U);
        entered
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

/// What stays, on its way to the far end: all before `end` is still to be moved to before `to`.
struct Up {
    end: usize,
    to: usize,
}

impl Up {
    /// Moves what stands from `start` on.
    fn move_from<V: Value>(&mut self, arrays: &mut Arrays<'_, V>, start: usize, size: usize) {
        let len = self.end - start;
        self.to -= len;
        arrays.copy(start, self.to, len, size);
        self.end = start;
    }

    /// Moves what stands behind `at`, where something leaves.
    fn pass<V: Value>(&mut self, arrays: &mut Arrays<'_, V>, at: usize, size: usize) {
        self.move_from(arrays, at + 1, size);
        self.end = at;
    }
}

/// What stays, on its way back: all from `start` on is still to be moved to `to`.
struct Down {
    start: usize,
    to: usize,
}

impl Down {
    /// Moves what stands before `end`.
    fn move_to<V: Value>(&mut self, arrays: &mut Arrays<'_, V>, end: usize, size: usize) {
        let len = end - self.start;
        arrays.copy(self.start, self.to, len, size);
        (self.start, self.to) = (end, self.to + len);
    }

    /// Puts a unit that enters where it belongs in `rest`, the part of its segment behind the forward set.
    fn put<const U: usize, V: Value>(
        &mut self,
        arrays: &mut Arrays<'_, V>,
        rest: Range<usize>,
        column: u8,
        unit: [V; U],
    ) {
        let columns = arrays.columns.get(rest.clone()).unwrap_or_default();
        let before = columns.partition_point(|&other| other < column);
        self.move_to(arrays, rest.start + before, U);
        arrays.put(self.to, column, unit);
        self.to += 1;
    }
}

/// Calls `f` with the units of a segment that are not in the set, and their indices, which descend; they are
/// gone then.
fn take_out<const U: usize, V: Value>(
    arrays: Arrays<'_, V>,
    forward: usize,
    (end, first): (Threshold, u32),
    mut f: impl FnMut(u32, [V; U]),
) {
    let (units, columns) = (arrays.values.as_chunks_mut::<U>().0, &*arrays.columns);
    let index = |at: usize| first + columns.get(at).map_or(0, |&column| u32::from(column));
    let last = |units: &[[V; U]], range: Range<usize>| {
        let leaves = |at: usize, unit: &[V; U]| !end.holds(unit_key(unit.map(V::get)), index(at));
        scan::last(units, range, (0, end.key), leaves)
    };
    // Columns ascend in either part.
    let (mut near, mut far) = (last(units, 0..forward), last(units, forward..columns.len()));
    while let Some(at) = [near, far].into_iter().flatten().max_by_key(|&at| index(at)) {
        if let Some(unit) = units.get_mut(at) {
            f(index(at), core::mem::replace(unit, gone()));
        }
        match at < forward {
            true => near = last(units, 0..at),
            false => far = last(units, forward..at),
        }
    }
}

/// Weights that are no longer looked at: above all ends.
fn gone<const U: usize, V: Value>() -> [V; U] {
    [V::nearest(f32::NAN); U]
}

/// The last unit of a range that is gone.
fn last_gone<const U: usize, V: Value>(
    arrays: &Arrays<'_, V>,
    range: Range<usize>,
) -> Option<usize> {
    let gone = unit_key(gone::<U, V>().map(V::get));
    scan::last(arrays.values.as_chunks::<U>().0, range, (gone, gone), |_, _| true)
}
