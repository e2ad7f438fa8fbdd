//! RV32 with the vector extension, version 1.0, of any vector length from 128 bits on.
//!
//! Bytes are taken in groups of four registers, 64 at a time where a register has 128 bits; their
//! products are halfwords in eight registers, which a widening reduction adds to a word. A row of a
//! segment with up to as many nonzeros:
//!
//! ```text
//! columns, values                                vle8 vle8
//! x[columns]                                     vluxei8
//! products; their sum                            vwmul vwredsum
//! ```
//!
//! and with the configuration before bytes, halfwords and words, the moves of pointers and the
//! loops, 18 instructions a row ([`vector`]); of four windows 31 ([`tile`]). Windows stay where they
//! lie in the input, side by side or not. Depthwise filters multiply 16 channels at a time
//! ([`depthwise`]), and 16 channels' sums become bytes together ([`finish`]).
//!
//! Whoever starts the core switches its vector unit on (`mstatus.VS`).

mod blocks;
mod depthwise;
mod finish;
mod tile;
mod vector;

use super::raw::Raw;
use super::start::{Rows, Taps};
use crate::kernels::tile::{WINDOWS, Windows};
use crate::kernels::{Channels, Places};
use crate::quant::Range;

/// The loops of RV32 with vectors.
#[derive(Clone, Copy, Debug)]
pub struct Rvv;

/// Opens the assembly of a function: with M and V, whatever the assembler is set to; `.option pop`
/// closes it.
macro_rules! rv32v {
    () => {
        "
        .option push
        .option arch, +m, +v
        "
    };
}
use rv32v;

// SAFETY, for all below without a comment of their own: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Rvv {
    type Layout = Windows;

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
        unsafe { vector::block4x1(columns, values, count, x, sums) }
    }

    #[inline]
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32 {
        unsafe { vector::block1x4(blocks, values, count, x) }
    }

    #[inline]
    unsafe fn tile_dense(
        w: *const i8,
        tile: [*const i8; WINDOWS],
        count: usize,
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { tile::dense(w, &tile, count, sums) }
    }

    #[inline]
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { tile::segment(columns, values, count, &tile, sums) }
    }

    #[inline]
    unsafe fn tile_run(rows: &Rows<[*const i8; WINDOWS]>, sums: &mut [[i32; WINDOWS]]) -> usize {
        let sums = sums.as_mut_ptr_range();
        unsafe { tile::run(rows, sums.start, sums.end) }
    }

    #[inline]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        unsafe { blocks::block4x1(columns, values, count, &tile, sums) }
    }

    #[inline]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { blocks::block1x4(blocks, values, count, &tile, sums) }
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
}
