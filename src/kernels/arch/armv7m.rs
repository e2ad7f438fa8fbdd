//! Armv7-M without the DSP instructions: Cortex-M3.
//!
//! A product of bytes is two loads and a multiply-accumulate; what is left to save is the loop, hence
//! eight products a round. A nonzero of a segment:
//!
//! ```text
//! i = *columns++; w = *values++; sum += w · x[i]        ldrb ldrsb ldrsb mla
//! ```
//!
//! Tiles of four windows are [`armv7::paired`].

mod abreast;

use super::armv7;
use super::raw::Raw;
use super::start::{Rows, Starts, Taps};
use crate::kernels::depthwise::BLOCK;
use crate::kernels::tile::{Paired, WINDOWS};
use crate::kernels::{Addition, Block, Channels, Patches, Places};
use crate::quant::Range;
use core::arch::naked_asm;

/// The loops of Armv7-M.
#[derive(Clone, Copy, Debug)]
pub struct Armv7m;

#[unsafe(naked)]
unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
    naked_asm!(
        "push {{r4, lr}}",
        "movs r4, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 8",
        "ldrsb r3, [r0], #1",
        "ldrsb r12, [r1], #1",
        "mla r4, r3, r12, r4",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #8",
        "beq 4f",
        "3:",
        "ldrsb r3, [r0], #1",
        "ldrsb r12, [r1], #1",
        "mla r4, r3, r12, r4",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "mov r0, r4",
        "pop {{r4, pc}}",
    )
}

/// `rows` are four pointers.
#[unsafe(naked)]
unsafe extern "C" fn dense4(
    _rows: *const *const i8,
    _x: *const i8,
    _count: usize,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        "push {{r3-r11, lr}}",
        "ldm r0, {{r0, r3, r4, r5}}",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, #0",
        "mov r9, #0",
        "subs r2, #4",
        "blo 2f",
        "1:",
        ".rept 4",
        "ldrsb r10, [r1], #1",
        "ldrsb r11, [r0], #1",
        "mla r6, r10, r11, r6",
        "ldrsb r11, [r3], #1",
        "mla r7, r10, r11, r7",
        "ldrsb r11, [r4], #1",
        "mla r8, r10, r11, r8",
        "ldrsb r11, [r5], #1",
        "mla r9, r10, r11, r9",
        ".endr",
        "subs r2, #4",
        "bhs 1b",
        "2:",
        "adds r2, #4",
        "beq 4f",
        "3:",
        "ldrsb r10, [r1], #1",
        "ldrsb r11, [r0], #1",
        "mla r6, r10, r11, r6",
        "ldrsb r11, [r3], #1",
        "mla r7, r10, r11, r7",
        "ldrsb r11, [r4], #1",
        "mla r8, r10, r11, r8",
        "ldrsb r11, [r5], #1",
        "mla r9, r10, r11, r9",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "pop {{r3}}",
        "stm r3, {{r6-r9}}",
        "pop {{r4-r11, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        "push {{r4, r5, r6, lr}}",
        "movs r4, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 8",
        "ldrb r5, [r0], #1",
        "ldrsb r6, [r1], #1",
        "ldrsb r5, [r3, r5]",
        "mla r4, r5, r6, r4",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #8",
        "beq 4f",
        "3:",
        "ldrb r5, [r0], #1",
        "ldrsb r6, [r1], #1",
        "ldrsb r5, [r3, r5]",
        "mla r4, r5, r6, r4",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "mov r0, r4",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// The products of the next segment, its count at `r0`, columns at `r1`, values at `r2`, with x at `r3`,
/// added to `r12`. Changes r4 to r10.
macro_rules! next_segment {
    () => {
        "
        ldrb r10, [r0], #1
        subs r10, #16
        blo 2f
        1:
        .rept 4
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        .endr
        subs r10, #16
        bhs 1b
        2:
        lsls r4, r10, #29
        bcc 3f
        .rept 2
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        .endr
        3:
        bpl 4f
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        4:
        lsls r4, r10, #31
        bcc 5f
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        5:
        bpl 6f
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        6:
        "
    };
}

/// The sums of `count` rows of one tile each; gives the end of their columns.
#[unsafe(naked)]
unsafe extern "C" fn single(_rows: &Rows<*const i8>, _sums: *mut i32, _count: usize) -> *const u8 {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "mov lr, r1",
        "mov r11, r2",
        "ldm r0, {{r0-r3}}",
        "9:",
        "mov r12, #0",
        next_segment!(),
        "str r12, [lr], #4",
        "subs r11, #1",
        "bne 9b",
        "mov r0, r1",
        "pop {{r4-r11, pc}}",
    )
}

/// The same for rows of several tiles.
#[unsafe(naked)]
unsafe extern "C" fn several(_rows: &Rows<*const i8>, _sums: *mut i32, _count: usize) -> *const u8 {
    naked_asm!(
        "push {{r0, r2, r3, r4-r11, lr}}",
        "mov lr, r1",
        "ldm r0, {{r0-r3, r11}}",
        "8:",
        "mov r12, #0",
        "9:",
        next_segment!(),
        "add r3, #256",
        "subs r11, #1",
        "bne 9b",
        "str r12, [lr], #4",
        "ldr r4, [sp]",
        "ldrd r3, r11, [r4, #12]",
        "ldr r4, [sp, #4]",
        "subs r4, #1",
        "str r4, [sp, #4]",
        "bne 8b",
        "mov r0, r1",
        "add sp, #12",
        "pop {{r4-r11, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        "push {{r4-r9, lr}}",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "subs r2, #2",
        "blo 2f",
        "1:",
        ".rept 2",
        "ldrb r8, [r0], #1",
        "ldrsb r8, [r3, r8]",
        "ldrsb r9, [r1], #1",
        "mla r4, r8, r9, r4",
        "ldrsb r9, [r1], #1",
        "mla r5, r8, r9, r5",
        "ldrsb r9, [r1], #1",
        "mla r6, r8, r9, r6",
        "ldrsb r9, [r1], #1",
        "mla r7, r8, r9, r7",
        ".endr",
        "subs r2, #2",
        "bhs 1b",
        "2:",
        "adds r2, #2",
        "beq 3f",
        "ldrb r8, [r0], #1",
        "ldrsb r8, [r3, r8]",
        "ldrsb r9, [r1], #1",
        "mla r4, r8, r9, r4",
        "ldrsb r9, [r1], #1",
        "mla r5, r8, r9, r5",
        "ldrsb r9, [r1], #1",
        "mla r6, r8, r9, r6",
        "ldrsb r9, [r1], #1",
        "mla r7, r8, r9, r7",
        "3:",
        "ldr r12, [sp, #28]",
        "stm r12, {{r4-r7}}",
        "pop {{r4-r9, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        "push {{r4, r5, r6, lr}}",
        "movs r4, #0",
        "cbz r2, 2f",
        "1:",
        "ldrb r12, [r0], #1",
        "add r12, r3, r12, lsl #2",
        ".rept 4",
        "ldrsb r5, [r12], #1",
        "ldrsb r6, [r1], #1",
        "mla r4, r5, r6, r4",
        ".endr",
        "subs r2, #1",
        "bne 1b",
        "2:",
        "mov r0, r4",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// Blocks of four channels, `taps` in the order height, width, channels, skip; sums are four words
/// apart.
#[unsafe(naked)]
unsafe extern "C" fn depthwise(
    _w: *const i8,
    _x: *const i8,
    _taps: &Taps,
    _sums: *mut [i32; WINDOWS],
    _blocks: usize,
) {
    naked_asm!(
        "push {{r0-r3, r4-r11, lr}}",
        "sub sp, #4",
        "9:",
        "ldr r2, [sp, #12]",
        "ldm r2, {{r2, r3, r4, r5}}",
        "ldrd r0, r1, [sp, #4]",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, #0",
        "mov r9, #0",
        "1:",
        "mov r12, r3",
        "2:",
        "ldrsb r10, [r0]",
        "ldrsb r11, [r1]",
        "mla r6, r10, r11, r6",
        "ldrsb r10, [r0, #1]",
        "ldrsb r11, [r1, #1]",
        "mla r7, r10, r11, r7",
        "ldrsb r10, [r0, #2]",
        "ldrsb r11, [r1, #2]",
        "mla r8, r10, r11, r8",
        "ldrsb r10, [r0, #3]",
        "ldrsb r11, [r1, #3]",
        "mla r9, r10, r11, r9",
        "add r0, r4",
        "add r1, r4",
        "subs r12, #1",
        "bne 2b",
        "add r1, r5",
        "subs r2, #1",
        "bne 1b",
        "ldr r2, [sp, #16]",
        "str r6, [r2]",
        "str r7, [r2, #16]",
        "str r8, [r2, #32]",
        "str r9, [r2, #48]",
        "add r2, #64",
        "str r2, [sp, #16]",
        "ldrd r0, r1, [sp, #4]",
        "add r0, #4",
        "add r1, #4",
        "strd r0, r1, [sp, #4]",
        "ldr r3, [sp, #56]",
        "subs r3, #1",
        "str r3, [sp, #56]",
        "bne 9b",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
    )
}

// SAFETY, for all below: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Armv7m {
    type Layout = Paired;

    #[inline]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        unsafe { dense(w, x, count) }
    }

    #[inline]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        unsafe { dense4(w.as_ptr(), x, count, sums) }
    }

    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        unsafe { segment(columns, values, count, x) }
    }

    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        let (to, count) = (sums.as_mut_ptr(), sums.len());
        let end = match (count, rows.tiles) {
            (0, _) | (_, 0) => {
                sums.fill(0);
                return 0;
            }
            (_, 1) => unsafe { single(rows, to, count) },
            _ => unsafe { several(rows, to, count) },
        };
        end.addr() - rows.columns.addr()
    }

    #[inline]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        unsafe { block4x1(columns, values, count, x, sums) }
    }

    #[inline]
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32 {
        unsafe { block1x4(blocks, values, count, x) }
    }

    #[inline]
    unsafe fn depthwise(
        w: *const i8,
        x: *const i8,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let last = count - BLOCK;
        unsafe {
            depthwise(w, x, taps, sums, count / BLOCK);
            if count % BLOCK > 0 {
                depthwise(w.add(last), x.add(last), taps, sums.add(last), 1);
            }
        }
    }

    #[inline]
    unsafe fn tile_depthwise(
        w: *const i8,
        starts: &Starts,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        unsafe { abreast::KERNELS.tile(Self::depthwise, (w, starts, taps), sums, count) }
    }

    armv7::paired::tiles!();
}
