//! Blocks of bytes on Armv7-M and up, eight words at a time where all lie at multiples of four.

use crate::kernels::Block;
use core::arch::naked_asm;

/// Copies a block of which all is divisible by four: half an instruction a word, and some a row.
#[unsafe(naked)]
unsafe extern "C" fn words(_to: *mut i8, _from: *const i8, _block: &Block) {
    naked_asm!(
        "push {{r0-r2, r4-r11, lr}}",
        "ldm r2, {{r2, r3}}",
        "1:",
        "mov r12, r3",
        "subs r12, #32",
        "blo 3f",
        "2:",
        "ldm r1!, {{r4-r11}}",
        "stm r0!, {{r4-r11}}",
        "subs r12, #32",
        "bhs 2b",
        "3:",
        "adds r12, #32",
        "beq 5f",
        "4:",
        "ldr r4, [r1], #4",
        "str r4, [r0], #4",
        "subs r12, #4",
        "bne 4b",
        "5:",
        "ldrd r0, r1, [sp]",
        "ldr r4, [sp, #8]",
        "ldrd r4, r5, [r4, #8]",
        "add r0, r4",
        "add r1, r5",
        "strd r0, r1, [sp]",
        "subs r2, #1",
        "bne 1b",
        "add sp, #12",
        "pop {{r4-r11, pc}}",
    )
}

/// Writes a word to all of `len` bytes, which is divisible by four.
#[unsafe(naked)]
unsafe extern "C" fn fill_words(_to: *mut i8, _len: usize, _word: u32) {
    naked_asm!(
        "push {{r4-r8, lr}}",
        "mov r3, r2",
        "mov r4, r2",
        "mov r5, r2",
        "mov r6, r2",
        "mov r7, r2",
        "mov r8, r2",
        "mov r12, r2",
        "subs r1, #32",
        "blo 2f",
        "1:",
        "stm r0!, {{r2-r8, r12}}",
        "subs r1, #32",
        "bhs 1b",
        "2:",
        "adds r1, #32",
        "beq 4f",
        "3:",
        "str r2, [r0], #4",
        "subs r1, #4",
        "bne 3b",
        "4:",
        "pop {{r4-r8, pc}}",
    )
}

/// As [`Lanes::copy`](crate::kernels::Lanes::copy).
#[inline]
pub fn copy(to: &mut [i8], from: &[i8], block: Block) {
    let [to_step, from_step] = block.steps;
    let any = to.as_ptr().addr() | from.as_ptr().addr() | block.len | to_step | from_step;
    if !any.is_multiple_of(4) || !block.fits(to, from) {
        return block.copy(to, from);
    }
    // SAFETY: the block lies in both, and they do not overlap; all its rows start and end at
    // multiples of four.
    unsafe { words(to.as_mut_ptr(), from.as_ptr(), &block) }
}

/// As [`Lanes::fill`](crate::kernels::Lanes::fill).
#[inline]
pub fn fill(to: &mut [i8], value: i8) {
    if !(to.as_ptr().addr() | to.len()).is_multiple_of(4) {
        return to.fill(value);
    }
    let word = u32::from_ne_bytes([value as u8; 4]);
    // SAFETY: all of them are written, from the first, at a multiple of four, to the last.
    unsafe { fill_words(to.as_mut_ptr(), to.len(), word) }
}
