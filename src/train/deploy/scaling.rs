//! Real multipliers as integers, by integers alone.

/// The scales round a layer: of its input, now and as it was, and of its output.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub from: f32,
    pub was: f32,
    pub to: f32,
    /// Of the input.
    pub zero_point: i32,
}

impl Scales {
    /// Of a row whose largest weight is `most`: so large that the bias is less than half of what integers hold.
    pub fn row(self, most: f32, bias: f32) -> f32 {
        let scale = (most / 127.0).max(bias.abs() / self.from / (1 << 30) as f32);
        if scale > 0.0 { scale } else { 1.0 }
    }

    /// A bias in steps of the accumulator; `scale`: of the row's weights.
    pub fn bias(self, bias: f32, scale: f32) -> i32 {
        // A float beyond the integers becomes the last of them.
        libm::rintf(bias / (self.from * scale)) as i32
    }

    pub fn multiplier(self, scale: f32) -> Option<(i32, i32)> {
        multiplier(self.from, scale, self.to)
    }
}

/// A product and quotient of scales as a Q31 multiplier in [2^30, 2^31) and a shift to the left, the nearest there is:
/// a · b / c = multiplier · 2^(shift − 31). (0, 0) where it is smaller than any; `None` where it is larger than 2^30 or a
/// number is not finite and above 0.
pub(super) fn multiplier(a: f32, b: f32, c: f32) -> Option<(i32, i32)> {
    let ([a, a_exponent], [b, b_exponent], [c, c_exponent]) = (parts(a)?, parts(b)?, parts(c)?);
    // Both factors have 24 bits, so has the divisor: the quotient has 39 or 40 bits.
    let dividend = (u64::from(a.unsigned_abs()) * u64::from(b.unsigned_abs())) << 15;
    let quotient = dividend.checked_div(c.unsigned_abs().into())?;
    let excess = 33 - quotient.leading_zeros() as i32;
    let mut multiplier = (quotient + (1 << (excess - 1))) >> excess;
    let mut shift = excess + 31 - 15 + a_exponent + b_exponent - c_exponent;
    if multiplier == 1 << 31 {
        (multiplier, shift) = (1 << 30, shift + 1);
    }
    match shift {
        ..-31 => Some((0, 0)),
        31.. => None,
        _ => Some((multiplier as i32, shift)),
    }
}

/// Mantissa in [2^23, 2^24) and exponent of a number that is finite and above 0.
fn parts(number: f32) -> Option<[i32; 2]> {
    if !(number.is_finite() && number > 0.0) {
        return None;
    }
    let bits = number.to_bits();
    let (exponent, mantissa) = ((bits >> 23) as i32, (bits & 0x7f_ffff) as i32);
    match exponent {
        0 => {
            let missing = mantissa.leading_zeros() as i32 - 8;
            Some([mantissa << missing, -149 - missing])
        }
        _ => Some([mantissa | 1 << 23, exponent - 150]),
    }
}

#[cfg(test)]
mod tests {
    use super::multiplier;

    #[test]
    fn nearest() {
        assert_eq!(multiplier(1.0, 1.0, 1.0), Some((1 << 30, 1)));
        assert_eq!(multiplier(0.5, 1.0, 1.0), Some((1 << 30, 0)));
        assert_eq!(multiplier(1e-20, 1e-20, 1.0), Some((0, 0)));
        assert_eq!(multiplier(1e20, 1.0, 1.0), None);
        for bad in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(multiplier(bad, 1.0, 1.0), None);
            assert_eq!(multiplier(1.0, 1.0, bad), None);
        }
    }

    #[test]
    fn as_in_64_bit_floats() {
        let mut bits = 1_u32;
        let mut next = || {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from_bits(bits >> 9 | 0x3f80_0000) * f32::powi(2.0, (bits % 37) as i32 - 18)
        };
        for _ in 0..20_000 {
            let [a, b, c] = [next(), next(), next()];
            let real = f64::from(a) * f64::from(b) / f64::from(c);
            match multiplier(a, b, c) {
                Some((0, 0)) => assert!(real < 2f64.powi(-31)),
                Some((multiplier, shift)) => {
                    assert!((1 << 30..=i32::MAX).contains(&multiplier));
                    let found = f64::from(multiplier) * 2f64.powi(shift - 31);
                    assert!((found / real - 1.0).abs() <= 2f64.powi(-31), "{real} {found}");
                }
                None => assert!(real >= 2f64.powi(30) * (1.0 - 1e-9), "{real}"),
            }
        }
    }

    #[test]
    fn of_the_smallest_numbers() {
        let least = f32::from_bits(1);
        assert_eq!(multiplier(least, 1.0, least), Some((1 << 30, 1)));
    }
}
