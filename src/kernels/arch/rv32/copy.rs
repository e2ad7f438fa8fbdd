//! Blocks of bytes copied and filled, a word at a time, in chains that are entered such that they end
//! with the last word.
//!
//! Two instructions a word of a copy, one of a fill; a row of a block takes some 25 besides.

use super::rv32im;
use crate::kernels::Block;
use core::arch::naked_asm;

/// The rows of a block; to and from lie alike to words in each.
#[unsafe(naked)]
unsafe extern "C" fn rows(_to: *mut i8, _from: *const i8, _block: &Block) {
    naked_asm!(
        rv32im!(),
        "lw a3, 0(a2)",
        "lw a4, 4(a2)",
        "lw a5, 8(a2)",
        "lw a6, 12(a2)",
        "lla a7, 6f",
        "1:", // a row
        "mv t0, a0",
        "mv t1, a1",
        "mv t2, a4",
        "j 3f",
        "2:", // up to a word
        "beqz t2, 9f",
        "lb t4, 0(t1)",
        "sb t4, 0(t0)",
        "addi t0, t0, 1",
        "addi t1, t1, 1",
        "addi t2, t2, -1",
        "3:",
        "andi t3, t0, 3",
        "bnez t3, 2b",
        "srli t3, t2, 2", // words
        "andi t2, t2, 3", // and bytes after them
        "andi t4, t3, 15",
        "sub t3, t3, t4",
        "slli t5, t4, 2",
        "add t0, t0, t5",
        "add t1, t1, t5",
        "slli t5, t5, 1",
        "sub t5, a7, t5",
        "jr t5",
        "5:",
        "addi t0, t0, 64",
        "addi t1, t1, 64",
        "addi t3, t3, -16",
        ".irp at, -64, -60, -56, -52, -48, -44, -40, -36, -32, -28, -24, -20, -16, -12, -8, -4",
        "lw t6, \\at(t1)",
        "sw t6, \\at(t0)",
        ".endr",
        "6:",
        "bnez t3, 5b",
        "beqz t2, 9f",
        "7:", // after the last word
        "lb t4, 0(t1)",
        "sb t4, 0(t0)",
        "addi t0, t0, 1",
        "addi t1, t1, 1",
        "addi t2, t2, -1",
        "bnez t2, 7b",
        "9:",
        "add a0, a0, a5",
        "add a1, a1, a6",
        "addi a3, a3, -1",
        "bnez a3, 1b",
        "ret",
        ".option pop",
    )
}

/// `count` bytes, each the lowest of `value`.
#[unsafe(naked)]
unsafe extern "C" fn bytes(_to: *mut i8, _count: usize, _value: u32) {
    naked_asm!(
        rv32im!(),
        "j 2f",
        "1:", // up to a word
        "beqz a1, 9f",
        "sb a2, 0(a0)",
        "addi a0, a0, 1",
        "addi a1, a1, -1",
        "2:",
        "andi t0, a0, 3",
        "bnez t0, 1b",
        "srli t1, a1, 2", // words
        "andi a1, a1, 3", // and bytes after them
        "andi t2, t1, 15",
        "sub t1, t1, t2",
        "slli t2, t2, 2",
        "add a0, a0, t2",
        "lla t0, 4f",
        "sub t0, t0, t2",
        "jr t0",
        "3:",
        "addi a0, a0, 64",
        "addi t1, t1, -16",
        ".irp at, -64, -60, -56, -52, -48, -44, -40, -36, -32, -28, -24, -20, -16, -12, -8, -4",
        "sw a2, \\at(a0)",
        ".endr",
        "4:",
        "bnez t1, 3b",
        "beqz a1, 9f",
        "5:", // after the last word
        "sb a2, 0(a0)",
        "addi a0, a0, 1",
        "addi a1, a1, -1",
        "bnez a1, 5b",
        "9:",
        "ret",
        ".option pop",
    )
}

/// As [`Lanes::copy`](crate::kernels::Lanes::copy).
#[inline]
pub fn copy(to: &mut [i8], from: &[i8], block: Block) {
    let (to_start, from_start) = (to.as_mut_ptr(), from.as_ptr());
    let apart = to_start.addr() ^ from_start.addr() | block.steps[0] ^ block.steps[1];
    if !block.fits(to, from) || !apart.is_multiple_of(4) {
        return block.copy(to, from);
    }
    // SAFETY: the block lies in both and has a row; both start at one place in a word, and so do
    // their rows.
    unsafe { rows(to_start, from_start, &block) }
}

/// As [`Lanes::fill`](crate::kernels::Lanes::fill).
#[inline]
pub fn fill(to: &mut [i8], value: i8) {
    // SAFETY: all bytes are inside.
    unsafe { bytes(to.as_mut_ptr(), to.len(), u32::from(value as u8) * 0x0101_0101) }
}
