//! Rows times a vector, product by product.

use super::rv32im;
use crate::kernels::arch::start::Rows;
use core::arch::naked_asm;

/// Copies in the chain of a segment, and bytes of one.
const SEGMENT: usize = 32;
const NONZERO: usize = 24;

/// Adds the last a2 ≤ [`SEGMENT`] nonzeros before a0 (columns) and a1 (values), of the vector at
/// a3, to a4. Entered a2 · [`NONZERO`] bytes before its end; uses t5, t6; returns to t0.
#[unsafe(naked)]
unsafe extern "C" fn nonzeros() {
    naked_asm!(
        rv32im!(),
        ".irp at, -32, -31, -30, -29, -28, -27, -26, -25, -24, -23, -22, -21, -20, -19, -18, -17, -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1",
        "lbu t5, \\at(a0)",
        "lb t6, \\at(a1)",
        "add t5, t5, a3",
        "lb t5, 0(t5)",
        "mul t5, t5, t6",
        "add a4, a4, t5",
        ".endr",
        "jr t0",
        ".option pop",
    )
}

/// Adds a2 nonzeros from a0 and a1 on to a4; these two then point behind them. t1 is the end of
/// [`nonzeros`], t2 −[`NONZERO`], t3 [`SEGMENT`].
macro_rules! segment {
    () => {
        "
        bgeu t3, a2, 12f
        11:
        addi a0, a0, {count}
        addi a1, a1, {count}
        addi a2, a2, -{count}
        addi t5, t1, -{size} * {count}
        jalr t0, t5
        bltu t3, a2, 11b
        12:
        add a0, a0, a2
        add a1, a1, a2
        mul t5, a2, t2
        add t5, t5, t1
        jalr t0, t5
        "
    };
}

#[unsafe(naked)]
pub unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        rv32im!(),
        "li a4, 0",
        "lla t1, {nonzeros} + {size} * {count}",
        "li t2, -{size}",
        "li t3, {count}",
        segment!(),
        "mv a0, a4",
        "ret",
        ".option pop",
        nonzeros = sym nonzeros,
        size = const NONZERO,
        count = const SEGMENT,
    )
}

/// `rows` in the order counts, columns, values, x, tiles; the sums from `sums` to `end`.
#[unsafe(naked)]
pub unsafe extern "C" fn run(_rows: &Rows<*const i8>, _sums: *mut i32, _end: *mut i32) -> usize {
    naked_asm!(
        rv32im!(),
        "addi sp, sp, -16",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "mv a5, a1",
        "mv a6, a2",
        "lw t4, 0(a0)",
        "lw a1, 8(a0)",
        "lw a3, 12(a0)",
        "lw a7, 16(a0)",
        "lw a0, 4(a0)",
        "sw a0, 8(sp)",
        "sw a3, 12(sp)",
        "lla t1, {nonzeros} + {size} * {count}",
        "li t2, -{size}",
        "li t3, {count}",
        "beq a5, a6, 4f",
        "li s0, 1",
        "bne a7, s0, 2f",
        "1:", // rows of one tile
        "lbu a2, 0(t4)",
        "addi t4, t4, 1",
        "li a4, 0",
        segment!(),
        "sw a4, 0(a5)",
        "addi a5, a5, 4",
        "bne a5, a6, 1b",
        "j 4f",
        "2:", // rows of several
        "lw a3, 12(sp)",
        "mv s1, a7",
        "li a4, 0",
        "beqz s1, 5f",
        "3:",
        "lbu a2, 0(t4)",
        "addi t4, t4, 1",
        segment!(),
        "addi a3, a3, 256",
        "addi s1, s1, -1",
        "bnez s1, 3b",
        "5:",
        "sw a4, 0(a5)",
        "addi a5, a5, 4",
        "bne a5, a6, 2b",
        "4:",
        "lw a2, 8(sp)",
        "sub a0, a0, a2",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "addi sp, sp, 16",
        "ret",
        ".option pop",
        nonzeros = sym nonzeros,
        size = const NONZERO,
        count = const SEGMENT,
    )
}

#[unsafe(naked)]
pub unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
    naked_asm!(
        rv32im!(),
        "andi a3, a2, 15",
        "sub a2, a2, a3",
        "add a0, a0, a3",
        "add a1, a1, a3",
        "slli a3, a3, 4",
        "lla a5, 2f",
        "sub a5, a5, a3",
        "li a4, 0",
        "jr a5",
        "1:",
        "addi a0, a0, 16",
        "addi a1, a1, 16",
        "addi a2, a2, -16",
        ".irp at, -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1",
        "lb a5, \\at(a0)",
        "lb a6, \\at(a1)",
        "mul a5, a5, a6",
        "add a4, a4, a5",
        ".endr",
        "2:",
        "bnez a2, 1b",
        "mv a0, a4",
        "ret",
        ".option pop",
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
        rv32im!(),
        "andi t6, a2, 15",
        "add t5, a1, a2",
        "add a1, a1, t6",
        "lw a4, 0(a0)",
        "lw a5, 4(a0)",
        "lw a6, 8(a0)",
        "lw a7, 12(a0)",
        "add a4, a4, t6",
        "add a5, a5, t6",
        "add a6, a6, t6",
        "add a7, a7, t6",
        "li a0, -52",
        "mul t6, t6, a0",
        "lla a0, 2f",
        "add t6, t6, a0",
        "li t0, 0",
        "li t1, 0",
        "li t2, 0",
        "li t3, 0",
        "jr t6",
        "1:",
        "addi a1, a1, 16",
        "addi a4, a4, 16",
        "addi a5, a5, 16",
        "addi a6, a6, 16",
        "addi a7, a7, 16",
        ".irp at, -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1",
        "lb t4, \\at(a1)",
        "lb a0, \\at(a4)",
        "lb a2, \\at(a5)",
        "lb t6, \\at(a6)",
        "mul a0, a0, t4",
        "mul a2, a2, t4",
        "mul t6, t6, t4",
        "add t0, t0, a0",
        "lb a0, \\at(a7)",
        "add t1, t1, a2",
        "add t2, t2, t6",
        "mul a0, a0, t4",
        "add t3, t3, a0",
        ".endr",
        "2:",
        "bne a1, t5, 1b",
        "sw t0, 0(a3)",
        "sw t1, 4(a3)",
        "sw t2, 8(a3)",
        "sw t3, 12(a3)",
        "ret",
        ".option pop",
    )
}
