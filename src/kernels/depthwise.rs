//! Each channel by itself: the sum of products over the taps of one window.
//!
//! ```text
//! for each output channel c:
//!     y[c] = output(Σ w[tap, c] · x[tap, c])      over the taps
//! ```
//!
//! Weights and window are both channel-last, so taps are taken for [`BLOCK`] channels at a time:
//! reads are contiguous and the sums stay in registers. Four windows go through a chunk of
//! channels together, which share its scales.

use super::outputs::{Places, TileSums};
use super::tile::WINDOWS;
use super::{Channels, Lanes, Patch, Patches, outputs};
use crate::quant::Range;
use crate::rolled::Rolled;

/// The fewest channels that a core's loops take; fewer go through plain Rust.
pub const BLOCK: usize = 4;

/// Channels whose sums are collected before they are finished.
const CHUNK: usize = outputs::ROWS;

/// The sums of the first window of each channel, brought together.
fn first_window(sums: &mut [[i32; WINDOWS]]) -> &[i32] {
    for channel in (0..sums.len()).rolled() {
        let sum = sums.get(channel).map_or(0, |[first, ..]| *first);
        if let Some(place) = sums.as_flattened_mut().get_mut(channel) {
            *place = sum;
        }
    }
    sums.as_flattened().get(..sums.len()).unwrap_or_default()
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
    /// Writes every channel of the position of a window, as many at a time as there are sums, a multiple
    /// of 4.
    #[inline(never)]
    pub fn window<L: Lanes>(&self, patch: Patch<'_>, y: &mut [i8], sums: &mut [[i32; WINDOWS]]) {
        let most = sums.len().max(1);
        for (chunk, y) in y.chunks_mut(most).enumerate() {
            let first = chunk * most;
            let Some(sums) = sums.get_mut(..y.len()) else { return };
            let weights = self.weights.get(first..).unwrap_or_default();
            L::depthwise(weights, patch.from(first), sums, 0);
            L::finish(first_window(sums), self.channels.from(first), self.range, y);
        }
    }

    /// Writes every channel of the positions of four windows, which are left behind.
    #[inline(never)]
    pub fn windows<L: Lanes>(
        &self,
        patches: &mut Patches<'_>,
        mut y: Places<'_>,
        sums: &mut TileSums,
    ) {
        let count = CHUNK.min(patches.channels);
        self.chunk::<L>((patches, self.weights, &self.channels), &mut y, count, sums);
        for first in (CHUNK..patches.channels).step_by(CHUNK) {
            patches.advance(CHUNK);
            let count = CHUNK.min(patches.channels - first);
            let weights = self.weights.get(first..).unwrap_or_default();
            let channels = self.channels.from(first);
            self.chunk::<L>((patches, weights, &channels), &mut y.from(first), count, sums);
        }
    }

    /// The first `count` channels.
    #[inline]
    fn chunk<L: Lanes>(
        &self,
        (patches, weights, channels): (&Patches<'_>, &[i8], &Channels<'_>),
        y: &mut Places<'_>,
        count: usize,
        sums: &mut TileSums,
    ) {
        if let Some(sums) = sums.get_mut(..count) {
            L::tile_depthwise(weights, patches, sums);
            L::finish_tile(sums, channels, self.range, y);
        }
    }
}
