//! The units of one group, and which of them belong to the backward set.
//!
//! ```text
//! the set := what is live
//! repeat
//!     where a place is free, the largest outside takes it
//!     else, where the largest outside is above the least inside, they change places
//! until neither is so
//! ```
//!
//! A unit is worth its live value, else what the table says, else its reserve. One that is not in the reserve is
//! worth 0: so there are always enough to choose from.

use super::fall_back::{difference, is_unchanged};
use super::heap::order;
use super::rank::{index, key, rank};
use super::value::Value;

/// Units of the largest group.
const MOST: usize = 16;

/// Some of the units of a group: a bit each.
pub(super) type Set = u16;

/// A group.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// The index of its first unit.
    pub first: u32,
    len: usize,
    /// Which are live, in the table, worth something else than their reserve, and to be live.
    pub live: Set,
    pub table: Set,
    pub learned: Set,
    pub chosen: Set,
    worth: [f32; MOST],
    reserves: [f32; MOST],
}

impl Group {
    /// Of `len` units, all of which are worth their reserve.
    pub fn new(first: u32, len: usize, reserve: impl Fn(usize) -> Option<[f32; 1]>) -> Self {
        let mut group = Group { first, len, ..Group::default() };
        for (at, place) in group.reserves.iter_mut().enumerate().take(len) {
            *place = reserve(at).map_or(0.0, |[reserve]| reserve);
        }
        group.worth = group.reserves;
        group
    }

    /// A live unit.
    pub fn see_live<V: Value>(&mut self, at: usize, value: V) {
        self.see(at, value.get());
        self.live |= bit(at);
        let is_unchanged = is_unchanged([value], Some([self.reserve(at)]));
        self.learned |= if is_unchanged { 0 } else { bit(at) };
    }

    /// A unit in the table.
    pub fn see_table<V: Value>(&mut self, at: usize, value: V) {
        self.see(at, value.get());
        self.table |= bit(at);
        self.learned |= bit(at);
    }

    fn see(&mut self, at: usize, worth: f32) {
        self.worth.iter_mut().skip(at).take(1).for_each(|place| *place = worth);
    }

    /// Chooses the largest: `wanted`, or all where there are fewer.
    pub fn choose(&mut self, wanted: usize) {
        self.chosen = self.live;
        loop {
            let greatest = self.ranks(!self.chosen).max();
            let least = self.ranks(self.chosen).min();
            let is_free = (self.chosen.count_ones() as usize) < wanted;
            let Some(enters) = greatest.filter(|_| is_free || least < greatest) else { return };
            self.chosen |= bit_of(enters);
            self.chosen &= !least.filter(|_| !is_free).map_or(0, bit_of);
        }
    }

    fn ranks(&self, set: Set) -> impl Iterator<Item = u64> {
        self.members(set).map(|at| order(rank(key(self.worth(at)), at as u32)))
    }

    /// The places of some units, ascending.
    pub fn members(&self, set: Set) -> impl Iterator<Item = usize> + use<> {
        (0..self.len).filter(move |&at| set & bit(at) != 0)
    }

    /// What is to be in the table.
    pub fn outside(&self) -> Set {
        self.learned & !self.chosen
    }

    /// What becomes live.
    pub fn entering(&self) -> Set {
        self.chosen & !self.live
    }

    /// What a unit is worth.
    pub fn worth(&self, at: usize) -> f32 {
        self.worth.get(at).copied().unwrap_or_default()
    }

    /// What its reserve says.
    pub fn reserve(&self, at: usize) -> f32 {
        self.reserves.get(at).copied().unwrap_or_default()
    }

    /// The key of how much it differs from that, and its index.
    pub fn difference<V: Value>(&self, at: usize) -> (u32, u32) {
        let unit = [V::nearest(self.worth(at))];
        (difference(unit, Some([self.reserve(at)])), self.first + at as u32)
    }
}

/// The bit of a unit; none where there is no such unit.
pub(super) fn bit(at: usize) -> Set {
    Set::from(at < MOST).wrapping_shl(at as u32)
}

/// The bit of the unit of a rank.
fn bit_of(order: u64) -> Set {
    bit(index([0, order as u32]) as usize)
}
