//! A depthwise filter with several outputs an input channel.
//!
//! ```text
//! for each output channel o:
//!     y[o] = output(Σ w[tap, o] · x[tap, o / multiplier])      over the taps
//! ```
//!
//! Rare, and small where it occurs: plain loops over [`BLOCK`] channels at a time.

use super::{Channels, Lanes};
use crate::quant::Range;
use crate::rolled::Rolled;

/// Channels whose sums are held at once.
const BLOCK: usize = 8;

/// A depthwise filter: as many rows as taps, as many columns as output channels.
#[derive(Clone, Copy, Debug)]
pub struct Multiplied<'a> {
    /// Weights, a row of output channels for each tap.
    pub weights: &'a [i8],
    /// Channels of the input.
    pub inputs: usize,
    /// Output channels per input channel, at least 1.
    pub multiplier: usize,
}

impl Multiplied<'_> {
    /// Writes every output channel of one position to `y`. `x` has the input channels of each
    /// tap, in the order of the weights' rows.
    #[inline(never)]
    pub fn outputs<L: Lanes>(&self, x: &[i8], channels: Channels<'_>, range: Range, y: &mut [i8]) {
        let all = y.len();
        for (block, y) in y.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK;
            let sums = self.sums(x, all, first);
            L::finish(sums.get(..y.len()).unwrap_or_default(), channels.from(first), range, y);
        }
    }

    /// The sums of [`BLOCK`] output channels from `first` on.
    #[inline]
    fn sums(&self, x: &[i8], outputs: usize, first: usize) -> [i32; BLOCK] {
        let mut sums = [0_i32; BLOCK];
        let multiplier = self.multiplier.max(1);
        let (input, copies_before) = (first / multiplier, first % multiplier);
        let taps =
            self.weights.chunks_exact(outputs.max(1)).zip(x.chunks_exact(self.inputs.max(1)));
        for (w, x) in taps.rolled() {
            let w = w.get(first..).unwrap_or_default();
            let (mut x, mut copies) = (x.get(input..).unwrap_or_default().iter(), copies_before);
            for (sum, &w) in sums.iter_mut().zip(w).rolled() {
                let Some(&input) = x.as_slice().first() else { break };
                *sum = sum.wrapping_add(i32::from(w) * i32::from(input));
                copies += 1;
                if copies == multiplier {
                    copies = 0;
                    x.next();
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Portable;

    /// As [`Multiplied::outputs`], plainly, with multipliers of 1/2 and no bias.
    fn check<const IN: usize, const OUT: usize>(taps: usize) {
        let weights: std::vec::Vec<i8> = (0..taps * OUT).map(|i| (i * 7 % 11) as i8 - 5).collect();
        let x: std::vec::Vec<i8> = (0..taps * IN).map(|i| (i * 5 % 13) as i8 - 6).collect();
        let channels =
            Channels { bias: &[0; OUT], multipliers: &[1 << 30], shifts: &[0], narrow: false };
        let range = Range { zero_point: 3, min: -128, max: 127 };
        let filter = Multiplied { weights: &weights, inputs: IN, multiplier: OUT / IN };
        let mut y = [0; OUT];
        filter.outputs::<Portable>(&x, channels, range, &mut y);
        for (o, &y) in y.iter().enumerate() {
            let product = |t| i32::from(weights[t * OUT + o]) * i32::from(x[t * IN + o * IN / OUT]);
            let sum: i32 = (0..taps).map(product).sum();
            assert_eq!(i32::from(y), ((sum + 1) >> 1) + 3, "{IN} {OUT} {taps} {o}");
        }
    }

    #[test]
    fn agrees_with_one_line_a_channel() {
        check::<1, 1>(9);
        check::<3, 3>(4);
        check::<8, 8>(9);
        check::<19, 19>(6);
        check::<1, 20>(3);
        check::<5, 15>(9);
    }
}
