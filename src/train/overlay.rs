//! What was learned by weights that are no longer live: a table of fixed capacity.
//!
//! ```text
//!     indices   17  203  1999 …       units, ascending
//!     values     …    …     …         as many as a unit has weights
//! ```
//!
//! A unit is either live, or in the table, or worth what its reserve says.

use super::arrays::copy;
use super::value::Value;

/// The table of one layer.
pub(super) struct Overlay<'o, V> {
    pub indices: &'o mut [u32],
    pub values: &'o mut [V],
    pub len: usize,
}

impl<'o, V: Value> Overlay<'o, V> {
    /// Its capacity in units.
    pub fn capacity(&self) -> usize {
        self.indices.len()
    }

    /// Its entries of indices in `from..to`, which start at entry number `*at` or behind; moves `*at` on.
    pub fn entries<'s, const U: usize>(
        &'s self,
        at: &mut usize,
        to: u32,
    ) -> impl Iterator<Item = (u32, [V; U])> + use<'s, 'o, U, V> {
        let start = *at;
        let indices = self.indices.get(start..self.len).unwrap_or_default();
        let here = indices.iter().take_while(|&&index| index < to).count();
        *at += here;
        let values = self.values.as_chunks::<U>().0.get(start..).unwrap_or_default();
        indices.iter().copied().zip(values.iter().copied()).take(here)
    }

    /// The entry of unit `index`.
    pub fn get<const U: usize>(&self, index: u32) -> Option<[V; U]> {
        let indices = self.indices.get(..self.len)?;
        let at = indices.binary_search(&index).ok()?;
        self.values.as_chunks::<U>().0.get(at).copied()
    }

    /// Puts a unit at entry number `at`.
    pub fn set<const U: usize>(&mut self, at: usize, index: u32, unit: [V; U]) {
        let places = (self.indices.get_mut(at), self.values.as_chunks_mut::<U>().0.get_mut(at));
        if let (Some(place), Some(value)) = places {
            (*place, *value) = (index, unit);
        }
    }

    /// Moves all entries of one weight to the end of the memory, so that the table can be written anew from the
    /// front while they are read; gives the number of the first.
    pub fn open(&mut self) -> usize {
        let (len, room) = (self.len, self.capacity() - self.len);
        copy(self.indices, 0, room, len, 1);
        copy(self.values, 0, room, len, 1);
        self.len = self.capacity();
        room
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain<const U: usize>(&mut self, mut keep: impl FnMut(u32, [V; U]) -> bool) {
        let mut kept = 0;
        for at in 0..self.len {
            let unit = self.values.as_chunks::<U>().0.get(at).copied();
            let (Some(&index), Some(unit)) = (self.indices.get(at), unit) else { break };
            if !keep(index, unit) {
                continue;
            }
            self.set(kept, index, unit);
            kept += 1;
        }
        self.len = kept;
    }
}

/// Puts units into a table in descending order, from its end on.
pub(super) struct Filling {
    /// Entries that were there and are not yet passed.
    old: usize,
    /// Where the next goes, plus 1.
    to: usize,
}

impl Filling {
    /// To put `more` units into `overlay`, which has room for them.
    pub fn new<V: Value>(overlay: &mut Overlay<'_, V>, more: usize) -> Self {
        let old = overlay.len;
        overlay.len = (old + more).min(overlay.capacity());
        Filling { old, to: overlay.len }
    }

    /// Puts in a unit whose index is below those before.
    pub fn put<const U: usize, V: Value>(
        &mut self,
        overlay: &mut Overlay<'_, V>,
        index: u32,
        unit: [V; U],
    ) {
        let (values, _) = overlay.values.as_chunks_mut::<U>();
        while let Some(old) = self.old.checked_sub(1)
            && overlay.indices.get(old).is_some_and(|&other| other > index)
        {
            self.to = self.to.saturating_sub(1);
            copy(overlay.indices, old, self.to, 1, 1);
            copy(values, old, self.to, 1, 1);
            self.old = old;
        }
        self.to = self.to.saturating_sub(1);
        overlay.set(self.to, index, unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn table<'o>(indices: &'o mut [u32], values: &'o mut [f32], len: usize) -> Overlay<'o, f32> {
        Overlay { indices, values, len }
    }

    fn all(overlay: &Overlay<'_, f32>) -> Vec<(u32, [f32; 1])> {
        overlay.entries::<1>(&mut 0, u32::MAX).collect()
    }

    #[test]
    fn fills_between_what_is_there() {
        let (mut indices, mut values) = ([3, 8, 9, 0, 0, 0], [0.3, 0.8, 0.9, 0.0, 0.0, 0.0]);
        let mut overlay = table(&mut indices, &mut values, 3);
        let mut filling = Filling::new(&mut overlay, 3);
        for (index, value) in [(10, 1.0), (5, 0.5), (1, 0.1)] {
            filling.put(&mut overlay, index, [value]);
        }
        let expected = [(1, 0.1), (3, 0.3), (5, 0.5), (8, 0.8), (9, 0.9), (10, 1.0)];
        assert_eq!(all(&overlay), expected.map(|(index, value)| (index, [value])));
    }

    #[test]
    fn retains_and_walks() {
        let (mut indices, mut values) = ([3, 8, 9], [0.3, 0.8, 0.9]);
        let mut overlay = table(&mut indices, &mut values, 3);
        let mut at = 0;
        assert_eq!(overlay.entries::<1>(&mut at, 9).count(), 2);
        assert_eq!(overlay.entries::<1>(&mut at, 20).next(), Some((9, [0.9])));
        assert_eq!((overlay.get(8), overlay.get::<1>(7)), (Some([0.8]), None));
        overlay.retain::<1>(|index, _| index != 8);
        assert_eq!(all(&overlay), [(3, [0.3]), (9, [0.9])]);
    }
}
