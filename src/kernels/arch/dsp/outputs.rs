//! Fully connected rows from nonzeros to bytes on cores with DSP instructions.
//!
//! ```text
//! for each row:
//!     sum = bias                                            ldr
//!     its nonzeros, by the table of their number            ldrb tbh
//!     four of them                                          15 instructions
//!     one of them                                           4
//!     y = saturate((round(2 · sum) · multiplier) >> shift)  10, and 2 to go on
//! ```
//!
//! For each number the table has the place to enter: that many fours before the end of their chain or, for what
//! the number leaves over four, as many single steps before a branch to that place.

use crate::kernels::Vector;
use crate::kernels::arch::start::Rows;
use core::arch::naked_asm;

/// What rows become outputs by, in the order in which it is loaded.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Finish {
    bias: *const i32,
    y: *mut i8,
    /// To the right.
    shift: u32,
    /// One past the last of `y`.
    end: *mut i8,
    multiplier: i32,
    /// Half and the zero point, before the shift.
    rounding: i32,
}

/// Writes the outputs of rows of one tile, at least one row. `false`, at the first doubled sum that overflows 32
/// bits: the outputs are then void.
#[unsafe(naked)]
unsafe extern "C" fn single(_rows: &Rows<*const i8>, _of: &Finish) -> bool {
    naked_asm!(
        dsp!(),
        nonzeros!(),
        "
        .macro leftover
        one
        one
        one
        b.w 4f - 60 * .Lcount
        .endm
        .macro entries
        .short (4f - 2b) / 2 - 30 * .Lcount
        .short (5f - 2b) / 2 + 26 * .Lcount + 16
        .short (5f - 2b) / 2 + 26 * .Lcount + 8
        .short (5f - 2b) / 2 + 26 * .Lcount
        .endm
        push {{r4-r11, lr}}
        ldrd r4, r5, [r1, #8]
        push {{r4, r5, lr}}
        ldrd r6, r7, [r1, #16]
        ldrd lr, r11, [r1]
        ldm r0, {{r0-r3}}
        9:
        ldr r12, [lr], #4
        ldrb r10, [r0], #1
        1:
        tbh [pc, r10, lsl #1]
        2:
        .set .Lcount, 0
        .rept 9
        entries
        .set .Lcount, .Lcount + 1
        .endr
        .rept 220
        .short (3f - 2b) / 2
        .endr
        3:
        .rept 4
        four
        .endr
        sub r10, #16
        b 1b
        5:
        .set .Lcount, 0
        .rept 9
        leftover
        .set .Lcount, .Lcount + 1
        .endr
        .rept 8
        four
        .endr
        4:
        adds r12, r12, r12
        bvs 6f
        smmlar r4, r12, r6, r7
        ldrd r8, r9, [sp]
        add r4, r4, r12, asr #31
        asr r4, r4, r8
        ssat r4, #8, r4
        strb r4, [r11], #1
        cmp r11, r9
        bne.w 9b
        6:
        ite vs
        movvs r0, #0
        movvc r0, #1
        add sp, #12
        pop {{r4-r11, pc}}
        .purgem one
        .purgem two
        .purgem four
        .purgem leftover
        .purgem entries
        ",
    )
}

/// As [`Raw::outputs`](crate::kernels::arch::raw::Raw::outputs), for rows of one tile and one scale.
#[inline]
pub unsafe fn outputs(rows: &Rows<*const i8>, to: &mut Vector<'_, '_>) -> Option<()> {
    let (range, count) = (to.range, to.y.len());
    let (&[multiplier], &[shift @ -22..0]) = (to.channels.multipliers, to.channels.shifts) else {
        return None;
    };
    let plain = range.is_full() && i8::try_from(range.zero_point).is_ok();
    if !plain || rows.tiles != 1 || count == 0 || to.channels.bias.len() < count {
        return None;
    }
    let (shift, y) = (u32::from(shift.unsigned_abs()), to.y.as_mut_ptr_range());
    let rounding = (2 * range.zero_point + 1) << (shift - 1);
    let bias = to.channels.bias.as_ptr();
    let of = Finish { bias, y: y.start, shift, end: y.end, multiplier, rounding };
    // SAFETY: the caller's promise, and there are as many biases as outputs.
    unsafe { single(rows, &of) }.then_some(())
}
