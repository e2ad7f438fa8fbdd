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
use crate::kernels::depthwise::BLOCK;
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
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        unsafe { vector::dense(w, x, count) }
    }

    #[inline]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        unsafe { vector::dense4(w.as_ptr(), x, count, sums) }
    }

    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        unsafe { vector::segment(columns, values, count, x) }
    }

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

    #[inline]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        unsafe { blocks::block4x1(columns, values, count, x, sums) }
    }

    #[inline]
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32 {
        unsafe { blocks::block1x4(blocks, values, count, x) }
    }

    #[inline]
    unsafe fn depthwise(
        w: *const i8,
        x: *const i8,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let last = count - BLOCK;
        // SAFETY: the caller's promise; count is at least four, so the last block starts inside.
        unsafe {
            depthwise::depthwise(w, x, taps, sums, count / BLOCK);
            if !count.is_multiple_of(BLOCK) {
                depthwise::depthwise(w.add(last), x.add(last), taps, sums.add(last), 1);
            }
        }
    }

    #[inline]
    unsafe fn tile_depthwise(
        w: *const i8,
        starts: &Starts,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        unsafe { abreast::KERNELS.tile(Self::depthwise, (w, starts, taps), sums, count) }
    }

    armv7::shared!();
}
