//! Tiles on Armv7-M and up, by SMLAL: two windows a multiply-accumulate.
//!
//! A column of a [`Paired`](crate::kernels::tile::Paired) tile is two words, each of two windows:
//! X = a + b·2^23. SMLAL adds w · X to 64 bits, which is w·a below bit 23 and w·b above, as long as
//! at most 255 products are added before the two are told apart:
//!
//! ```text
//! for each weight:                              instructions
//!     i = *columns++                            ldrb
//!     w = *values++                             ldrsb
//!     p = tile + 8·i                            add
//!     (ab, cd) = p[0], p[1]                     ldrd
//!     sum_ab += w · ab;  sum_cd += w · cd       smlal, smlal
//! a = sign-extended low 23 bits of sum_ab;  b = (sum_ab + 2^22) >> 23        sbfx, lsrs, adc
//! ```
//!
//! Six instructions for four products.

use crate::kernels::tile::{Paired, WINDOWS};
use core::arch::naked_asm;

/// Where a tile starts.
type Cells = *const [i32; 2];

/// Columns, and blocks of four, that are added before sums are split.
const COLUMNS: usize = Paired::MOST / 8 * 8;
const BLOCKS: usize = Paired::MOST / 4;

/// The sums in `r4:r5` and `r6:r7` to the four words at `r12`.
macro_rules! split {
    () => {
        "
        sbfx r8, r4, #0, #23
        lsrs r4, r4, #23
        adc r9, r4, r5, lsl #9
        sbfx r10, r6, #0, #23
        lsrs r6, r6, #23
        adc r11, r6, r7, lsl #9
        stm r12, {{r8-r11}}
        "
    };
}

/// The sums of a row in a pair of registers to two words, `at` bytes behind `r12`.
macro_rules! split_row {
    ($low:literal, $high:literal, $at:literal) => {
        concat!(
            "sbfx r0, ",
            $low,
            ", #0, #23\n",
            "lsrs ",
            $low,
            ", ",
            $low,
            ", #23\n",
            "adc r1, ",
            $low,
            ", ",
            $high,
            ", lsl #9\n",
            "strd r0, r1, [r12, #",
            $at,
            "]",
        )
    };
}

/// Σ w[i] · tile[i], at most [`COLUMNS`] of them.
#[unsafe(naked)]
unsafe extern "C" fn dense(_w: *const i8, _tile: Cells, _count: usize, _sums: *mut [i32; WINDOWS]) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "mov r12, r3",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 4",
        "ldm r1!, {{r8-r11}}",
        "ldrsb r3, [r0], #1",
        "smlal r4, r5, r3, r8",
        "smlal r6, r7, r3, r9",
        "ldrsb r3, [r0], #1",
        "smlal r4, r5, r3, r10",
        "smlal r6, r7, r3, r11",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #8",
        "beq 4f",
        "3:",
        "ldrd r8, r9, [r1], #8",
        "ldrsb r3, [r0], #1",
        "smlal r4, r5, r3, r8",
        "smlal r6, r7, r3, r9",
        "subs r2, #1",
        "bne 3b",
        "4:",
        split!(),
        "pop {{r4-r11, pc}}",
    )
}

/// The same for `rows` rows, at least 1, of `count` weights each.
#[unsafe(naked)]
unsafe extern "C" fn dense_rows(
    _w: *const i8,
    _tile: Cells,
    _count: usize,
    _sums: *mut [i32; WINDOWS],
    _rows: usize,
) {
    naked_asm!(
        "push {{r1, r2, r4-r11, lr}}",
        "ldr lr, [sp, #44]",
        "mov r12, r3",
        "9:",
        "ldrd r1, r2, [sp]",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 4",
        "ldm r1!, {{r8-r11}}",
        "ldrsb r3, [r0], #1",
        "smlal r4, r5, r3, r8",
        "smlal r6, r7, r3, r9",
        "ldrsb r3, [r0], #1",
        "smlal r4, r5, r3, r10",
        "smlal r6, r7, r3, r11",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #8",
        "beq 4f",
        "3:",
        "ldrd r8, r9, [r1], #8",
        "ldrsb r3, [r0], #1",
        "smlal r4, r5, r3, r8",
        "smlal r6, r7, r3, r9",
        "subs r2, #1",
        "bne 3b",
        "4:",
        split!(),
        "add r12, #16",
        "subs lr, #1",
        "bne 9b",
        "add sp, #8",
        "pop {{r4-r11, pc}}",
    )
}

/// Σ values[i] · tile[columns[i]], at most [`Paired::MOST`] of them.
#[unsafe(naked)]
unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _tile: Cells,
    _sums: *mut [i32; WINDOWS],
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldr r12, [sp, #36]",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "subs r2, #4",
        "blo 2f",
        "1:",
        ".rept 4",
        "ldrb r8, [r0], #1",
        "ldrsb r10, [r1], #1",
        "add r8, r3, r8, lsl #3",
        "ldrd r8, r9, [r8]",
        "smlal r4, r5, r10, r8",
        "smlal r6, r7, r10, r9",
        ".endr",
        "subs r2, #4",
        "bhs 1b",
        "2:",
        "adds r2, #4",
        "beq 4f",
        "3:",
        "ldrb r8, [r0], #1",
        "ldrsb r10, [r1], #1",
        "add r8, r3, r8, lsl #3",
        "ldrd r8, r9, [r8]",
        "smlal r4, r5, r10, r8",
        "smlal r6, r7, r10, r9",
        "subs r2, #1",
        "bne 3b",
        "4:",
        split!(),
        "pop {{r4-r11, pc}}",
    )
}

/// Σ over blocks and their four columns; at most [`BLOCKS`] blocks.
#[unsafe(naked)]
unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: Cells,
    _sums: *mut [i32; WINDOWS],
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "cbz r2, 2f",
        "1:",
        "ldrb lr, [r0], #1",
        "add lr, r3, lr, lsl #5",
        ".rept 2",
        "ldm lr!, {{r8-r11}}",
        "ldrsb r12, [r1], #1",
        "smlal r4, r5, r12, r8",
        "smlal r6, r7, r12, r9",
        "ldrsb r12, [r1], #1",
        "smlal r4, r5, r12, r10",
        "smlal r6, r7, r12, r11",
        ".endr",
        "subs r2, #1",
        "bne 1b",
        "2:",
        "ldr r12, [sp, #36]",
        split!(),
        "pop {{r4-r11, pc}}",
    )
}

/// Four rows over two of the windows: those of the word at `tile` of each column. The sums of a row
/// go to the first two of four words.
#[unsafe(naked)]
unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: *const i32,
    _sums: *mut i32,
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        "cbz r2, 2f",
        "1:",
        "ldrb r12, [r0], #1",
        "ldr r12, [r3, r12, lsl #3]",
        "ldrsb lr, [r1], #1",
        "smlal r4, r5, lr, r12",
        "ldrsb lr, [r1], #1",
        "smlal r6, r7, lr, r12",
        "ldrsb lr, [r1], #1",
        "smlal r8, r9, lr, r12",
        "ldrsb lr, [r1], #1",
        "smlal r10, r11, lr, r12",
        "subs r2, #1",
        "bne 1b",
        "2:",
        "ldr r12, [sp, #36]",
        split_row!("r4", "r5", "0"),
        split_row!("r6", "r7", "16"),
        split_row!("r8", "r9", "32"),
        split_row!("r10", "r11", "48"),
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Raw::tile_dense`](crate::kernels::arch::raw::Raw::tile_dense).
#[inline]
pub unsafe fn tile_dense(w: *const i8, tile: Cells, count: usize, sums: &mut [i32; WINDOWS]) {
    in_parts(count, COLUMNS, sums, |at, count, sums| {
        // SAFETY: the caller's promise, for some of the columns.
        unsafe { dense(w.add(at), tile.add(at), count, sums) }
    });
}

/// As [`Raw::tile_dense_rows`](crate::kernels::arch::raw::Raw::tile_dense_rows).
#[inline]
pub unsafe fn tile_dense_rows(w: *const i8, cols: usize, tile: Cells, sums: &mut [[i32; WINDOWS]]) {
    if cols <= COLUMNS && !sums.is_empty() {
        // SAFETY: the caller's promise.
        return unsafe { dense_rows(w, tile, cols, sums.as_mut_ptr(), sums.len()) };
    }
    for (row, sums) in sums.iter_mut().enumerate() {
        // SAFETY: the same, row by row.
        unsafe { tile_dense(w.add(row * cols), tile, cols, sums) }
    }
}

/// As [`Raw::tile_segment`](crate::kernels::arch::raw::Raw::tile_segment).
#[inline]
pub unsafe fn tile_segment(
    columns: *const u8,
    values: *const i8,
    count: usize,
    tile: Cells,
    sums: &mut [i32; WINDOWS],
) {
    in_parts(count, Paired::MOST, sums, |at, count, sums| {
        // SAFETY: the caller's promise, for some of the values.
        unsafe { segment(columns.add(at), values.add(at), count, tile, sums) }
    });
}

/// As [`Raw::tile_block4x1`](crate::kernels::arch::raw::Raw::tile_block4x1): two windows, then the others.
#[inline]
pub unsafe fn tile_block4x1(
    columns: *const u8,
    values: *const [i8; 4],
    count: usize,
    tile: Cells,
    sums: &mut [[i32; WINDOWS]; 4],
) {
    in_parts(count, Paired::MOST, flat(sums), |at, count, sums| {
        let (tile, sums) = (tile.cast::<i32>(), sums.as_mut_ptr());
        // SAFETY: the caller's promise, for some of the blocks. A column's second word, and a row's
        // second pair of sums, lie one and two words behind the first.
        unsafe {
            block4x1(columns.add(at), values.add(at), count, tile, sums);
            block4x1(columns.add(at), values.add(at), count, tile.add(1), sums.add(2));
        }
    });
}

/// As [`Raw::tile_block1x4`](crate::kernels::arch::raw::Raw::tile_block1x4).
#[inline]
pub unsafe fn tile_block1x4(
    blocks: *const u8,
    values: *const [i8; 4],
    count: usize,
    tile: Cells,
    sums: &mut [i32; WINDOWS],
) {
    in_parts(count, BLOCKS, sums, |at, count, sums| {
        // SAFETY: the caller's promise, for some of the blocks.
        unsafe { block1x4(blocks.add(at), values.add(at), count, tile, sums) }
    });
}

/// Row after row.
#[inline]
fn flat(sums: &mut [[i32; WINDOWS]; 4]) -> &mut [i32; 4 * WINDOWS] {
    zerocopy::transmute_mut!(sums)
}

/// Calls `sum` for parts of at most `most` of `count` and adds up what it writes. `sums` are zero.
#[inline]
fn in_parts<const N: usize>(
    count: usize,
    most: usize,
    sums: &mut [i32; N],
    mut sum: impl FnMut(usize, usize, &mut [i32; N]),
) {
    sum(0, count.min(most), sums);
    let mut at = most;
    while at < count {
        let mut part = [0; N];
        sum(at, (count - at).min(most), &mut part);
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum = sum.wrapping_add(part);
        }
        at += most;
    }
}
