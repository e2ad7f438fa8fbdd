//! Armv7-M and Armv8-M with the DSP instructions: Cortex-M4, M7, M33.
//!
//! SXTB16 makes two halfwords of two bytes of a word, so that weights come four a load and SMLAD
//! multiplies two of them at once, or SMLABB and SMLABT one half or the other. Four nonzeros of a
//! segment:
//!
//! ```text
//! w = four values                          ldr
//! for each: i = *columns++; x[i]           4 × (ldrb ldrsb)
//! (w0, w2), (w1, w3) = halves of w         sxtb16 sxtb16
//! sum += w0·x0 + w1·x1 + w2·x2 + w3·x3     4 × smlab…
//! ```
//!
//! Tiles of four windows are [`armv7::paired`], windows side by side under a depthwise filter [`abreast`].

/// Assembler macros for one nonzero and for four, their columns at `r1`, values at `r2` and x at `r3`,
/// added to `r12`. They change r4, r5, r8 and r9. Who uses them purges `one`, `two` and `four`.
macro_rules! nonzeros {
    () => {
        "
        .macro one
        ldrb.w r4, [r1], #1
        ldrsb.w r5, [r2], #1
        ldrsb.w r4, [r3, r4]
        smlabb r12, r4, r5, r12
        .endm
        .macro two half
        ldrb.w r4, [r1], #1
        ldrb.w r5, [r1], #1
        ldrsb.w r4, [r3, r4]
        ldrsb.w r5, [r3, r5]
        smlab\\half r12, r4, r9, r12
        smlab\\half r12, r5, r8, r12
        .endm
        .macro four
        ldr.w r8, [r2], #4
        sxtb16 r9, r8
        sxtb16 r8, r8, ror #8
        two b
        two t
        .endm
        "
    };
}

mod abreast;
mod blocks;
mod depthwise;
mod groups;
mod outputs;
mod vector;

use super::armv7;
use super::raw::{self, Raw};
use super::start::{Rows, Starts, Taps};
use crate::kernels::tile::{Paired, WINDOWS};
use crate::kernels::{Addition, Block, Channels, Patches, Places, Vector};
use crate::quant::Range;

/// The loops of cores with DSP instructions.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

// SAFETY, for all below without a comment of their own: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Dsp {
    type Layout = Paired;

    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        let (to, count) = (sums.as_mut_ptr(), sums.len());
        if count == 0 || rows.tiles == 0 {
            sums.fill(0);
            return 0;
        }
        // SAFETY: the caller's promise; there is a row and it has a tile.
        let end = unsafe { vector::sums(rows, to, count) };
        end.addr() - rows.columns.addr()
    }

    #[inline]
    unsafe fn outputs(rows: &Rows<*const i8>, to: &mut Vector<'_, '_>) -> Option<()> {
        unsafe { outputs::outputs(rows, to) }
    }

    #[inline]
    unsafe fn block_run(rows: &Rows<*const i8>, sums: &mut [[i32; 4]]) -> usize {
        unsafe {
            match groups::block_run(rows, sums) {
                Some(taken) => taken,
                None => raw::block_run::<Self>(rows, sums),
            }
        }
    }

    armv7::shared!();
}
