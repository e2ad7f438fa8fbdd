//! The order in which units are chosen: by magnitude, of equal ones the lower index first.
//!
//! A magnitude is not negative, and the bits of such floats, taken as integers, are in the floats' order. So
//! a *key* is those bits, and everything about choosing is integer arithmetic.

/// The key of a weight.
#[inline(always)]
pub(super) fn key(weight: f32) -> u32 {
    weight.to_bits() & 0x7fff_ffff
}

/// The key of a unit: of the sum of its members' magnitudes, first to last.
#[inline(always)]
pub(super) fn unit_key<const U: usize>(weights: [f32; U]) -> u32 {
    let magnitudes = weights.map(|weight| f32::from_bits(key(weight)));
    magnitudes.into_iter().reduce(|sum, magnitude| sum + magnitude).unwrap_or_default().to_bits()
}

/// A unit's rank, the greater the better: its key, and of equal ones the lower index first. The first word
/// counts first.
pub(super) type Rank = [u32; 2];

/// The rank of the unit `index`.
#[inline(always)]
pub(super) fn rank(key: u32, index: u32) -> Rank {
    [key, !index]
}

/// The index of the unit of a rank.
pub(super) fn index([_, second]: Rank) -> u32 {
    !second
}

/// Where a chosen set ends: it holds what has a key above `key`, and of those with this key the ones whose
/// index is below `before`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Threshold {
    pub key: u32,
    pub before: u32,
}

impl Threshold {
    /// A set without an end.
    pub const ALL: Threshold = Threshold { key: 0, before: u32::MAX };

    /// The end behind the unit of this rank.
    pub fn behind(rank: Rank) -> Self {
        Threshold { key: rank[0], before: index(rank).saturating_add(1) }
    }

    /// The end before the unit of this rank.
    pub fn ahead_of(rank: Rank) -> Self {
        Threshold { key: rank[0], before: index(rank) }
    }

    /// The same end, for units whose indices are counted from `first` on.
    pub fn from(self, first: u32) -> Self {
        Threshold { before: self.before.saturating_sub(first), ..self }
    }

    #[inline(always)]
    pub fn holds(&self, key: u32, index: u32) -> bool {
        key > self.key || key == self.key && index < self.before
    }

    /// The same without branches, for a host's vectors.
    #[inline(always)]
    pub fn holds_straight(&self, key: u32, index: u32) -> bool {
        (key > self.key) | ((key == self.key) & (index < self.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_magnitudes() {
        let ascending = [0.0, 1e-45, 1e-38, 0.1, -0.5, 1.0, -1.5, 3e38];
        assert!(ascending.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert_eq!(key(-0.25), key(0.25));
        assert_eq!(unit_key([1.0, -2.0, 0.5, -0.0]), key(3.5));
    }

    #[test]
    fn equal_keys_are_told_apart_by_index() {
        let end = Threshold { key: 5, before: 3 };
        assert!(end.holds(6, 9) && end.holds(5, 2) && !end.holds(5, 3) && !end.holds(4, 0));
        assert!(Threshold::ALL.holds(0, 7));
        assert!(rank(6, 9) > rank(5, 2) && rank(5, 2) > rank(5, 3));
        assert_eq!((index(rank(6, 9)), Threshold::behind(rank(5, 2))), (9, end));
        assert_eq!(Threshold::ahead_of(rank(5, 3)), end);
    }
}
