//! How a live weight is stored: as an `f32`, or in the upper half of one.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// How live weights are stored.
///
/// Arithmetic is `f32` in any case; what differs is what is kept of a result.
pub trait Value:
    Copy + PartialEq + core::fmt::Debug + FromBytes + IntoBytes + Immutable + KnownLayout + Sealed
{
    /// Zero.
    const ZERO: Self;

    /// Whether [`Value::keep`] looks at its noise.
    const NOISY: bool;

    /// The number it stands for.
    fn get(self) -> f32;

    /// The nearest that can be stored; of two equally near ones the even one.
    fn nearest(number: f32) -> Self;

    /// One of the two next to `number`: the farther one as seldom as it is farther, by 16 random bits.
    fn keep(number: f32, noise: u32) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

use sealed::Sealed;

impl Sealed for f32 {}

impl Value for f32 {
    const ZERO: f32 = 0.0;
    const NOISY: bool = false;

    #[inline(always)]
    fn get(self) -> f32 {
        self
    }

    #[inline(always)]
    fn nearest(number: f32) -> f32 {
        number
    }

    #[inline(always)]
    fn keep(number: f32, _: u32) -> f32 {
        number
    }
}

/// The upper half of an `f32`: its sign, its exponent and seven bits of its mantissa.
///
/// A step of training is mostly smaller than what these bits can tell apart. So results are rounded up or
/// down by chance, in proportion to what is lost, and small steps add up on the average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Bf16(u16);

impl Sealed for Bf16 {}

impl Value for Bf16 {
    const ZERO: Bf16 = Bf16(0);
    const NOISY: bool = true;

    #[inline(always)]
    fn get(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }

    #[inline(always)]
    fn nearest(number: f32) -> Bf16 {
        let bits = number.to_bits();
        let half = 0x7fff + (bits >> 16 & 1);
        Bf16((bits.wrapping_add(half) >> 16) as u16)
    }

    #[inline(always)]
    fn keep(number: f32, noise: u32) -> Bf16 {
        Bf16((number.to_bits().wrapping_add(noise & 0xffff) >> 16) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_nearest_and_even() {
        assert_eq!(Bf16::nearest(1.0).get(), 1.0);
        // Steps of 2^-7 above 1: half of one goes to the even neighbour.
        assert_eq!(Bf16::nearest(1.0 + 1.0 / 256.0).get(), 1.0);
        assert_eq!(Bf16::nearest(1.0 + 3.0 / 256.0).get(), 1.0 + 4.0 / 256.0);
        assert_eq!(Bf16::nearest(-1.005).get(), -1.0078125);
    }

    #[test]
    fn noise_rounds_in_proportion() {
        let number = 1.0 + 0.25 / 128.0;
        let up = (0..1 << 16).filter(|&noise| Bf16::keep(number, noise).get() > 1.0).count();
        assert_eq!(up, 1 << 14);
        assert!((0..1 << 16).all(|noise| Bf16::keep(-1.5, noise).get() == -1.5));
    }
}
