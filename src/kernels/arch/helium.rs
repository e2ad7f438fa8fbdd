//! Armv8.1-M with the vector extension: Cortex-M55, M85.
//!
//! A vector is 16 bytes. VMLADAVA multiplies two and adds the 16 products to a core register, a load
//! with a vector of byte offsets gathers 16 inputs, and a loop that ends in LETP switches off the
//! lanes past its count, so that there are no tails. Sixteen nonzeros of a segment:
//!
//! ```text
//! i = columns[0..16]; w = values[0..16]     vldrb vldrb
//! sum += Σ w · x[i]                         vldrb vmladava
//!                                           letp
//! ```
//!
//! Windows of a tile stay rows and share what is loaded of the weights. Instructions a round:
//!
//! | loop | products | instructions |
//! |---|---|---|
//! | `dense` | 16 | 4 |
//! | `dense4`, `tile_dense` | 64 | 10 |
//! | `tile_dense4` | 64 | 9 |
//! | `segment` | 16 | 5 |
//! | `tile_segment` | 64 | 11 |
//! | `block4x1` | 64 | 11 |
//! | `tile_block4x1` | 256 | 35 |
//! | `block1x4` | 16 | 5 |
//! | `tile_block1x4` | 64 | 11 |
//! | `depthwise`, `tile_depthwise` | 16 | 15 |

mod addition;
mod blocks;
mod copy;
mod depthwise;
mod finish;
mod narrow;
mod run;
mod tile;
mod vector;

use super::raw::{Raw, TileStart};
use super::start::{Rows, Starts, Taps};
use crate::kernels::tile::{WINDOWS, Windows};
use crate::kernels::{Addition, Block, Channels, Places};
use crate::quant::Range;

/// The loops of Helium.
#[derive(Clone, Copy, Debug)]
pub struct Helium;

/// Lets the assembler know the instructions where the target alone does not.
macro_rules! helium {
    () => {
        ".cpu cortex-m55"
    };
}

use helium;

/// Whether words can be gathered from there.
#[inline]
fn is_aligned(x: *const i8) -> bool {
    x.addr().is_multiple_of(4)
}

// SAFETY, for all below without a comment of their own: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Helium {
    type Layout = Windows;

    #[inline]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        unsafe { vector::dense(w, x, count) }
    }

    #[inline]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        unsafe { vector::dense4(&w, x, count, sums) }
    }

    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        unsafe { vector::segment(columns, values, count, x) }
    }

    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        // SAFETY: the caller's promise; a row has a tile.
        unsafe { run::run(rows, sums.as_mut_ptr(), sums.len()) }
    }

    #[inline]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        unsafe { blocks::one(columns, values, count, x, sums) }
    }

    #[inline]
    unsafe fn block_run(rows: &Rows<*const i8>, sums: &mut [[i32; 4]]) -> usize {
        // SAFETY: the caller's promise; a row has a tile.
        unsafe { blocks::run(rows, sums.as_mut_ptr(), sums.len()) }
    }

    #[inline]
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32 {
        match is_aligned(x) {
            // SAFETY: the caller's promise; x is aligned.
            true => unsafe { vector::block1x4(blocks, values, count, x) },
            // SAFETY: the caller's promise.
            false => unsafe { vector::block1x4_misaligned(blocks, values, count, x) },
        }
    }

    #[inline]
    unsafe fn tile_dense(
        w: *const i8,
        tile: [*const i8; WINDOWS],
        count: usize,
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { vector::dense4(&tile, w, count, sums) }
    }

    #[inline]
    unsafe fn tile_dense4(
        w: [*const i8; 4],
        tile: [*const i8; WINDOWS],
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        unsafe { tile::dense4(&w, &tile, count, sums) }
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
    unsafe fn tile_run(rows: &Rows<TileStart<Self>>, sums: &mut [[i32; WINDOWS]]) -> usize {
        // SAFETY: the caller's promise; a row has a tile.
        unsafe { run::tile_run(rows, sums.as_mut_ptr(), sums.len()) }
    }

    #[inline]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        unsafe { blocks::tile(columns, values, count, &tile, sums) }
    }

    #[inline]
    unsafe fn tile_block_run(
        rows: &Rows<TileStart<Self>>,
        sums: &mut [[[i32; WINDOWS]; 4]],
    ) -> usize {
        // SAFETY: the caller's promise; a row has a tile.
        unsafe { blocks::tile_run(rows, sums.as_mut_ptr(), sums.len()) }
    }

    #[inline]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [i32; WINDOWS],
    ) {
        if tile.iter().all(|&x| is_aligned(x)) {
            // SAFETY: the caller's promise; all windows are aligned.
            return unsafe { tile::block1x4(blocks, values, count, &tile, sums) };
        }
        // SAFETY: the caller's promise, window by window.
        *sums = tile.map(|x| unsafe { vector::block1x4_misaligned(blocks, values, count, x) });
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
    unsafe fn depthwise4(w: *const i8, x: *const i8, taps: &Taps, sums: &mut [i32; 4]) {
        let mut four = [[0; WINDOWS]; 4];
        // SAFETY: the caller's promise; there is space for four sums, four words apart.
        unsafe { depthwise::four(w, x, taps, four.as_mut_ptr()) };
        *sums = four.map(|[sum, ..]| sum);
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
        unsafe { depthwise::tile(w, patches, taps, sums, count) }
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
    fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
        addition::add(y, x, addition);
    }
}
