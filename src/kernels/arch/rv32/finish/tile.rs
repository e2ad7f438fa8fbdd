//! Sums of four windows, a channel a row.

use super::output::{USUAL, long, output};
use crate::kernels::arch::rv32::rv32im;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// What [`tile`] takes, in the order of its fields.
#[repr(C)]
pub struct Tile {
    /// One a row, as the next two.
    pub bias: *const i32,
    /// Q31.
    pub multipliers: *const i32,
    /// To the left where positive: from −[`MOST`](super::MOST) to −1.
    pub shifts: *const i8,
    /// Of the outputs, as the next two.
    pub zero_point: i32,
    /// The least.
    pub min: i32,
    /// The greatest.
    pub max: i32,
    /// The first window's outputs.
    pub y: *mut i8,
    /// From a window's outputs to the next one's.
    pub stride: usize,
}

/// Bytes of a row.
const ROW: usize = 164;

/// The rows of four sums from `sums` to `end`, one at least, four at a time.
#[unsafe(naked)]
pub unsafe extern "C" fn tile(
    _of: &Tile,
    _sums: *const [i32; WINDOWS],
    _end: *const [i32; WINDOWS],
) {
    naked_asm!(
        rv32im!(),
        output!(),
        r"
        .macro row at
        lb t0, \at(s1)
        lw t1, 4 * \at(s0)
        lw t4, 4 * \at(a3)
        neg t0, t0
        slli t1, t1, 1
        sll t3, a0, t0
        addi t2, t0, 1
        addi t3, t3, 1
        sll a7, s2, t0
        lw t0, 16 * \at(a1)
        add t0, t0, t4
        output \at, s4, s8
        lw t0, 16 * \at + 4(a1)
        add t0, t0, t4
        output \at, s5, s8
        lw t0, 16 * \at + 8(a1)
        add t0, t0, t4
        output \at, s6, s8
        lw t0, 16 * \at + 12(a1)
        add t0, t0, t4
        output \at, s7, s8
        .endm
        ",
        "addi sp, sp, -32",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s4, 12(sp)",
        "sw s5, 16(sp)",
        "sw s6, 20(sp)",
        "sw s7, 24(sp)",
        "sw s8, 28(sp)",
        "lw a3, 0(a0)",
        "lw s0, 4(a0)",
        "lw s1, 8(a0)",
        "lw a4, 12(a0)",
        "lw a5, 16(a0)",
        "lw a6, 20(a0)",
        "lw s4, 24(a0)",
        "lw s7, 28(a0)",
        "add s5, s4, s7",
        "add s6, s5, s7",
        "add s7, s6, s7",
        "slli a0, a4, 1",
        "addi a0, a0, 1", // 2 · zero point + 1
        "sub s2, a6, a4",
        "sub s8, a4, a5",
        "seqz s8, s8",
        "slli s8, s8, 31",
        "not s8, s8", // 2^31 − 1 where the zero point is min, else −1
        "sub t0, a2, a1",
        "srli t0, t0, 4",
        "andi t0, t0, 3",
        "addi t1, t0, -4", // less the rows that the first time goes without
        "slli t2, t1, 4",
        "add a1, a1, t2",
        "slli t2, t1, 2",
        "add a3, a3, t2",
        "add s0, s0, t2",
        "add s1, s1, t1",
        "add s4, s4, t1",
        "add s5, s5, t1",
        "add s6, s6, t1",
        "add s7, s7, t1",
        "li t2, -{size}",
        "mul t0, t0, t2",
        "lla t1, 2f",
        "add t0, t0, t1",
        "jr t0",
        "1:",
        "row 0",
        "row 1",
        "row 2",
        "row 3",
        "2:",
        "addi a1, a1, 64",
        "addi a3, a3, 16",
        "addi s0, s0, 16",
        "addi s1, s1, 4",
        "addi s4, s4, 4",
        "addi s5, s5, 4",
        "addi s6, s6, 4",
        "addi s7, s7, 4",
        "bne a1, a2, 1b",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s4, 12(sp)",
        "lw s5, 16(sp)",
        "lw s6, 20(sp)",
        "lw s7, 24(sp)",
        "lw s8, 28(sp)",
        "addi sp, sp, 32",
        "ret",
        long!(),
        ".purgem output",
        ".purgem row",
        ".option pop",
        usual = const USUAL,
        size = const ROW,
    )
}
