//! Layers with weights.

use super::{At, cut};
use crate::graph::{Activation, OpKind, Padding};

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
        let [height, width, depth] = [1, 2, 3].map(|axis| self.shape(1)[axis]);
        let (x, kernels, bias) = (self.values(0), self.values(1), self.values(2));
        let mut y = Vec::with_capacity(self.output_shape().iter().product());
        self.windows([height, width], steps, |runs| {
            for (channel, kernel) in kernels.chunks_exact(height * width * depth).enumerate() {
                let run = |run: &Run| dot(&x[run.from..][..run.len], &kernel[run.to..][..run.len]);
                let sum: f32 = runs.iter().map(run).sum();
                y.push(cut(activation, sum + bias.get(channel).copied().unwrap_or_default()));
            }
        });
        y
    }

    pub(super) fn depthwise(&self, steps: Steps, activation: Activation) -> Vec<f32> {
        let [width, outputs] = [2, 3].map(|axis| self.shape(1)[axis]);
        let depth = self.shape(0)[3];
        let (x, kernels, bias) = (self.values(0), self.values(1), self.values(2));
        let multiplier = outputs / depth;
        let mut y = Vec::with_capacity(self.output_shape().iter().product());
        self.windows([self.shape(1)[1], width], steps, |runs| {
            let start = y.len();
            y.extend((0..outputs).map(|output| bias.get(output).copied().unwrap_or_default()));
            for run in runs {
                let x = x[run.from..][..run.len].chunks_exact(depth);
                let taps = kernels[run.to * multiplier..].chunks_exact(outputs);
                for (x, tap) in x.zip(taps) {
                    let each = y[start..].chunks_exact_mut(multiplier).zip(x);
                    for ((sums, x), weights) in each.zip(tap.chunks_exact(multiplier)) {
                        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
                    }
                }
            }
            y[start..].iter_mut().for_each(|y| *y = cut(activation, *y));
        });
        y
    }

    /// The sum of all windows that a layer sees of its input, element by element, and how many there are: its mean
    /// output, before the function behind it, is that of their mean.
    pub(super) fn window_sum(&self) -> (Vec<f64>, usize) {
        let (x, weights) = (self.values(0), self.shape(1));
        let (steps, size) = match self.op.kind {
            OpKind::Conv2d { padding, stride, dilation, .. } => {
                ((padding, stride, dilation), weights[1] * weights[2] * weights[3])
            }
            OpKind::DepthwiseConv2d { padding, stride, dilation, .. } => {
                ((padding, stride, dilation), weights[1] * weights[2] * self.shape(0)[3])
            }
            _ => {
                let depth = weights.last().copied().unwrap_or(1).max(1);
                let mut sum = vec![0.0; depth];
                x.chunks_exact(depth).for_each(|x| add(&mut sum, x));
                return (sum, x.len() / depth);
            }
        };
        let (mut sum, mut count) = (vec![0.0; size], 0);
        self.windows([weights[1], weights[2]], steps, |runs| {
            for run in runs {
                add(&mut sum[run.to..][..run.len], &x[run.from..][..run.len]);
            }
            count += 1;
        });
        (sum, count)
    }

    /// Calls `each` with the runs of every window, in the order of the output.
    fn windows(&self, kernel: [usize; 2], steps: Steps, mut each: impl FnMut(&[Run])) {
        let (image, out) = (self.shape(0), self.output_shape());
        let [down, across] = Side::both(image, kernel, steps);
        let depth = image[3];
        let mut runs: Vec<Run> = vec![];
        for sample in 0..out[0] {
            for oy in 0..out[1] {
                for ox in 0..out[2] {
                    runs.clear();
                    for (ky, iy) in down.taps(oy) {
                        let row = (sample * image[1] + iy) * image[2];
                        for (kx, ix) in across.taps(ox) {
                            let (from, to) = ((row + ix) * depth, (ky * kernel[1] + kx) * depth);
                            match runs.last_mut() {
                                Some(last) if last.goes_on(from, to) => last.len += depth,
                                _ => runs.push(Run { from, to, len: depth }),
                            }
                        }
                    }
                    each(&runs);
                }
            }
        }
    }
}

/// Elements of a window that lie side by side in the image.
struct Run {
    from: usize,
    /// Where they are in the window.
    to: usize,
    len: usize,
}

impl Run {
    fn goes_on(&self, from: usize, to: usize) -> bool {
        (self.from + self.len, self.to + self.len) == (from, to)
    }
}

fn add(sums: &mut [f64], x: &[f32]) {
    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += f64::from(*x));
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
