//! Each channel by itself: the sum of products over the taps of one window.
//!
//! ```text
//! for each output channel o:
//!     y[o] = output(Σ w[tap, o] · x[tap, o / multiplier])      over the taps
//! ```
//!
//! Weights and window are both channel-last, so taps are taken for [`BLOCK`] channels at a time:
//! reads are contiguous and the sums stay in registers. Four windows go through a chunk of
//! channels together, which share its scales.

use super::outputs::TileSums;
use super::tile::WINDOWS;
use super::{Channels, Lanes, outputs};
use crate::quant::Range;

/// Channels whose sums a core's registers hold at once.
pub const BLOCK: usize = 4;

/// Channels whose sums are collected before they are finished.
const CHUNK: usize = outputs::ROWS;

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

impl<'a> Patch<'a> {
    /// Whether there is a tap, and `count` channels of every tap lie in `x`.
    #[inline]
    pub fn holds(&self, count: usize) -> bool {
        let [height, width] = self.kernel.map(|taps| taps.wrapping_sub(1));
        height < self.kernel[0]
            && width < self.kernel[1]
            && height * self.row + width * self.channels + count <= self.x.len()
    }

    /// Whether the weights of as many taps, row after row, have `count` channels each.
    #[inline]
    pub fn fits(&self, count: usize, weights: &[i8]) -> bool {
        let taps = self.kernel[0] * self.kernel[1];
        taps.wrapping_sub(1).wrapping_mul(self.channels).wrapping_add(count) <= weights.len()
    }

    /// Whether the other has as many taps and channels.
    #[inline]
    pub fn is_like(&self, other: &Self) -> bool {
        (self.kernel, self.channels) == (other.kernel, other.channels)
    }

    /// Row `ky` of its taps, which has `run` elements.
    #[inline]
    pub fn taps(&self, ky: usize, run: usize) -> &'a [i8] {
        self.x.get(ky * self.row..).and_then(|x| x.get(..run)).unwrap_or_default()
    }

    /// The same from a channel on.
    #[inline]
    pub fn from(&self, channel: usize) -> Self {
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
    /// Writes every channel of the positions of one to four windows.
    pub fn run<L: Lanes, const N: usize>(
        &self,
        patches: [Patch<'_>; N],
        y: [&mut [i8]; N],
        sums: &mut TileSums,
    ) {
        let (mut y, mut first) = (y, 0);
        let channels = patches.first().map_or(0, |patch| patch.channels);
        while first < channels {
            let count = CHUNK.min(channels - first);
            let Some(sums) = sums.get_mut(..count) else { return };
            let weights = self.weights.get(first..).unwrap_or_default();
            let patches = patches.map(|patch| patch.from(first));
            match <[_; WINDOWS]>::try_from(patches.as_slice()) {
                Ok(four) => L::tile_depthwise(weights, four, sums),
                Err(_) => {
                    for (window, patch) in patches.into_iter().enumerate() {
                        L::depthwise(weights, patch, sums, window);
                    }
                }
            }
            finish::<L, N>(sums, self.channels.from(first), self.range, &mut y);
            y = y.map(|y| y.get_mut(count..).unwrap_or_default());
            first += count;
        }
    }
}

/// Writes the channels of four positions at once, or of one.
#[inline]
fn finish<L: Lanes, const N: usize>(
    sums: &[[i32; WINDOWS]],
    channels: Channels<'_>,
    range: Range,
    y: &mut [&mut [i8]; N],
) {
    if let Ok(y) = <&mut [_; WINDOWS]>::try_from(y.as_mut_slice()) {
        return L::finish_tile(sums, channels, range, y);
    }
    let Some(y) = y.first_mut() else { return };
    for ((at, y), [sum, ..]) in y.iter_mut().enumerate().zip(sums) {
        outputs::finish(&[*sum], channels.from(at), range, core::slice::from_mut(y));
    }
}
