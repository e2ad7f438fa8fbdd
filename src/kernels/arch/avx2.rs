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

use super::checked::{Raw, Rows, Taps};
use crate::kernels::tile::{Interleaved, WINDOWS};
use crate::sparse::TILE;
use core::arch::x86_64::*;

/// The loops of a machine that has AVX2, which whoever calls them has made sure of.
#[derive(Clone, Copy, Debug)]
pub struct Avx2;

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
    unsafe fn depthwise4(w: *const i8, x: *const i8, taps: &Taps, sums: &mut [i32; 4]) {
        let mut sum = _mm_setzero_si128();
        for ky in 0..taps.height {
            for kx in 0..taps.width {
                let tap = (ky * taps.width + kx) * taps.channels;
                // SAFETY: four channels of this tap lie in both.
                let (w, x) = unsafe { (widened(w.add(tap)), widened(x.add(tap + ky * taps.skip))) };
                sum = _mm_add_epi32(sum, _mm_mullo_epi32(w, x));
            }
        }
        // SAFETY: sixteen bytes may be written, at any address.
        unsafe { _mm_storeu_si128(sums.as_mut_ptr().cast(), sum) };
    }
}

/// `R` rows times a vector, of `count` elements each.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn rows<const R: usize>(w: [*const i8; R], x: *const i8, count: usize) -> [i32; R] {
    let mut sums = [_mm256_setzero_si256(); R];
    for at in (0..count & !15).step_by(16) {
        // SAFETY: 16 elements from `at` on are below the count.
        let x = unsafe { sixteen(x.add(at)) };
        for (sum, w) in sums.iter_mut().zip(w) {
            // SAFETY: as for x.
            *sum = step(*sum, x, unsafe { sixteen(w.add(at)) });
        }
    }
    if !count.is_multiple_of(16) {
        // SAFETY: x has `count` elements.
        let x = unsafe { last(x, count) };
        for (sum, w) in sums.iter_mut().zip(w) {
            // SAFETY: so has each row.
            *sum = step(*sum, x, unsafe { last(w, count) });
        }
    }
    let mut totals = [0; R];
    for (total, sum) in totals.iter_mut().zip(sums) {
        *total = self::total(sum);
    }
    totals
}

/// `R` rows times a tile, of `count` columns each.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn tile_rows<const R: usize>(
    w: [*const i8; R],
    tile: *const Cell,
    count: usize,
) -> [[i32; WINDOWS]; R] {
    let mut all = [_mm256_setzero_si256(); R];
    for at in (0..count & !3).step_by(4) {
        // SAFETY: four columns from `at` on are below the count.
        let x = unsafe { transposed(_mm_loadu_si128(tile.add(at).cast())) };
        for (sum, w) in all.iter_mut().zip(w) {
            // SAFETY: so are as many weights of each row.
            *sum = step(*sum, x, pairs(unsafe { word(w.add(at)) }));
        }
    }
    for at in count & !3..count {
        // SAFETY: `at` is below the count.
        let x = unsafe { widened(tile.add(at).cast()) };
        for (sum, w) in all.iter_mut().zip(w) {
            // SAFETY: as for the tile.
            *sum = single(*sum, x, _mm_set1_epi32(unsafe { *w.add(at) }.into()));
        }
    }
    let mut sums = [[0; WINDOWS]; R];
    for (sums, sum) in sums.iter_mut().zip(all) {
        *sums = halves(sum);
    }
    sums
}

/// Adds `count` nonzeros times the columns of a tile.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn nonzeros(
    mut sum: __m256i,
    columns: *const u8,
    values: *const i8,
    count: usize,
    tile: *const Cell,
) -> __m256i {
    for at in (0..count & !3).step_by(4) {
        // SAFETY: four columns and values from `at` on are below the count; the tile has every
        // column.
        unsafe {
            let x = transposed(gathered(tile, columns.add(at)));
            sum = step(sum, x, pairs(word(values.add(at))));
        }
    }
    for at in count & !3..count {
        // SAFETY: `at` is below the count, the tile has every column.
        unsafe {
            let x = widened(tile.add((*columns.add(at)).into()).cast());
            sum = single(sum, x, _mm_set1_epi32((*values.add(at)).into()));
        }
    }
    sum
}

/// Adds products of halfwords in pairs.
#[inline]
#[target_feature(enable = "avx2")]
fn step(sum: __m256i, x: __m256i, w: __m256i) -> __m256i {
    _mm256_add_epi32(sum, _mm256_madd_epi16(x, w))
}

/// Adds products of words to the lower half.
#[inline]
#[target_feature(enable = "avx2")]
fn single(sum: __m256i, x: __m128i, w: __m128i) -> __m256i {
    _mm256_add_epi32(sum, _mm256_zextsi128_si256(_mm_mullo_epi32(x, w)))
}

/// The words of both halves, added.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(sum: __m256i) -> [i32; 4] {
    let sum = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let mut words = [0; 4];
    // SAFETY: sixteen bytes may be written, at any address.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), sum) };
    words
}

/// All words, added.
#[inline]
#[target_feature(enable = "avx2")]
fn total(sum: __m256i) -> i32 {
    halves(sum).into_iter().fold(0, i32::wrapping_add)
}

/// Sixteen bytes as halfwords.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn sixteen(from: *const i8) -> __m256i {
    // SAFETY: the caller has sixteen bytes there; the load is an unaligned one.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(from.cast()) })
}

/// The elements past the last multiple of 16 of a row, and zeros.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn last(from: *const i8, count: usize) -> __m256i {
    /// Sixteen from place n on: 16 − n zeros, n that keep what they mask.
    static MASK: [[i8; 16]; 2] = [[0; 16], [-1; 16]];
    if count < 16 {
        let mut row = [0; 16];
        // SAFETY: the caller has `count` elements there, and `row` has more.
        unsafe {
            core::ptr::copy_nonoverlapping(from, row.as_mut_ptr(), count);
            return sixteen(row.as_ptr());
        }
    }
    // SAFETY: there are sixteen before the end, and in the mask from below 16 on.
    unsafe {
        let row = _mm_loadu_si128(from.add(count - 16).cast());
        let mask = _mm_loadu_si128(MASK.as_flattened().as_ptr().add(count % 16).cast());
        _mm256_cvtepi8_epi16(_mm_and_si128(row, mask))
    }
}

/// Four bytes as a word.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn word(from: *const i8) -> i32 {
    // SAFETY: the caller has four bytes there; the read is an unaligned one.
    unsafe { from.cast::<i32>().read_unaligned() }
}

/// Four bytes as words.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn widened(from: *const i8) -> __m128i {
    // SAFETY: the caller's promise.
    _mm_cvtepi8_epi32(_mm_cvtsi32_si128(unsafe { word(from) }))
}

/// Four indices.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn four(indices: *const u8) -> [usize; 4] {
    // SAFETY: the caller has four indices there.
    unsafe { *indices.cast::<[u8; 4]>() }.map(usize::from)
}

/// The cells at four indices.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn gathered(from: *const Cell, indices: *const u8) -> __m128i {
    // SAFETY: the caller has four indices, and a cell for each.
    unsafe {
        let [a, b, c, d] = four(indices).map(|index| word(from.add(index).cast()));
        _mm_setr_epi32(a, b, c, d)
    }
}

/// Element by element, that of cells 0 and 1, then that of cells 2 and 3.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed(cells: __m128i) -> __m256i {
    let places = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    _mm256_cvtepi8_epi16(_mm_shuffle_epi8(cells, places))
}

/// Bytes 0 and 1 four times, then bytes 2 and 3: each goes to the upper half of a halfword, from
/// where it is shifted down with its sign.
#[inline]
#[target_feature(enable = "avx2")]
fn pairs(bytes: i32) -> __m256i {
    let (low, high) = (0x0180_0080, 0x0380_0280);
    let places = _mm256_setr_epi32(low, low, low, low, high, high, high, high);
    _mm256_srai_epi16::<8>(_mm256_shuffle_epi8(_mm256_set1_epi32(bytes), places))
}
