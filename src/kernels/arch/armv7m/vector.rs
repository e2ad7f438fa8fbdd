//! Rows times a vector on Armv7-M, product by product.

use crate::kernels::arch::start::Rows;
use core::arch::naked_asm;

#[unsafe(naked)]
pub unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
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
pub unsafe extern "C" fn dense4(
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
pub unsafe extern "C" fn segment(
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
        .macro one
        ldrb r4, [r1], #1
        ldrsb r5, [r2], #1
        ldrsb r4, [r3, r4]
        mla r12, r4, r5, r12
        .endm
        ldrb r10, [r0], #1
        subs r10, #16
        blo 2f
        1:
        .rept 16
        one
        .endr
        subs r10, #16
        bhs 1b
        2:
        lsls r4, r10, #29
        bcc 3f
        .rept 8
        one
        .endr
        3:
        bpl 4f
        .rept 4
        one
        .endr
        4:
        lsls r4, r10, #31
        bcc 5f
        one
        one
        5:
        bpl 6f
        one
        6:
        .purgem one
        "
    };
}

/// The sums of `count` rows of one tile each; gives the end of their columns.
#[unsafe(naked)]
pub unsafe extern "C" fn single(
    _rows: &Rows<*const i8>,
    _sums: *mut i32,
    _count: usize,
) -> *const u8 {
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
pub unsafe extern "C" fn several(
    _rows: &Rows<*const i8>,
    _sums: *mut i32,
    _count: usize,
) -> *const u8 {
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
