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

use super::tile::WINDOWS;
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
    /// Writes every channel of one window's position to `y`.
    pub fn one<L: Lanes>(&self, patch: Patch<'_>, y: &mut [i8]) {
        for first in blocks(patch.channels) {
            let sums = sums::<L>(self.weights, patch, first);
            let y = y.get_mut(first..).unwrap_or_default();
            let block = y.len().min(BLOCK);
            let y = y.get_mut(..block).unwrap_or_default();
            L::finish(&sums, self.channels.from(first), self.range, y);
        }
    }

    /// Writes every channel of the positions of four windows.
    pub fn four<L: Lanes>(&self, patches: [Patch<'_>; WINDOWS], y: [&mut [i8]; WINDOWS]) {
        let (mut y, mut at) = (y, 0);
        for first in blocks(patches[0].channels) {
            let mut block = [[0; WINDOWS]; BLOCK];
            for (window, patch) in patches.into_iter().enumerate() {
                for (to, sum) in block.iter_mut().zip(sums::<L>(self.weights, patch, first)) {
                    to.iter_mut().skip(window).take(1).for_each(|to| *to = sum);
                }
            }
            y = y.map(|y| y.get_mut(first - at..).unwrap_or_default());
            at = first;
            let real = block.get(..patches[0].channels.min(BLOCK)).unwrap_or_default();
            L::finish_tile(real, self.channels.from(first), self.range, &mut y);
        }
    }
}

/// The first channel of each block; the last block overlaps the one before where channels are no
/// multiple of four.
fn blocks(channels: usize) -> impl Iterator<Item = usize> {
    let last = channels.saturating_sub(BLOCK);
    (0..channels).step_by(BLOCK).map(move |first| first.min(last))
}

/// The sums of the block of channels from `first` on.
#[inline]
fn sums<L: Lanes>(weights: &[i8], patch: Patch<'_>, first: usize) -> [i32; BLOCK] {
    match patch.channels < BLOCK {
        true => narrow(weights, patch),
        false => L::depthwise4(weights.get(first..).unwrap_or_default(), patch.from(first)),
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
