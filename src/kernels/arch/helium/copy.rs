//! Bytes moved on Helium: 16 in three instructions, filled with a value in two. What the compiler calls
//! for either knows nothing of vectors.

use super::helium;
use crate::kernels::Block;
use core::arch::naked_asm;

/// As [`Lanes::copy`](crate::kernels::Lanes::copy): 7 instructions a row besides.
#[inline]
pub fn copy(to: &mut [i8], from: &[i8], block: Block) {
    if block.fits(to, from) {
        // SAFETY: there is a row at least, and the last lies in both.
        unsafe { copy_block(to.as_mut_ptr(), from.as_ptr(), &block) }
    }
}

/// As [`Lanes::fill`](crate::kernels::Lanes::fill).
#[inline]
pub fn fill(to: &mut [i8], value: i8) {
    // SAFETY: the slice has as many bytes.
    unsafe { fill_bytes(to.as_mut_ptr(), value, to.len()) }
}

/// The block's fields in order: rows, bytes of a row, steps.
#[unsafe(naked)]
unsafe extern "C" fn copy_block(_to: *mut i8, _from: *const i8, _block: &Block) {
    naked_asm!(
        helium!(),
        "push {{r4-r8, lr}}",
        "ldm r2, {{r2, r3, r4, r5}}",
        "1:",
        "mov r6, r0",
        "mov r7, r1",
        "wlstp.8 lr, r3, 3f",
        "2:",
        "vldrb.u8 q0, [r7], #16",
        "vstrb.8 q0, [r6], #16",
        "letp lr, 2b",
        "3:",
        "add r0, r4",
        "add r1, r5",
        "subs r2, #1",
        "bne 1b",
        "pop {{r4-r8, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn fill_bytes(_to: *mut i8, _value: i8, _count: usize) {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "vdup.8 q0, r1",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vstrb.8 q0, [r0], #16",
        "letp lr, 1b",
        "2:",
        "pop {{r7, pc}}",
    )
}
