//! The units that enter the backward set, segment after segment.

use super::base::{Reserves, TILE_BYTES};
use super::candidates::hide;
use super::overlay::Overlay;
use super::rank::{Threshold, unit_key};
use super::search::Buckets;
use super::value::Value;
use core::ops::Range;

/// The indices of units that enter, ascending.
pub(super) struct Entering<'e> {
    indices: &'e mut Buckets,
    /// How many there are, and how many have been taken, where all are known; else of one segment only.
    len: usize,
    taken: usize,
    are_known: bool,
    /// The number of the table's first entry behind the segments that have been looked through.
    entry: usize,
}

impl<'e> Entering<'e> {
    /// All: so many, whose `indices` are there, or of all segments what is found in them.
    pub fn new(indices: &'e mut Buckets, known: Option<usize>) -> Self {
        let (len, are_known) = (known.unwrap_or_default(), known.is_some());
        Entering { indices, len, taken: 0, are_known, entry: 0 }
    }

    /// Those of the next segment, with `units` of which `columns` are live.
    pub fn of<const U: usize, V: Value>(
        &mut self,
        units: &Range<u32>,
        end: Threshold,
        (columns, overlay, reserves): (&[u8], &Overlay<'_, V>, &mut Reserves<'_, V>),
        space: &mut [u8; TILE_BYTES],
    ) -> &[u32] {
        if !self.are_known {
            (self.len, self.taken) = (0, 0);
            self.look_through::<U, V>(units, end, (columns, overlay, reserves), space);
        }
        let rest = self.indices.get(self.taken..self.len).unwrap_or_default();
        let here = rest.iter().take_while(|&&index| index < units.end).count();
        self.taken += here;
        rest.get(..here).unwrap_or_default()
    }

    #[inline(never)]
    fn look_through<const U: usize, V: Value>(
        &mut self,
        units: &Range<u32>,
        end: Threshold,
        (columns, overlay, reserves): (&[u8], &Overlay<'_, V>, &mut Reserves<'_, V>),
        space: &mut [u8; TILE_BYTES],
    ) {
        let mut tile = reserves.tile::<U>(units.start, space);
        hide(&mut tile, columns, (overlay, self.entry), units.clone());
        tile.each(end.key, |column, key| {
            let index = units.start + column as u32;
            if end.holds(key, index) {
                self.push(index);
            }
        });
        for (index, unit) in overlay.entries::<U>(&mut self.entry, units.end) {
            if end.holds(unit_key(unit.map(V::get)), index) {
                self.insert(index);
            }
        }
    }

    /// Adds an index behind all others.
    fn push(&mut self, index: u32) {
        if let Some(place) = self.indices.get_mut(self.len) {
            *place = index;
            self.len += 1;
        }
    }

    /// Adds an index where it belongs.
    fn insert(&mut self, index: u32) {
        let others = self.indices.get(..self.len).unwrap_or_default();
        let before = others.partition_point(|&other| other < index);
        self.push(index);
        if let Some([behind @ .., last]) = self.indices.get_mut(before..self.len) {
            behind.iter_mut().for_each(|place| core::mem::swap(place, last));
        }
    }
}
