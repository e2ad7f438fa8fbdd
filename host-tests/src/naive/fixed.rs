//! Fixed-point arithmetic, from its definition.
//!
//! Every number is an `i64` that stands for a 32-bit one; results that a 32-bit register would
//! saturate are saturated here.

use super::Range;

/// A real factor as TFLite keeps it: `significand` · 2^(`shift` − 31).
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    significand: i64,
    shift: i32,
}

impl Factor {
    /// The nearest factor to a real number above zero.
    pub fn new(real: f64) -> Self {
        let (fraction, shift) = frexp(real);
        let significand = (fraction * 2f64.powi(31)).round() as i64;
        match significand {
            _ if shift < -31 => Factor { significand: 0, shift: 0 },
            0x8000_0000 => Factor { significand: significand / 2, shift: shift + 1 },
            _ => Factor { significand, shift },
        }
    }

    /// The same, divided by a whole number: the power of two below it first, then the rest.
    pub fn over(self, count: i64) -> Self {
        let down = count.ilog2().min((31 + self.shift) as u32);
        Factor { significand: (self.significand << down) / count, shift: self.shift - down as i32 }
    }

    /// `x` times the factor, rounded after the multiplication and again after the shift.
    pub fn apply(self, x: i64) -> i64 {
        let product = high_mul(wrap(x << self.shift.max(0)), self.significand);
        shift_right(product, (-self.shift).max(0) as u32)
    }

    /// 2 to this power bounds the factor from above.
    pub fn shift(self) -> i32 {
        self.shift
    }
}

/// A number in [0.5, 1) and the power of two that make `real`.
pub fn frexp(real: f64) -> (f64, i32) {
    let (mut fraction, mut exponent) = (real, 0);
    while fraction >= 1.0 {
        (fraction, exponent) = (fraction / 2.0, exponent + 1);
    }
    while fraction < 0.5 {
        (fraction, exponent) = (fraction * 2.0, exponent - 1);
    }
    (fraction, exponent)
}

/// `a` · `b` / 2^31 to the nearest, ties upwards.
pub fn high_mul(a: i64, b: i64) -> i64 {
    saturate((a * b + (1 << 30)).div_euclid(1 << 31))
}

/// `x` / 2^`power` to the nearest, ties away from zero.
pub fn shift_right(x: i64, power: u32) -> i64 {
    x.signum() * ((2 * x.abs() + (1 << power)) >> (power + 1))
}

/// `x` · 2^`power`, saturated.
pub fn shift_left(x: i64, power: u32) -> i64 {
    saturate(x << power)
}

/// The nearest 32-bit number.
pub fn saturate(x: i64) -> i64 {
    x.clamp(i32::MIN.into(), i32::MAX.into())
}

/// What a 32-bit register keeps.
fn wrap(x: i64) -> i64 {
    i64::from(x as i32)
}

/// A real number in [−1, 1] with 31 bits behind the point, or in [−4, 4] with 29.
fn constant(real: f64, bits: i32) -> i64 {
    saturate((real * 2f64.powi(bits)).round() as i64)
}

/// One, as nearly as 31 bits behind the point can say it.
pub const ONE: i64 = i32::MAX as i64;

/// e^`x`, 31 bits behind the point; `x` ≤ 0 has `31 − integer_bits`.
pub fn exp(x: i64, integer_bits: u32) -> i64 {
    if x == 0 {
        return ONE;
    }
    let unit = 31 - integer_bits as i32;
    let quarter = 1 << (unit - 2);
    // x = −(whole quarters) + rest, rest in [−1/4, 0).
    let rest = x.rem_euclid(quarter) - quarter;
    let mut result = exp_of_rest(shift_left(rest, integer_bits));
    for power in -2..integer_bits as i32 {
        if (rest - x) >> (unit + power) & 1 == 1 {
            result = high_mul(result, constant((-2f64.powi(power)).exp(), 31));
        }
    }
    result
}

/// e^`a` for `a` in [−1/4, 0): four terms of the series around −1/8.
fn exp_of_rest(a: i64) -> i64 {
    let x = a + (1 << 28);
    let x2 = high_mul(x, x);
    let x3 = high_mul(x2, x);
    let x4 = high_mul(x2, x2);
    let higher = shift_right(high_mul(shift_right(x4, 2) + x3, constant(1.0 / 3.0, 31)) + x2, 1);
    let middle = constant((-0.125f64).exp(), 31);
    middle + high_mul(middle, x + higher)
}

/// 1 / (1 + `a`) for `a` in [0, 1].
pub fn one_over_one_plus(a: i64) -> i64 {
    shift_left(two_over_one_plus(a), 1)
}

/// (1 − `a`) / (1 + `a`) for `a` in [0, 1], which is one less than 2 / (1 + `a`).
pub fn one_less_over_one_plus(a: i64) -> i64 {
    shift_left(two_over_one_plus(a) - (1 << 29), 2)
}

/// 2 / (1 + `a`), 29 bits behind the point: three steps of Newton's method.
fn two_over_one_plus(a: i64) -> i64 {
    let half = (a + ONE + 1) / 2;
    let mut x = constant(48.0 / 17.0, 29) + high_mul(half, constant(-32.0 / 17.0, 29));
    for _ in 0..3 {
        let error = (1 << 29) - high_mul(half, x);
        x += shift_left(high_mul(x, error), 2);
    }
    x
}

/// The output's stored value: the zero point added, then clamped.
pub fn store(x: i64, zero_point: i64, range: Range) -> i64 {
    (x + zero_point).clamp(range.min, range.max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_defined() {
        assert_eq!([3, -3, 1, -1].map(|x| high_mul(x, 1 << 30)), [2, -1, 1, 0]);
        assert_eq!(high_mul(i32::MIN.into(), i32::MIN.into()), ONE);
        assert_eq!([5, -5, 6, -6, 7].map(|x| shift_right(x, 2)), [1, -1, 2, -2, 2]);
        assert_eq!(shift_right(-7, 0), -7);
    }

    #[test]
    fn factor_is_normalised() {
        let half = Factor::new(0.5);
        assert_eq!((half.significand, half.shift), (1 << 30, 0));
        let nearly = Factor::new(1.0 - 1e-15);
        assert_eq!((nearly.significand, nearly.shift), (1 << 30, 1));
        assert_eq!(Factor::new(1e-12).apply(i32::MAX.into()), 0);
    }

    #[test]
    fn functions_are_near_the_real_ones() {
        let real = |x: i64| x as f64 / 2f64.powi(31);
        for step in 1..1000_i64 {
            let x = -step * (1 << 26) / 40;
            let expected = (x as f64 / 2f64.powi(26)).exp();
            assert!((real(exp(x, 5)) - expected).abs() < 1e-6, "exp {x}");
            let a = step * (ONE / 1000);
            assert!((real(one_over_one_plus(a)) - 1.0 / (1.0 + real(a))).abs() < 1e-6, "{a}");
        }
    }
}
