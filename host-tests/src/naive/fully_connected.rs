//! FULLY_CONNECTED.

use super::fixed::store;
use super::node::Node;
use kastanet_cli::graph::Activation;

/// Each group of inputs gives one output for every row of weights.
pub fn fully_connected(node: &Node<'_>, activation: Activation) -> Vec<i64> {
    let (input, weights, range) = (node.ints(0), node.ints(1), node.range(activation));
    let &[rows, cols] = &weights.shape[..] else { unreachable!() };
    let (bias, factors) = (node.bias(rows), node.factors(rows));
    let (_, zero_point) = node.output_quant();
    let groups = input.data.chunks_exact(cols);
    let output = groups.flat_map(|x| (0..rows).map(move |row| (x, row))).map(|(x, row)| {
        let pairs = x.iter().zip(weights.along(&[row]));
        let sum = pairs.map(|(x, w)| (x - input.zero_point) * w).sum::<i64>();
        store(factors[row].apply(sum + bias[row]), zero_point, range)
    });
    output.collect()
}
