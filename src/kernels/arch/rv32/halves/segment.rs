//! Segments times a tile, two nonzeros at a time.

use super::{Cells, NUDGE, part};
use crate::kernels::arch::rv32::rv32im;
use crate::kernels::arch::start::Rows;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Pairs of nonzeros in the chain, and bytes of one.
const PAIRS: usize = 8;
const PAIR: usize = 104;

/// Adds the last pairs of nonzeros before a0 (columns) and a1 (values), of the tile at a3, to the
/// totals in a4 and a5 and the uppers in a6 and a7; t1 is [`NUDGE`]. Entered [`PAIR`] bytes before
/// its end for each pair, of at most [`PAIRS`]; uses a2 and t2 to t6; returns to t0.
#[unsafe(naked)]
unsafe extern "C" fn pairs() {
    naked_asm!(
        rv32im!(),
        ".irp at, -16, -14, -12, -10, -8, -6, -4, -2",
        "lbu t2, \\at(a0)",
        "lbu t3, \\at + 1(a0)",
        "lb t4, \\at(a1)",
        "slli t2, t2, 3",
        "slli t3, t3, 3",
        "add t2, t2, a3",
        "add t3, t3, a3",
        "lw t6, 0(t2)",
        "lw a2, 0(t3)",
        "lb t5, \\at + 1(a1)",
        "lw t2, 4(t2)",
        "lw t3, 4(t3)",
        "mul t6, t6, t4",
        "mul a2, a2, t5",
        "mul t2, t2, t4",
        "mul t3, t3, t5",
        "add t6, t6, a2",
        "add a4, a4, t6",
        "add t2, t2, t3",
        "add a5, a5, t2",
        "add t6, t6, t1",
        "add t2, t2, t1",
        "srai t6, t6, 16",
        "srai t2, t2, 16",
        "add a6, a6, t6",
        "add a7, a7, t2",
        ".endr",
        "jr t0",
        ".option pop",
    )
}

/// Adds s0 nonzeros from a0 and a1 on as [`pairs`] does; these two then point behind them. s1 is
/// the end of that chain, s2 −[`PAIR`], s3 [`PAIRS`].
macro_rules! segment {
    () => {
        "
        andi t3, s0, 1
        srli t2, s0, 1
        beqz t3, 11f
        lbu t4, 0(a0)
        lb t5, 0(a1)
        slli t4, t4, 3
        add t4, t4, a3
        lw t6, 0(t4)
        lw t4, 4(t4)
        mul t6, t6, t5
        mul t4, t4, t5
        add a4, a4, t6
        add t6, t6, t1
        add a5, a5, t4
        add t4, t4, t1
        srai t6, t6, 16
        srai t4, t4, 16
        add a6, a6, t6
        add a7, a7, t4
        11:
        bgeu s3, t2, 13f
        add a0, a0, t3
        add a1, a1, t3
        sub s0, s0, t3
        12:
        addi a0, a0, 2 * {pairs}
        addi a1, a1, 2 * {pairs}
        addi s0, s0, -2 * {pairs}
        addi t2, s1, -{size} * {pairs}
        jalr t0, t2
        srli t2, s0, 1
        bltu s3, t2, 12b
        13:
        add a0, a0, s0
        add a1, a1, s0
        mul t2, t2, s2
        add t2, t2, s1
        jalr t0, t2
        "
    };
}

#[unsafe(naked)]
pub unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _tile: Cells,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        rv32im!(),
        part!(),
        "addi sp, sp, -32",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "sw a4, 16(sp)",
        "mv s0, a2",
        "addi a6, a2, 1",
        "srli a6, a6, 1",
        "mv a7, a6",
        "li a4, 0",
        "li a5, 0",
        "li t1, {nudge}",
        "lla s1, {chain} + {size} * {pairs}",
        "li s2, -{size}",
        "li s3, {pairs}",
        segment!(),
        "lw t2, 16(sp)",
        "part a4, a6, 0, t2",
        "part a5, a7, 8, t2",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "addi sp, sp, 32",
        "ret",
        ".purgem part",
        ".option pop",
        chain = sym pairs,
        nudge = const NUDGE,
        size = const PAIR,
        pairs = const PAIRS,
    )
}

/// `rows` in the order counts, columns, values, tile, tiles; the sums from `sums` to `end`.
#[unsafe(naked)]
pub unsafe extern "C" fn run(
    _rows: &Rows<Cells>,
    _sums: *mut [i32; WINDOWS],
    _end: *mut [i32; WINDOWS],
) -> usize {
    naked_asm!(
        rv32im!(),
        part!(),
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
        "mv s5, a1",
        "mv s6, a2",
        "lw s4, 0(a0)",
        "lw a1, 8(a0)",
        "lw a3, 12(a0)",
        "lw s7, 16(a0)",
        "lw a0, 4(a0)",
        "mv s9, a3",
        "sw a0, 40(sp)",
        "li t1, {nudge}",
        "lla s1, {chain} + {size} * {pairs}",
        "li s2, -{size}",
        "li s3, {pairs}",
        "beq s5, s6, 4f",
        "li t2, 1",
        "bne s7, t2, 2f",
        "li s8, {half}",
        "1:", // rows of one tile
        "lbu s0, 0(s4)",
        "addi s4, s4, 1",
        "andi t3, s0, 1",
        "srli t2, s0, 1",
        "bnez t3, 6f",
        "beqz t2, 8f",
        "li a4, 0",
        "li a5, 0",
        "mv a6, t2",
        "mv a7, t2",
        "7:", // t2 pairs
        "bltu s3, t2, 9f",
        "add a0, a0, s0",
        "add a1, a1, s0",
        "mul t2, t2, s2",
        "add t2, t2, s1",
        "jalr t0, t2",
        "10:",
        "part a4, a6, 0, s5",
        "part a5, a7, 8, s5",
        "addi s5, s5, 16",
        "bne s5, s6, 1b",
        "j 4f",
        "6:", // an odd nonzero
        "lbu t4, 0(a0)",
        "lb t5, 0(a1)",
        "slli t4, t4, 3",
        "add t4, t4, a3",
        "lw a4, 0(t4)",
        "lw a5, 4(t4)",
        "mul a4, a4, t5",
        "mul a5, a5, t5",
        "add a6, a4, s8",
        "add a7, a5, s8",
        "srai a6, a6, 16",
        "srai a7, a7, 16",
        "beqz t2, 11f",
        "add a6, a6, t2",
        "add a7, a7, t2",
        "j 7b",
        "11:", // and no more
        "addi a0, a0, 1",
        "addi a1, a1, 1",
        "j 10b",
        "8:", // none at all
        "sw zero, 0(s5)",
        "sw zero, 4(s5)",
        "sw zero, 8(s5)",
        "sw zero, 12(s5)",
        "addi s5, s5, 16",
        "bne s5, s6, 1b",
        "j 4f",
        "9:", // more pairs than the chain has
        "add a0, a0, t3",
        "add a1, a1, t3",
        "sub s0, s0, t3",
        "addi a0, a0, 2 * {pairs}",
        "addi a1, a1, 2 * {pairs}",
        "addi s0, s0, -2 * {pairs}",
        "addi t2, s1, -{size} * {pairs}",
        "jalr t0, t2",
        "li t3, 0",
        "srli t2, s0, 1",
        "j 7b",
        "2:", // rows of several
        "mv a3, s9",
        "mv s8, s7",
        "li a4, 0",
        "li a5, 0",
        "li a6, 0",
        "li a7, 0",
        "beqz s8, 5f",
        "3:",
        "lbu s0, 0(s4)",
        "addi s4, s4, 1",
        "addi t2, s0, 1",
        "srli t2, t2, 1",
        "add a6, a6, t2",
        "add a7, a7, t2",
        segment!(),
        "addi a3, a3, 1024",
        "addi a3, a3, 1024",
        "addi s8, s8, -1",
        "bnez s8, 3b",
        "5:",
        "part a4, a6, 0, s5",
        "part a5, a7, 8, s5",
        "addi s5, s5, 16",
        "bne s5, s6, 2b",
        "4:",
        "lw a1, 40(sp)",
        "sub a0, a0, a1",
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
        "addi sp, sp, 48",
        "ret",
        ".purgem part",
        ".option pop",
        chain = sym pairs,
        half = const (1 << 15) - 1,
        nudge = const NUDGE,
        size = const PAIR,
        pairs = const PAIRS,
    )
}
