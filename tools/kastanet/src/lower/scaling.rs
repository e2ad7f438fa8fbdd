//! Real multipliers as integers, and the ranges of fused activations.

use super::{Quantised, Said};
use crate::graph::Activation;
use kastanet::image::record::{Clamp, Scaling};

/// `real` as a Q31 multiplier in [2^30, 2^31) and a shift to the left.
pub(super) fn quantise(real: f64) -> Said<(i32, i32)> {
    if !real.is_finite() || real < 0.0 {
        return Err(format!(
            "its scales give a multiplier of {real:e}, expected a finite positive one"
        ));
    }
    let (fraction, mut shift) = libm::frexp(real);
    let mut multiplier = (fraction * f64::from(1_u32 << 31)).round() as i64;
    if multiplier == 1 << 31 {
        multiplier /= 2;
        shift += 1;
    }
    if shift < -31 {
        return Ok((0, 0));
    }
    if shift > 30 {
        return Err(format!("its scales give a multiplier of {real:e}, more than 2^30"));
    }
    Ok((multiplier as i32, shift))
}

/// [`quantise`] as a record.
pub(super) fn scaling(real: f64) -> Said<Scaling> {
    let (multiplier, shift) = quantise(real)?;
    Ok(Scaling { multiplier: multiplier.into(), shift: shift.into() })
}

/// The stored range of `output` under a fused activation.
pub(super) fn clamp(activation: Activation, output: Quantised<'_>) -> Said<Clamp> {
    let stored = |real: f32| {
        let steps = f64::from((real / output.scale).round());
        (f64::from(output.zero_point) + steps).clamp(-128.0, 127.0) as i8
    };
    let (min, max) = match activation {
        Activation::None => (i8::MIN, i8::MAX),
        Activation::Relu => (stored(0.0), i8::MAX),
        Activation::Relu6 => (stored(0.0), stored(6.0)),
        Activation::ReluN1To1 => (stored(-1.0), stored(1.0)),
    };
    Ok(Clamp { min, max, axis: 0, reserved: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipliers_are_normalised() {
        assert_eq!(quantise(1.0), Ok((1 << 30, 1)));
        assert_eq!(quantise(0.5), Ok((1 << 30, 0)));
        assert_eq!(quantise(0.0), Ok((0, 0)));
        assert_eq!(quantise(1.0 - 1e-12), Ok((1 << 30, 1)));
        assert_eq!(quantise(1e-20), Ok((0, 0)));
        assert!(quantise(f64::NAN).is_err() && quantise(1e30).is_err());
    }
}
