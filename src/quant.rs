//! The one requantise rule.
//!
//! A quantised value q stands for the real number scale · (q − zero point). An accumulator of
//! 32 bits is brought to another scale by a Q31 multiplier m and a shift s: times m · 2^(s − 31),
//! first rounded to the nearest after the multiplication (ties away from zero in the positive
//! direction), then rounded to the nearest after the shift to the right (ties away from zero).
//! These two roundings are those of TFLite's int8 reference kernels, and every operator uses
//! them, so that an image gives TFLite Micro's bytes on every core.

use crate::image::record::Scaling;

/// `x` times the real number `multiplier` · 2^(`shift` − 31), rounded.
///
/// `multiplier` is not negative; `shift` is in −31..=30, to the left where positive.
/// A shift to the left drops the high bits, as the reference does; a host that computes
/// multipliers keeps accumulators below 2^31 there.
///
/// ```
/// use kastanet::quant::requantise;
///
/// assert_eq!(requantise(1000, 1 << 30, 0), 500);
/// assert_eq!(requantise(1000, 1 << 30, -3), 63); // 62.5, away from zero
/// assert_eq!(requantise(-1000, 1 << 30, -3), -63);
/// ```
#[inline]
pub fn requantise(x: i32, multiplier: i32, shift: i32) -> i32 {
    let left = shift.clamp(0, 31) as u32;
    let right = shift.min(0).unsigned_abs().min(31);
    rounding_shift_right(doubling_high_mul(x.wrapping_shl(left), multiplier), right)
}

/// The high 32 bits of 2·a·b, rounded to the nearest; saturates for both at −2^31.
#[inline]
pub fn doubling_high_mul(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    let product = i64::from(a) * i64::from(b);
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    // Towards zero, unlike a shift: this is what rounds negative ties the reference's way.
    ((product + nudge) / (1 << 31)) as i32
}

/// `x` / 2^`exponent`, rounded to the nearest, ties away from zero; `exponent` is in 0..=31.
#[inline]
pub fn rounding_shift_right(x: i32, exponent: u32) -> i32 {
    let exponent = exponent & 31;
    let mask = (1_u32 << exponent).wrapping_sub(1) as i32;
    let threshold = (mask >> 1) + i32::from(x < 0);
    (x >> exponent) + i32::from((x & mask) > threshold)
}

/// A multiplier and a shift made ready for many [`requantise`]s.
///
/// The usual case, an accumulator within ±2^30 after the shift to the left, needs one wide
/// multiplication and three additions; others take the long way. Both give the same bits:
///
/// - the doubled high multiplication of x and m, rounded, is the upper half of 2x·m plus the top bit
///   of its lower half;
/// - half to the nearest, ties away from zero, is (x − (1 where x < 0) + 2^(s − 1)) >> s, for s > 0.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    multiplier: i32,
    shift: i32,
    left: u32,
    right: u32,
    /// 2^(right − 1), or 0.
    half: i32,
    /// −1 where there is a shift to the right, or 0.
    away: i32,
}

impl Scale {
    /// Multiplier and shift in the ranges of [`requantise`].
    #[inline]
    pub fn new(multiplier: i32, shift: i32) -> Self {
        let left = shift.clamp(0, 31) as u32;
        let right = shift.min(0).unsigned_abs().min(31);
        let half = ((1_u32 << right) >> 1) as i32;
        let away = if right > 0 { -1 } else { 0 };
        Scale { multiplier, shift, left, right, half, away }
    }

    /// The Q31 multiplier.
    #[inline]
    pub fn multiplier(&self) -> i32 {
        self.multiplier
    }

    /// The shift, to the left where positive.
    #[inline]
    pub fn shift(&self) -> i32 {
        self.shift
    }

    /// Whether the shift is to the right, as it is but for tiny layers.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.right > 0
    }

    /// [`requantise`] of `x`.
    #[inline]
    pub fn apply(&self, x: i32) -> i32 {
        let shifted = x.wrapping_shl(self.left);
        match shifted.checked_add(shifted) {
            Some(doubled) => self.round((self.high(doubled) >> 31) & self.away, self.high(doubled)),
            None => self.apply_slowly(x),
        }
    }

    /// [`requantise`] of `x`, where the scale [is plain](Scale::is_plain).
    #[inline]
    pub fn apply_plain(&self, x: i32) -> i32 {
        match x.checked_add(x) {
            Some(doubled) => self.round(self.high(doubled) >> 31, self.high(doubled)),
            None => self.apply_slowly(x),
        }
    }

    /// The upper half of the product, rounded.
    #[inline]
    fn high(&self, doubled: i32) -> i32 {
        let product = i64::from(doubled) * i64::from(self.multiplier);
        ((product >> 32) as i32).wrapping_add(((product as u32) >> 31) as i32)
    }

    #[inline]
    fn round(&self, away: i32, high: i32) -> i32 {
        high.wrapping_add(away).wrapping_add(self.half) >> (self.right & 31)
    }

    #[cold]
    #[inline(never)]
    fn apply_slowly(&self, x: i32) -> i32 {
        requantise(x, self.multiplier, self.shift)
    }
}

impl Scaling {
    /// Made ready for many.
    #[inline]
    pub fn scale(&self) -> Scale {
        Scale::new(self.multiplier.get(), self.shift.get())
    }

    /// [`requantise`] with this multiplier and shift.
    #[inline]
    pub fn apply(&self, x: i32) -> i32 {
        requantise(x, self.multiplier.get(), self.shift.get())
    }
}

/// The output's zero point and range.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The stored value that means zero.
    pub zero_point: i32,
    /// Smallest output.
    pub min: i8,
    /// Largest output.
    pub max: i8,
}

impl Range {
    /// Whether every byte is in it.
    #[inline]
    pub fn is_full(&self) -> bool {
        (self.min, self.max) == (i8::MIN, i8::MAX)
    }

    /// As [`Range::clamp`] where the range [is full](Range::is_full), for x of at most ±2^30.
    #[inline]
    pub fn saturate(&self, x: i32) -> i8 {
        x.wrapping_add(self.zero_point).clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }

    /// Adds the zero point and clamps.
    #[inline]
    pub fn clamp(&self, x: i32) -> i8 {
        // The bounds are checked to be in order; `max` then `min` cannot panic where they are not.
        x.saturating_add(self.zero_point).max(self.min.into()).min(self.max.into()) as i8
    }
}

/// `x` / `scale`, rounded to the nearest, ties away from zero, plus `zero_point`; not yet held to
/// the range of a byte. What does not fit 32 bits goes to the nearest that does, NaN to the zero
/// point. Together with [`dequantise`] and [`normalise`] the only float arithmetic of inference.
///
/// ```
/// use kastanet::quant::quantise;
///
/// assert_eq!([0.24, 0.25, -0.25].map(|x| quantise(x, 0.5, 10)), [10, 11, 9]);
/// assert_eq!(quantise(f32::NAN, 0.5, 10), 10);
/// ```
#[inline]
pub fn quantise(x: f32, scale: f32, zero_point: i32) -> i32 {
    (libm::roundf(x / scale) as i32).saturating_add(zero_point)
}

/// The real value of a stored one: exact but for one rounding, so the same in any wider type.
#[inline]
pub fn dequantise(stored: i32, scale: f32, zero_point: i32) -> f32 {
    scale * stored.wrapping_sub(zero_point) as f32
}

/// A raw value as the network was trained on it: (raw − mean) / std.
///
/// ```
/// assert_eq!(kastanet::quant::normalise(255.0, 128.0, 64.0), 1.984375);
/// ```
#[inline]
pub fn normalise(raw: f32, mean: f32, std: f32) -> f32 {
    (raw - mean) / std
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_ties_away_from_zero() {
        assert_eq!([5, -5, 6, -6, 7].map(|x| rounding_shift_right(x, 2)), [1, -1, 2, -2, 2]);
        assert_eq!([i32::MAX, i32::MIN].map(|x| rounding_shift_right(x, 31)), [1, -1]);
        assert_eq!(rounding_shift_right(-7, 0), -7);
    }

    #[test]
    fn high_mul_saturates() {
        assert_eq!(doubling_high_mul(i32::MIN, i32::MIN), i32::MAX);
        assert_eq!(doubling_high_mul(i32::MIN, i32::MAX), -i32::MAX);
        assert_eq!([3, -3, 1, -1].map(|x| doubling_high_mul(x, 1 << 30)), [2, -1, 1, 0]);
    }

    #[test]
    fn scale_is_requantise() {
        let mut x = 1_u32;
        for multiplier in [0, 1, 1 << 30, (1 << 30) + 1, 1518500250, i32::MAX] {
            for shift in -31..=30 {
                let scale = Scale::new(multiplier, shift);
                for _ in 0..200 {
                    x = x.wrapping_mul(1664525).wrapping_add(1013904223);
                    let x = (x as i32) >> (x % 32);
                    for x in [x, -x, x - x % 256, 1 << 30, -(1 << 30), i32::MIN, i32::MAX] {
                        let expected = requantise(x, multiplier, shift);
                        assert_eq!(scale.apply(x), expected, "{x} {multiplier} {shift}");
                        if scale.is_plain() {
                            assert_eq!(scale.apply_plain(x), expected, "{x} {multiplier} {shift}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn agrees_with_exact_rounding_within_one() {
        for x in [0, 1, -1, 12345, -12345, 1 << 24, -(1 << 24)] {
            for shift in -12..4 {
                let exact = f64::from(x) * 1518500250.0 / 2f64.powi(31 - shift);
                let found = requantise(x, 1518500250, shift);
                assert!((f64::from(found) - exact).abs() <= 1.0, "{x} {shift}");
            }
        }
    }
}
