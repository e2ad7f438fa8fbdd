//! Sums of four windows, a channel a row.

use super::high::{USUAL_BITS, high};
use crate::kernels::tile::WINDOWS;
use crate::quant::requantise;
use core::arch::naked_asm;

/// What [`tile`] takes, in the order of its fields; it moves the pointers on.
#[repr(C)]
pub struct Tile {
    /// One a channel, as the next two.
    pub bias: *const i32,
    /// Q31.
    pub multipliers: *const i32,
    /// To the left where positive: from −[`MOST`](super::MOST) to −1.
    pub shifts: *const i8,
    /// The first window's outputs.
    pub y: *mut i8,
    /// One past the last row.
    pub end: *const [i32; WINDOWS],
    /// From a window's outputs to the next one's.
    pub stride: usize,
    /// 2 · zero point + 1.
    pub odd: i32,
    /// How far the greatest output is above the zero point, and that above the least.
    pub spans: [i32; 2],
    /// The least output.
    pub min: i32,
}

/// The macro `output`: the byte of the next sum to r1, which moves on to the next window. r2 is the
/// bias, r8 what is added before the shift, r9 what x is below, r10 the shift, r11 the stride.
macro_rules! output {
    () => {
        r"
        .macro output
        ldm r0!, {{r3}}
        adds r3, r3, r2
        cmp r3, r9
        blo .Lusual\@
        bl 8f
        b .Lstore\@
        .Lusual\@:
        high lsrs
        add r3, r8
        mov r4, r10
        asrs r3, r4
        .Lstore\@:
        strb r3, [r1]
        add r1, r11
        .endm
        "
    };
}

/// Rows of sums, one at least.
#[unsafe(naked)]
pub unsafe extern "C" fn tile(_of: &mut Tile, _sums: *const [i32; WINDOWS]) {
    naked_asm!(
        high!(),
        output!(),
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r0, r4-r7}}",
        "ldr r4, [r0, #20]",
        "mov r11, r4",
        "ldr r4, [r0, #36]",
        "mov r12, r4", // min
        "mov r5, r0",
        "mov r0, r1",
        "1:",
        "ldr r1, [r5]",
        "ldm r1!, {{r2}}",
        "str r1, [r5]",
        "ldr r1, [r5, #4]",
        "ldm r1!, {{r6}}",
        "str r1, [r5, #4]",
        "lsrs r7, r6, #16",
        "uxth r6, r6",
        "ldr r1, [r5, #8]",
        "movs r4, #0",
        "ldrsb r4, [r1, r4]",
        "adds r1, #1",
        "str r1, [r5, #8]",
        "rsbs r4, r4, #0",
        "ldr r3, [r5, #24]",
        "lsls r3, r4",
        "adds r3, #1",
        "mov r8, r3",
        "ldr r3, [r5, #28]",
        "lsls r3, r4",
        "mov r9, r3",
        "adds r4, #1",
        "mov r10, r4",
        "ldr r1, [r5, #12]",
        "adds r3, r1, #1",
        "str r3, [r5, #12]",
        "output",
        "output",
        "output",
        "output",
        "ldr r5, [sp]",
        "ldr r4, [r5, #16]",
        "cmp r0, r4",
        "beq 2f",
        "b 1b",
        "2:",
        "pop {{r0, r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        "8:", // y of an x in r3 that is negative, or large
        "cmp r3, #0",
        "bge 5f",
        "ldr r5, [sp]",
        "ldr r4, [r5, #32]",
        "cmp r4, #0",
        "beq 4f",
        "movs r4, #1",
        "lsls r4, r4, #{bits}",
        "adds r4, r4, r3",
        "bmi 5f",
        "high asrs",
        "add r3, r8",
        "subs r3, #2",
        "mov r4, r10",
        "asrs r3, r4",
        "cmp r3, r12",
        "bge 3f",
        "4:",
        "mov r3, r12",
        "3:",
        "bx lr",
        "5:",
        "push {{r0-r2, lr}}",
        "mov r4, r12",
        "ldr r0, [sp, #16]",
        "mov r1, r3",
        "bl {slowly}",
        "mov r3, r0",
        "mov r12, r4",
        "pop {{r0-r2, pc}}",
        ".purgem high",
        ".purgem output",
        bits = const USUAL_BITS,
        slowly = sym slowly,
    )
}

/// The output of an x whose channel's scale lies before `of`'s.
unsafe extern "C" fn slowly(of: &Tile, x: i32) -> i32 {
    // SAFETY: the pointers have moved on from where they were read.
    let (multiplier, shift) = unsafe { (*of.multipliers.sub(1), *of.shifts.sub(1)) };
    let zero_point = of.min + of.spans[1];
    let y = requantise(x, multiplier, shift.into()).saturating_add(zero_point);
    y.min(zero_point + of.spans[0]).max(of.min)
}
