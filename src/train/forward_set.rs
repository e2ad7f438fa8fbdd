//! The forward set: the largest units of the backward set.
//!
//! Few weights cross from one step to the next. So the end of the set is kept: what stands beyond it now is
//! known from the pass that moved the weights, which has also counted how many are on this side.
//!
//! ```text
//! if more, or fewer, are on this side than belong there
//!     move the end past as many units as there are too many, or too few: the nearest ones
//! put in order the segments in which a unit is on the wrong side
//! ```
//!
//! The nearest few are found with a heap in one pass; where they are many, by counting
//! ([`search`](super::search)). Either way the set is the one that sorting would give.

use super::arrays::Arrays;
use super::candidates::first;
use super::heap::Greatest;
use super::live::{Live, Segment, places};
use super::rank::{Threshold, index, rank, unit_key};
use super::scan;
use super::search::{Buckets, Taker, search};
use super::value::Value;
use crate::sparse::TILE;
use core::ops::Range;

/// Brings the forward set up to date: `wanted` units. `end` is where it ended before, with `holding` units
/// on its side of it now; gives where it ends.
pub(super) fn choose<V: Value>(
    live: &mut Live<'_, V>,
    (end, holding): (Threshold, u32),
    wanted: u32,
    buckets: &mut Buckets,
) -> Threshold {
    let (lists, _) = buckets.as_chunks_mut::<2>();
    let end = match lists.get_mut(..holding.abs_diff(wanted) as usize) {
        Some([]) => end,
        Some(room) if holding > wanted => fewer(live, end, Greatest::new(room)),
        Some(room) => more(live, end, Greatest::new(room)),
        None => anew(live, end, wanted, buckets),
    };
    put_in_order(live, end);
    end
}

/// Puts the marked segments in order, for a forward set that ends at `end`.
pub(super) fn put_in_order<V: Value>(live: &mut Live<'_, V>, end: Threshold) {
    match live.grid.unit.size() {
        1 => settle::<1, V>(live, end),
        _ => settle::<4, V>(live, end),
    }
}

/// Has all live units taken in; gives how many keys are above those that are to be.
pub(super) fn take_all<V: Value>(live: &Live<'_, V>, taker: &mut Taker<'_>) -> u32 {
    let (high, mut above) = (taker.keys().end, 0);
    each_key(live, |key, index| {
        taker.take(key, index);
        above += u32::from(key >= high);
    });
    above
}

/// Marks all segments.
pub(super) fn unsettle_all<V>(live: &mut Live<'_, V>) {
    for segment in live.segments.iter_mut().flat_map(|segments| segments.iter_mut()) {
        segment.settle(false);
    }
}

/// Counts the units on the forward set's side of `end`, and marks the segments with one on the wrong side.
pub(super) fn count<V: Value>(live: &mut Live<'_, V>, end: Threshold) -> u32 {
    match live.grid.unit.size() {
        1 => count_sides::<1, V>(live, end),
        _ => count_sides::<4, V>(live, end),
    }
}

fn count_sides<const U: usize, V: Value>(live: &mut Live<'_, V>, end: Threshold) -> u32 {
    let (grid, mut holding) = (live.grid, 0);
    for part in live.parts_mut() {
        let Some(segment) = part.segment else { break };
        let first = first(grid, part.place);
        let units = part.values.as_chunks::<U>().0;
        let (near, far) = units.split_at_checked(part.forward).unwrap_or_default();
        let crossed = |start: usize, units: &[[V; U]], keys: (u32, u32), holds: bool| {
            let mut crossed = 0;
            scan::each(units, &mut { keys }, |at, unit, _| {
                let column = part.columns.get(start + at).copied().unwrap_or_default();
                let index = first + u32::from(column);
                crossed += u32::from(end.holds(unit_key(unit.map(V::get)), index) == holds);
            });
            crossed
        };
        let out = crossed(0, near, (0, end.key), false);
        let into = crossed(part.forward, far, (end.key, KEYS), true);
        holding += part.forward as u32 + into - out;
        segment.settle(into + out == 0);
    }
    holding
}

/// The end when the last units before it, as many as there is room for, no longer belong to the set.
#[inline(never)]
fn fewer<V: Value>(live: &mut Live<'_, V>, end: Threshold, mut last: Greatest<'_>) -> Threshold {
    each_between(live, true, (end.key, KEYS), |key, index| {
        if end.holds(key, index) {
            // The least are the greatest when all bits are turned round.
            last.offer(rank(key, index).map(|word| !word));
        }
        (end.key, last.least().map_or(KEYS, |[turned, _]| !turned))
    });
    let ahead = last.least().map(|turned| Threshold::ahead_of(turned.map(|word| !word)));
    last.into_ranks().iter().for_each(|turned| unsettle(live, index(turned.map(|word| !word))));
    ahead.unwrap_or(end)
}

/// The end when the first units behind it, as many as there is room for, belong to the set too.
#[inline(never)]
fn more<V: Value>(live: &mut Live<'_, V>, end: Threshold, mut first: Greatest<'_>) -> Threshold {
    each_between(live, false, (0, end.key), |key, index| {
        if !end.holds(key, index) {
            first.offer(rank(key, index));
        }
        (first.least().map_or(0, |[key, _]| key), end.key)
    });
    let behind = first.least().map(Threshold::behind);
    first.into_ranks().iter().for_each(|&rank| unsettle(live, index(rank)));
    behind.unwrap_or(end)
}

/// The highest key.
const KEYS: u32 = 0x7fff_ffff;

/// Calls `f` with key and index of every live unit whose key is from the first bound to the second; it gives
/// the bounds from there on. Of a segment that is in order, only the forward part is looked at, or only the
/// rest.
fn each_between<V: Value>(
    live: &Live<'_, V>,
    is_forward: bool,
    bounds: (u32, u32),
    f: impl FnMut(u32, u32) -> (u32, u32),
) {
    match live.grid.unit.size() {
        1 => between::<1, V>(live, is_forward, bounds, f),
        _ => between::<4, V>(live, is_forward, bounds, f),
    }
}

fn between<const U: usize, V: Value>(
    live: &Live<'_, V>,
    is_forward: bool,
    mut bounds: (u32, u32),
    mut f: impl FnMut(u32, u32) -> (u32, u32),
) {
    let width = live.grid.width();
    for part in live.parts() {
        let first = (part.place.line * width + part.place.start) as u32;
        let units = part.values.as_chunks::<U>().0;
        let range = match (part.is_settled, is_forward) {
            (true, true) => 0..part.forward,
            (true, false) => part.forward..units.len(),
            (false, _) => 0..units.len(),
        };
        let columns = part.columns.get(range.clone()).unwrap_or_default();
        scan::each(units.get(range).unwrap_or_default(), &mut bounds, |at, unit, bounds| {
            if let Some(&column) = columns.get(at) {
                *bounds = f(unit_key(unit.map(V::get)), first + u32::from(column));
            }
        });
    }
}

/// The end, wherever it was before.
#[inline(never)]
fn anew<V: Value>(
    live: &mut Live<'_, V>,
    end: Threshold,
    wanted: u32,
    buckets: &mut Buckets,
) -> Threshold {
    unsettle_all(live);
    let guess = Some(end.key).filter(|&key| key > 0);
    let found = search(wanted, guess, live.grid.units(), buckets, |taker| take_all(live, taker));
    found.unwrap_or(Threshold::ALL)
}

/// Calls `f` with key and index of every live unit.
#[inline(always)]
fn each_key<V: Value>(live: &Live<'_, V>, mut f: impl FnMut(u32, u32)) {
    match live.grid.unit.size() {
        1 => keys::<1, V>(live, f),
        _ => keys::<4, V>(live, &mut f),
    }
}

#[inline(always)]
fn keys<const U: usize, V: Value>(live: &Live<'_, V>, mut f: impl FnMut(u32, u32)) {
    let width = live.grid.width();
    for part in live.parts() {
        let first = (part.place.line * width + part.place.start) as u32;
        for (&column, weights) in part.columns.iter().zip(part.values.as_chunks::<U>().0) {
            f(unit_key(weights.map(V::get)), first + u32::from(column));
        }
    }
}

/// Marks the segment of the unit of this index.
fn unsettle<V>(live: &mut Live<'_, V>, index: u32) {
    let grid = live.grid;
    let (line, unit) = (index as usize / grid.width(), index as usize % grid.width());
    let segment = line * grid.tiles() + unit / TILE;
    if let Some(segment) = live.segments.as_mut().and_then(|segments| segments.get_mut(segment)) {
        segment.settle(false);
    }
}

/// Puts the marked segments in order.
fn settle<const U: usize, V: Value>(live: &mut Live<'_, V>, end: Threshold) {
    let (width, mut start) = (live.grid.width(), 0);
    let segments = live.segments.iter_mut().flat_map(|segments| segments.iter_mut());
    for (segment, (place, _)) in segments.zip(places(live.grid)) {
        if segment.is_unsettled() {
            let units = live.arrays.part(start, segment.live(), U);
            let first = (place.line * width + place.start) as u32;
            let forward = arrange::<U, V>(units, segment.forward(), first, end);
            *segment = Segment::new(forward, segment.live());
        }
        start += segment.live();
    }
}

/// Puts each unit of a segment into its part; gives the length of the forward part.
fn arrange<const U: usize, V: Value>(
    mut units: Arrays<'_, V>,
    mut forward: usize,
    first: u32,
    end: Threshold,
) -> usize {
    let mut from = 0;
    while let Some(at) = next::<U, V>(&units, from..forward, (0, end.key)) {
        from = at + 1;
        if let Some((column, false)) = side::<U, V>(&units, at, first, end) {
            let rest = units.columns.get(forward..).unwrap_or_default();
            let behind = rest.partition_point(|&other| other < column);
            forward -= 1;
            units.shift(at, forward + behind, U);
            // The next one has taken its place.
            from = at;
        }
    }
    let (mut from, len) = (forward, units.columns.len());
    while let Some(at) = next::<U, V>(&units, from..len, (end.key, KEYS)) {
        from = at + 1;
        if let Some((column, true)) = side::<U, V>(&units, at, first, end) {
            let near = units.columns.get(..forward).unwrap_or_default();
            let before = near.partition_point(|&other| other < column);
            units.shift(at, before, U);
            forward += 1;
        }
    }
    forward
}

/// The first unit of a range whose key is in a range.
fn next<const U: usize, V: Value>(
    units: &Arrays<'_, V>,
    range: Range<usize>,
    keys: (u32, u32),
) -> Option<usize> {
    let start = range.start;
    scan::next(units.values.as_chunks::<U>().0.get(range)?, keys).map(|at| start + at)
}

/// The column of the unit at `at`, and whether it belongs to the forward set.
fn side<const U: usize, V: Value>(
    units: &Arrays<'_, V>,
    at: usize,
    first: u32,
    end: Threshold,
) -> Option<(u8, bool)> {
    let column = *units.columns.get(at)?;
    let weights = units.values.as_chunks::<U>().0.get(at)?;
    Some((column, end.holds(unit_key(weights.map(V::get)), first + u32::from(column))))
}
