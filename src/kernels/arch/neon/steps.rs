//! What the loops are made of. Pointers are valid for what each function says that it reads, and
//! need not be aligned.

use super::Cell;
use crate::kernels::tile::WINDOWS;
use core::arch::aarch64::*;

/// `R` rows times a vector, of `count` elements each.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn rows<const R: usize>(w: [*const i8; R], x: *const i8, count: usize) -> [i32; R] {
    let mut sums = [zeros(); R];
    for at in (0..count & !15).step_by(16) {
        // SAFETY: 16 elements from `at` on are below the count.
        let x = unsafe { vld1q_s8(x.add(at)) };
        for (sum, w) in sums.iter_mut().zip(w) {
            // SAFETY: as for x.
            *sum = pairs(*sum, unsafe { vld1q_s8(w.add(at)) }, x);
        }
    }
    let mut totals = [0; R];
    for (total, sum) in totals.iter_mut().zip(sums) {
        *total = self::total(sum);
    }
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
#[target_feature(enable = "neon")]
pub unsafe fn tile_rows<const R: usize>(
    w: [*const i8; R],
    tile: *const Cell,
    count: usize,
) -> [[i32; WINDOWS]; R] {
    let mut all = [[zeros(); WINDOWS]; R];
    for at in (0..count & !7).step_by(8) {
        // SAFETY: 8 columns from `at` on are below the count.
        let int8x8x4_t(a, b, c, d) = unsafe { vld4_s8(tile.add(at).cast()) };
        for (sums, w) in all.iter_mut().zip(w) {
            // SAFETY: so are as many weights of each row.
            let w = unsafe { vld1_s8(w.add(at)) };
            for (sum, x) in sums.iter_mut().zip([a, b, c, d]) {
                *sum = vpadalq_s16(*sum, vmull_s8(w, x));
            }
        }
    }
    let mut totals = [[0; WINDOWS]; R];
    for (totals, sums) in totals.iter_mut().zip(all) {
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total = self::total(sum);
        }
    }
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

/// Adds `count` nonzeros times the columns of a tile.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn nonzeros(
    mut sum: int32x4_t,
    columns: *const u8,
    values: *const i8,
    count: usize,
    tile: *const Cell,
) -> int32x4_t {
    for at in (0..count & !3).step_by(4) {
        // SAFETY: four columns and values from `at` on are below the count; the tile has every
        // column.
        unsafe {
            let x = gathered(tile, columns.add(at));
            sum = step(sum, x, spread(word(values.add(at).cast())));
        }
    }
    for at in count & !3..count {
        // SAFETY: `at` is below the count, the tile has every column.
        unsafe {
            let x = cell(tile.add((*columns.add(at)).into()));
            sum = single(sum, x, vdup_n_s8(*values.add(at)));
        }
    }
    sum
}

/// Four words of zero.
#[inline]
#[target_feature(enable = "neon")]
pub fn zeros() -> int32x4_t {
    vdupq_n_s32(0)
}

/// Adds sixteen products in pairs.
#[inline]
#[target_feature(enable = "neon")]
pub fn pairs(sum: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    let low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
    vpadalq_s16(vpadalq_s16(sum, low), vmull_high_s8(w, x))
}

/// Adds the products of four cells, element by element.
#[inline]
#[target_feature(enable = "neon")]
pub fn step(sum: int32x4_t, cells: int8x16_t, w: int8x16_t) -> int32x4_t {
    let (low, high) = (vmull_s8(vget_low_s8(cells), vget_low_s8(w)), vmull_high_s8(cells, w));
    let sum = vaddw_high_s16(vaddw_s16(sum, vget_low_s16(low)), low);
    vaddw_high_s16(vaddw_s16(sum, vget_low_s16(high)), high)
}

/// Adds the products of one cell.
#[inline]
#[target_feature(enable = "neon")]
pub fn single(sum: int32x4_t, cell: int8x8_t, w: int8x8_t) -> int32x4_t {
    vaddw_s16(sum, vget_low_s16(vmull_s8(cell, w)))
}

/// The words.
#[inline]
#[target_feature(enable = "neon")]
pub fn words(sum: int32x4_t) -> [i32; 4] {
    let mut words = [0; 4];
    // SAFETY: `words` has four.
    unsafe { vst1q_s32(words.as_mut_ptr(), sum) };
    words
}

/// The words, added.
#[inline]
#[target_feature(enable = "neon")]
pub fn total(sum: int32x4_t) -> i32 {
    vaddvq_s32(sum)
}

/// Sixteen places of a table.
#[inline]
#[target_feature(enable = "neon")]
pub fn table(places: [u8; 16]) -> uint8x16_t {
    // SAFETY: `places` has sixteen bytes.
    unsafe { vld1q_u8(places.as_ptr()) }
}

/// Each of four bytes four times.
#[inline]
#[target_feature(enable = "neon")]
pub fn spread(bytes: i32) -> int8x16_t {
    let places = table([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    vqtbl1q_s8(vreinterpretq_s8_s32(vdupq_n_s32(bytes)), places)
}

/// A cell as a word.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn word(from: *const Cell) -> i32 {
    // SAFETY: the caller has a cell there; the read is an unaligned one.
    unsafe { from.cast::<i32>().read_unaligned() }
}

/// A cell.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn cell(from: *const Cell) -> int8x8_t {
    // SAFETY: the caller's promise.
    vreinterpret_s8_s32(vdup_n_s32(unsafe { word(from) }))
}

/// Four cells.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn cells(from: *const Cell) -> int8x16_t {
    // SAFETY: the caller has four cells there; the load is one of bytes.
    unsafe { vld1q_s8(from.cast()) }
}

/// Four indices.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn four(indices: *const u8) -> [usize; 4] {
    // SAFETY: the caller has four indices there.
    unsafe { *indices.cast::<[u8; 4]>() }.map(usize::from)
}

/// The cells at four indices.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn gathered(from: *const Cell, indices: *const u8) -> int8x16_t {
    // SAFETY: the caller has four indices, and a cell for each; `words` has sixteen bytes.
    unsafe {
        let words = four(indices).map(|index| word(from.add(index)));
        vld1q_s8(words.as_ptr().cast())
    }
}
