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
//! bytes, times a byte for each cell, added cell by cell. What is left over is done one by one, or
//! copied beside zeros. Nothing outside is read.

use super::checked::{Raw, Taps};
use crate::kernels::tile::{Interleaved, WINDOWS};
use core::arch::aarch64::*;

/// The loops of AArch64.
#[derive(Clone, Copy, Debug)]
pub struct Neon;

type Cell = [i8; 4];

impl Raw for Neon {
    type Layout = Interleaved;

    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        // SAFETY: the caller's promise.
        let [sum] = unsafe { rows([w], x, count) };
        sum
    }

    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        // SAFETY: the caller's promise.
        *sums = unsafe { rows(w, x, count) };
    }

    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        let mut sum = 0_i32;
        for at in 0..count {
            // SAFETY: `at` is below the count, and x has every column.
            let (w, x) = unsafe { (*values.add(at), *x.add((*columns.add(at)).into())) };
            sum = sum.wrapping_add(i32::from(w) * i32::from(x));
        }
        sum
    }

    unsafe fn block4x1(
        columns: *const u8,
        values: *const Cell,
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        let mut sum = zeros();
        for at in (0..count).step_by(4) {
            let len = (count - at).min(4);
            // SAFETY: `len` columns and blocks from `at` on are below the count, and x has every
            // column.
            unsafe {
                let x = gathered_bytes(x, columns.add(at), len);
                sum = step(sum, cells(values.add(at), len), spread(x));
            }
        }
        *sums = words(sum);
    }

    unsafe fn block1x4(blocks: *const u8, values: *const Cell, count: usize, x: *const i8) -> i32 {
        let mut sum = zeros();
        for at in (0..count).step_by(4) {
            let len = (count - at).min(4);
            // SAFETY: `len` indices and blocks from `at` on are below the count, and x has the
            // four elements of every index.
            unsafe {
                let x = gathered(x.cast(), blocks.add(at), len);
                sum = pairs(sum, cells(values.add(at), len), x);
            }
        }
        total(sum)
    }

    unsafe fn tile_dense(w: *const i8, tile: *const Cell, count: usize, sums: &mut [i32; WINDOWS]) {
        // SAFETY: the caller's promise.
        [*sums] = unsafe { tile_rows([w], tile, count) };
    }

    unsafe fn tile_dense4(
        w: [*const i8; 4],
        tile: *const Cell,
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        // SAFETY: the caller's promise.
        *sums = unsafe { tile_rows(w, tile, count) };
    }

    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: *const Cell,
        sums: &mut [i32; WINDOWS],
    ) {
        let mut sum = zeros();
        for at in (0..count).step_by(4) {
            let len = (count - at).min(4);
            // SAFETY: `len` columns and values from `at` on are below the count, and the tile has
            // every column.
            unsafe {
                let x = gathered(tile, columns.add(at), len);
                sum = step(sum, x, spread(bytes(values.add(at), len)));
            }
        }
        *sums = words(sum);
    }

    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const Cell,
        count: usize,
        tile: *const Cell,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        let mut sum = [zeros(); 4];
        for at in (0..count).step_by(4) {
            let len = (count - at).min(4);
            // SAFETY: `len` columns and blocks from `at` on are below the count, and the tile has
            // every column.
            let (x, w) =
                unsafe { (gathered(tile, columns.add(at), len), cells(values.add(at), len)) };
            // Byte r of each of the four blocks, four times.
            let mut places = lanes([0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12]);
            for sum in &mut sum {
                // SAFETY: every AArch64 core this is built for has NEON.
                unsafe {
                    *sum = step(*sum, x, vqtbl1q_s8(w, places));
                    places = vaddq_u8(places, vdupq_n_u8(1));
                }
            }
        }
        *sums = sum.map(words);
    }

    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const Cell,
        count: usize,
        tile: *const Cell,
        sums: &mut [i32; WINDOWS],
    ) {
        let mut sum = zeros();
        for at in 0..count {
            // SAFETY: `at` is below the count, and the tile has the four columns of every index.
            unsafe {
                let first = 4 * usize::from(*blocks.add(at));
                sum = step(sum, cells(tile.add(first), 4), spread(bytes(values.add(at).cast(), 4)));
            }
        }
        *sums = words(sum);
    }

    unsafe fn depthwise4(w: *const i8, x: *const i8, taps: &Taps, sums: &mut [i32; 4]) {
        let mut sum = zeros();
        for ky in 0..taps.height {
            for kx in 0..taps.width {
                // SAFETY: four channels of this tap lie in both; every AArch64 core this is built
                // for has NEON.
                unsafe {
                    let tap = (ky * taps.width + kx) * taps.channels;
                    let (w, x) = (bytes(w.add(tap), 4), bytes(x.add(tap + ky * taps.skip), 4));
                    let [w, x] = [w, x].map(|four| vreinterpret_s8_s32(vdup_n_s32(four)));
                    sum = vaddw_s16(sum, vget_low_s16(vmull_s8(w, x)));
                }
            }
        }
        *sums = words(sum);
    }
}

/// `R` rows times a vector, of `count` elements each.
#[inline]
unsafe fn rows<const R: usize>(w: [*const i8; R], x: *const i8, count: usize) -> [i32; R] {
    let mut sums = [zeros(); R];
    for at in (0..count & !15).step_by(16) {
        // SAFETY: 16 elements from `at` on are below the count.
        let x = unsafe { vld1q_s8(x.add(at)) };
        for (sum, w) in sums.iter_mut().zip(w) {
            // SAFETY: as for x.
            *sum = pairs(*sum, unsafe { vld1q_s8(w.add(at)) }, x);
        }
    }
    let mut totals = sums.map(total);
    for at in count & !15..count {
        for (sum, w) in totals.iter_mut().zip(w) {
            // SAFETY: `at` is below the count.
            let (w, x) = unsafe { (*w.add(at), *x.add(at)) };
            *sum = sum.wrapping_add(i32::from(w) * i32::from(x));
        }
    }
    totals
}

/// `R` rows times a tile, of `count` columns each.
#[inline]
unsafe fn tile_rows<const R: usize>(
    w: [*const i8; R],
    tile: *const Cell,
    count: usize,
) -> [[i32; WINDOWS]; R] {
    let mut sums = [[zeros(); WINDOWS]; R];
    for at in (0..count & !7).step_by(8) {
        // SAFETY: 8 columns from `at` on are below the count.
        let int8x8x4_t(a, b, c, d) = unsafe { vld4_s8(tile.add(at).cast()) };
        for (sums, w) in sums.iter_mut().zip(w) {
            // SAFETY: so are as many weights of each row.
            let w = unsafe { vld1_s8(w.add(at)) };
            for (sum, x) in sums.iter_mut().zip([a, b, c, d]) {
                // SAFETY: every AArch64 core this is built for has NEON.
                *sum = unsafe { vpadalq_s16(*sum, vmull_s8(w, x)) };
            }
        }
    }
    let mut totals = sums.map(|sums| sums.map(total));
    for at in count & !7..count {
        // SAFETY: `at` is below the count.
        let cell = unsafe { *tile.add(at) };
        for (sums, w) in totals.iter_mut().zip(w) {
            // SAFETY: as for the tile.
            let w = i32::from(unsafe { *w.add(at) });
            for (sum, x) in sums.iter_mut().zip(cell) {
                *sum = sum.wrapping_add(w * i32::from(x));
            }
        }
    }
    totals
}

/// Four words of zero.
#[inline]
fn zeros() -> int32x4_t {
    // SAFETY: every AArch64 core this is built for has NEON.
    unsafe { vdupq_n_s32(0) }
}

/// Sixteen places of a table.
#[inline]
fn lanes(places: [u8; 16]) -> uint8x16_t {
    // SAFETY: `places` has sixteen bytes.
    unsafe { vld1q_u8(places.as_ptr()) }
}

/// Adds sixteen products in pairs.
#[inline]
fn pairs(sum: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: every AArch64 core this is built for has NEON.
    unsafe {
        let low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
        vpadalq_s16(vpadalq_s16(sum, low), vmull_high_s8(w, x))
    }
}

/// Adds the products of four cells, element by element.
#[inline]
fn step(sum: int32x4_t, cells: int8x16_t, w: int8x16_t) -> int32x4_t {
    // SAFETY: every AArch64 core this is built for has NEON.
    unsafe {
        let (low, high) = (vmull_s8(vget_low_s8(cells), vget_low_s8(w)), vmull_high_s8(cells, w));
        let sum = vaddw_high_s16(vaddw_s16(sum, vget_low_s16(low)), low);
        vaddw_high_s16(vaddw_s16(sum, vget_low_s16(high)), high)
    }
}

/// The words.
#[inline]
fn words(sum: int32x4_t) -> [i32; 4] {
    let mut words = [0; 4];
    // SAFETY: `words` has four.
    unsafe { vst1q_s32(words.as_mut_ptr(), sum) };
    words
}

/// The words, added.
#[inline]
fn total(sum: int32x4_t) -> i32 {
    // SAFETY: every AArch64 core this is built for has NEON.
    unsafe { vaddvq_s32(sum) }
}

/// Each of four bytes four times.
#[inline]
fn spread(bytes: i32) -> int8x16_t {
    let places = lanes([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    // SAFETY: every AArch64 core this is built for has NEON.
    unsafe { vqtbl1q_s8(vreinterpretq_s8_s32(vdupq_n_s32(bytes)), places) }
}

/// Four bytes, or the `len` that there are, and zeros.
#[inline]
unsafe fn bytes(from: *const i8, len: usize) -> i32 {
    if len == 4 {
        // SAFETY: the caller has four bytes there; the read is an unaligned one.
        return unsafe { from.cast::<i32>().read_unaligned() };
    }
    let mut word = [0; 4];
    for (at, byte) in word.iter_mut().enumerate().take(len) {
        // SAFETY: the caller has `len` bytes there.
        *byte = unsafe { *from.add(at) } as u8;
    }
    i32::from_le_bytes(word)
}

/// Four cells, or the `len` that there are, and zeros.
#[inline]
unsafe fn cells(from: *const Cell, len: usize) -> int8x16_t {
    if len == 4 {
        // SAFETY: the caller has four cells there; the load is an unaligned one.
        return unsafe { vld1q_s8(from.cast()) };
    }
    let mut words = [0; 4];
    for (at, word) in words.iter_mut().enumerate().take(len) {
        // SAFETY: the caller has `len` cells there.
        *word = unsafe { bytes(from.add(at).cast(), 4) };
    }
    // SAFETY: `words` has sixteen bytes.
    unsafe { vld1q_s8(words.as_ptr().cast()) }
}

/// The cells at four indices, or at the `len` that there are, and zeros.
#[inline]
unsafe fn gathered(from: *const Cell, indices: *const u8, len: usize) -> int8x16_t {
    let mut words = [0; 4];
    for (at, word) in words.iter_mut().enumerate().take(len) {
        // SAFETY: the caller has `len` indices, and a cell for each.
        *word = unsafe { bytes(from.add((*indices.add(at)).into()).cast(), 4) };
    }
    // SAFETY: `words` has sixteen bytes.
    unsafe { vld1q_s8(words.as_ptr().cast()) }
}

/// The bytes at four indices, or at the `len` that there are, and zeros.
#[inline]
unsafe fn gathered_bytes(from: *const i8, indices: *const u8, len: usize) -> i32 {
    let mut word = [0; 4];
    for (at, byte) in word.iter_mut().enumerate().take(len) {
        // SAFETY: the caller has `len` indices, and a byte for each.
        *byte = unsafe { *from.add((*indices.add(at)).into()) } as u8;
    }
    i32::from_le_bytes(word)
}
