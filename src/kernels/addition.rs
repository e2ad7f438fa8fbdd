//! The sum of two vectors of different scales.
//!
//! ```text
//! a' = requantise((a − zero point a) · 2^20, multiplier a, shift a)      b' likewise
//! y  = clamp(requantise(a' + b', multiplier, shift) + zero point)
//! ```
//!
//! The 20 bits keep what the inputs' multipliers, at most 1/2, would round away.

use crate::quant::{Range, Scale};

/// Bits that the inputs are shifted to the left by.
pub const HEADROOM: u32 = 20;

/// What brings an input to the scale in which both are added.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Its scale, with a shift to the right or none.
    pub scale: Scale,
    /// The stored value that means zero.
    pub zero_point: i32,
}

impl Term {
    #[inline]
    fn scaled(&self, x: i8) -> i32 {
        self.scale.apply(i32::from(x).wrapping_sub(self.zero_point).wrapping_shl(HEADROOM))
    }
}

/// The sum of two bytes, to a third.
#[derive(Clone, Copy, Debug)]
pub struct Addition {
    /// The inputs.
    pub terms: [Term; 2],
    /// The output's, with a shift to the right or none.
    pub scale: Scale,
    /// Of the outputs.
    pub range: Range,
}

impl Addition {
    /// The sum of a and b.
    #[inline]
    pub fn sum(&self, a: i8, b: i8) -> i8 {
        let [first, second] = &self.terms;
        self.range.clamp(self.scale.apply(first.scaled(a).wrapping_add(second.scaled(b))))
    }

    /// Replaces each y by the sum of y and x.
    #[inline]
    pub fn add(&self, y: &mut [i8], x: &[i8]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = self.sum(*y, x);
        }
    }
}
