//! Tiles on RV32IMC: two windows a multiplication.
//!
//! A column of a tile is two words, each of two windows: X = a + b·2^16. The product of a word and a
//! weight holds both products of bytes, w·a in the lower half and w·b, less a borrow, in the upper.
//! A half has room for the sum of two columns, just: it is from −2·128·127 to 2·128². Then the
//! halves are told apart:
//!
//! ```text
//! s = w0 · X0 + w1 · X1                       = A + B·2^16        mul mul add
//! total += s                                                      add
//! upper += (s + 2^15 − 1 − 2^16) >> 16        = B − 1             add srai add
//! ```
//!
//! and after the last, with n the number of times this was done,
//!
//! ```text
//! Σ B = upper + n;  Σ A = total − Σ B · 2^16                      modulo 2^32, as all sums
//! ```
//!
//! Seven instructions for four products, which would be eight one by one; and a load brings two bytes
//! of the tile. Instructions a product, loads and indices included: a segment 26/8 and, with all that
//! a row takes besides, 28 a row; dense, two rows at a time, 37/16; blocks of four outputs 76/32;
//! of four inputs 46/16. A column takes 10.8 to lay.

use super::rv32im;
use crate::kernels::arch::checked::{Rows, Start};
use crate::kernels::tile::{Layout, WINDOWS};
use core::arch::naked_asm;
use zerocopy::FromBytes;

/// Two words a column, of two windows each: a + b·2^16, c + d·2^16.
#[derive(Clone, Copy, Debug)]
pub struct Halves;

/// Where a tile starts.
pub type Cells = *const [i32; 2];

impl Layout for Halves {
    const COLUMN_BYTES: usize = 8;
    type Tile<'a> = &'a [[i32; 2]];

    fn in_place(_: [&[i8]; WINDOWS]) -> Option<Self::Tile<'_>> {
        None
    }

    #[inline]
    fn put(bytes: &mut [u8], first: usize, windows: [&[i8]; WINDOWS]) {
        let Ok(cells) = <[[i32; 2]]>::mut_from_bytes(bytes) else { return };
        let cells = cells.get_mut(first..).unwrap_or_default();
        let count = windows.iter().fold(cells.len(), |count, window| count.min(window.len()));
        // SAFETY: the windows have `count` bytes each, and there are as many cells.
        unsafe { put(cells.as_mut_ptr(), windows.map(<[_]>::as_ptr).as_ptr(), count) }
    }

    #[inline]
    fn of(bytes: &[u8]) -> Option<Self::Tile<'_>> {
        FromBytes::ref_from_bytes(bytes).ok()
    }
}

impl Start for Halves {
    type Start = Cells;

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        tile.get(first..).filter(|tile| cols <= tile.len()).map(<[_]>::as_ptr)
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.wrapping_add(cols)
    }
}

/// `windows` are four pointers.
#[unsafe(naked)]
unsafe extern "C" fn put(_cells: *mut [i32; 2], _windows: *const *const i8, _count: usize) {
    naked_asm!(
        rv32im!(),
        "lw a3, 0(a1)",
        "lw a4, 4(a1)",
        "lw a5, 8(a1)",
        "lw a6, 12(a1)",
        "andi t0, a2, 7",
        "sub a2, a2, t0",
        "add a3, a3, t0",
        "add a4, a4, t0",
        "add a5, a5, t0",
        "add a6, a6, t0",
        "slli t1, t0, 3",
        "add a0, a0, t1",
        "slli t0, t0, 5",
        "add t0, t0, t1",
        "lla t1, 2f",
        "sub t1, t1, t0",
        "jr t1",
        "1:",
        "addi a3, a3, 8",
        "addi a4, a4, 8",
        "addi a5, a5, 8",
        "addi a6, a6, 8",
        "addi a0, a0, 64",
        "addi a2, a2, -8",
        ".irp at, -8, -7, -6, -5, -4, -3, -2, -1",
        "lb t1, \\at(a4)",
        "lb t2, \\at(a6)",
        "lb t0, \\at(a3)",
        "lb t3, \\at(a5)",
        "slli t1, t1, 16",
        "slli t2, t2, 16",
        "add t0, t0, t1",
        "add t2, t2, t3",
        "sw t0, 8 * \\at(a0)",
        "sw t2, 8 * \\at + 4(a0)",
        ".endr",
        "2:",
        "bnez a2, 1b",
        "ret",
        ".option pop",
    )
}

/// What is added before a shift leaves the upper half less 1.
const NUDGE: i32 = (1 << 15) - 1 - (1 << 16);

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

/// The assembler's macro `part`: parts a total and an upper into two sums and stores them, `at` bytes
/// behind a register.
macro_rules! part {
    () => {
        r"
        .macro part total, upper, at, to
        sw \upper, 4 + \at(\to)
        slli \upper, \upper, 16
        sub \total, \total, \upper
        sw \total, \at(\to)
        .endm
        "
    };
}

#[unsafe(naked)]
unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _tile: Cells,
    _sums: *mut i32,
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
unsafe extern "C" fn run(_rows: &Rows<Cells>, _sums: *mut i32, _end: *mut i32) -> usize {
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
        "1:", // rows of one tile
        "lbu s0, 0(s4)",
        "addi s4, s4, 1",
        "li a4, 0",
        "addi a6, s0, 1",
        "li a5, 0",
        "srli a6, a6, 1",
        "mv a7, a6",
        segment!(),
        "part a4, a6, 0, s5",
        "part a5, a7, 8, s5",
        "addi s5, s5, 16",
        "bne s5, s6, 1b",
        "j 4f",
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
        nudge = const NUDGE,
        size = const PAIR,
        pairs = const PAIRS,
    )
}

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
unsafe extern "C" fn dense2(
    _w0: *const i8,
    _w1: *const i8,
    _count: usize,
    _tile: Cells,
    _sums: *mut i32,
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
unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: Cells,
    _sums: *mut i32,
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
unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: Cells,
    _sums: *mut i32,
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

/// As [`Raw::tile_dense`](crate::kernels::arch::checked::Raw::tile_dense).
#[inline]
pub unsafe fn tile_dense(w: *const i8, tile: Cells, count: usize, sums: &mut [i32; WINDOWS]) {
    let mut twice = [0; 2 * WINDOWS];
    // SAFETY: the caller's promise, for the same row twice.
    unsafe { dense2(w, w, count, tile, twice.as_mut_ptr()) };
    if let Some(first) = twice.first_chunk() {
        *sums = *first;
    }
}

/// As [`Raw::tile_dense4`](crate::kernels::arch::checked::Raw::tile_dense4).
#[inline]
pub unsafe fn tile_dense4(
    [a, b, c, d]: [*const i8; 4],
    tile: Cells,
    count: usize,
    sums: &mut [[i32; WINDOWS]; 4],
) {
    let sums = sums.as_mut_ptr().cast::<i32>();
    // SAFETY: the caller's promise, two rows at a time.
    unsafe {
        dense2(a, b, count, tile, sums);
        dense2(c, d, count, tile, sums.add(2 * WINDOWS));
    }
}

/// As [`Raw::tile_segment`](crate::kernels::arch::checked::Raw::tile_segment).
#[inline]
pub unsafe fn tile_segment(
    columns: *const u8,
    values: *const i8,
    count: usize,
    tile: Cells,
    sums: &mut [i32; WINDOWS],
) {
    // SAFETY: the caller's promise.
    unsafe { segment(columns, values, count, tile, sums.as_mut_ptr()) }
}

/// As [`Raw::tile_run`](crate::kernels::arch::checked::Raw::tile_run).
#[inline]
pub unsafe fn tile_run(rows: &Rows<Cells>, sums: &mut [[i32; WINDOWS]]) -> usize {
    let sums = sums.as_flattened_mut().as_mut_ptr_range();
    // SAFETY: the caller's promise.
    unsafe { run(rows, sums.start, sums.end) }
}

/// As [`Raw::tile_block4x1`](crate::kernels::arch::checked::Raw::tile_block4x1).
#[inline]
pub unsafe fn tile_block4x1(
    columns: *const u8,
    values: *const [i8; 4],
    count: usize,
    tile: Cells,
    sums: &mut [[i32; WINDOWS]; 4],
) {
    // SAFETY: the caller's promise.
    unsafe { block4x1(columns, values, count, tile, sums.as_mut_ptr().cast()) }
}

/// As [`Raw::tile_block1x4`](crate::kernels::arch::checked::Raw::tile_block1x4).
#[inline]
pub unsafe fn tile_block1x4(
    blocks: *const u8,
    values: *const [i8; 4],
    count: usize,
    tile: Cells,
    sums: &mut [i32; WINDOWS],
) {
    // SAFETY: the caller's promise.
    unsafe { block1x4(blocks, values, count, tile, sums.as_mut_ptr()) }
}
