//! ADD and MUL, with broadcasting.

use super::Factor;
use super::fixed::store;
use super::node::{Ints, Node, places};
use kastanet_cli::graph::Activation;

/// Bits that ADD appends to its inputs.
const SHIFT: u32 = 20;

/// Both inputs are brought to twice the larger of their scales, added, brought to the output's.
pub fn add(node: &Node<'_>, activation: Activation) -> Vec<i64> {
    let (scale, _) = node.output_quant();
    let [a, b] = [0, 1].map(|index| f64::from(node.ints(index).scale()));
    let common = 2.0 * a.max(b);
    let (to_a, to_b) = (Factor::new(a / common), Factor::new(b / common));
    let back = Factor::new(common / (f64::from(1 << SHIFT) * f64::from(scale)));
    each(node, activation, |x, y| back.apply(to_a.apply(x << SHIFT) + to_b.apply(y << SHIFT)))
}

/// The product of both inputs, brought to the output's scale.
pub fn mul(node: &Node<'_>, activation: Activation) -> Vec<i64> {
    let (scale, _) = node.output_quant();
    let [a, b] = [0, 1].map(|index| f64::from(node.ints(index).scale()));
    let factor = Factor::new(a * b / f64::from(scale));
    each(node, activation, |x, y| factor.apply(x * y))
}

fn each(node: &Node<'_>, activation: Activation, of: impl Fn(i64, i64) -> i64) -> Vec<i64> {
    let (a, b, range) = (node.ints(0), node.ints(1), node.range(activation));
    let (_, zero_point) = node.output_quant();
    let output = places(&node.output().shape).map(|place| {
        let (x, y) = (broadcast(&a, &place), broadcast(&b, &place));
        store(of(x - a.zero_point, y - b.zero_point), zero_point, range)
    });
    output.collect()
}

/// The number at a place of the output: dimensions are aligned at the last, size 1 repeats.
fn broadcast(values: &Ints, place: &[usize]) -> i64 {
    let own = &place[place.len() - values.shape.len()..];
    let own: Vec<usize> = own.iter().zip(&values.shape).map(|(i, size)| i % size).collect();
    values.at(&own)
}
