//! Depthwise filters of 3 × 3 taps over windows side by side, which share most of what they read.
//!
//! Two channels of each window at a time, those in the lower halves of the words, then the others:
//!
//! ```text
//! for each row of taps:
//!     w0, w1, w2 = its weights, two channels each                 ldr sxtb16
//!     for each column of the strip:
//!         x = two channels of it                                  ldr sxtb16
//!         for each window that it belongs to, by a tap w:         1 to 3 of them
//!             sum += w · x, two channels                          smlabb smlatt
//! ```
//!
//! A row of four windows one column apart takes 49 instructions for 24 products, of windows two apart 55.

use crate::kernels::arch::armv7::strip::{Kernels, Strip};
use crate::kernels::depthwise::BLOCK;
use core::arch::naked_asm;

/// The loops.
pub const KERNELS: Kernels = Kernels { two, three, four, four_apart, block: BLOCK };

/// Macros: r2 is `channels`, r1 where a row of taps starts, r0, r12 and lr are weights. Of the windows,
/// r4 to r7 are a channel's sums and r8 to r11 those of the channel after the next.
macro_rules! macros {
    () => {
        "
        .macro mac w, lower, upper
        smlabb \\lower, \\w, r3, \\lower
        smlatt \\upper, \\w, r3, \\upper
        .endm
        .macro mul w, lower, upper
        smulbb \\lower, \\w, r3
        smultt \\upper, \\w, r3
        .endm
        .macro half word, odd
        .if \\odd
        sxtb16 \\word, \\word, ror #8
        .else
        sxtb16 \\word, \\word
        .endif
        .endm
        .macro weights odd
        ldr r3, [sp]
        ldr r0, [r3]
        ldr r12, [r3, r2]
        add r3, r3, r2, lsl #1
        ldr lr, [r3]
        add r3, r2
        str r3, [sp]
        half r0, \\odd
        half r12, \\odd
        half lr, \\odd
        .endm
        .macro column shift, odd
        ldr r3, [r1, r2, lsl #\\shift]
        half r3, \\odd
        .endm
        .macro three odd, first
        weights \\odd
        ldr r3, [r1]
        half r3, \\odd
        \\first r0, r4, r8
        column 0, \\odd
        mac r12, r4, r8
        \\first r0, r5, r9
        column 1, \\odd
        mac lr, r4, r8
        mac r12, r5, r9
        .endm
        "
    };
}

/// Undoes them.
macro_rules! purge {
    () => {
        "
        .purgem mac
        .purgem mul
        .purgem half
        .purgem weights
        .purgem column
        .purgem three
        .purgem row
        .purgem pass
        "
    };
}

/// The loop over blocks of four channels, given the macro `row`, which ends with the strip's next row, and
/// the registers that hold sums of a channel and of the other.
macro_rules! blocks {
    ($lower:literal, $upper:literal) => {
        concat!(
            "
            .macro pass odd
            ldrd r0, r1, [sp, #8]
            str r0, [sp]
            row \\odd, mul
            row \\odd, mac
            row \\odd, mac
            ldr r0, [sp, #16]
            .if \\odd
            add r0, #16
            .endif
            add r3, r0, #32
            stm r0, ",
            $lower,
            "
            stm r3, ",
            $upper,
            "
            .endm
            push {{r4-r11, lr}}
            ldr r2, [r0, #24]
            ldm r0, {{r4-r9}}
            push {{r4-r9}}
            9:
            pass 0
            pass 1
            ldrd r0, r1, [sp, #8]
            add r0, #4
            add r1, #4
            strd r0, r1, [sp, #8]
            ldrd r0, r1, [sp, #16]
            add r0, #64
            subs r1, #1
            strd r0, r1, [sp, #16]
            bne 9b
            add sp, #24
            pop {{r4-r11, pc}}
            "
        )
    };
}

/// Four windows, each a column behind the one before; `step` is a row less one column.
#[unsafe(naked)]
unsafe extern "C" fn four(_strip: &Strip) {
    naked_asm!(
        dsp!(),
        macros!(),
        "
        .macro row odd, first
        three \\odd, \\first
        \\first r0, r6, r10
        column 2, \\odd
        mac lr, r6, r10
        \\first r12, r7, r11
        add r1, r2
        column 1, \\odd
        mac lr, r5, r9
        mac r12, r6, r10
        mac r0, r7, r11
        column 2, \\odd
        mac lr, r7, r11
        ldr r3, [sp, #4]
        add r1, r3
        .endm
        ",
        blocks!("{{r4-r7}}", "{{r8-r11}}"),
        purge!(),
    )
}

/// Four windows, each two columns behind the one before; `step` is a row less four columns.
#[unsafe(naked)]
unsafe extern "C" fn four_apart(_strip: &Strip) {
    naked_asm!(
        dsp!(),
        macros!(),
        "
        .macro row odd, first
        weights \\odd
        ldr r3, [r1]
        half r3, \\odd
        \\first r0, r4, r8
        column 0, \\odd
        mac r12, r4, r8
        column 1, \\odd
        mac lr, r4, r8
        \\first r0, r5, r9
        column 2, \\odd
        mac lr, r5, r9
        \\first r0, r6, r10
        add r1, r2
        column 1, \\odd
        mac r12, r5, r9
        column 2, \\odd
        mac r12, r6, r10
        add r1, r2
        column 2, \\odd
        mac lr, r6, r10
        \\first r0, r7, r11
        add r1, r2
        column 2, \\odd
        mac r12, r7, r11
        add r1, r2
        column 2, \\odd
        mac lr, r7, r11
        ldr r3, [sp, #4]
        add r1, r3
        .endm
        ",
        blocks!("{{r4-r7}}", "{{r8-r11}}"),
        purge!(),
    )
}

/// Three windows, as [`four`].
#[unsafe(naked)]
unsafe extern "C" fn three(_strip: &Strip) {
    naked_asm!(
        dsp!(),
        macros!(),
        "
        .macro row odd, first
        three \\odd, \\first
        \\first r0, r6, r10
        column 2, \\odd
        mac lr, r6, r10
        add r1, r2
        column 1, \\odd
        mac lr, r5, r9
        mac r12, r6, r10
        ldr r3, [sp, #4]
        add r1, r3
        .endm
        ",
        blocks!("{{r4-r6}}", "{{r8-r10}}"),
        purge!(),
    )
}

/// Two windows, as [`four`].
#[unsafe(naked)]
unsafe extern "C" fn two(_strip: &Strip) {
    naked_asm!(
        dsp!(),
        macros!(),
        "
        .macro row odd, first
        three \\odd, \\first
        add r1, r2
        column 1, \\odd
        mac lr, r5, r9
        ldr r3, [sp, #4]
        add r1, r3
        .endm
        ",
        blocks!("{{r4, r5}}", "{{r8, r9}}"),
        purge!(),
    )
}
