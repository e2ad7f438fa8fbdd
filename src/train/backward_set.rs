//! The backward set chosen anew: the largest units of the whole layer.
//!
//! ```text
//! repeat
//!     find where the set ends, from all candidates
//!     where the table has no room for the units that leave the set
//!         of those, and of those in the table, the ones that differ least from their reserve fall back to it
//! until it has, or the end still stands
//! bring the live weights to that: see rebuild
//! ```
//!
//! A unit that falls back is worth its reserve from then on, which may bring it into the set again: only then is the
//! end looked for again.

use super::base::{Base, TILE_BYTES};
use super::candidates::{Candidates, first};
use super::fall_back::is_unchanged;
use super::live::Live;
use super::overlay::Overlay;
use super::rank::{Threshold, unit_key};
use super::scan;
use super::search::{Buckets, search};
use super::value::Value;

/// One layer, and the scratch to choose in.
pub(super) struct Choice<'c, 'l, 'b, V> {
    pub live: &'c mut Live<'l, V>,
    pub overlay: &'c mut Overlay<'l, V>,
    pub base: &'c mut Base<'b>,
    pub space: &'c mut [u8; TILE_BYTES],
    /// Where the forward set ended, and how many live units are on its side.
    pub forward: (Threshold, u32),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Where the set ends.
    pub end: Threshold,
    /// Units that fell back to their reserve because the table was full.
    pub fallen: u32,
    /// Units that entered.
    pub entered: u32,
}

/// Live units that are not in the set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Leaving {
    /// How many go into the table.
    pub to_table: usize,
    /// How many do not: they are worth what their reserve says, or all θ are in RAM.
    pub others: usize,
    /// How many are on the forward set's side of its end.
    pub of_forward: u32,
}

/// Chooses the `wanted` largest; `guess`: the key where the set ended before. `None` where there are not as
/// many. The forward set is left to be looked at.
#[inline(never)]
pub(super) fn choose<const U: usize, V: Value>(
    choice: &mut Choice<'_, '_, '_, V>,
    buckets: &mut Buckets,
    wanted: u32,
    guess: Option<u32>,
) -> Option<Chosen> {
    let mut fallen = 0;
    loop {
        let exchanged = guess.and_then(|guess| choice.exchange::<U>(guess, buckets));
        let (end, entering) = match exchanged {
            Some((end, entering)) => (end, Some(entering)),
            None => (choice.end::<U>(wanted, guess, buckets)?, None),
        };
        let (mut leaving, mut entering) = (choice.leaving::<U>(end), entering);
        if !choice.has_room_for(leaving) {
            let (more, stands) = choice.fall_back::<U>(end, buckets);
            fallen += more;
            if !stands {
                continue;
            }
            (leaving, entering) = (choice.leaving::<U>(end), None);
        }
        let entered = choice.rebuild::<U>(end, leaving, (buckets, entering));
        return Some(Chosen { end, fallen, entered });
    }
}

impl<V: Value> Choice<'_, '_, '_, V> {
    /// Where the set of the `wanted` largest ends, found by counting; marks the segments that units may leave.
    #[inline(never)]
    fn end<const U: usize>(
        &mut self,
        wanted: u32,
        guess: Option<u32>,
        buckets: &mut Buckets,
    ) -> Option<Threshold> {
        let all = Candidates { live: self.live, overlay: self.overlay, base: self.base };
        let end = search(wanted, guess, self.live.grid.units(), buckets, |taker| {
            all.each::<U>(taker, self.space)
        })?;
        self.mark::<U>(end);
        Some(end)
    }

    /// Whether the table has room for what leaves.
    pub(super) fn has_room_for(&self, leaving: Leaving) -> bool {
        leaving.to_table <= self.overlay.capacity().saturating_sub(self.overlay.len)
    }

    /// Marks the segments that units may leave.
    pub(super) fn mark<const U: usize>(&mut self, end: Threshold) {
        for part in self.live.parts_mut() {
            if let Some(segment) = part.segment {
                let units = part.values.as_chunks::<U>().0;
                segment.mark(scan::next(units, (0, end.key)).is_some());
            }
        }
    }

    /// Calls `f` with each live unit of the marked segments that is not in the set, its index and its reserve;
    /// what `f` gives is its new weights. Takes the mark from segments that have none.
    #[inline(always)]
    pub(super) fn each_leaving<const U: usize>(
        &mut self,
        end: Threshold,
        mut f: impl FnMut(u32, [V; U], Option<[f32; U]>) -> [V; U],
    ) {
        let grid = self.live.grid;
        let mut reserves = self.base.reserves::<V>(grid);
        for part in self.live.parts_mut() {
            let Some(segment) = part.segment.filter(|segment| segment.is_marked()) else {
                continue;
            };
            let (units, _) = part.values.as_chunks_mut::<U>();
            let (first, mut any) = (first(grid, part.place), false);
            let mut from = 0;
            while let Some(at) = next_not_above(units, from, end) {
                from = at + 1;
                let (Some(&column), Some(unit)) = (part.columns.get(at), units.get_mut(at)) else {
                    break;
                };
                let index = first + u32::from(column);
                if !end.holds(unit_key(unit.map(V::get)), index) {
                    let reserve = reserves.as_mut().and_then(|all| all.at::<U>(index, self.space));
                    *unit = f(index, *unit, reserve);
                    any = true;
                }
            }
            segment.mark(any);
        }
    }

    /// Looks at what leaves.
    #[inline(never)]
    pub(super) fn leaving<const U: usize>(&mut self, end: Threshold) -> Leaving {
        let (mut leaving, (forward_end, _)) = (Leaving::default(), self.forward);
        let has_table = matches!(self.base, Base::Image(_));
        self.each_leaving::<U>(end, |index, unit, reserve| {
            match has_table && !is_unchanged(unit, reserve) {
                true => leaving.to_table += 1,
                false => leaving.others += 1,
            }
            leaving.of_forward += u32::from(forward_end.holds(unit_key(unit.map(V::get)), index));
            unit
        });
        leaving
    }
}

/// The first unit, from number `from` on, whose key is not above the end's.
fn next_not_above<const U: usize, V: Value>(
    units: &[[V; U]],
    from: usize,
    end: Threshold,
) -> Option<usize> {
    scan::next(units.get(from..)?, (0, end.key)).map(|at| from + at)
}

#[cfg(test)]
mod tests;
