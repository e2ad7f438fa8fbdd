//! CONV_2D and DEPTHWISE_CONV_2D over the live weights.
//!
//! A weight meets one input and one output for each position of the window at which its tap lies inside the
//! image. Positions of one output row lie at equal distances in the input and in the output, so a weight's
//! work is a few *runs*, and no window is ever gathered:
//!
//! ```text
//! for each weight w of row r at tap (ky, kx) of channel c
//!     for each output row for which the tap is inside
//!         for each output column for which the tap is inside      a run
//!             forward     y += w · x
//!             back        dx += w · dy
//!             gradient    g += dy · x
//! ```

use super::grid::Grid;
use super::lanes::{self, Lanes};
use super::live::{Live, Part, Place};
use super::operation::Shape;
use super::value::Value;
use core::ops::Range;

/// How a layer's weights lie over an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    shape: Shape,
    /// Output channels of an input channel, where each has its own; else 0.
    multiplier: usize,
}

/// Elements of input and output that meet one weight, at equal distances.
#[derive(Clone, Copy, Debug)]
struct Run {
    x: usize,
    y: usize,
    count: usize,
}

impl Windows {
    /// Of a convolution.
    pub fn conv(shape: Shape) -> Self {
        Windows { shape, multiplier: 0 }
    }

    /// Of a depthwise one.
    pub fn depthwise(shape: Shape) -> Self {
        Windows { shape, multiplier: (shape.y[2] / shape.x[2].max(1)).max(1) }
    }

    /// The tap of a weight: row and column of the window, and the input channel.
    fn tap(&self, row: usize, col: usize) -> [usize; 3] {
        let width = self.shape.kernel[1].max(1);
        match self.multiplier {
            0 => {
                let channels = self.shape.x[2].max(1);
                [col / channels / width, col / channels % width, col % channels]
            }
            multiplier => [col / width, col % width, row / multiplier],
        }
    }

    /// The runs of a weight.
    fn runs(&self, row: usize, col: usize) -> impl Iterator<Item = Run> {
        let Shape { x: [_, width, channels], y: [_, out_width, out_channels], .. } = self.shape;
        let [ky, kx, channel] = self.tap(row, col);
        let (down, across) = (self.inside(0, ky), self.inside(1, kx));
        let first = across.start * self.shape.stride[1] + kx * self.shape.dilation[1];
        let first = first.saturating_sub(self.shape.pad[1]);
        let (stride, pad) = (self.shape.stride[0], self.shape.pad[0]);
        let above = ky * self.shape.dilation[0];
        let down = if across.is_empty() { 0..0 } else { down };
        down.map(move |oy| Run {
            x: ((oy * stride + above - pad) * width + first) * channels + channel,
            y: (oy * out_width + across.start) * out_channels + row,
            count: across.len(),
        })
    }

    /// Output rows, or columns, for which tap `tap` lies inside the image.
    fn inside(&self, axis: usize, tap: usize) -> Range<usize> {
        let of = |sizes: &[usize]| sizes.get(axis).copied().unwrap_or(1);
        let (stride, pad) = (of(&self.shape.stride).max(1), of(&self.shape.pad));
        let at = tap * of(&self.shape.dilation);
        let first = pad.saturating_sub(at).div_ceil(stride);
        let last = (of(&self.shape.x) + pad).saturating_sub(at).div_ceil(stride);
        first..last.min(of(&self.shape.y)).max(first)
    }

    /// The pairs of input and output that meet a weight.
    #[inline(always)]
    fn pairs<'x, const N: usize>(
        &self,
        run: Run,
        x: &'x [Lanes<N>],
        y: &'x [Lanes<N>],
    ) -> impl Iterator<Item = (&'x Lanes<N>, &'x Lanes<N>)> {
        let [step, y_step] = self.steps();
        let x = x.get(run.x..).unwrap_or_default().iter().step_by(step);
        x.zip(y.get(run.y..).unwrap_or_default().iter().step_by(y_step)).take(run.count)
    }

    /// Distances of a run's elements in the input and in the output.
    fn steps(&self) -> [usize; 2] {
        [(self.shape.stride[1] * self.shape.x[2]).max(1), self.shape.y[2].max(1)]
    }

    /// `to += weight · from` for all pairs, where `to` is the output, or the input when going back.
    pub fn add<const N: usize>(
        &self,
        (row, col, weight): (usize, usize, f32),
        (from, to): (&[Lanes<N>], &mut [Lanes<N>]),
        back: bool,
    ) {
        let [mut from_step, mut to_step] = self.steps();
        if back {
            (from_step, to_step) = (to_step, from_step);
        }
        for run in self.runs(row, col) {
            let (start, to_start) = if back { (run.y, run.x) } else { (run.x, run.y) };
            let from = from.get(start..).unwrap_or_default().iter().step_by(from_step);
            let to = to.get_mut(to_start..).unwrap_or_default().iter_mut().step_by(to_step);
            from.zip(to).take(run.count).for_each(|(from, to)| lanes::add_scaled(to, weight, from));
        }
    }

    /// Adds the products of the forward set to `to`: of the input to the output, which holds the biases, or,
    /// going back, of the output's gradient to the input's.
    pub fn pass<const U: usize, const N: usize, V: Value>(
        &self,
        live: &Live<'_, V>,
        from: &[Lanes<N>],
        to: &mut [Lanes<N>],
        back: bool,
    ) {
        for Part { place, forward, columns, values, .. } in live.parts() {
            for (&column, weights) in columns.iter().zip(values.as_chunks::<U>().0).take(forward) {
                let unit = place.start + usize::from(column);
                for (member, weight) in weights.iter().enumerate() {
                    if let Some((row, col)) = live.grid.weight(place.line, unit, member) {
                        self.add((row, col, weight.get()), (from, &mut *to), back);
                    }
                }
            }
        }
    }

    /// The gradients of the unit at `column` of the segment at `place`.
    #[inline(always)]
    pub fn unit<const U: usize, const N: usize>(
        &self,
        grid: Grid,
        place: Place,
        column: u8,
        x: &[Lanes<N>],
        dy: &[Lanes<N>],
    ) -> [f32; U] {
        let unit = place.start + usize::from(column);
        core::array::from_fn(|member| {
            let at = grid.weight(place.line, unit, member);
            at.map_or(0.0, |at| self.gradient(at, x, dy))
        })
    }

    /// The gradient of the weight of a row and a column.
    fn gradient<const N: usize>(
        &self,
        (row, col): (usize, usize),
        x: &[Lanes<N>],
        dy: &[Lanes<N>],
    ) -> f32 {
        let mut sums = [0.0; N];
        for run in self.runs(row, col) {
            self.pairs(run, x, dy).for_each(|(x, dy)| lanes::add_product(&mut sums, dy, x));
        }
        lanes::sum(&sums)
    }
}
