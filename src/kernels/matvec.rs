//! Matrix times vector, requantised: a fully connected layer, or one position of a convolution.
//!
//! ```text
//! for each row r:
//!     sum  = bias[r] + Σ w[r, c] · x[c]        over the columns c that the format stores
//!     y[r] = clamp(requantise(sum, multiplier[r], shift[r]) + zero point)
//! ```
//!
//! The input's zero point does not appear: the host has subtracted zero point · Σ w from the bias.

use super::Lanes;
use crate::quant::{Range, requantise};
use crate::sparse::{Matrix, Rows};

/// Bias, multiplier and shift of each output channel.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    /// One a channel, the input's zero point folded in.
    pub bias: &'a [i32],
    /// One a channel, or one for all.
    pub multipliers: &'a [i32],
    /// As many as multipliers.
    pub shifts: &'a [i8],
}

impl Channels<'_> {
    /// The output of `channel` for the sum of its products.
    #[inline]
    pub fn finish(&self, channel: usize, sum: i32, range: Range) -> i8 {
        let at = if self.multipliers.len() == 1 { 0 } else { channel };
        let bias = self.bias.get(channel).copied().unwrap_or(0);
        let multiplier = self.multipliers.get(at).copied().unwrap_or(0);
        let shift = self.shifts.get(at).copied().unwrap_or(0);
        range.clamp(requantise(sum.wrapping_add(bias), multiplier, shift.into()))
    }
}

/// Writes one output a row to `y`. `x` has as many elements as `matrix` has columns, `y` as it
/// has rows.
pub fn matvec<L: Lanes>(
    matrix: &Matrix<'_>,
    x: &[i8],
    channels: Channels<'_>,
    range: Range,
    y: &mut [i8],
) {
    match matrix {
        Matrix::Dense(matrix) => over::<L, _>(matrix.rows(), x, channels, range, y),
        Matrix::Delta8(matrix) => over::<L, _>(matrix.rows(), x, channels, range, y),
        Matrix::Delta4(matrix) => over::<L, _>(matrix.rows(), x, channels, range, y),
    }
}

fn over<L: Lanes, R: Rows>(
    mut rows: R,
    x: &[i8],
    channels: Channels<'_>,
    range: Range,
    y: &mut [i8],
) {
    for (channel, y) in y.iter_mut().enumerate() {
        *y = channels.finish(channel, rows.dot_next::<L>(x), range);
    }
}
