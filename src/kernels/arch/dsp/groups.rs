//! Groups of four rows in blocks of four outputs, over one vector, on cores with DSP instructions.
//!
//! ```text
//! for each group:
//!     for each block:                                   9 instructions
//!         x = x[*columns++]                             ldrb ldrsb
//!         (w0, w2), (w1, w3) = *values++                ldr sxtb16 sxtb16
//!         sum0 += w0 · x, … sum3 += w3 · x              smlabb smlabb smlabt smlabt
//! ```
//!
//! The steps of up to 32 blocks stand one after the other, and a table tells for each count where to enter, as
//! in [`rows`](crate::kernels::arch::armv7): 9 instructions a group besides.

use crate::kernels::arch::start::Rows;
use core::arch::naked_asm;

/// Sums of `count` groups of one tile each, at least one; gives the end of their columns.
#[unsafe(naked)]
unsafe extern "C" fn single(
    _rows: &Rows<*const i8>,
    _sums: *mut [i32; 4],
    _count: usize,
) -> *const u8 {
    naked_asm!(
        dsp!(),
        "
        .macro step
        ldrb.w r8, [r1], #1
        ldr.w r9, [r2], #4
        ldrsb.w r8, [r3, r8]
        sxtb16 r12, r9
        sxtb16 r9, r9, ror #8
        smlabb r4, r8, r12, r4
        smlabb r5, r8, r9, r5
        smlabt r6, r8, r12, r6
        smlabt r7, r8, r9, r7
        .endm
        push {{r4-r11, lr}}
        mov lr, r1
        mov r11, r2
        ldm r0, {{r0-r3}}
        9:
        movs r4, #0
        movs r5, #0
        movs r6, #0
        movs r7, #0
        ldrb r10, [r0], #1
        1:
        tbh [pc, r10, lsl #1]
        2:
        .set .Lcount, 0
        .rept 33
        .short (4f - 2b) / 2 - 18 * .Lcount
        .set .Lcount, .Lcount + 1
        .endr
        .rept 223
        .short (3f - 2b) / 2
        .endr
        3:
        sub r10, #32
        5:
        .rept 6
        step
        .endr
        subs r10, #6
        bhi 5b
        add r10, #32
        b 1b
        .rept 32
        step
        .endr
        4:
        stm lr!, {{r4-r7}}
        subs r11, #1
        bne.w 9b
        mov r0, r1
        .purgem step
        pop {{r4-r11, pc}}
        ",
    )
}

/// As [`Raw::block_run`](crate::kernels::arch::raw::Raw::block_run), for groups of one tile.
#[inline]
pub unsafe fn block_run(rows: &Rows<*const i8>, sums: &mut [[i32; 4]]) -> Option<usize> {
    if rows.tiles != 1 || sums.is_empty() {
        return None;
    }
    // SAFETY: the caller's promise; there is a group and it has one tile.
    let end = unsafe { single(rows, sums.as_mut_ptr(), sums.len()) };
    Some(end.addr() - rows.columns.addr())
}
