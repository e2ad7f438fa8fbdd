//! Fixed-point exp, reciprocal, logistic and tanh: what SOFTMAX runs, and tables of LOGISTIC and TANH are made of.
//!
//! A number in Qm.n is an `i32` that stands for itself / 2^n, with m + n = 31: it reaches from
//! −2^m to just below 2^m. [`doubling_high_mul`] of a Qa and a Qb number is their product in
//! Q(a + b), rounded; one of Q0.31 cannot be 1, so `i32::MAX` stands for 1.
//!
//! **exp(x), x ≤ 0.** Split x into a part r in [−1/4, 0) and a multiple of 1/4 below it:
//!
//! ```text
//! x = r − Σ 2^i over the bits i = −2 .. m − 1 of the rest
//! exp(x) = exp(r) · Π exp(−2^i)
//! ```
//!
//! The product has at most m + 2 factors, each a constant (a barrel shifter, multiplying instead
//! of shifting). With t = r + 1/8, which is in [−1/8, 1/8), four terms after the first are enough
//! for exp(r): exp(−1/8) · (1 + t + t²/2 + t³/6 + t⁴/24), the next being below 2^−21. The last
//! three are summed as ((t⁴/4 + t³) / 3 + t²) / 2.
//!
//! **1 / (1 + x), 0 ≤ x < 1.** Newton's iteration for 1/d with d = (1 + x) / 2 in [1/2, 1):
//! y ← y + y · (1 − d · y), from the line 48/17 − 32/17 · d, which is off by at most 1/17. Every
//! round squares the error: 17^−8 after three, below the last bit that matters. y is in (1, 2],
//! so it is held in Q2.29; halved, it is the result. Less one, it is (1 − x) / (1 + x), which of
//! x = exp(−2·a) is tanh(a).
//!
//! Order and rounding of each step are those of the fixed-point library that TFLite's reference
//! kernels use; another order would differ in the last bit.

use crate::quant::{doubling_high_mul, rounding_shift_right};
use crate::rolled::Rolled;

/// exp(−1/8) in Q0.31.
const EXP_MINUS_EIGHTH: i32 = 1_895_147_668;

/// 1/3 in Q0.31.
const THIRD: i32 = 715_827_883;

/// exp(−2^i) in Q0.31 for i = −2 … 4.
const EXP_MINUS_POWERS: [i32; 7] =
    [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242];

/// 48/17 in Q2.29.
const LINE_START: i32 = 1_515_870_810;

/// −32/17 in Q2.29.
const LINE_SLOPE: i32 = -1_010_580_540;

/// 1 in Q2.29.
const ONE_Q2: i32 = 1 << 29;

/// exp(`x`) in Q0.31 for `x` ≤ 0 in QM.(31 − M), where M is at most 5; off by less than 2^−21.
///
/// ```
/// use kastanet::kernels::fixed::exp;
///
/// assert_eq!(exp::<5>(0), i32::MAX);
/// let half = exp::<5>(-46516320); // −ln 2
/// assert!((half - (1 << 30)).abs() < 1 << 11);
/// ```
#[inline]
pub fn exp<const M: u32>(x: i32) -> i32 {
    const { assert!(M <= 5, "the table of factors ends at exp(-16)") };
    if x == 0 {
        return i32::MAX;
    }
    let quarter = 1 << (29 - M);
    let near = (x & (quarter - 1)) - quarter;
    let rest = near.wrapping_sub(x) >> (29 - M);
    let factors = EXP_MINUS_POWERS.iter().enumerate();
    let set = factors.filter(|(bit, _)| rest >> bit & 1 != 0);
    set.rolled()
        .fold(exp_near_zero(near << M), |product, (_, &factor)| doubling_high_mul(product, factor))
}

/// exp(`x`) for `x` in [−1/4, 0), both Q0.31.
fn exp_near_zero(x: i32) -> i32 {
    let t = x + (1 << 28);
    let t2 = doubling_high_mul(t, t);
    let t3 = doubling_high_mul(t2, t);
    let t4 = doubling_high_mul(t2, t2);
    let cubic = doubling_high_mul(rounding_shift_right(t4, 2) + t3, THIRD);
    let tail = rounding_shift_right(cubic + t2, 1);
    EXP_MINUS_EIGHTH + doubling_high_mul(EXP_MINUS_EIGHTH, t + tail)
}

/// 1 / (1 + `x`) for `x` in [0, 1), both Q0.31; off by less than 2^−27.
///
/// ```
/// use kastanet::kernels::fixed::reciprocal_of_one_plus;
///
/// assert_eq!(reciprocal_of_one_plus(0), i32::MAX);
/// let two_thirds = reciprocal_of_one_plus(1 << 30);
/// assert!((two_thirds - 1431655765).abs() < 16);
/// ```
#[inline]
pub fn reciprocal_of_one_plus(x: i32) -> i32 {
    // Q2.29 taken as Q1.30 is half of it.
    saturating_shift_left(twice_reciprocal_of_one_plus(x), 1)
}

/// 2 / (1 + `x`) in Q2.29.
fn twice_reciprocal_of_one_plus(x: i32) -> i32 {
    // (x + 1) / 2 in 32 bits without a sign.
    let d = ((x as u32).wrapping_add(1 << 31) >> 1) as i32;
    let mut y = LINE_START.wrapping_add(doubling_high_mul(d, LINE_SLOPE));
    for _ in (0..3).rolled() {
        let error = ONE_Q2.wrapping_sub(doubling_high_mul(d, y));
        y = y.wrapping_add(saturating_shift_left(doubling_high_mul(y, error), 2));
    }
    y
}

/// 1 / (1 + exp(−`x`)) in Q0.31 for any `x` in Q4.27, which is −16 to 16; off by less than 2^−23.
///
/// ```
/// use kastanet::kernels::fixed::logistic;
///
/// assert_eq!(logistic(0), 1 << 30);
/// assert_eq!(logistic(1 << 27) + logistic(-1 << 27), i32::MAX);
/// ```
#[inline]
pub fn logistic(x: i32) -> i32 {
    if x == 0 {
        return 1 << 30;
    }
    let upper = reciprocal_of_one_plus(exp::<4>(if x > 0 { -x } else { x }));
    if x > 0 { upper } else { i32::MAX - upper }
}

/// tanh(`x`) in Q0.31 for any `x` in Q4.27, which is −16 to 16; off by less than 2^−20.
///
/// ```
/// use kastanet::kernels::fixed::tanh;
///
/// assert_eq!(tanh(0), 0);
/// let one = tanh(1 << 27); // 0.7616
/// assert!((one - 1635510996).abs() < 1 << 11);
/// assert_eq!(tanh(-1 << 27), -one);
/// ```
#[inline]
pub fn tanh(x: i32) -> i32 {
    if x == 0 {
        return 0;
    }
    // x in Q4.27, taken as Q5.26, is twice as large.
    let power = exp::<5>(if x > 0 { -x } else { x });
    let size = saturating_shift_left(twice_reciprocal_of_one_plus(power).wrapping_sub(ONE_Q2), 2);
    if x > 0 { size } else { -size }
}

/// `x` · 2^`exponent`, held to the ends of 32 bits.
fn saturating_shift_left(x: i32, exponent: u32) -> i32 {
    x.saturating_mul(1 << exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: f64 = 2147483648.0;

    #[test]
    fn constants_are_what_they_are_called() {
        let close = |raw: i32, value: f64| assert_eq!(raw, (value * ONE).round() as i32);
        close(EXP_MINUS_EIGHTH, (-0.125_f64).exp());
        close(THIRD, 1.0 / 3.0);
        for (index, &factor) in EXP_MINUS_POWERS.iter().enumerate() {
            close(factor, (-(2f64.powi(index as i32 - 2))).exp());
        }
        close(LINE_START, 48.0 / 17.0 / 4.0);
        close(LINE_SLOPE, -32.0 / 17.0 / 4.0);
    }

    #[test]
    fn exp_is_close_everywhere() {
        let points = (0..=i32::MAX).step_by(99_991).map(|x| -x).chain([-1, i32::MIN]);
        for x in points {
            let exact = (f64::from(x) / 2f64.powi(26)).exp();
            let found = f64::from(exp::<5>(x)) / ONE;
            assert!((found - exact).abs() < 2f64.powi(-21), "{x}: {found} {exact}");
        }
    }

    #[test]
    fn reciprocal_is_close_everywhere() {
        for x in (0..=i32::MAX).step_by(99_991).chain([i32::MAX]) {
            let exact = 1.0 / (1.0 + f64::from(x) / ONE);
            let found = f64::from(reciprocal_of_one_plus(x)) / ONE;
            assert!((found - exact).abs() < 2f64.powi(-27), "{x}: {found} {exact}");
        }
    }

    #[test]
    fn logistic_is_close_and_symmetric() {
        for x in (1..=i32::MAX).step_by(99_991) {
            let exact = 1.0 / (1.0 + (-f64::from(x) / 2f64.powi(27)).exp());
            let found = f64::from(logistic(x)) / ONE;
            assert!((found - exact).abs() < 2f64.powi(-23), "{x}: {found} {exact}");
            assert_eq!(logistic(-x), i32::MAX - logistic(x));
        }
        assert_eq!(logistic(i32::MIN), i32::MAX - logistic(i32::MAX));
    }

    #[test]
    fn tanh_is_close_and_odd() {
        for x in (1..=i32::MAX).step_by(99_991) {
            let exact = (f64::from(x) / 2f64.powi(27)).tanh();
            let found = f64::from(tanh(x)) / ONE;
            assert!((found - exact).abs() < 2f64.powi(-20), "{x}: {found} {exact}");
            assert_eq!(tanh(-x), -tanh(x));
        }
        assert_eq!(tanh(i32::MIN), -tanh(i32::MAX));
    }
}
