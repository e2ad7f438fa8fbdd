//! AVERAGE_POOL_2D and MAX_POOL_2D: input and output have one scale. MEAN has its own.

use super::node::{Node, Window, places};
use super::{Factor, Range, fixed::store};
use kastanet_cli::graph::{Activation, Padding};

/// The parameters both poolings have.
#[derive(Clone, Copy)]
pub struct Pool {
    pub padding: Padding,
    pub stride: [usize; 2],
    pub filter: [usize; 2],
    pub activation: Activation,
}

impl Pool {
    /// The mean of what lies inside the image, to the nearest, ties away from zero.
    pub fn average(self, node: &Node<'_>) -> Vec<i64> {
        self.each(node, |values| {
            let (sum, count) = (values.iter().sum::<i64>(), values.len() as i64);
            sum.signum() * ((sum.abs() + count / 2) / count)
        })
    }

    /// The largest of what lies inside the image.
    pub fn max(self, node: &Node<'_>) -> Vec<i64> {
        self.each(node, |values| *values.iter().max().expect("a window touches the image"))
    }

    fn each(self, node: &Node<'_>, pool: impl Fn(&[i64]) -> i64) -> Vec<i64> {
        let (input, shape, range) =
            (node.ints(0), &node.output().shape, node.range(self.activation));
        let Pool { padding, stride, filter, .. } = self;
        let [rows, cols] = Window::pair(&input.shape, shape, filter, stride, [1, 1], padding);
        let output = places(shape).map(|place| {
            let &[n, oy, ox, c] = &place[..] else { unreachable!() };
            let all = rows.taps(oy).flat_map(|(_, y)| cols.taps(ox).map(move |(_, x)| (y, x)));
            let values: Vec<i64> = all.map(|(y, x)| input.at(&[n, y, x, c])).collect();
            pool(&values).clamp(range.min, range.max)
        });
        output.collect()
    }
}

/// MEAN over the axes that input 1 lists.
pub fn mean(node: &Node<'_>) -> Vec<i64> {
    let (input, axes) = (node.ints(0), node.ints(1).data);
    let rank = input.shape.len();
    let averaged = |dim: usize| axes.iter().any(|axis| axis.rem_euclid(rank as i64) == dim as i64);
    let kept: Vec<usize> =
        (0..rank).map(|dim| if averaged(dim) { 1 } else { input.shape[dim] }).collect();
    let count = (input.data.len() / kept.iter().product::<usize>()) as i64;
    let mut sums = vec![0; kept.iter().product()];
    for place in places(&input.shape) {
        let flat = (0..rank).fold(0, |flat, dim| flat * kept[dim] + place[dim] % kept[dim]);
        sums[flat] += input.at(&place) - input.zero_point;
    }
    let (scale, zero_point) = node.output_quant();
    let factor = Factor::new(f64::from(input.scale()) / f64::from(scale)).over(count);
    let range = Range { min: -128, max: 127 };
    sums.into_iter().map(|sum| store(factor.apply(sum), zero_point, range)).collect()
}
