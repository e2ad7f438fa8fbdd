//! Each channel by itself: the sum of products over the taps of one window.
//!
//! ```text
//! for each output channel o:
//!     y[o] = output(Σ w[tap, o] · x[tap, o / multiplier])      over the taps
//! ```
//!
//! Weights and window are both channel-last, so taps are taken for [`BLOCK`] channels at a time:
//! reads are contiguous and the sums stay in registers. Several windows go through a block of
//! channels together, which share its scales.

use super::{Channels, Lanes};
use crate::quant::Range;

/// Channels whose sums are held at once.
pub const BLOCK: usize = 4;

/// A window as it lies in memory: gathered, or inside the input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patch<'a> {
    /// From the first channel of its first tap to the last channel of its last.
    pub x: &'a [i8],
    /// Elements from a row of taps to the next.
    pub row: usize,
    /// Height and width in taps.
    pub kernel: [usize; 2],
    /// Channels: elements from a tap to the next.
    pub channels: usize,
}

impl Patch<'_> {
    /// Whether [`BLOCK`] channels of every tap lie in `x` and, row after row of taps, in `weights`.
    #[inline]
    pub fn holds_block(&self, weights: &[i8]) -> bool {
        let [height, width] = self.kernel.map(|taps| taps.wrapping_sub(1));
        let last = width * self.channels + BLOCK;
        height < self.kernel[0]
            && width < self.kernel[1]
            && height * self.row + last <= self.x.len()
            && height * self.kernel[1] * self.channels + last <= weights.len()
    }

    /// The same from a channel on.
    #[inline]
    fn from(&self, channel: usize) -> Self {
        Patch { x: self.x.get(channel..).unwrap_or_default(), ..*self }
    }
}

/// A depthwise filter: as many rows as taps, as many columns as output channels.
#[derive(Clone, Copy, Debug)]
pub struct Depthwise<'a> {
    /// Weights, a row of output channels for each tap.
    pub weights: &'a [i8],
    /// What turns sums into outputs.
    pub channels: Channels<'a>,
    /// Range of the outputs.
    pub range: Range,
}

impl Depthwise<'_> {
    /// Writes every channel of each window's position to `y`, window after window.
    pub fn run<L: Lanes>(&self, patches: &[Patch<'_>], y: &mut [i8]) {
        let channels = patches.first().map_or(0, |patch| patch.channels);
        let mut first = 0;
        while first < channels {
            // The last block overlaps the one before where channels are no multiple of four.
            first = first.min(channels.saturating_sub(BLOCK));
            self.block::<L>(patches, first, channels, y);
            first += BLOCK;
        }
    }

    /// The block of channels from `first` on.
    #[inline]
    fn block<L: Lanes>(&self, patches: &[Patch<'_>], first: usize, channels: usize, y: &mut [i8]) {
        let weights = self.weights.get(first..).unwrap_or_default();
        let scales = self.channels.from(first);
        for (patch, y) in patches.iter().zip(y.chunks_exact_mut(channels)) {
            let sums = match channels < BLOCK {
                true => narrow(weights, *patch),
                false => L::depthwise4(weights, patch.from(first)),
            };
            let y = y.get_mut(first..).unwrap_or_default();
            let block = y.len().min(BLOCK);
            L::finish(&sums, scales, self.range, y.get_mut(..block).unwrap_or_default());
        }
    }
}

/// The sums where there are fewer channels than a block has.
fn narrow(weights: &[i8], patch: Patch<'_>) -> [i32; BLOCK] {
    let mut sums = [0_i32; BLOCK];
    let row_len = patch.kernel[1] * patch.channels;
    for (w, x) in weights.chunks_exact(row_len.max(1)).zip(patch.x.chunks(patch.row.max(1))) {
        for (w, x) in w.chunks_exact(patch.channels).zip(x.chunks_exact(patch.channels)) {
            for ((sum, &w), &x) in sums.iter_mut().zip(w).zip(x) {
                *sum = sum.wrapping_add(i32::from(w) * i32::from(x));
            }
        }
    }
    sums
}
