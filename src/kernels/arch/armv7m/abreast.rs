//! Depthwise filters of 3 × 3 taps over windows side by side, a channel at a time.
//!
//! ```text
//! for each row of taps:
//!     w0, w1, w2 = its weights                                    ldrsb
//!     for each column x of the strip:                             ldrsb
//!         for each window that it belongs to, by a tap w:         1 to 3 of them
//!             sum += w · x                                        mla
//! ```
//!
//! A row of four windows takes 25 instructions for 12 products.

use crate::kernels::arch::armv7::strip::{Kernels, Strip};
use core::arch::naked_asm;

/// The loops.
pub const KERNELS: Kernels = Kernels { two, three, four, four_apart, block: 1 };

/// Macros: r0 is `step`, r2 `channels`, r1 where a row of taps starts, r8 to r10 are weights, which r11 goes
/// through, r4 to r7 the windows' sums.
macro_rules! macros {
    () => {
        "
        .macro mac w, sum
        mla \\sum, \\w, r3, \\sum
        .endm
        .macro first w, sum
        mul \\sum, \\w, r3
        .endm
        .macro weights
        ldrsb r8, [r11]
        ldrsb r9, [r11, r2]
        add r11, r11, r2, lsl #1
        ldrsb r10, [r11]
        add r11, r2
        .endm
        .macro column shift
        ldrsb r3, [r1, r2, lsl #\\shift]
        .endm
        .macro three op
        weights
        ldrsb r3, [r1]
        \\op r8, r4
        column 0
        mac r9, r4
        \\op r8, r5
        column 1
        mac r10, r4
        mac r9, r5
        .endm
        "
    };
}

/// The loop over channels, given the macro `row`, which ends with the strip's next row, and the registers
/// of sums.
macro_rules! channels {
    ($sums:literal) => {
        concat!(
            "
            push {{r4-r11, lr}}
            ldr r2, [r0, #24]
            ldr r12, [r0, #20]
            ldr lr, [r0, #16]
            ldrd r1, r11, [r0, #8]
            ldr r0, [r0, #4]
            push {{r1, r11}}
            9:
            ldrd r11, r1, [sp]
            row first
            row mac
            row mac
            stm lr, ",
            $sums,
            "
            add lr, #16
            ldrd r11, r1, [sp]
            add r11, #1
            add r1, #1
            strd r11, r1, [sp]
            subs r12, #1
            bne 9b
            add sp, #8
            .purgem mac
            .purgem first
            .purgem weights
            .purgem column
            .purgem three
            .purgem row
            pop {{r4-r11, pc}}
            "
        )
    };
}

/// As [`Kernels::four`].
#[unsafe(naked)]
unsafe extern "C" fn four(_strip: &Strip) {
    naked_asm!(
        macros!(),
        "
        .macro row op
        three \\op
        \\op r8, r6
        column 2
        mac r10, r6
        \\op r9, r7
        add r1, r2
        column 1
        mac r10, r5
        mac r9, r6
        mac r8, r7
        column 2
        mac r10, r7
        add r1, r0
        .endm
        ",
        channels!("{{r4-r7}}"),
    )
}

/// As [`Kernels::four_apart`].
#[unsafe(naked)]
unsafe extern "C" fn four_apart(_strip: &Strip) {
    naked_asm!(
        macros!(),
        "
        .macro row op
        weights
        ldrsb r3, [r1]
        \\op r8, r4
        column 0
        mac r9, r4
        column 1
        mac r10, r4
        \\op r8, r5
        column 2
        mac r10, r5
        \\op r8, r6
        add r1, r2
        column 1
        mac r9, r5
        column 2
        mac r9, r6
        add r1, r2
        column 2
        mac r10, r6
        \\op r8, r7
        add r1, r2
        column 2
        mac r9, r7
        add r1, r2
        column 2
        mac r10, r7
        add r1, r0
        .endm
        ",
        channels!("{{r4-r7}}"),
    )
}

/// As [`Kernels::three`].
#[unsafe(naked)]
unsafe extern "C" fn three(_strip: &Strip) {
    naked_asm!(
        macros!(),
        "
        .macro row op
        three \\op
        \\op r8, r6
        column 2
        mac r10, r6
        add r1, r2
        column 1
        mac r10, r5
        mac r9, r6
        add r1, r0
        .endm
        ",
        channels!("{{r4-r6}}"),
    )
}

/// As [`Kernels::two`].
#[unsafe(naked)]
unsafe extern "C" fn two(_strip: &Strip) {
    naked_asm!(
        macros!(),
        "
        .macro row op
        three \\op
        add r1, r2
        column 1
        mac r10, r5
        add r1, r0
        .endm
        ",
        channels!("{{r4, r5}}"),
    )
}
