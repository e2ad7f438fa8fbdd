//! Dense rows times a tile, two rows and two columns at a time.

use super::{Cells, NUDGE, part};
use crate::kernels::arch::rv32::rv32im;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Macros: a row's weights in one column or two, `at` behind a register; the columns' words in t0 t1
/// and t2 t3, the nudge in a6. Uses t4 to t6 and a5.
macro_rules! dense_row {
    () => {
        r"
        .macro tell total0, total1, upper0, upper1
        add \total0, \total0, t6
        add t6, t6, a6
        add \total1, \total1, t4
        add t4, t4, a6
        srai t6, t6, 16
        srai t4, t4, 16
        add \upper0, \upper0, t6
        add \upper1, \upper1, t4
        .endm
        .macro one w, total0, total1, upper0, upper1
        lb t4, 0(\w)
        mul t6, t4, t0
        mul t4, t4, t1
        tell \total0, \total1, \upper0, \upper1
        .endm
        .macro two at, w, total0, total1, upper0, upper1
        lb t4, \at(\w)
        lb t5, \at + 1(\w)
        mul t6, t4, t0
        mul t4, t4, t1
        mul a5, t5, t2
        mul t5, t5, t3
        add t6, t6, a5
        add t4, t4, t5
        tell \total0, \total1, \upper0, \upper1
        .endm
        "
    };
}

/// Two rows.
#[unsafe(naked)]
pub unsafe extern "C" fn dense2(
    _w0: *const i8,
    _w1: *const i8,
    _count: usize,
    _tile: Cells,
    _sums: *mut [i32; WINDOWS],
) {
    naked_asm!(
        rv32im!(),
        part!(),
        dense_row!(),
        "addi sp, sp, -32",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "sw s4, 16(sp)",
        "sw s5, 20(sp)",
        "sw s6, 24(sp)",
        "sw s7, 28(sp)",
        "li a6, {nudge}",
        "li s0, 0",
        "li s1, 0",
        "li s2, 0",
        "li s3, 0",
        "addi s4, a2, 1",
        "srli s4, s4, 1",
        "mv s5, s4",
        "mv s6, s4",
        "mv s7, s4",
        "andi t6, a2, 1",
        "sub a2, a2, t6",
        "beqz t6, 3f",
        "lw t0, 0(a3)",
        "lw t1, 4(a3)",
        "addi a3, a3, 8",
        "one a0, s0, s1, s4, s5",
        "one a1, s2, s3, s6, s7",
        "addi a0, a0, 1",
        "addi a1, a1, 1",
        "3:",
        "add a7, a0, a2", // the end
        "andi a2, a2, 7",
        "add a0, a0, a2",
        "add a1, a1, a2",
        "slli t0, a2, 3",
        "add a3, a3, t0",
        "slli a2, a2, 6", // 72 bytes a column
        "add a2, a2, t0",
        "lla t0, 2f",
        "sub t0, t0, a2",
        "jr t0",
        "1:",
        "addi a0, a0, 8",
        "addi a1, a1, 8",
        "addi a3, a3, 64",
        ".irp at, -8, -6, -4, -2",
        "lw t0, 8 * \\at(a3)",
        "lw t1, 8 * \\at + 4(a3)",
        "lw t2, 8 * \\at + 8(a3)",
        "lw t3, 8 * \\at + 12(a3)",
        "two \\at, a0, s0, s1, s4, s5",
        "two \\at, a1, s2, s3, s6, s7",
        ".endr",
        "2:",
        "bne a0, a7, 1b",
        "part s0, s4, 0, a4",
        "part s1, s5, 8, a4",
        "part s2, s6, 16, a4",
        "part s3, s7, 24, a4",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "lw s4, 16(sp)",
        "lw s5, 20(sp)",
        "lw s6, 24(sp)",
        "lw s7, 28(sp)",
        "addi sp, sp, 32",
        "ret",
        ".purgem part",
        ".purgem tell",
        ".purgem one",
        ".purgem two",
        ".option pop",
        nudge = const NUDGE,
    )
}
