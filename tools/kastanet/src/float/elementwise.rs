//! Element by element, and tensors put side by side.

use super::{At, cut};
use crate::graph::{Activation, Tensor, broadcast, places, strides};

impl At<'_> {
    pub(super) fn each(&self, f: impl Fn(f32) -> f32) -> Vec<f32> {
        self.values(0).iter().map(|&x| f(x)).collect()
    }

    /// Two tensors, broadcast against each other.
    pub(super) fn both(&self, f: impl Fn(f32, f32) -> f32, activation: Activation) -> Vec<f32> {
        let (a, b, out) = (self.values(0), self.values(1), self.output_shape());
        let [a_steps, b_steps] =
            [0, 1].map(|index| broadcast(self.shape(index), out).unwrap_or_default());
        let pairs = places(out, &a_steps).zip(places(out, &b_steps));
        pairs.map(|(a_at, b_at)| cut(activation, f(a[a_at], b[b_at]))).collect()
    }

    /// Widths are pairs, before and after along each dimension.
    pub(super) fn pad(&self, with: f32) -> Vec<f32> {
        let (shape, out) = (self.shape(0), self.output_shape());
        let widths = Tensor::to_i32(self.tensor(1)).unwrap_or_default();
        let steps = strides(out);
        let before = widths.iter().step_by(2).zip(&steps);
        let start: usize = before.map(|(&width, step)| width as usize * step).sum();
        let mut y = vec![with; out.iter().product()];
        for (place, &x) in places(shape, &steps).zip(self.values(0)) {
            y[start + place] = x;
        }
        y
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
