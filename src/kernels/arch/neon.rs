//! AArch64, which always has NEON: hosts.
//!
//! SMULL multiplies eight bytes by eight into halfwords; SADALP adds those in pairs to words, and
//! SADDW as they are. Two products of −128 by −128 do not fit a halfword, so none are added there.
//!
//! ```text
//! rows over a vector   16 products: w, x loaded       smull smull2 sadalp sadalp
//! a row over a tile    32 products: 8 columns in 4 vectors by one ld4, a window each
//!                                                     ldr + 4 × (smull sadalp)
//! four cells           16 products: w0 w0 w0 w0 w1 …  tbl smull smull2 4 × saddw
//! ```
//!
//! Everything else over four windows, four rows or four blocks is the last: four *cells* of four
//! bytes, times a byte for each cell, added cell by cell. What is left over is done one by one.
//! Nothing outside is read.

mod steps;

use super::raw::Raw;
use super::start::{Rows, Taps};
use crate::kernels::tile::{Interleaved, WINDOWS};
use crate::sparse::TILE;
use core::arch::aarch64::*;
use steps::*;

/// The loops of AArch64.
#[derive(Clone, Copy, Debug)]
pub struct Neon;

/// Four bytes: a column of a tile, or a block of weights.
type Cell = [i8; 4];

impl Raw for Neon {
    type Layout = Interleaved;

    #[target_feature(enable = "neon")]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        // SAFETY: the caller's promise.
        let [sum] = unsafe { rows([w], x, count) };
        sum
    }

    #[target_feature(enable = "neon")]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        // SAFETY: the caller's promise.
        *sums = unsafe { rows(w, x, count) };
    }

    #[target_feature(enable = "neon")]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        let mut sum = 0_i32;
        for at in 0..count {
            // SAFETY: `at` is below the count, and x has every column.
            let (w, x) = unsafe { (*values.add(at), *x.add((*columns.add(at)).into())) };
            sum = sum.wrapping_add(i32::from(w) * i32::from(x));
        }
        sum
    }

    #[target_feature(enable = "neon")]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const Cell,
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        let mut sum = zeros();
        for at in (0..count & !3).step_by(4) {
            // SAFETY: four columns and blocks from `at` on are below the count; x has every column.
            unsafe {
                let x = four(columns.add(at)).map(|column| *x.add(column) as u8);
                sum = step(sum, cells(values.add(at)), spread(i32::from_le_bytes(x)));
            }
        }
        for at in count & !3..count {
            // SAFETY: `at` is below the count, x has every column.
            unsafe {
                let x = *x.add((*columns.add(at)).into());
                sum = single(sum, cell(values.add(at)), vdup_n_s8(x));
            }
        }
        *sums = words(sum);
    }

    #[target_feature(enable = "neon")]
    unsafe fn block1x4(blocks: *const u8, values: *const Cell, count: usize, x: *const i8) -> i32 {
        let (mut sum, x) = (zeros(), x.cast::<Cell>());
        for at in (0..count & !3).step_by(4) {
            // SAFETY: four indices and blocks from `at` on are below the count; x has the four
            // elements of every index.
            unsafe {
                sum = pairs(sum, cells(values.add(at)), gathered(x, blocks.add(at)));
            }
        }
        for at in count & !3..count {
            // SAFETY: `at` is below the count, and as above.
            unsafe {
                let x = cell(x.add((*blocks.add(at)).into()));
                sum = single(sum, x, cell(values.add(at)));
            }
        }
        total(sum)
    }

    #[target_feature(enable = "neon")]
    unsafe fn tile_dense(w: *const i8, tile: *const Cell, count: usize, sums: &mut [i32; WINDOWS]) {
        // SAFETY: the caller's promise.
        [*sums] = unsafe { tile_rows([w], tile, count) };
    }

    #[target_feature(enable = "neon")]
    unsafe fn tile_dense4(
        w: [*const i8; 4],
        tile: *const Cell,
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        // SAFETY: the caller's promise.
        *sums = unsafe { tile_rows(w, tile, count) };
    }

    #[target_feature(enable = "neon")]
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: *const Cell,
        sums: &mut [i32; WINDOWS],
    ) {
        // SAFETY: the caller's promise.
        *sums = words(unsafe { nonzeros(zeros(), columns, values, count, tile) });
    }

    #[target_feature(enable = "neon")]
    unsafe fn tile_run(rows: &Rows<*const Cell>, sums: &mut [[i32; WINDOWS]]) -> usize {
        let (mut counts, mut at) = (rows.counts, 0);
        for sums in sums {
            let mut sum = zeros();
            for tile in 0..rows.tiles {
                // SAFETY: the caller's promise: as many counts as tiles, as many indices and values
                // as they add up to, and columns inside the tile of windows.
                unsafe {
                    let count = usize::from(*counts);
                    let (columns, values) = (rows.columns.add(at), rows.values.add(at));
                    sum = nonzeros(sum, columns, values, count, rows.x.add(tile * TILE));
                    (counts, at) = (counts.add(1), at + count);
                }
            }
            *sums = words(sum);
        }
        at
    }

    #[target_feature(enable = "neon")]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const Cell,
        count: usize,
        tile: *const Cell,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        let mut all = [zeros(); 4];
        for at in (0..count & !3).step_by(4) {
            // SAFETY: four columns and blocks from `at` on are below the count; the tile has every
            // column.
            let (x, w) = unsafe {
                let x = gathered(tile, columns.add(at));
                (x, cells(values.add(at)))
            };
            // Byte 0 of each of four blocks, four times.
            let mut places = table([0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12]);
            for sum in &mut all {
                *sum = step(*sum, x, vqtbl1q_s8(w, places));
                places = vaddq_u8(places, vdupq_n_u8(1));
            }
        }
        for at in count & !3..count {
            // SAFETY: `at` is below the count, the tile has every column.
            let (x, w) = unsafe { (cell(tile.add((*columns.add(at)).into())), *values.add(at)) };
            for (sum, w) in all.iter_mut().zip(w) {
                *sum = single(*sum, x, vdup_n_s8(w));
            }
        }
        for (sums, sum) in sums.iter_mut().zip(all) {
            *sums = words(sum);
        }
    }

    #[target_feature(enable = "neon")]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const Cell,
        count: usize,
        tile: *const Cell,
        sums: &mut [i32; WINDOWS],
    ) {
        let mut sum = zeros();
        for at in 0..count {
            // SAFETY: `at` is below the count; the tile has the four columns of every index.
            unsafe {
                let first = 4 * usize::from(*blocks.add(at));
                sum = step(sum, cells(tile.add(first)), spread(word(values.add(at))));
            }
        }
        *sums = words(sum);
    }

    #[target_feature(enable = "neon")]
    unsafe fn depthwise4(w: *const i8, x: *const i8, taps: &Taps, sums: &mut [i32; 4]) {
        let mut sum = zeros();
        for ky in 0..taps.height {
            for kx in 0..taps.width {
                let tap = (ky * taps.width + kx) * taps.channels;
                // SAFETY: four channels of this tap lie in both.
                unsafe {
                    let skipped = ky.wrapping_mul(taps.skip);
                    let x = cell(x.add(tap.wrapping_add(skipped)).cast());
                    sum = single(sum, x, cell(w.add(tap).cast()));
                }
            }
        }
        *sums = words(sum);
    }
}
