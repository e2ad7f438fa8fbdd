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
use crate::sparse::{Delta4Rows, Delta8Rows, DenseRows, Matrix};

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

fn over<L: Lanes, R: DotRows>(
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

/// The walk over a matrix's rows as dot products.
pub trait DotRows {
    /// The dot product of the next row and `x`, which has as many elements as the matrix has
    /// columns. After the last row: 0.
    fn dot_next<L: Lanes>(&mut self, x: &[i8]) -> i32;
}

impl DotRows for DenseRows<'_> {
    #[inline]
    fn dot_next<L: Lanes>(&mut self, x: &[i8]) -> i32 {
        self.next().map_or(0, |row| L::dot(row, x))
    }
}

impl DotRows for Delta8Rows<'_> {
    #[inline]
    fn dot_next<L: Lanes>(&mut self, x: &[i8]) -> i32 {
        self.next().map_or(0, |row| L::dot_delta8(row, x))
    }
}

impl DotRows for Delta4Rows<'_> {
    #[inline]
    fn dot_next<L: Lanes>(&mut self, x: &[i8]) -> i32 {
        let Some(row) = self.next_row() else { return 0 };
        let (sum, taken) = L::dot_delta4(row, x);
        self.skip_values(taken);
        sum
    }
}
