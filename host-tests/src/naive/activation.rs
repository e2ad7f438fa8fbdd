//! SOFTMAX, LOGISTIC, TANH, RELU, RELU6.

use super::fixed::{
    self, ONE, high_mul, one_less_over_one_plus, one_over_one_plus, shift_right, store,
};
use super::node::Node;
use super::{Factor, Range};

const INT8: Range = Range { min: -128, max: 127 };

/// Integer bits of what SOFTMAX and LOGISTIC take e^ of, and of SOFTMAX's sum.
const SOFTMAX_BITS: u32 = 5;
const LOGISTIC_BITS: u32 = 4;
const SUM_BITS: u32 = 12;

/// The largest difference that 2^(`bits`) − 1 can stand for behind `factor`.
fn radius(bits: u32, factor: Factor) -> i64 {
    let largest = f64::from((1 << bits) - 1) * 2f64.powi(31 - bits as i32);
    (largest / 2f64.powi(factor.shift())).floor() as i64
}

/// e^x over the sum of e^x along the last dimension.
pub fn softmax(node: &Node<'_>, beta: f32) -> Vec<i64> {
    let input = node.ints(0);
    let real = f64::from(beta) * f64::from(input.scale()) * 2f64.powi(31 - SOFTMAX_BITS as i32);
    let factor = Factor::new(real.min(2f64.powi(31) - 1.0));
    let least = -radius(SOFTMAX_BITS, factor);
    let depth = *input.shape.last().expect("not a scalar");
    let rows = input.data.chunks_exact(depth);
    rows.flat_map(|row| softmax_row(row, factor, least)).collect()
}

fn softmax_row(row: &[i64], factor: Factor, least: i64) -> Vec<i64> {
    let max = *row.iter().max().expect("not empty");
    let exp = |x: &i64| (x - max >= least).then(|| fixed::exp(factor.apply(x - max), SOFTMAX_BITS));
    let sum: i64 = row.iter().filter_map(exp).map(|exp| shift_right(exp, SUM_BITS)).sum();
    // The sum is 2^over · (1 + fraction).
    let zeros = (sum as u32).leading_zeros();
    let over = i64::from(SUM_BITS) - i64::from(zeros);
    let reciprocal = one_over_one_plus((sum << zeros) - (1 << 31));
    let share = |exp: i64| shift_right(high_mul(reciprocal, exp), (over + 31 - 8) as u32);
    row.iter().map(|x| store(exp(x).map_or(0, share), -128, INT8)).collect()
}

/// 1 / (1 + e^−x).
pub fn logistic(node: &Node<'_>) -> Vec<i64> {
    let input = node.ints(0);
    let factor = Factor::new(f64::from(input.scale()) * 2f64.powi(31 - LOGISTIC_BITS as i32));
    let radius = radius(LOGISTIC_BITS, factor);
    let of = |x: i64| match x - input.zero_point {
        x if x <= -radius => -128,
        x if x >= radius => 127,
        x => store(shift_right(sigmoid(factor.apply(x)), 23), -128, INT8),
    };
    input.data.iter().map(|&x| of(x)).collect()
}

fn sigmoid(x: i64) -> i64 {
    match x {
        0 => 1 << 30,
        x if x > 0 => one_over_one_plus(fixed::exp(-x, LOGISTIC_BITS)),
        x => ONE - one_over_one_plus(fixed::exp(x, LOGISTIC_BITS)),
    }
}

/// (1 − e^−2x) / (1 + e^−2x).
pub fn tanh(node: &Node<'_>) -> Vec<i64> {
    let input = node.ints(0);
    let factor = Factor::new(f64::from(input.scale()) * 2f64.powi(31 - LOGISTIC_BITS as i32));
    let radius = radius(LOGISTIC_BITS, factor);
    let of = |x: i64| match x - input.zero_point {
        x if x <= -radius => -128,
        x if x >= radius => 127,
        x => store(shift_right(tangent(factor.apply(x)), 24), 0, INT8),
    };
    input.data.iter().map(|&x| of(x)).collect()
}

/// With one integer bit more, a number stands for twice as much.
fn tangent(x: i64) -> i64 {
    let size = match x {
        0 => 0,
        x => one_less_over_one_plus(fixed::exp(-x.abs(), LOGISTIC_BITS + 1)),
    };
    x.signum() * size
}

/// max(x, 0), brought to the output's scale.
pub fn relu(node: &Node<'_>) -> Vec<i64> {
    let (input, (scale, zero_point)) = (node.ints(0), node.output_quant());
    let factor = Factor::new(f64::from(input.scale()) / f64::from(scale));
    let range = INT8.cut(zero_point, 127);
    let of = |&x: &i64| store(factor.apply(x - input.zero_point), zero_point, range);
    input.data.iter().map(of).collect()
}

/// min(max(x, 0), 6), by the input's scale; the output's is taken to be the same.
pub fn relu6(node: &Node<'_>) -> Vec<i64> {
    let input = node.ints(0);
    let six = input.zero_point + (6.0 / input.scale()).round() as i64;
    let range = INT8.cut(input.zero_point, six);
    input.data.iter().map(|x| *x.clamp(&range.min, &range.max)).collect()
}
