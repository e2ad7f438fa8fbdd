//! What the loops are made of. Whoever calls these has AVX2; pointers are valid for what each says
//! that it reads, and need not be aligned.

use super::{Cell, Taps};
use crate::kernels::tile::WINDOWS;
use core::arch::x86_64::*;

/// `R` rows times a vector, of `count` elements each.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn rows<const R: usize>(w: [*const i8; R], x: *const i8, count: usize) -> [i32; R] {
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
pub unsafe fn tile_rows<const R: usize>(
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
pub unsafe fn nonzeros(
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

/// `C` channels of a depthwise filter, 4 or 8, and zeros.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn filter<const C: usize>(w: *const i8, x: *const i8, taps: &Taps) -> [i32; 8] {
    let mut sum = _mm256_setzero_si256();
    for ky in 0..taps.height {
        for kx in 0..taps.width {
            let tap = (ky * taps.width + kx) * taps.channels;
            // SAFETY: `C` channels of this tap lie in both.
            let [w, x] = unsafe {
                let skipped = ky.wrapping_mul(taps.skip);
                [w.add(tap), x.add(tap.wrapping_add(skipped))].map(|from| match C {
                    8 => _mm_loadl_epi64(from.cast()),
                    _ => _mm_cvtsi32_si128(word(from)),
                })
            };
            let products = _mm256_mullo_epi32(_mm256_cvtepi8_epi32(w), _mm256_cvtepi8_epi32(x));
            sum = _mm256_add_epi32(sum, products);
        }
    }
    let mut words = [0; 8];
    // SAFETY: 32 bytes may be written, at any address.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), sum) };
    words
}

/// Adds products of halfwords in pairs.
#[inline]
#[target_feature(enable = "avx2")]
pub fn step(sum: __m256i, x: __m256i, w: __m256i) -> __m256i {
    _mm256_add_epi32(sum, _mm256_madd_epi16(x, w))
}

/// Adds products of words to the lower half.
#[inline]
#[target_feature(enable = "avx2")]
pub fn single(sum: __m256i, x: __m128i, w: __m128i) -> __m256i {
    _mm256_add_epi32(sum, _mm256_zextsi128_si256(_mm_mullo_epi32(x, w)))
}

/// The words of both halves, added.
#[inline]
#[target_feature(enable = "avx2")]
pub fn halves(sum: __m256i) -> [i32; 4] {
    let sum = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let mut words = [0; 4];
    // SAFETY: sixteen bytes may be written, at any address.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), sum) };
    words
}

/// All words, added.
#[inline]
#[target_feature(enable = "avx2")]
pub fn total(sum: __m256i) -> i32 {
    halves(sum).into_iter().fold(0, i32::wrapping_add)
}

/// Sixteen bytes as halfwords.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn sixteen(from: *const i8) -> __m256i {
    // SAFETY: the caller has sixteen bytes there; the load is an unaligned one.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(from.cast()) })
}

/// The elements past the last multiple of 16 of a row, and zeros.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn last(from: *const i8, count: usize) -> __m256i {
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
pub unsafe fn word(from: *const i8) -> i32 {
    // SAFETY: the caller has four bytes there; the read is an unaligned one.
    unsafe { from.cast::<i32>().read_unaligned() }
}

/// Four bytes as words.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn widened(from: *const i8) -> __m128i {
    // SAFETY: the caller's promise.
    _mm_cvtepi8_epi32(_mm_cvtsi32_si128(unsafe { word(from) }))
}

/// Four indices.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn four(indices: *const u8) -> [usize; 4] {
    // SAFETY: the caller has four indices there.
    unsafe { *indices.cast::<[u8; 4]>() }.map(usize::from)
}

/// The cells at four indices.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn gathered(from: *const Cell, indices: *const u8) -> __m128i {
    // SAFETY: the caller has four indices, and a cell for each.
    unsafe {
        let [a, b, c, d] = four(indices).map(|index| word(from.add(index).cast()));
        _mm_setr_epi32(a, b, c, d)
    }
}

/// Element by element, that of cells 0 and 1, then that of cells 2 and 3.
#[inline]
#[target_feature(enable = "avx2")]
pub fn transposed(cells: __m128i) -> __m256i {
    let places = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    _mm256_cvtepi8_epi16(_mm_shuffle_epi8(cells, places))
}

/// Bytes 0 and 1 four times, then bytes 2 and 3: each goes to the upper half of a halfword, from
/// where it is shifted down with its sign.
#[inline]
#[target_feature(enable = "avx2")]
pub fn pairs(bytes: i32) -> __m256i {
    let (low, high) = (0x0180_0080, 0x0380_0280);
    let places = _mm256_setr_epi32(low, low, low, low, high, high, high, high);
    _mm256_srai_epi16::<8>(_mm256_shuffle_epi8(_mm256_set1_epi32(bytes), places))
}
