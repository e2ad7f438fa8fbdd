//! Pools and means.

use super::layers::Side;
use super::{At, cut};
use crate::graph::{Activation, Padding, Tensor, broadcast, places};

/// Padding, stride, size of the window.
type Steps = (Padding, [usize; 2], [usize; 2]);

impl At<'_> {
    pub(super) fn average_pool(&self, steps: Steps, activation: Activation) -> Vec<f32> {
        self.pool(steps, activation, |taps| taps.iter().sum::<f32>() / taps.len().max(1) as f32)
    }

    pub(super) fn max_pool(&self, steps: Steps, activation: Activation) -> Vec<f32> {
        self.pool(steps, activation, |taps| taps.iter().copied().fold(f32::NEG_INFINITY, f32::max))
    }

    /// Of each window of a channel, those of its taps that are inside become one.
    fn pool(
        &self,
        (padding, stride, filter): Steps,
        activation: Activation,
        one: impl Fn(&[f32]) -> f32,
    ) -> Vec<f32> {
        let (image, out, x) = (self.shape(0), self.output_shape(), self.values(0));
        let [down, across] = Side::both(image, filter, (padding, stride, [1, 1]));
        let (mut y, mut taps) = (vec![], vec![]);
        for sample in 0..out[0] {
            for oy in 0..out[1] {
                for ox in 0..out[2] {
                    for channel in 0..out[3] {
                        taps.clear();
                        for (_, iy) in down.taps(oy) {
                            let row = (sample * image[1] + iy) * image[2];
                            taps.extend(
                                across.taps(ox).map(|(_, ix)| x[(row + ix) * image[3] + channel]),
                            );
                        }
                        y.push(cut(activation, one(&taps)));
                    }
                }
            }
        }
        y
    }

    pub(super) fn mean(&self) -> Vec<f32> {
        let (shape, x) = (self.shape(0), self.values(0));
        let rank = shape.len() as i32;
        let axes = Tensor::to_i32(self.tensor(1)).unwrap_or_default();
        let is_left =
            |axis: usize| !axes.iter().any(|&a| (if a < 0 { a + rank } else { a }) == axis as i32);
        let reduced = |axis| if is_left(axis) { shape[axis] } else { 1 };
        let left: Vec<usize> = (0..shape.len()).map(reduced).collect();
        let steps = broadcast(&left, shape).unwrap_or_default();
        let left = left.iter().product();
        let mut sums = vec![0.0; left];
        for (place, &x) in places(shape, &steps).zip(x) {
            sums[place] += f64::from(x);
        }
        let count = x.len() / left.max(1);
        sums.into_iter().map(|sum| (sum / count as f64) as f32).collect()
    }
}
