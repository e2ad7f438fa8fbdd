//! Groups of consecutive units, of each of which as many are chosen as of every other: where they stand.
//!
//! ```text
//! groups of 4, 1 of which is in the forward set and 2 more in the backward set; a row of 10
//!
//!     columns   2  5  8 | 0  3  4  6  9
//!     group     0  1  2 | 0  0  1  1  2
//! ```
//!
//! Each group has *slots* of its own in either part of its segment, and all of them are taken. So nothing ever moves
//! from group to group, and there is no end of a set to be looked for: the units of a group are set against each
//! other, and those that have crossed change places.
//!
//! ```text
//! for each group
//!     if a unit of the rest is above one of the forward set
//!         bring the largest to the forward slots; put either part in the order of columns
//! ```

use super::arrays::Arrays;
use super::grid::{Unit, in_groups};
use super::heap::order;
use super::live::{Live, Segment, places};
use super::program::Layer;
use super::rank::{key, rank};
use super::value::Value;
use core::iter::from_fn;
use core::ops::Range;

/// How many of a group are in which set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    /// Units of a group, 16 at most.
    pub group: usize,
    /// Of which in the forward set.
    pub forward: usize,
    /// Of which in the backward set.
    pub backward: usize,
}

/// A group of a tile.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its columns in the tile.
    pub columns: Range<usize>,
    /// Its slots in the segment: of the forward set, and of the rest.
    pub near: Range<usize>,
    pub far: Range<usize>,
}

impl Quota {
    /// A layer's; `None` where groups are not what it is chosen by.
    pub fn of(layer: &Layer<'_>) -> Option<Self> {
        let Unit::Group(group) = layer.grid.unit else { return None };
        let [forward, backward] =
            [layer.record.forward, layer.record.backward].map(|count| count.get() as usize);
        Some(Quota { group, forward, backward })
    }

    /// The segment of a tile of `len` units.
    pub fn segment(&self, len: usize) -> Segment {
        let [forward, live] =
            [self.forward, self.backward].map(|kept| in_groups(len, self.group, kept));
        Segment::new(forward, live)
    }

    /// The groups of a tile of `len` units. The last may be shorter.
    pub fn places(self, len: usize) -> impl Iterator<Item = Place> {
        let (mut column, mut near, mut far) = (0, 0, self.segment(len).forward());
        from_fn(move || {
            let columns = column..len.min(column + self.group);
            let [forward, live] = [self.forward, self.backward].map(|kept| kept.min(columns.len()));
            let place =
                Place { columns, near: near..near + forward, far: far..far + live - forward };
            (column, near, far) = (column + self.group, place.near.end, place.far.end);
            (!place.columns.is_empty()).then_some(place)
        })
    }
}

/// Chooses the forward set of each group among its live units.
#[inline(never)]
pub(super) fn choose_forward<V: Value>(live: &mut Live<'_, V>, quota: Quota) {
    let mut start = 0;
    for (_, len) in places(live.grid) {
        let count = quota.segment(len).live();
        let mut units = live.arrays.part(start, count, 1);
        for place in quota.places(len) {
            Slots { units: &mut units, place }.choose_forward();
        }
        start += count;
    }
}

/// The slots of a group, in the units of its segment.
pub(super) struct Slots<'s, 'u, V> {
    pub units: &'s mut Arrays<'u, V>,
    pub place: Place,
}

impl<V: Value> Slots<'_, '_, V> {
    /// All of them, those of the forward set first: where each is, which unit of the group stands there and what
    /// it is worth.
    pub fn each(&self) -> impl Iterator<Item = (usize, usize, V)> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    /// Slot number `number`.
    pub fn get(&self, number: usize) -> Option<(usize, usize, V)> {
        let slot = self.at(number);
        let (&column, &value) = (self.units.columns.get(slot)?, self.units.values.get(slot)?);
        Some((slot, usize::from(column).wrapping_sub(self.place.columns.start), value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.place.near.len() + self.place.far.len()
    }

    /// Where slot number `number` is.
    fn at(&self, number: usize) -> usize {
        match number.checked_sub(self.place.near.len()) {
            None => self.place.near.start + number,
            Some(number) => self.place.far.start + number,
        }
    }

    /// Brings the largest to the forward set's slots.
    pub fn choose_forward(&mut self) {
        let ranks = |slots: &Range<usize>| slots.clone().map(|slot| self.rank(slot));
        if ranks(&self.place.near).min() < ranks(&self.place.far).max() {
            self.arrange();
        }
    }

    /// Puts units that stand anyhow where they belong.
    #[inline(never)]
    pub fn arrange(&mut self) {
        let (forward, len) = (self.place.near.len(), self.len());
        (0..forward).for_each(|number| self.bring(number..len, u64::MAX));
        (0..forward).for_each(|number| self.bring(number..forward, COLUMN));
        (forward..len).for_each(|number| self.bring(number..len, COLUMN));
    }

    /// Brings to the first of some slots the unit whose rank is the greatest there, as far as `mask` shows it.
    fn bring(&mut self, numbers: Range<usize>, mask: u64) {
        let first = self.at(numbers.start);
        let best = numbers.max_by_key(|&number| self.rank(self.at(number)) & mask);
        self.units.swap(first, best.map_or(first, |number| self.at(number)));
    }

    /// What the unit in a slot is ranked by.
    #[inline(always)]
    fn rank(&self, slot: usize) -> u64 {
        let value = self.units.values.get(slot).map_or(0.0, |value| value.get());
        let column = self.units.columns.get(slot).copied().unwrap_or_default();
        order(rank(key(value), column.into()))
    }
}

/// The bits of a rank that tell a unit from others, the lowest column's the greatest.
const COLUMN: u64 = u32::MAX as u64;
