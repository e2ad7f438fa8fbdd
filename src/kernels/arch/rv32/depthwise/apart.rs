//! Any four windows: four channels at a time, whose weights are loaded once.
//!
//! ```text
//! for four channels:
//!     for each tap:
//!         for each channel c:  sum[c][p] += w[c] · x[p][c]        lb, 4 × (lb mul add)
//!         w, x[p] += channels                                     5 × add, bne
//! ```

use crate::kernels::arch::rv32::rv32im;
use crate::kernels::arch::start::{Starts, Taps};
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

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

/// As [`depthwise`](super::depthwise), for four windows.
#[unsafe(naked)]
pub unsafe extern "C" fn apart(
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
