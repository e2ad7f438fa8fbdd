//! N of M: which patterns there are.

use crate::rolled::Rolled;

/// N of M, by the parameter that says so: N · 16 + log2 M.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Pattern {
    /// One of 4.
    OneOf4 = 0x12,
    /// Two of 4.
    TwoOf4 = 0x22,
    /// One of 8.
    OneOf8 = 0x13,
    /// One of 16.
    OneOf16 = 0x14,
}

impl Pattern {
    /// Every pattern, those that keep fewest first.
    pub const ALL: [Pattern; 4] =
        [Pattern::OneOf16, Pattern::OneOf8, Pattern::OneOf4, Pattern::TwoOf4];

    /// The pattern of a parameter.
    pub fn from_parameter(parameter: u8) -> Option<Self> {
        Self::ALL.into_iter().rolled().find(|&pattern| pattern as u8 == parameter)
    }

    /// N: weights that a group keeps.
    pub const fn kept(self) -> usize {
        self as usize >> 4
    }

    /// M: columns of a group.
    pub const fn group(self) -> usize {
        1 << (self as usize & 15)
    }

    /// Bits of an index.
    pub const fn bits(self) -> usize {
        if self.group() == 4 { 2 } else { 4 }
    }

    /// Whether rows of so many columns end with a group of at least N.
    pub const fn fits(self, cols: usize) -> bool {
        let last = cols % self.group();
        last == 0 || last >= self.kept()
    }

    /// Indices of so many columns, and the bytes that they take.
    pub(super) const fn stored(self, cols: usize) -> (usize, usize) {
        let indices = cols.div_ceil(self.group()) * self.kept();
        (indices, (indices * self.bits()).div_ceil(8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_by_parameter() {
        let sizes = Pattern::ALL.map(|pattern| (pattern.kept(), pattern.group(), pattern.bits()));
        assert_eq!(sizes, [(1, 16, 4), (1, 8, 4), (1, 4, 2), (2, 4, 2)]);
        for pattern in Pattern::ALL {
            assert_eq!(Pattern::from_parameter(pattern as u8), Some(pattern));
        }
    }
}
