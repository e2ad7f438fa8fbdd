//! Units that fall back to their reserve, so that the table has room for those that leave the backward set: the ones
//! that differ least from it.

use super::backward_set::Choice;
use super::rank::{Threshold, unit_key};
use super::search::{Buckets, Taker, search};
use super::value::Value;

impl<V: Value> Choice<'_, '_, '_, V> {
    /// Has units fall back to their reserve until the table has room for those that leave; gives how many, and
    /// whether the set that ends at `end` is still the one of the largest: no reserve is above its end.
    #[inline(never)]
    pub(super) fn fall_back<const U: usize>(
        &mut self,
        end: Threshold,
        buckets: &mut Buckets,
    ) -> (u32, bool) {
        let stays = |index: u32, unit: [V; U]| end.holds(unit_key(unit.map(V::get)), index);
        let entries = self.overlay.entries::<U>(&mut 0, u32::MAX);
        let coming = entries.filter(|&(index, unit)| stays(index, unit)).count();
        let room = self.overlay.capacity() - coming;
        let most = differ_most((room, self.live.grid.units()), buckets, |taker| {
            self.each_difference::<U>(end, |key, index| taker.take(key, index));
        });
        let (mut fallen, mut stands) = (0, true);
        let mut falls = |index: u32, unit: [V; U], reserve: Option<[f32; U]>| {
            let falls = !most.holds(difference(unit, reserve), index);
            fallen += u32::from(falls && !is_unchanged(unit, reserve));
            let worth = unit_key(reserve.unwrap_or([0.0; U]).map(|worth| V::nearest(worth).get()));
            stands &= !(falls && end.holds(worth, index));
            falls
        };
        self.each_leaving::<U>(end, |index, unit, reserve| match falls(index, unit, reserve) {
            true => reserve.unwrap_or([0.0; U]).map(V::nearest),
            false => unit,
        });
        let mut reserves = self.base.reserves::<V>(self.live.grid);
        let mut reserve = |index| reserves.as_mut().and_then(|all| all.at::<U>(index, self.space));
        self.overlay
            .retain::<U>(|index, unit| stays(index, unit) || !falls(index, unit, reserve(index)));
        (fallen, stands)
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
                let reserve = reserves.as_mut().and_then(|all| all.at::<U>(index, self.space));
                f(difference(unit, reserve), index);
            }
        }
    }
}

/// Where the ones end that differ most and are kept: as many as there is room for. `each` has all taken in.
pub(super) fn differ_most(
    (room, units): (usize, usize),
    buckets: &mut Buckets,
    mut each: impl FnMut(&mut Taker<'_>),
) -> Threshold {
    let none = Threshold { key: u32::MAX, before: 0 };
    let most = search(room as u32, None, units, buckets, |taker| {
        each(taker);
        0
    });
    most.unwrap_or(none)
}

/// Whether a unit is worth what its reserve says.
pub(super) fn is_unchanged<const U: usize, V: Value>(
    unit: [V; U],
    reserve: Option<[f32; U]>,
) -> bool {
    reserve.is_some_and(|reserve| reserve.map(V::nearest) == unit)
}

/// The key of how much a unit differs from its reserve.
pub(super) fn difference<const U: usize, V: Value>(unit: [V; U], reserve: Option<[f32; U]>) -> u32 {
    let reserve = reserve.unwrap_or([0.0; U]);
    let mut differences = unit.map(V::get);
    differences.iter_mut().zip(reserve).for_each(|(weight, reserve)| *weight -= reserve);
    unit_key(differences)
}
