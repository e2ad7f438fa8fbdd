//! The backward set chosen anew: the largest units of the whole layer.
//!
//! ```text
//! repeat
//!     find where the set ends, from all candidates
//!     where the table has no room for the units that leave the set
//!         of those, and of those in the table, the ones that differ least from their reserve fall back to it
//! until it has
//! bring the live weights to that: see rebuild
//! ```
//!
//! A unit that falls back is worth its reserve from then on, which may bring it into the set again: that is
//! why the end is looked for again.

use super::base::{Base, TILE_BYTES};
use super::candidates::{Candidates, first};
use super::live::{Live, places};
use super::overlay::Overlay;
use super::rank::{Threshold, unit_key};
use super::scan;
use super::search::{Buckets, Found, Window, search};
use super::value::Value;

/// One layer, and the scratch to choose in.
pub(super) struct Choice<'c, 'l, 'b, V> {
    pub live: &'c mut Live<'l, V>,
    pub overlay: &'c mut Overlay<'l, V>,
    pub base: &'c mut Base<'b>,
    pub buckets: &'c mut Buckets,
    pub space: &'c mut [u8; TILE_BYTES],
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

/// Chooses the `wanted` largest; `guess`: the key where the set ended before. `None` where there are not as
/// many. The forward set is left to be looked at.
pub(super) fn choose<const U: usize, V: Value>(
    choice: &mut Choice<'_, '_, '_, V>,
    wanted: u32,
    mut guess: Option<u32>,
) -> Option<Chosen> {
    let mut fallen = 0;
    loop {
        let end = choice.end::<U>(wanted, guess)?;
        let leaving = choice.leaving::<U>(end);
        let room = choice.overlay.capacity() - choice.overlay.len;
        if leaving as usize <= room {
            let entered = choice.rebuild::<U>(end, leaving as usize);
            return Some(Chosen { end, fallen, entered });
        }
        fallen += choice.fall_back::<U>(end);
        guess = Some(end.key);
    }
}

impl<V: Value> Choice<'_, '_, '_, V> {
    /// Where the set of the `wanted` largest ends.
    fn end<const U: usize>(&mut self, wanted: u32, guess: Option<u32>) -> Option<Threshold> {
        let all = Candidates { live: self.live, overlay: self.overlay, base: self.base };
        let space = &mut *self.space;
        let found = search(wanted, guess, self.buckets, |window, buckets, count_above| {
            let keys = window.low()..window.end();
            all.each::<U>(keys, count_above, space, |key, _| window.count(key, buckets))
        })?;
        Some(found.end(self.buckets, |window, buckets| {
            all.each::<U>(found.key..found.key + 1, false, space, |_, index| {
                window.count(Found::tie(index), buckets);
            });
        }))
    }

    /// Marks the segments with units that are not in the set, and only those.
    fn mark_leaving<const U: usize>(&mut self, end: Threshold) {
        let grid = self.live.grid;
        for part in self.live.parts_mut() {
            let (first, mut stay) = (first(grid, part.place), true);
            let units = part.values.as_chunks::<U>().0;
            scan::each(units, &mut (0, end.key), |at, unit, _| {
                let column = part.columns.get(at).copied().unwrap_or_default();
                stay &= end.holds(unit_key(unit.map(V::get)), first + u32::from(column));
            });
            if let Some(segment) = part.segment {
                segment.settle(stay);
            }
        }
    }

    /// Calls `f` with each live unit of the marked segments that is not in the set, its index and its reserve;
    /// what `f` gives is its new weights.
    pub(super) fn each_leaving<const U: usize>(
        &mut self,
        end: Threshold,
        mut f: impl FnMut(u32, [V; U], Option<[f32; U]>) -> [V; U],
    ) {
        let grid = self.live.grid;
        let mut tiles = self.base.tiles::<V>(grid);
        for (part, (place, len)) in self.live.parts_mut().zip(places(grid)) {
            if part.segment.is_none_or(|segment| !segment.is_unsettled()) {
                tiles.iter_mut().for_each(|tiles| tiles.skip::<U>(len));
                continue;
            }
            let first = first(grid, place);
            let tile = tiles.as_mut().map(|tiles| tiles.fill::<U>(place, len, self.space));
            for (&column, unit) in part.columns.iter().zip(part.values.as_chunks_mut::<U>().0) {
                let index = first + u32::from(column);
                if !end.holds(unit_key(unit.map(V::get)), index) {
                    let reserve = tile.as_ref().and_then(|tile| tile.unit(column.into()));
                    *unit = f(index, *unit, reserve);
                }
            }
        }
    }

    /// How many live units leave for the table. With all θ in RAM, none has to.
    fn leaving<const U: usize>(&mut self, end: Threshold) -> u32 {
        self.mark_leaving::<U>(end);
        let mut leaving = 0;
        if matches!(self.base, Base::Image(_)) {
            self.each_leaving::<U>(end, |_, unit, reserve| {
                leaving += u32::from(!is_unchanged(unit, reserve));
                unit
            });
        }
        leaving
    }

    /// Has units fall back to their reserve until the table has room for those that leave; gives how many.
    fn fall_back<const U: usize>(&mut self, end: Threshold) -> u32 {
        let stays = |index: u32, unit: [V; U]| end.holds(unit_key(unit.map(V::get)), index);
        let entries = self.overlay.entries::<U>(&mut 0, u32::MAX);
        let coming = entries.filter(|&(index, unit)| stays(index, unit)).count();
        let least = self.differing::<U>(end, (self.overlay.capacity() - coming) as u32);
        let mut fallen = 0;
        let mut falls = |index: u32, unit: [V; U], reserve: Option<[f32; U]>| {
            let falls = !least.holds(difference(unit, reserve), index);
            fallen += u32::from(falls && !is_unchanged(unit, reserve));
            falls
        };
        self.each_leaving::<U>(end, |index, unit, reserve| match falls(index, unit, reserve) {
            true => reserve.unwrap_or([0.0; U]).map(V::nearest),
            false => unit,
        });
        let (grid, base, space) = (self.live.grid, &*self.base, &mut *self.space);
        let mut reserves = base.reserves::<V>(grid);
        self.overlay.retain::<U>(|index, unit| {
            stays(index, unit) || !falls(index, unit, reserves.at::<U>(index, space))
        });
        fallen
    }

    /// Where the set of the `kept` units ends, of those in the table and those that leave for it, that
    /// differ most from their reserve.
    fn differing<const U: usize>(&mut self, end: Threshold, kept: u32) -> Threshold {
        let none = Threshold { key: u32::MAX, before: 0 };
        // Lent, so that the rest of the choice can be looked at.
        let mut lent = [0; 0x100];
        let found = search(kept, None, &mut lent, |window: Window, buckets, _| {
            self.each_difference::<U>(end, |key, _| window.count(key, buckets));
            0
        });
        found.map_or(none, |found| {
            found.end(&mut lent, |window, buckets| {
                self.each_difference::<U>(end, |key, index| {
                    if key == found.key {
                        window.count(Found::tie(index), buckets);
                    }
                });
            })
        })
    }

    /// Calls `f` with difference and index of all units that leave for the table, and of those in it that do
    /// not come back.
    fn each_difference<const U: usize>(&mut self, end: Threshold, mut f: impl FnMut(u32, u32)) {
        self.each_leaving::<U>(end, |index, unit, reserve| {
            if !is_unchanged(unit, reserve) {
                f(difference(unit, reserve), index);
            }
            unit
        });
        let mut reserves = self.base.reserves::<V>(self.live.grid);
        for (index, unit) in self.overlay.entries::<U>(&mut 0, u32::MAX) {
            if !end.holds(unit_key(unit.map(V::get)), index) {
                f(difference(unit, reserves.at::<U>(index, self.space)), index);
            }
        }
    }
}

/// Whether a unit is worth what its reserve says.
pub(super) fn is_unchanged<const U: usize, V: Value>(
    unit: [V; U],
    reserve: Option<[f32; U]>,
) -> bool {
    reserve.is_some_and(|reserve| reserve.map(V::nearest) == unit)
}

/// The key of how much a unit differs from its reserve.
fn difference<const U: usize, V: Value>(unit: [V; U], reserve: Option<[f32; U]>) -> u32 {
    let reserve = reserve.unwrap_or([0.0; U]);
    let mut differences = unit.map(V::get);
    differences.iter_mut().zip(reserve).for_each(|(weight, reserve)| *weight -= reserve);
    unit_key(differences)
}
