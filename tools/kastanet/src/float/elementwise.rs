//! Element by element, and tensors put side by side.

use super::{At, cut};
use crate::graph::{Activation, Tensor};

impl At<'_> {
    pub(super) fn each(&self, f: impl Fn(f32) -> f32) -> Vec<f32> {
        self.values(0).iter().map(|&x| f(x)).collect()
    }

    /// Two tensors, broadcast against each other.
    pub(super) fn both(&self, f: impl Fn(f32, f32) -> f32, activation: Activation) -> Vec<f32> {
        let (a, b, out) = (self.values(0), self.values(1), self.output_shape());
        let [a_steps, b_steps] = [0, 1].map(|index| steps(self.shape(index), out));
        places(out)
            .map(|place| {
                let at = |steps: &[usize]| {
                    steps.iter().zip(&place).map(|(step, at)| step * at).sum::<usize>()
                };
                cut(activation, f(a[at(&a_steps)], b[at(&b_steps)]))
            })
            .collect()
    }

    pub(super) fn pad(&self, with: f32) -> Vec<f32> {
        let (shape, out, x) = (self.shape(0), self.output_shape(), self.values(0));
        let widths = Tensor::to_i32(self.tensor(1)).unwrap_or_default();
        let before: Vec<usize> = widths.iter().step_by(2).map(|&width| width as usize).collect();
        let inside = steps(shape, shape);
        let one = |place: Vec<usize>| {
            let mut from = 0;
            for axis in 0..place.len() {
                let at = place[axis].checked_sub(before[axis]).filter(|&at| at < shape[axis]);
                match at {
                    Some(at) => from += at * inside[axis],
                    None => return with,
                }
            }
            x[from]
        };
        places(out).map(one).collect()
    }

    pub(super) fn concatenated(&self, axis: i32, activation: Activation) -> Vec<f32> {
        let out = self.output_shape();
        let axis = if axis < 0 { axis + out.len() as i32 } else { axis } as usize;
        let outer: usize = out[..axis].iter().product();
        let mut y = Vec::with_capacity(out.iter().product());
        for number in 0..outer {
            for index in 0..self.op.inputs.len() {
                let run: usize = self.shape(index)[axis..].iter().product();
                let part = self.values(index).iter().skip(number * run).take(run);
                y.extend(part.map(|&x| cut(activation, x)));
            }
        }
        y
    }

    /// Along the last dimension.
    pub(super) fn softmax(&self, beta: f32) -> Vec<f32> {
        let depth = self.shape(0).last().copied().unwrap_or(1).max(1);
        let mut y = vec![];
        for x in self.values(0).chunks(depth) {
            let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers: Vec<f32> = x.iter().map(|x| ((x - largest) * beta).exp()).collect();
            let sum: f32 = powers.iter().sum();
            y.extend(powers.iter().map(|power| power / sum));
        }
        y
    }
}

/// Every place of a shape, the last dimension fastest.
fn places(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    (0..shape.iter().product()).map(move |mut index: usize| {
        let mut place = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            place[axis] = index % shape[axis];
            index /= shape[axis];
        }
        place
    })
}

/// The step of each dimension of `out` in a tensor that is broadcast to it; 0 along those of one element.
fn steps(shape: &[usize], out: &[usize]) -> Vec<usize> {
    let (mut steps, mut step) = (vec![0; out.len()], 1);
    for (axis, &size) in shape.iter().enumerate().rev() {
        if size > 1 {
            steps[axis + out.len() - shape.len()] = step;
        }
        step *= size;
    }
    steps
}
