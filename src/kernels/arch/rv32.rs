//! RV32IMC: loads, a multiplication and an addition, one product at a time.
//!
//! There is neither a multiply-accumulate nor an addressing mode with an index, so that a nonzero of a
//! segment takes six instructions:
//!
//! ```text
//! i = columns[…]; w = values[…]; p = x + i; sum += w · *p        lbu lb add lb mul add
//! ```
//!
//! What is left to save is the loop. Each is a chain of copies, all of the same size, at fixed
//! distances before the end of what is read; it is entered such that as many copies run as there
//! are products left, and takes no more instructions for it:
//!
//! ```text
//! columns += count; values += count; jump to end − count · size
//! ```
//!
//! A longer row goes through whole chains first. Instructions a product: a segment 6 and, with all
//! that a row of up to 32 nonzeros takes besides, 13 a row; dense 4, four rows at a time 3.25
//! (`lb` of x, then `lb mul add` a row); a block of four outputs 15/4, of four inputs 19/4; of
//! a [`depthwise`] filter 34/8, of four windows 58/16 or, side by side, 78/24.
//!
//! Tiles of four windows are [`halves`]; what turns sums into bytes is [`finish`].

mod blocks;
mod copy;
mod depthwise;
mod finish;
mod halves;
mod vector;

use super::raw::Raw;
use super::start::{Rows, Starts, Taps};
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Block, Channels, Places};
use crate::quant::Range;
use halves::{Cells, Halves};

/// The loops of RV32IMC.
#[derive(Clone, Copy, Debug)]
pub struct Rv32;

/// Opens the assembly of a function: the base instructions and M, all four bytes long, whatever the
/// assembler is set to; `.option pop` closes it.
macro_rules! rv32im {
    () => {
        "
        .option push
        .option arch, +m
        .option norvc
        "
    };
}
use rv32im;

// SAFETY, for all below without a comment of their own: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Rv32 {
    type Layout = Halves;

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
        let sums = sums.as_mut_ptr_range();
        unsafe { vector::run(rows, sums.start, sums.end) }
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
        unsafe { depthwise::depthwise(w, x, taps, sums, count) }
    }

    #[inline]
    unsafe fn tile_depthwise(
        w: *const i8,
        patches: &Starts,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        unsafe { depthwise::four(w, patches, taps, sums, count) }
    }

    #[inline]
    fn copy(to: &mut [i8], from: &[i8], block: Block) {
        copy::copy(to, from, block);
    }

    #[inline]
    fn fill(to: &mut [i8], value: i8) {
        copy::fill(to, value);
    }

    #[inline]
    fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
        finish::finish(sums, channels, range, y);
    }

    #[inline]
    fn finish_tile(
        sums: &[[i32; WINDOWS]],
        channels: &Channels<'_>,
        range: Range,
        y: &mut Places<'_>,
    ) {
        finish::finish_tile(sums, channels, range, y);
    }

    #[inline]
    unsafe fn tile_dense(w: *const i8, tile: Cells, count: usize, sums: &mut [i32; WINDOWS]) {
        let mut twice = [[0; WINDOWS]; 2];
        // SAFETY: the caller's promise, of one row twice; there is space for two.
        unsafe { halves::dense2(w, w, count, tile, twice.as_mut_ptr()) };
        [*sums, _] = twice;
    }

    #[inline]
    unsafe fn tile_dense4(
        [a, b, c, d]: [*const i8; 4],
        tile: Cells,
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        let sums = sums.as_mut_ptr();
        // SAFETY: the caller's promise, two rows at a time; there are sums of four.
        unsafe {
            halves::dense2(a, b, count, tile, sums);
            halves::dense2(c, d, count, tile, sums.add(2));
        }
    }

    #[inline]
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: Cells,
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { halves::segment(columns, values, count, tile, sums) }
    }

    #[inline]
    unsafe fn tile_run(rows: &Rows<Cells>, sums: &mut [[i32; WINDOWS]]) -> usize {
        let sums = sums.as_mut_ptr_range();
        unsafe { halves::run(rows, sums.start, sums.end) }
    }

    #[inline]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: Cells,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        unsafe { halves::block4x1(columns, values, count, tile, sums) }
    }

    #[inline]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: Cells,
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { halves::block1x4(blocks, values, count, tile, sums) }
    }
}
