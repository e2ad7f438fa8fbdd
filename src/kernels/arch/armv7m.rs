//! Armv7-M without the DSP instructions: Cortex-M3.
//!
//! A product of bytes is two loads and a multiply-accumulate; what is left to save is the loop, hence
//! eight products a round. A nonzero of a segment:
//!
//! ```text
//! i = *columns++; w = *values++; sum += w · x[i]        ldrb ldrsb ldrsb mla
//! ```
//!
//! Tiles of four windows are [`armv7::paired`].

mod abreast;
mod blocks;
mod depthwise;
mod vector;

use super::armv7;
use super::raw::Raw;
use super::start::{Rows, Starts, Taps};
use crate::kernels::tile::{Paired, WINDOWS};
use crate::kernels::{Addition, Block, Channels, Patches, Places};
use crate::quant::Range;

/// The loops of Armv7-M.
#[derive(Clone, Copy, Debug)]
pub struct Armv7m;

// SAFETY, for all below without a comment of their own: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Armv7m {
    type Layout = Paired;

    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        let (to, count) = (sums.as_mut_ptr(), sums.len());
        let end = match (count, rows.tiles) {
            (0, _) | (_, 0) => {
                sums.fill(0);
                return 0;
            }
            // SAFETY: the caller's promise; there is a row and it has a tile.
            (_, 1) => unsafe { vector::single(rows, to, count) },
            // SAFETY: the same.
            _ => unsafe { vector::several(rows, to, count) },
        };
        end.addr() - rows.columns.addr()
    }

    armv7::shared!();
}
