//! Blocks times a vector on Armv7-M: an index for four products.

use core::arch::naked_asm;

#[unsafe(naked)]
pub unsafe extern "C" fn block4x1(
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
pub unsafe extern "C" fn block1x4(
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
