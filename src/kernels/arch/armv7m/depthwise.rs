//! Depthwise filters of any size on Armv7-M, one window, four channels at a time.

use crate::kernels::arch::start::Taps;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Blocks of four channels, `taps` in the order height, width, channels, skip; sums are four words
/// apart.
#[unsafe(naked)]
pub unsafe extern "C" fn depthwise(
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
