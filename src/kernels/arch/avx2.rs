//! x86-64 with AVX2: hosts.
//!
//! VPMADDWD multiplies sixteen halfwords and adds the products in pairs, so bytes are widened to
//! halfwords and whatever is summed is laid in pairs. Everything over four windows, four rows or
//! four blocks is one step: four *cells* of four bytes, times a byte for each cell, added cell by
//! cell.
//!
//! ```text
//! cells   a0 b0 c0 d0 │ a1 b1 c1 d1 │ a2 …            four columns of a tile, or four blocks
//! x       a0 a1  b0 b1  c0 c1  d0 d1 │ a2 a3  b2 b3  …      vpshufb vpmovsxbw
//! w       w0 w1  w0 w1  w0 w1  w0 w1 │ w2 w3  w2 w3  …      vpbroadcastd vpshufb vpsraw
//! sums += x · w, in pairs                                   vpmaddwd vpaddd
//! ```
//!
//! 16 products in 8 instructions, where the cells have to be fetched one by one 15; in
//! `tile_dense4` four rows share x, 64 products in 23. Rows over one vector: 16 products in 4
//! instructions, `dense4` 64 in 13. Two elements of a sum are at most 2^15 in a pair and the sums
//! wrap, so every order of addition gives the same.
//!
//! The last elements of a row are loaded together with some before them, which a mask makes zero; of a
//! short row they are copied. Nothing outside is read.

mod steps;

use super::raw::Raw;
use super::start::{Rows, Taps};
use crate::kernels::tile::{Interleaved, WINDOWS};
use crate::sparse::TILE;
use core::arch::x86_64::*;
use steps::*;

/// The loops of a machine that has AVX2, which whoever calls them has made sure of.
#[derive(Clone, Copy, Debug)]
pub struct Avx2;

/// Four bytes: a column of a tile, or a block of weights.
type Cell = [i8; 4];

impl Raw for Avx2 {
    type Layout = Interleaved;

    #[target_feature(enable = "avx2")]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        // SAFETY: the caller's promise.
        let [sum] = unsafe { rows([w], x, count) };
        sum
    }

    #[target_feature(enable = "avx2")]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        // SAFETY: the caller's promise.
        *sums = unsafe { rows(w, x, count) };
    }

    // Gathers of bytes are no faster than loads. Without the feature it is inlined.
    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        let mut sum = 0_i32;
        for at in 0..count {
            // SAFETY: `at` is below the count, and x has every column.
            let (w, x) = unsafe { (*values.add(at), *x.add((*columns.add(at)).into())) };
            sum = sum.wrapping_add(i32::from(w) * i32::from(x));
        }
        sum
    }

    #[target_feature(enable = "avx2")]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const Cell,
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        let mut sum = _mm256_setzero_si256();
        for at in (0..count & !3).step_by(4) {
            // SAFETY: four columns and blocks from `at` on are below the count; x has every column.
            unsafe {
                let x = four(columns.add(at)).map(|column| *x.add(column) as u8);
                let w = _mm_loadu_si128(values.add(at).cast());
                sum = step(sum, transposed(w), pairs(i32::from_le_bytes(x)));
            }
        }
        for at in count & !3..count {
            // SAFETY: `at` is below the count, x has every column.
            unsafe {
                let x = *x.add((*columns.add(at)).into());
                sum = single(sum, widened(values.add(at).cast()), _mm_set1_epi32(x.into()));
            }
        }
        *sums = halves(sum);
    }

    #[target_feature(enable = "avx2")]
    unsafe fn block1x4(blocks: *const u8, values: *const Cell, count: usize, x: *const i8) -> i32 {
        let (mut sum, x) = (_mm256_setzero_si256(), x.cast::<Cell>());
        for at in (0..count & !3).step_by(4) {
            // SAFETY: four indices and blocks from `at` on are below the count; x has the four
            // elements of every index.
            unsafe {
                let x = _mm256_cvtepi8_epi16(gathered(x, blocks.add(at)));
                sum = step(sum, x, sixteen(values.add(at).cast()));
            }
        }
        for at in count & !3..count {
            // SAFETY: `at` is below the count, and as above.
            unsafe {
                let x = widened(x.add((*blocks.add(at)).into()).cast());
                sum = single(sum, x, widened(values.add(at).cast()));
            }
        }
        total(sum)
    }

    #[target_feature(enable = "avx2")]
    unsafe fn tile_dense(w: *const i8, tile: *const Cell, count: usize, sums: &mut [i32; WINDOWS]) {
        // SAFETY: the caller's promise.
        [*sums] = unsafe { tile_rows([w], tile, count) };
    }

    #[target_feature(enable = "avx2")]
    unsafe fn tile_dense4(
        w: [*const i8; 4],
        tile: *const Cell,
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        // SAFETY: the caller's promise.
        *sums = unsafe { tile_rows(w, tile, count) };
    }

    #[target_feature(enable = "avx2")]
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: *const Cell,
        sums: &mut [i32; WINDOWS],
    ) {
        // SAFETY: the caller's promise.
        *sums = halves(unsafe { nonzeros(_mm256_setzero_si256(), columns, values, count, tile) });
    }

    #[target_feature(enable = "avx2")]
    unsafe fn tile_run(rows: &Rows<*const Cell>, sums: &mut [[i32; WINDOWS]]) -> usize {
        let (mut counts, mut at) = (rows.counts, 0);
        for sums in sums {
            let mut sum = _mm256_setzero_si256();
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
            *sums = halves(sum);
        }
        at
    }

    #[target_feature(enable = "avx2")]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const Cell,
        count: usize,
        tile: *const Cell,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        let mut all = [_mm256_setzero_si256(); 4];
        // Byte 0 of each of four blocks, as `pairs` lays them.
        let (low, high) = (0x0480_0080, 0x0c80_0880);
        let places = _mm256_setr_epi32(low, low, low, low, high, high, high, high);
        for at in (0..count & !3).step_by(4) {
            // SAFETY: four columns and blocks from `at` on are below the count; the tile has every
            // column.
            let (x, w) = unsafe {
                let x = transposed(gathered(tile, columns.add(at)));
                (x, _mm256_broadcastsi128_si256(_mm_loadu_si128(values.add(at).cast())))
            };
            let mut places = places;
            for sum in &mut all {
                let w = _mm256_srai_epi16::<8>(_mm256_shuffle_epi8(w, places));
                *sum = step(*sum, x, w);
                places = _mm256_add_epi8(places, _mm256_set1_epi16(0x0100));
            }
        }
        for at in count & !3..count {
            // SAFETY: `at` is below the count, the tile has every column.
            let (x, w) =
                unsafe { (widened(tile.add((*columns.add(at)).into()).cast()), *values.add(at)) };
            for (sum, w) in all.iter_mut().zip(w) {
                *sum = single(*sum, x, _mm_set1_epi32(w.into()));
            }
        }
        for (sums, sum) in sums.iter_mut().zip(all) {
            *sums = halves(sum);
        }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const Cell,
        count: usize,
        tile: *const Cell,
        sums: &mut [i32; WINDOWS],
    ) {
        let mut sum = _mm256_setzero_si256();
        for at in 0..count {
            // SAFETY: `at` is below the count; the tile has the four columns of every index.
            unsafe {
                let first = 4 * usize::from(*blocks.add(at));
                let x = transposed(_mm_loadu_si128(tile.add(first).cast()));
                sum = step(sum, x, pairs(word(values.add(at).cast())));
            }
        }
        *sums = halves(sum);
    }

    #[target_feature(enable = "avx2")]
    unsafe fn depthwise(
        w: *const i8,
        x: *const i8,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let block = if count < 8 { 4 } else { 8 };
        for at in (0..count).step_by(block) {
            let first = at.min(count - block);
            // SAFETY: `block` channels from `first` on are below the count.
            unsafe {
                let words = match block {
                    8 => filter::<8>(w.add(first), x.add(first), taps),
                    _ => filter::<4>(w.add(first), x.add(first), taps),
                };
                for (at, word) in words.into_iter().enumerate().take(block) {
                    sums.add(first + at).cast::<i32>().write(word);
                }
            }
        }
    }
}
