//! Sums of a vector, with one scale.

use super::output::{USUAL, long, output};
use crate::kernels::arch::rv32::rv32im;
use core::arch::naked_asm;

/// What [`vector`] takes, in the order of its fields.
#[repr(C)]
pub struct Vector {
    /// One an output.
    pub bias: *const i32,
    /// Twice the multiplier.
    pub doubled: u32,
    /// To the right.
    pub shift: u32,
    /// Of the outputs, as the next two.
    pub zero_point: i32,
    /// The least.
    pub min: i32,
    /// The greatest.
    pub max: i32,
    /// The outputs.
    pub y: *mut i8,
}

/// `count` sums.
#[unsafe(naked)]
pub unsafe extern "C" fn vector(_of: &Vector, _sums: *const i32, _count: usize) {
    naked_asm!(
        rv32im!(),
        output!(),
        "lw a3, 0(a0)",
        "lw t1, 4(a0)",
        "lw t2, 8(a0)",
        "lw a4, 12(a0)",
        "lw a5, 16(a0)",
        "lw a6, 20(a0)",
        "lw a0, 24(a0)",
        "sub t4, a4, a5",
        "seqz t4, t4",
        "slli t4, t4, 31",
        "not t4, t4", // 2^31 − 1 where the zero point is min, else −1
        "sub a7, a6, a4",
        "sll a7, a7, t2",
        "slli t3, a4, 1",
        "addi t3, t3, 1",
        "sll t3, t3, t2",
        "addi t3, t3, 1",
        "addi t2, t2, 1",
        "andi t5, a2, 3",
        "add a2, a2, a0", // the end
        "add a0, a0, t5",
        "slli t6, t5, 2",
        "add a1, a1, t6",
        "add a3, a3, t6",
        "li t0, -36",
        "mul t5, t5, t0",
        "lla t0, 2f",
        "add t5, t5, t0",
        "jr t5",
        "1:",
        "addi a0, a0, 4",
        "addi a1, a1, 16",
        "addi a3, a3, 16",
        ".irp at, -4, -3, -2, -1",
        "lw t0, 4 * \\at(a1)",
        "lw t5, 4 * \\at(a3)",
        "add t0, t0, t5",
        "output \\at, a0, t4",
        ".endr",
        "2:",
        "bne a0, a2, 1b",
        "ret",
        long!(),
        ".purgem output",
        ".option pop",
        usual = const USUAL,
    )
}
