//! exp(x) / Σ exp(x) along a row of bytes.
//!
//! ```text
//! d[i]   = x[i] − the largest x                 0 to −255
//! e[i]   = exp(d[i] · scale)                    Q0.31, none where d[i] < diff_min
//! sum    = Σ e[i]                               Q12.19
//! y[i]   = e[i] / sum · 256 − 128
//! ```
//!
//! The sum is between 1 and the number of elements, at most 4095. Its highest bit is found, the
//! bits below it are an x in [0, 1) of [`reciprocal_of_one_plus`], and the place of the bit goes
//! into the last shift. Each exp is computed twice, which needs no scratch.

use super::fixed::{exp, reciprocal_of_one_plus};
use crate::image::record::SoftmaxParams;
use crate::quant::{doubling_high_mul, rounding_shift_right};
use crate::rolled::Rolled;

/// The longest row.
pub const MAX_ROW: usize = 4095;

/// Integer bits of the sum.
const SUM_BITS: u32 = 12;

/// Replaces a row, not empty and of at most [`MAX_ROW`] elements, by its softmax with scale 1/256
/// and zero point −128.
pub fn softmax(row: &mut [i8], params: &SoftmaxParams) {
    let max = row.iter().copied().rolled().fold(i8::MIN, i8::max);
    let exp_of = |x: i8| {
        let difference = i32::from(x) - i32::from(max);
        let counts = difference >= params.diff_min.get();
        counts.then(|| exp::<5>(params.input.apply(difference)))
    };
    let parts = row.iter().rolled().filter_map(|&x| exp_of(x));
    let sum = parts.fold(0_i32, |sum, e| sum.wrapping_add(rounding_shift_right(e, SUM_BITS)));
    let above = (sum as u32).leading_zeros();
    // Drops the highest bit, which is the 1 of 1 + x.
    let fraction = (sum as u32).wrapping_shl(above) & (u32::MAX >> 1);
    let scale = reciprocal_of_one_plus(fraction as i32);
    // From Q0.31 to 8 bits, and down by what the sum is above 1.
    let shift = (31 + SUM_BITS).saturating_sub(8 + above);
    for y in row.iter_mut().rolled() {
        *y = exp_of(*y).map_or(i8::MIN, |e| output(doubling_high_mul(scale, e), shift));
    }
}

/// `x` / 2^`shift` − 128, held to a byte. A quotient below a half is 0 for shifts from 32 on.
fn output(x: i32, shift: u32) -> i8 {
    let quotient = if shift > 31 { 0 } else { rounding_shift_right(x, shift) };
    quotient.saturating_add(i8::MIN.into()).clamp(i8::MIN.into(), i8::MAX.into()) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::record::Scaling;
    use std::vec;

    /// Parameters for inputs of a scale that is a power of two, 2^(`exponent` − 26).
    fn params(exponent: i32, diff_min: i32) -> SoftmaxParams {
        let input = Scaling { multiplier: (1 << 30).into(), shift: (exponent + 1).into() };
        SoftmaxParams { input, diff_min: diff_min.into() }
    }

    #[test]
    fn equal_inputs_share_equally() {
        for n in [1_usize, 2, 4, 8, 300, 4095] {
            let mut row = vec![7_i8; n];
            softmax(&mut row, &params(22, -248));
            let expected = (256.0 / n as f64).round().min(255.0) - 128.0;
            assert!(row.iter().all(|&y| f64::from(y) == expected), "{n}: {}", row[0]);
        }
    }

    #[test]
    fn close_to_the_exact_softmax() {
        let mut row = [-128_i8, -3, 40, 41, 127, 126, 100, 0, 99, 127];
        let exact = row.map(|x| (f64::from(x) / 16.0).exp());
        let sum: f64 = exact.iter().sum();
        softmax(&mut row, &params(22, -496));
        for (y, exact) in row.iter().zip(exact) {
            assert!((f64::from(*y) + 128.0 - exact / sum * 256.0).abs() < 0.51);
        }
    }

    #[test]
    fn far_below_the_largest_is_zero() {
        let mut row = [0_i8, 10, 11];
        softmax(&mut row, &params(22, -1));
        assert_eq!(row[0], -128);
        assert!(row[1] > -128 && row[2] > row[1]);
    }
}
