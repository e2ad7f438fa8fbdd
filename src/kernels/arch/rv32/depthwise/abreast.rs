//! Four windows of three columns, each a column to the right of the one before: two channels at a time.
//!
//! ```text
//! for two channels:
//!     for each row of taps:
//!         w0, w1, w2 = the row's weights                          2 × lb, add
//!         for each of the six columns j:
//!             x = the input                                       2 × lb, add
//!             sum[p] += w[j − p] · x   where p has such a tap     2 × (mul add)
//! ```
//!
//! A column is loaded once for the up to three windows that it is in. The last channel of an odd
//! number is taken with the one before, once more.

use crate::kernels::arch::rv32::rv32im;
use crate::kernels::arch::start::{Starts, Taps};
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Macros: a column of weights; a column of the input; its products with a column of weights,
/// the first of a sum or the next.
macro_rules! columns {
    () => {
        r"
        .macro weights even, odd
        lb \even, 0(s9)
        lb \odd, 1(s9)
        add s9, s9, a2
        .endm
        .macro column
        lb t6, 0(s8)
        lb ra, 1(s8)
        add s8, s8, a2
        .endm
        .macro starts even, odd, sum0, sum1
        mul \sum0, t6, \even
        mul \sum1, ra, \odd
        .endm
        .macro products even, odd, sum0, sum1
        mul a5, t6, \even
        mul a7, ra, \odd
        add \sum0, \sum0, a5
        add \sum1, \sum1, a7
        .endm
        "
    };
}

/// As [`depthwise`](super::depthwise), for such windows.
#[unsafe(naked)]
pub unsafe extern "C" fn abreast(
    _w: *const i8,
    _patches: &Starts,
    _taps: &Taps,
    _sums: *mut [i32; WINDOWS],
    _count: usize,
) {
    naked_asm!(
        rv32im!(),
        columns!(),
        "addi sp, sp, -64",
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
        "lw a6, 16(a1)",
        "lw a1, 0(a1)",
        "lw s11, 0(a2)",
        "addi s11, s11, -1", // rows after the first
        "lw a2, 8(a2)",      // channels
        "sub a6, a6, a2",
        "sub a6, a6, a2",
        "sub a6, a6, a2", // from behind a row's sixth column to the next row
        "1:",
        "mv s8, a1",
        "mv s9, a0",
        "mv s10, s11",
        "weights t0, t3",
        "weights t1, t4",
        "weights t2, t5",
        "column",
        "starts t0, t3, s0, s1",
        "column",
        "products t1, t4, s0, s1",
        "starts t0, t3, s2, s3",
        "column",
        "products t2, t5, s0, s1",
        "products t1, t4, s2, s3",
        "starts t0, t3, s4, s5",
        "column",
        "products t2, t5, s2, s3",
        "products t1, t4, s4, s5",
        "starts t0, t3, s6, s7",
        "column",
        "products t2, t5, s4, s5",
        "products t1, t4, s6, s7",
        "column",
        "products t2, t5, s6, s7",
        "beqz s10, 3f",
        "2:", // the next row
        "add s8, s8, a6",
        "addi s10, s10, -1",
        "weights t0, t3",
        "weights t1, t4",
        "weights t2, t5",
        "column",
        "products t0, t3, s0, s1",
        "column",
        "products t1, t4, s0, s1",
        "products t0, t3, s2, s3",
        "column",
        "products t2, t5, s0, s1",
        "products t1, t4, s2, s3",
        "products t0, t3, s4, s5",
        "column",
        "products t2, t5, s2, s3",
        "products t1, t4, s4, s5",
        "products t0, t3, s6, s7",
        "column",
        "products t2, t5, s4, s5",
        "products t1, t4, s6, s7",
        "column",
        "products t2, t5, s6, s7",
        "bnez s10, 2b",
        "3:",
        "sw s0, 0(a3)",
        "sw s2, 4(a3)",
        "sw s4, 8(a3)",
        "sw s6, 12(a3)",
        "sw s1, 16(a3)",
        "sw s3, 20(a3)",
        "sw s5, 24(a3)",
        "sw s7, 28(a3)",
        "addi a4, a4, -2",
        "beqz a4, 4f",
        "addi a0, a0, 2",
        "addi a1, a1, 2",
        "addi a3, a3, 32",
        "li t0, 1",
        "bne a4, t0, 1b",
        "addi a0, a0, -1",
        "addi a1, a1, -1",
        "addi a3, a3, -16",
        "li a4, 2",
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
        "addi sp, sp, 64",
        "ret",
        ".purgem weights",
        ".purgem column",
        ".purgem starts",
        ".purgem products",
        ".option pop",
    )
}
