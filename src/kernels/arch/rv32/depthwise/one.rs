//! One window: eight channels at a time, then four.
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

use crate::kernels::arch::rv32::rv32im;
use crate::kernels::arch::start::Taps;
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
