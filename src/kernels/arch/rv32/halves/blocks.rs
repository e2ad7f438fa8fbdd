//! Blocks times a tile, two columns at a time.

use super::{Cells, NUDGE, part};
use crate::kernels::arch::rv32::rv32im;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Macros: a row's values in one block of four outputs or two; the columns' words in t4 t5 and t6
/// a7, the nudge in ra. Uses a2 and a4 to a6. And two whole blocks, `at` columns behind a0.
macro_rules! block_row {
    () => {
        r"
        .macro tell total0, total1, upper0, upper1
        add \total0, \total0, a5
        add a5, a5, ra
        add \total1, \total1, a2
        add a2, a2, ra
        srai a5, a5, 16
        srai a2, a2, 16
        add \upper0, \upper0, a5
        add \upper1, \upper1, a2
        .endm
        .macro one row, total0, total1, upper0, upper1
        lb a2, \row(a1)
        mul a5, a2, t4
        mul a2, a2, t5
        tell \total0, \total1, \upper0, \upper1
        .endm
        .macro two at, total0, total1, upper0, upper1
        lb a2, \at(a1)
        lb a4, \at + 4(a1)
        mul a5, a2, t4
        mul a6, a4, t6
        mul a2, a2, t5
        mul a4, a4, a7
        add a5, a5, a6
        add a2, a2, a4
        tell \total0, \total1, \upper0, \upper1
        .endm
        .macro blocks at
        lbu t4, \at(a0)
        lbu t6, \at + 1(a0)
        slli t4, t4, 3
        slli t6, t6, 3
        add t4, t4, a3
        add t6, t6, a3
        lw t5, 4(t4)
        lw a7, 4(t6)
        lw t4, 0(t4)
        lw t6, 0(t6)
        two 4 * \at, s0, s1, s8, s9
        two 4 * \at + 1, s2, s3, s10, s11
        two 4 * \at + 2, s4, s5, t0, t1
        two 4 * \at + 3, s6, s7, t2, t3
        .endm
        "
    };
}

#[unsafe(naked)]
pub unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: Cells,
    _sums: &mut [[i32; WINDOWS]; 4],
) {
    naked_asm!(
        rv32im!(),
        part!(),
        block_row!(),
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
        "sw a4, 52(sp)",
        "add t4, a0, a2",
        "sw t4, 56(sp)", // the end of the columns
        "addi s8, a2, 1",
        "srli s8, s8, 1",
        "mv s9, s8",
        "mv s10, s8",
        "mv s11, s8",
        "mv t0, s8",
        "mv t1, s8",
        "mv t2, s8",
        "mv t3, s8",
        "li s0, 0",
        "li s1, 0",
        "li s2, 0",
        "li s3, 0",
        "li s4, 0",
        "li s5, 0",
        "li s6, 0",
        "li s7, 0",
        "li ra, {nudge}",
        "andi a4, a2, 1",
        "beqz a4, 1f",
        "lbu t4, 0(a0)",
        "addi a0, a0, 1",
        "slli t4, t4, 3",
        "add t4, t4, a3",
        "lw t5, 4(t4)",
        "lw t4, 0(t4)",
        "one 0, s0, s1, s8, s9",
        "one 1, s2, s3, s10, s11",
        "one 2, s4, s5, t0, t1",
        "one 3, s6, s7, t2, t3",
        "lw t4, 56(sp)",
        "addi a1, a1, 4",
        "sub a2, t4, a0",
        "1:",
        "andi a2, a2, 2",
        "beqz a2, 3f",
        "addi a0, a0, -2",
        "addi a1, a1, -8",
        "j 4f",
        "2:",
        "blocks 0",
        "4:",
        "blocks 2",
        "addi a0, a0, 4",
        "addi a1, a1, 16",
        "3:",
        "lw t4, 56(sp)",
        "bne a0, t4, 2b",
        "lw a4, 52(sp)",
        "part s0, s8, 0, a4",
        "part s1, s9, 8, a4",
        "part s2, s10, 16, a4",
        "part s3, s11, 24, a4",
        "part s4, t0, 32, a4",
        "part s5, t1, 40, a4",
        "part s6, t2, 48, a4",
        "part s7, t3, 56, a4",
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
        ".purgem part",
        ".purgem tell",
        ".purgem one",
        ".purgem two",
        ".purgem blocks",
        ".option pop",
        nudge = const NUDGE,
    )
}

/// Macro: two columns of a block of four inputs, `at` behind the block's first.
macro_rules! inputs {
    () => {
        r"
        .macro inputs at
        lb t3, \at(a1)
        lw t4, 8 * \at(t2)
        lw t5, 8 * \at + 4(t2)
        lb t6, \at + 1(a1)
        mul t4, t4, t3
        mul t5, t5, t3
        lw t3, 8 * \at + 8(t2)
        lw a4, 8 * \at + 12(t2)
        mul t3, t3, t6
        mul a4, a4, t6
        add t4, t4, t3
        add t5, t5, a4
        add a5, a5, t4
        add t4, t4, t1
        add a6, a6, t5
        add t5, t5, t1
        srai t4, t4, 16
        srai t5, t5, 16
        add a7, a7, t4
        add t0, t0, t5
        .endm
        "
    };
}

#[unsafe(naked)]
pub unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: Cells,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        rv32im!(),
        part!(),
        inputs!(),
        "addi sp, sp, -16",
        "sw a4, 0(sp)",
        "li a5, 0",
        "li a6, 0",
        "slli a7, a2, 1",
        "mv t0, a7",
        "li t1, {nudge}",
        "add a2, a0, a2",
        "beq a0, a2, 2f",
        "1:",
        "lbu t2, 0(a0)",
        "addi a0, a0, 1",
        "slli t2, t2, 5",
        "add t2, t2, a3",
        "inputs 0",
        "inputs 2",
        "addi a1, a1, 4",
        "bne a0, a2, 1b",
        "2:",
        "lw a4, 0(sp)",
        "part a5, a7, 0, a4",
        "part a6, t0, 8, a4",
        "addi sp, sp, 16",
        "ret",
        ".purgem part",
        ".purgem inputs",
        ".option pop",
        nudge = const NUDGE,
    )
}
