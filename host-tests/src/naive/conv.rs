//! CONV_2D and DEPTHWISE_CONV_2D.

use super::fixed::store;
use super::node::{Node, Window, places};
use kastanet_cli::graph::{Activation, Padding};

/// The parameters both have.
#[derive(Clone, Copy)]
pub struct Conv {
    pub padding: Padding,
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub activation: Activation,
}

impl Conv {
    fn windows(&self, node: &Node<'_>) -> [Window; 2] {
        let (input, output) = (&node.tensor(0).shape, &node.output().shape);
        let kernel = [node.tensor(1).shape[1], node.tensor(1).shape[2]];
        Window::pair(input, output, kernel, self.stride, self.dilation, self.padding)
    }

    /// Output channel c is the sum over taps and input channels.
    pub fn full(self, node: &Node<'_>) -> Vec<i64> {
        let (input, weights, shape) = (node.ints(0), node.ints(1), &node.output().shape);
        let (bias, factors) = (node.bias(shape[3]), node.factors(shape[3]));
        let ([rows, cols], range) = (self.windows(node), node.range(self.activation));
        let (_, zero_point) = node.output_quant();
        let output = places(shape).map(|place| {
            let &[n, oy, ox, c] = &place[..] else { unreachable!() };
            let mut sum = bias[c];
            for (ky, y) in rows.taps(oy) {
                for (kx, x) in cols.taps(ox) {
                    let pairs = input.along(&[n, y, x]).iter().zip(weights.along(&[c, ky, kx]));
                    sum += pairs.map(|(x, w)| (x - input.zero_point) * w).sum::<i64>();
                }
            }
            store(factors[c].apply(sum), zero_point, range)
        });
        output.collect()
    }

    /// Output channel c sees input channel c / `multiplier` only.
    pub fn depthwise(self, node: &Node<'_>, multiplier: usize) -> Vec<i64> {
        let (input, weights, shape) = (node.ints(0), node.ints(1), &node.output().shape);
        let (bias, factors) = (node.bias(shape[3]), node.factors(shape[3]));
        let ([rows, cols], range) = (self.windows(node), node.range(self.activation));
        let (_, zero_point) = node.output_quant();
        let output = places(shape).map(|place| {
            let &[n, oy, ox, c] = &place[..] else { unreachable!() };
            let mut sum = bias[c];
            for (ky, y) in rows.taps(oy) {
                for (kx, x) in cols.taps(ox) {
                    let x = input.at(&[n, y, x, c / multiplier]) - input.zero_point;
                    sum += x * weights.at(&[0, ky, kx, c]);
                }
            }
            store(factors[c].apply(sum), zero_point, range)
        });
        output.collect()
    }
}
