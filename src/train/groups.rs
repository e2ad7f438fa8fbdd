//! The backward set of a layer that is chosen group by group: the largest units of each.
//!
//! ```text
//! repeat
//!     choose in each group, from live, table and reserve
//!     where the table has no room for the units that leave their set
//!         of those, and of those in the table, the ones that differ least from their reserve fall back to it
//! until it has
//! for each group
//!     write the table anew: what stays in it, and what leaves
//!     put what enters into the slots of what leaves
//!     choose the forward set: see slots
//! ```
//!
//! A group has 16 units at most, which fit on the stack. So a choice is not kept but made again in each pass over the
//! layer, and a pass is one walk over live units, table and reserve side by side.

use super::base::{Base, TILE_BYTES};
use super::candidates::first;
use super::fall_back::differ_most;
use super::group::{Group, Set, bit};
use super::live::{Live, places};
use super::overlay::Overlay;
use super::rebuild::put_back;
use super::search::Buckets;
use super::slots::{Quota, Slots};
use super::value::Value;

/// One layer, and the scratch to choose in.
pub(super) struct Groups<'c, 'l, 'b, V> {
    pub live: &'c mut Live<'l, V>,
    pub overlay: &'c mut Overlay<'l, V>,
    pub base: &'c mut Base<'b>,
    pub space: &'c mut [u8; TILE_BYTES],
    pub quota: Quota,
}

/// Chooses both sets of a layer; gives how many units fell back to their reserve, and how many entered.
#[inline(never)]
pub(super) fn choose<V: Value>(
    groups: &mut Groups<'_, '_, '_, V>,
    buckets: &mut Buckets,
) -> (u32, u32) {
    if let Base::Exact(theta) = &mut groups.base {
        put_back::<1, V>(theta, groups.live, |_, _, _| true);
    }
    let mut fallen = 0;
    while let Some(room) = groups.lacks_room() {
        fallen += groups.fall_back(room, buckets);
    }
    (fallen, groups.exchange())
}

/// What is done with a group: its units, their slots, the table.
type Visit<'f, 'l, V> = &'f mut dyn FnMut(&Group, Slots<'_, '_, V>, &mut Overlay<'l, V>);

impl<'l, V: Value> Groups<'_, 'l, '_, V> {
    /// Calls `f` with each group and its choice; the table is read from entry number `entry` on.
    #[inline(never)]
    fn each(&mut self, mut entry: usize, f: Visit<'_, 'l, V>) {
        let Groups { live, overlay, base, space, quota } = self;
        let (grid, has_table) = (live.grid, matches!(base, Base::Image(_)));
        let Some(mut tiles) = base.tiles::<V>(grid) else { return };
        let (mut segments, mut start) = (live.segments.iter().flat_map(|all| all.iter()), 0);
        for (place, len) in places(grid) {
            let (tile, first) = (tiles.fill::<1>(place, len, space), first(grid, place));
            let count = quota.segment(len).live();
            let is_new = segments.next().is_none_or(|segment| segment.live() == 0);
            let mut units = live.arrays.part(start, count, 1);
            start += count;
            for place in quota.places(len) {
                let (start, len) = (place.columns.start, place.columns.len());
                let first = first + start as u32;
                let mut group = Group::new(first, len, |at| tile.unit(start + at));
                for (index, [value]) in overlay.entries(&mut entry, first + len as u32) {
                    group.see_table::<V>(index.saturating_sub(first) as usize, value);
                }
                let slots = Slots { units: &mut units, place };
                slots
                    .each()
                    .filter(|_| !is_new)
                    .for_each(|(_, at, value)| group.see_live(at, value));
                group.learned &= if has_table { Set::MAX } else { 0 };
                group.choose(quota.backward);
                f(&group, slots, overlay);
            }
        }
    }

    /// `None` where the table has room for all units that leave; else for how many it has, but for those
    /// that come back from it.
    fn lacks_room(&mut self) -> Option<usize> {
        let (mut outside, mut coming) = (0, 0);
        self.each(0, &mut |group, _, _| {
            outside += group.outside().count_ones() as usize;
            coming += (group.table & group.chosen).count_ones() as usize;
        });
        let room = self.overlay.capacity() - coming;
        (outside > room).then_some(room)
    }

    /// Has units fall back to their reserve until the table has `room` for those that leave; gives how many.
    #[inline(never)]
    fn fall_back(&mut self, room: usize, buckets: &mut Buckets) -> u32 {
        let most = differ_most((room, self.live.grid.units()), buckets, |taker| {
            self.each(0, &mut |group, _, _| {
                for at in group.members(group.outside()) {
                    let (key, index) = group.difference::<V>(at);
                    taker.take(key, index);
                }
            });
        });
        let (mut fallen, mut to) = (0, 0);
        self.each(0, &mut |group, slots, overlay| {
            let mut falling = group.outside();
            for at in group.members(falling) {
                let (key, index) = group.difference::<V>(at);
                falling &= !(Set::from(most.holds(key, index)) << at);
            }
            fallen += falling.count_ones();
            fall(group, falling, slots);
            write(group, group.table & !falling, overlay, &mut to);
        });
        self.overlay.len = to;
        fallen
    }

    /// Brings table and live units to the choice; gives how many enter.
    #[inline(never)]
    fn exchange(&mut self) -> u32 {
        let (mut entered, mut to) = (0, 0);
        let entry = self.overlay.open();
        self.each(entry, &mut |group, mut slots, overlay| {
            write(group, group.outside(), overlay, &mut to);
            entered += group.entering().count_ones();
            enter(group, &mut slots);
        });
        self.overlay.len = to.min(self.overlay.capacity());
        let segments = self.live.segments.iter_mut().flat_map(|segments| segments.iter_mut());
        for (segment, (_, len)) in segments.zip(places(self.live.grid)) {
            *segment = self.quota.segment(len);
        }
        entered
    }
}

/// Puts units into the table, from entry number `to` on.
fn write<V: Value>(group: &Group, set: Set, overlay: &mut Overlay<'_, V>, to: &mut usize) {
    for at in group.members(set) {
        overlay.set(*to, group.first + at as u32, [V::nearest(group.worth(at))]);
        *to += 1;
    }
}

/// Gives live units the value of their reserve.
fn fall<V: Value>(group: &Group, falling: Set, slots: Slots<'_, '_, V>) {
    for number in 0..slots.len() {
        if let Some((slot, at, _)) = slots.get(number).filter(|&(_, at, _)| falling & bit(at) != 0)
        {
            let reserve = V::nearest(group.reserve(at));
            slots.units.values.iter_mut().skip(slot).take(1).for_each(|value| *value = reserve);
        }
    }
}

/// Puts units that enter into the slots of those that leave, and the largest into the forward set's.
fn enter<V: Value>(group: &Group, slots: &mut Slots<'_, '_, V>) {
    let (stay, mut entering) = (group.live & group.chosen, group.members(group.entering()));
    for number in 0..slots.len() {
        let left = slots.get(number).filter(|&(_, at, _)| stay & bit(at) == 0);
        if let Some((slot, ..)) = left
            && let Some(at) = entering.next()
        {
            let column = slots.place.columns.start + at;
            slots.units.put(slot, column as u8, [V::nearest(group.worth(at))]);
        }
    }
    match group.entering() {
        0 => slots.choose_forward(),
        _ => slots.arrange(),
    }
}

#[cfg(test)]
mod tests;
