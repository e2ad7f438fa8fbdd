//! Depthwise filters on RV32IMC: eight channels at a time, then four.
//!
//! ```text
//! for eight channels:
//!     for each tap:
//!         for each channel c:  sum[c] += w[c] · x[c]      lb lb mul add
//!         w, x += channels                                add add
//! ```
//!
//! 34 instructions for eight products, where three taps in a row are unrolled; 2 a tap more where
//! other than three. The last channels are taken four at a time, the last four once more where
//! they are fewer.

use super::rv32im;
use crate::kernels::arch::checked::{Starts, Taps};
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Macros: the products of two channels, `at` behind t0 and t1, to two sums; of a tap, which t0 and
/// t1 then are past, a2 bytes further on.
macro_rules! tap {
    () => {
        r"
        .macro two at, even, odd
        lb a5, \at(t0)
        lb a6, \at(t1)
        lb a7, \at + 1(t0)
        lb t6, \at + 1(t1)
        mul a5, a5, a6
        mul a7, a7, t6
        add \even, \even, a5
        add \odd, \odd, a7
        .endm
        .macro tap4
        two 0, s0, s1
        two 2, s2, s3
        add t0, t0, a2
        add t1, t1, a2
        .endm
        .macro tap8
        two 0, s0, s1
        two 2, s2, s3
        two 4, s4, s5
        two 6, s6, s7
        add t0, t0, a2
        add t1, t1, a2
        .endm
        "
    };
}

/// `taps` in the order height, width, channels, skip; `count` is at least 4.
#[unsafe(naked)]
pub unsafe extern "C" fn depthwise(
    _w: *const i8,
    _x: *const i8,
    _taps: &Taps,
    _sums: *mut [i32; WINDOWS],
    _count: usize,
) {
    naked_asm!(
        rv32im!(),
        tap!(),
        "addi sp, sp, -48",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "sw s4, 16(sp)",
        "sw s5, 20(sp)",
        "sw s6, 24(sp)",
        "sw s7, 28(sp)",
        "sw s8, 32(sp)",
        "sw s9, 36(sp)",
        "sw s10, 40(sp)",
        "lw s8, 0(a2)",
        "lw s9, 4(a2)",
        "lw s10, 12(a2)",
        "lw a2, 8(a2)",
        "j 8f",
        "1:", // eight channels
        "li s0, 0",
        "li s1, 0",
        "li s2, 0",
        "li s3, 0",
        "li s4, 0",
        "li s5, 0",
        "li s6, 0",
        "li s7, 0",
        "mv t0, a0",
        "mv t1, a1",
        "mv t2, s8",
        "li t4, 3",
        "bne s9, t4, 3f",
        "2:",
        "tap8",
        "tap8",
        "tap8",
        "addi t2, t2, -1",
        "add t1, t1, s10",
        "bnez t2, 2b",
        "j 5f",
        "3:",
        "mv t3, s9",
        "4:",
        "tap8",
        "addi t3, t3, -1",
        "bnez t3, 4b",
        "addi t2, t2, -1",
        "add t1, t1, s10",
        "bnez t2, 3b",
        "5:",
        "sw s0, 0(a3)",
        "sw s1, 16(a3)",
        "sw s2, 32(a3)",
        "sw s3, 48(a3)",
        "sw s4, 64(a3)",
        "sw s5, 80(a3)",
        "sw s6, 96(a3)",
        "sw s7, 112(a3)",
        "addi a0, a0, 8",
        "addi a1, a1, 8",
        "addi a3, a3, 128",
        "addi a4, a4, -8",
        "8:",
        "li t4, 8",
        "bgeu a4, t4, 1b",
        "beqz a4, 9f",
        "6:", // four channels, maybe the last four once more
        "li t4, 4",
        "bgeu a4, t4, 7f",
        "addi a4, a4, -4",
        "add a0, a0, a4",
        "add a1, a1, a4",
        "slli t4, a4, 4",
        "add a3, a3, t4",
        "li a4, 4",
        "7:",
        "li s0, 0",
        "li s1, 0",
        "li s2, 0",
        "li s3, 0",
        "mv t0, a0",
        "mv t1, a1",
        "mv t2, s8",
        "3:",
        "mv t3, s9",
        "4:",
        "tap4",
        "addi t3, t3, -1",
        "bnez t3, 4b",
        "addi t2, t2, -1",
        "add t1, t1, s10",
        "bnez t2, 3b",
        "sw s0, 0(a3)",
        "sw s1, 16(a3)",
        "sw s2, 32(a3)",
        "sw s3, 48(a3)",
        "addi a0, a0, 4",
        "addi a1, a1, 4",
        "addi a3, a3, 64",
        "addi a4, a4, -4",
        "bnez a4, 6b",
        "9:",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "lw s4, 16(sp)",
        "lw s5, 20(sp)",
        "lw s6, 24(sp)",
        "lw s7, 28(sp)",
        "lw s8, 32(sp)",
        "lw s9, 36(sp)",
        "lw s10, 40(sp)",
        "addi sp, sp, 48",
        "ret",
        ".purgem two",
        ".purgem tap4",
        ".purgem tap8",
        ".option pop",
    )
}

/// Macro: the products of channel `at` of a tap of four windows to their sums.
macro_rules! channel {
    () => {
        r"
        .macro channel at, a, b, c, d
        lb t0, \at(t3)
        lb t1, \at(t4)
        lb t2, \at(t5)
        lb a2, \at(t6)
        lb a3, \at(ra)
        mul t1, t1, t0
        mul t2, t2, t0
        mul a2, a2, t0
        mul a3, a3, t0
        add \a, \a, t1
        add \b, \b, t2
        add \c, \c, a2
        add \d, \d, a3
        .endm
        .macro store at, a, b, c, d
        sw \a, \at(t3)
        sw \b, \at + 4(t3)
        sw \c, \at + 8(t3)
        sw \d, \at + 12(t3)
        .endm
        "
    };
}

/// As [`depthwise`], for four windows: four channels at a time, whose weights are loaded once.
#[unsafe(naked)]
pub unsafe extern "C" fn four(
    _w: *const i8,
    _patches: &Starts,
    _taps: &Taps,
    _sums: *mut [i32; WINDOWS],
    _count: usize,
) {
    naked_asm!(
        rv32im!(),
        channel!(),
        "addi sp, sp, -96",
        "sw ra, 0(sp)",
        "sw s0, 4(sp)",
        "sw s1, 8(sp)",
        "sw s2, 12(sp)",
        "sw s3, 16(sp)",
        "sw s4, 20(sp)",
        "sw s5, 24(sp)",
        "sw s6, 28(sp)",
        "sw s7, 32(sp)",
        "sw s8, 36(sp)",
        "sw s9, 40(sp)",
        "sw s10, 44(sp)",
        "sw s11, 48(sp)",
        "lw t0, 0(a2)",
        "lw t1, 4(a2)",
        "lw a2, 8(a2)",
        "mul t1, t1, a2",
        "sw a0, 52(sp)",
        "sw a1, 56(sp)",
        "sw a3, 60(sp)",
        "sw t1, 64(sp)", // bytes of a row of taps
        "sw t0, 72(sp)", // rows
        "addi a4, a4, -4",
        "sw a4, 76(sp)", // the last four channels
        "mv a0, a2",
        "li t2, 0", // the first of the four
        "1:",
        "sw t2, 80(sp)",
        "lw t3, 52(sp)",
        "lw t1, 56(sp)",
        "lw a1, 64(sp)",
        "add t3, t3, t2",
        "lw t4, 0(t1)",
        "lw t5, 4(t1)",
        "lw t6, 8(t1)",
        "lw ra, 12(t1)",
        "add a1, a1, t3",
        "add t4, t4, t2",
        "add t5, t5, t2",
        "add t6, t6, t2",
        "add ra, ra, t2",
        "lw t0, 72(sp)",
        ".irp sum, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7",
        "li \\sum, 0",
        ".endr",
        "2:",
        "sw t0, 84(sp)",
        "3:",
        "channel 0, s0, s1, s2, s3",
        "channel 1, s4, s5, s6, s7",
        "channel 2, s8, s9, s10, s11",
        "channel 3, a4, a5, a6, a7",
        "add t3, t3, a0",
        "add t4, t4, a0",
        "add t5, t5, a0",
        "add t6, t6, a0",
        "add ra, ra, a0",
        "bne t3, a1, 3b",
        "lw t1, 56(sp)",
        "lw t0, 84(sp)",
        "lw t2, 16(t1)",
        "lw a2, 20(t1)",
        "lw a3, 24(t1)",
        "lw t1, 28(t1)",
        "add t4, t4, t2",
        "lw t2, 64(sp)",
        "add t5, t5, a2",
        "add t6, t6, a3",
        "add ra, ra, t1",
        "add a1, a1, t2",
        "addi t0, t0, -1",
        "bnez t0, 2b",
        "lw t2, 80(sp)",
        "lw t3, 60(sp)",
        "slli t0, t2, 4",
        "add t3, t3, t0",
        "store 0, s0, s1, s2, s3",
        "store 16, s4, s5, s6, s7",
        "store 32, s8, s9, s10, s11",
        "store 48, a4, a5, a6, a7",
        "lw t0, 76(sp)",
        "addi t1, t2, 4",
        "beq t2, t0, 4f",
        "mv t2, t1",
        "bleu t1, t0, 1b",
        "mv t2, t0",
        "j 1b",
        "4:",
        "lw ra, 0(sp)",
        "lw s0, 4(sp)",
        "lw s1, 8(sp)",
        "lw s2, 12(sp)",
        "lw s3, 16(sp)",
        "lw s4, 20(sp)",
        "lw s5, 24(sp)",
        "lw s6, 28(sp)",
        "lw s7, 32(sp)",
        "lw s8, 36(sp)",
        "lw s9, 40(sp)",
        "lw s10, 44(sp)",
        "lw s11, 48(sp)",
        "addi sp, sp, 96",
        "ret",
        ".purgem channel",
        ".purgem store",
        ".option pop",
    )
}
