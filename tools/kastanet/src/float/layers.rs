//! Layers with weights.

use super::{At, cut};
use crate::graph::{Activation, Padding};

/// What a window does: padding, stride, dilation.
pub(super) type Steps = (Padding, [usize; 2], [usize; 2]);

/// Where taps lie along one side.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub size: usize,
    pub taps: usize,
    pub stride: usize,
    pub dilation: usize,
    pub before: usize,
}

impl Side {
    /// Both sides of an image `[n, height, width, channels]`.
    pub fn both(
        image: &[usize],
        kernel: [usize; 2],
        (padding, stride, dilation): Steps,
    ) -> [Self; 2] {
        [0, 1].map(|side| {
            let (size, taps) = (image[side + 1], kernel[side]);
            let reach = (taps - 1) * dilation[side] + 1;
            let before =
                padding.along(side, size, reach, stride[side]).map_or(0, |(_, before)| before);
            Side { size, taps, stride: stride[side], dilation: dilation[side], before }
        })
    }

    /// Each tap of output `at` that is inside, and where it lies.
    pub fn taps(self, at: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..self.taps).filter_map(move |tap| {
            let place = (at * self.stride + tap * self.dilation).checked_sub(self.before)?;
            (place < self.size).then_some((tap, place))
        })
    }
}

impl At<'_> {
    pub(super) fn fully_connected(&self, activation: Activation) -> Vec<f32> {
        let (weights, bias) = (self.values(1), self.values(2));
        let depth = self.shape(1).last().copied().unwrap_or(1).max(1);
        let mut y = vec![];
        for x in self.values(0).chunks_exact(depth) {
            for (row, weights) in weights.chunks_exact(depth).enumerate() {
                let sum = dot(x, weights) + bias.get(row).copied().unwrap_or_default();
                y.push(cut(activation, sum));
            }
        }
        y
    }

    pub(super) fn conv(&self, steps: Steps, activation: Activation) -> Vec<f32> {
        let (image, weights, out) = (self.shape(0), self.shape(1), self.output_shape());
        let [height, width, depth] = [weights[1], weights[2], weights[3]];
        let [down, across] = Side::both(image, [height, width], steps);
        let (x, kernels, bias) = (self.values(0), self.values(1), self.values(2));
        let mut y = Vec::with_capacity(out.iter().product());
        for sample in 0..out[0] {
            for oy in 0..out[1] {
                for ox in 0..out[2] {
                    for (channel, kernel) in
                        kernels.chunks_exact(height * width * depth).enumerate()
                    {
                        let mut sum = bias.get(channel).copied().unwrap_or_default();
                        for (ky, iy) in down.taps(oy) {
                            for (kx, ix) in across.taps(ox) {
                                let from = ((sample * image[1] + iy) * image[2] + ix) * depth;
                                let to = (ky * width + kx) * depth;
                                sum += dot(&x[from..from + depth], &kernel[to..to + depth]);
                            }
                        }
                        y.push(cut(activation, sum));
                    }
                }
            }
        }
        y
    }

    pub(super) fn depthwise(&self, steps: Steps, activation: Activation) -> Vec<f32> {
        let (image, weights, out) = (self.shape(0), self.shape(1), self.output_shape());
        let [width, outputs] = [weights[2], weights[3]];
        let [down, across] = Side::both(image, [weights[1], width], steps);
        let (x, kernels, bias) = (self.values(0), self.values(1), self.values(2));
        let (depth, multiplier) = (image[3], outputs / image[3]);
        let mut y = Vec::with_capacity(out.iter().product());
        for sample in 0..out[0] {
            for oy in 0..out[1] {
                for ox in 0..out[2] {
                    for output in 0..outputs {
                        let mut sum = bias.get(output).copied().unwrap_or_default();
                        for (ky, iy) in down.taps(oy) {
                            for (kx, ix) in across.taps(ox) {
                                let from = ((sample * image[1] + iy) * image[2] + ix) * depth;
                                let weight = kernels[(ky * width + kx) * outputs + output];
                                sum += x[from + output / multiplier] * weight;
                            }
                        }
                        y.push(cut(activation, sum));
                    }
                }
            }
        }
        y
    }
}

/// Eight sums side by side, which vectors can add up, then one.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a).zip(b).for_each(|((sum, a), b)| *sum += a * b);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
