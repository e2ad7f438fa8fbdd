//! Armv7-M and Armv8-M with the DSP instructions: Cortex-M4, M7, M33.
//!
//! SXTB16 makes two halfwords of two bytes of a word, so that weights come four a load and SMLAD
//! multiplies two of them at once, or SMLABB and SMLABT one half or the other. Four nonzeros of a
//! segment:
//!
//! ```text
//! w = four values                          ldr
//! for each: i = *columns++; x[i]           4 × (ldrb ldrsb)
//! (w0, w2), (w1, w3) = halves of w         sxtb16 sxtb16
//! sum += w0·x0 + w1·x1 + w2·x2 + w3·x3     4 × smlab…
//! ```
//!
//! Tiles of four windows are [`armv7::paired`], windows side by side under a depthwise filter [`abreast`].

/// Assembler macros for one nonzero and for four, their columns at `r1`, values at `r2` and x at `r3`,
/// added to `r12`. They change r4, r5, r8 and r9. Who uses them purges `one`, `two` and `four`.
macro_rules! nonzeros {
    () => {
        "
        .macro one
        ldrb.w r4, [r1], #1
        ldrsb.w r5, [r2], #1
        ldrsb.w r4, [r3, r4]
        smlabb r12, r4, r5, r12
        .endm
        .macro two half
        ldrb.w r4, [r1], #1
        ldrb.w r5, [r1], #1
        ldrsb.w r4, [r3, r4]
        ldrsb.w r5, [r3, r5]
        smlab\\half r12, r4, r9, r12
        smlab\\half r12, r5, r8, r12
        .endm
        .macro four
        ldr.w r8, [r2], #4
        sxtb16 r9, r8
        sxtb16 r8, r8, ror #8
        two b
        two t
        .endm
        "
    };
}

mod abreast;
mod groups;
mod outputs;

use super::armv7;
use super::raw::{self, Raw};
use super::start::{Rows, Starts, Taps};
use crate::kernels::depthwise::BLOCK;
use crate::kernels::tile::{Paired, WINDOWS};
use crate::kernels::{Addition, Block, Channels, Patches, Places, Vector};
use crate::quant::Range;
use core::arch::naked_asm;

/// The loops of cores with DSP instructions.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

#[unsafe(naked)]
unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
    naked_asm!(
        dsp!(),
        "push {{r4, r5, r6, lr}}",
        "movs r4, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 2",
        "ldr r3, [r0], #4",
        "ldr r12, [r1], #4",
        "sxtb16 r5, r3",
        "sxtb16 r3, r3, ror #8",
        "sxtb16 r6, r12",
        "sxtb16 r12, r12, ror #8",
        "smlad r4, r5, r6, r4",
        "smlad r4, r3, r12, r4",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #8",
        "beq 4f",
        "3:",
        "ldrsb r3, [r0], #1",
        "ldrsb r12, [r1], #1",
        "smlabb r4, r3, r12, r4",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "mov r0, r4",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// `rows` are four pointers.
#[unsafe(naked)]
unsafe extern "C" fn dense4(
    _rows: *const *const i8,
    _x: *const i8,
    _count: usize,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        dsp!(),
        "push {{r3-r11, lr}}",
        "ldm r0, {{r0, r3, r4, r5}}",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, #0",
        "mov r9, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 2",
        "ldr lr, [r1], #4",
        "sxtb16 r10, lr",
        "sxtb16 r11, lr, ror #8",
        "ldr lr, [r0], #4",
        "sxtb16 r12, lr",
        "sxtb16 lr, lr, ror #8",
        "smlad r6, r10, r12, r6",
        "smlad r6, r11, lr, r6",
        "ldr lr, [r3], #4",
        "sxtb16 r12, lr",
        "sxtb16 lr, lr, ror #8",
        "smlad r7, r10, r12, r7",
        "smlad r7, r11, lr, r7",
        "ldr lr, [r4], #4",
        "sxtb16 r12, lr",
        "sxtb16 lr, lr, ror #8",
        "smlad r8, r10, r12, r8",
        "smlad r8, r11, lr, r8",
        "ldr lr, [r5], #4",
        "sxtb16 r12, lr",
        "sxtb16 lr, lr, ror #8",
        "smlad r9, r10, r12, r9",
        "smlad r9, r11, lr, r9",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #8",
        "beq 4f",
        "3:",
        "ldrsb r10, [r1], #1",
        "ldrsb r11, [r0], #1",
        "smlabb r6, r10, r11, r6",
        "ldrsb r11, [r3], #1",
        "smlabb r7, r10, r11, r7",
        "ldrsb r11, [r4], #1",
        "smlabb r8, r10, r11, r8",
        "ldrsb r11, [r5], #1",
        "smlabb r9, r10, r11, r9",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "pop {{r3}}",
        "stm r3, {{r6-r9}}",
        "pop {{r4-r11, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        dsp!(),
        "push {{r4-r9, lr}}",
        "mov r12, #0",
        "subs r2, #8",
        "blo 2f",
        "1:",
        ".rept 2",
        "ldr r8, [r1], #4",
        "ldrb r4, [r0], #1",
        "ldrb r5, [r0], #1",
        "ldrb r6, [r0], #1",
        "ldrb r7, [r0], #1",
        "sxtb16 r9, r8",
        "sxtb16 r8, r8, ror #8",
        "ldrsb r4, [r3, r4]",
        "ldrsb r5, [r3, r5]",
        "ldrsb r6, [r3, r6]",
        "ldrsb r7, [r3, r7]",
        "smlabb r12, r4, r9, r12",
        "smlabb r12, r5, r8, r12",
        "smlabt r12, r6, r9, r12",
        "smlabt r12, r7, r8, r12",
        ".endr",
        "subs r2, #8",
        "bhs 1b",
        "2:",
        "adds r2, #4",
        "blo 4f",
        "ldr r8, [r1], #4",
        "ldrb r4, [r0], #1",
        "ldrb r5, [r0], #1",
        "ldrb r6, [r0], #1",
        "ldrb r7, [r0], #1",
        "sxtb16 r9, r8",
        "sxtb16 r8, r8, ror #8",
        "ldrsb r4, [r3, r4]",
        "ldrsb r5, [r3, r5]",
        "ldrsb r6, [r3, r6]",
        "ldrsb r7, [r3, r7]",
        "smlabb r12, r4, r9, r12",
        "smlabb r12, r5, r8, r12",
        "smlabt r12, r6, r9, r12",
        "smlabt r12, r7, r8, r12",
        "subs r2, #4",
        "4:",
        "adds r2, #4",
        "beq 6f",
        "5:",
        "ldrb r4, [r0], #1",
        "ldrsb r5, [r1], #1",
        "ldrsb r4, [r3, r4]",
        "smlabb r12, r4, r5, r12",
        "subs r2, #1",
        "bne 5b",
        "6:",
        "mov r0, r12",
        "pop {{r4-r9, pc}}",
    )
}

/// The sums of `count` rows, at least one, of at least one tile each; gives the end of their columns.
#[unsafe(naked)]
unsafe extern "C" fn sums(_rows: &Rows<*const i8>, _sums: *mut i32, _count: usize) -> *const u8 {
    naked_asm!(
        dsp!(),
        nonzeros!(),
        "
        push {{r4-r11, lr}}
        mov lr, r1
        mov r6, r2
        ldm r0, {{r0-r3, r7}}
        mov r11, r3
        sub r7, #1
        add r7, r3, r7, lsl #8
        8:
        mov r12, #0
        9:
        ldrb r10, [r0], #1
        subs r10, #16
        blo 2f
        1:
        four
        four
        four
        four
        subs r10, #16
        bhs 1b
        2:
        lsls r4, r10, #29
        bcc 3f
        four
        four
        3:
        bpl 4f
        four
        4:
        lsls r4, r10, #31
        bcc 5f
        one
        one
        5:
        bpl 6f
        one
        6:
        cmp r3, r7
        beq 7f
        add r3, #256
        b 9b
        7:
        mov r3, r11
        str r12, [lr], #4
        subs r6, #1
        bne 8b
        mov r0, r1
        pop {{r4-r11, pc}}
        .purgem one
        .purgem two
        .purgem four
        ",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        dsp!(),
        "push {{r4-r9, lr}}",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "subs r2, #4",
        "blo 2f",
        "1:",
        ".rept 4",
        "ldrb r8, [r0], #1",
        "ldr r9, [r1], #4",
        "ldrsb r8, [r3, r8]",
        "sxtb16 r12, r9",
        "sxtb16 r9, r9, ror #8",
        "smlabb r4, r8, r12, r4",
        "smlabb r5, r8, r9, r5",
        "smlabt r6, r8, r12, r6",
        "smlabt r7, r8, r9, r7",
        ".endr",
        "subs r2, #4",
        "bhs 1b",
        "2:",
        "adds r2, #4",
        "beq 4f",
        "3:",
        "ldrb r8, [r0], #1",
        "ldr r9, [r1], #4",
        "ldrsb r8, [r3, r8]",
        "sxtb16 r12, r9",
        "sxtb16 r9, r9, ror #8",
        "smlabb r4, r8, r12, r4",
        "smlabb r5, r8, r9, r5",
        "smlabt r6, r8, r12, r6",
        "smlabt r7, r8, r9, r7",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "ldr r12, [sp, #28]",
        "stm r12, {{r4-r7}}",
        "pop {{r4-r9, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        dsp!(),
        "push {{r4-r7, lr}}",
        "movs r4, #0",
        "subs r2, #4",
        "blo 2f",
        "1:",
        ".rept 4",
        "ldrb r12, [r0], #1",
        "ldr r5, [r1], #4",
        "ldr r12, [r3, r12, lsl #2]",
        "sxtb16 r6, r5",
        "sxtb16 r5, r5, ror #8",
        "sxtb16 r7, r12",
        "sxtb16 r12, r12, ror #8",
        "smlad r4, r6, r7, r4",
        "smlad r4, r5, r12, r4",
        ".endr",
        "subs r2, #4",
        "bhs 1b",
        "2:",
        "adds r2, #4",
        "beq 4f",
        "3:",
        "ldrb r12, [r0], #1",
        "ldr r5, [r1], #4",
        "ldr r12, [r3, r12, lsl #2]",
        "sxtb16 r6, r5",
        "sxtb16 r5, r5, ror #8",
        "sxtb16 r7, r12",
        "sxtb16 r12, r12, ror #8",
        "smlad r4, r6, r7, r4",
        "smlad r4, r5, r12, r4",
        "subs r2, #1",
        "bne 3b",
        "4:",
        "mov r0, r4",
        "pop {{r4-r7, pc}}",
    )
}

/// Blocks of four channels, `taps` in the order height, width, channels, skip; sums are four words
/// apart.
#[unsafe(naked)]
unsafe extern "C" fn depthwise(
    _w: *const i8,
    _x: *const i8,
    _taps: &Taps,
    _sums: *mut [i32; WINDOWS],
    _blocks: usize,
) {
    naked_asm!(
        dsp!(),
        "push {{r0-r3, r4-r11, lr}}",
        "sub sp, #4",
        "9:",
        "ldr r2, [sp, #12]",
        "ldm r2, {{r2, r3, r4, r5}}",
        "ldrd r0, r1, [sp, #4]",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, #0",
        "mov r9, #0",
        "cmp r3, #3",
        "bne 2f",
        "add r3, r4, r4, lsl #1",
        "add r5, r3",
        "1:",
        "ldr r10, [r0]",
        "ldr r11, [r1]",
        "sxtb16 lr, r10",
        "sxtb16 r12, r11",
        "smlabb r6, lr, r12, r6",
        "smlatt r8, lr, r12, r8",
        "sxtb16 r10, r10, ror #8",
        "sxtb16 r11, r11, ror #8",
        "smlabb r7, r10, r11, r7",
        "smlatt r9, r10, r11, r9",
        "ldr r10, [r0, r4]",
        "ldr r11, [r1, r4]",
        "sxtb16 lr, r10",
        "sxtb16 r12, r11",
        "smlabb r6, lr, r12, r6",
        "smlatt r8, lr, r12, r8",
        "sxtb16 r10, r10, ror #8",
        "sxtb16 r11, r11, ror #8",
        "smlabb r7, r10, r11, r7",
        "smlatt r9, r10, r11, r9",
        "ldr r10, [r0, r4, lsl #1]",
        "ldr r11, [r1, r4, lsl #1]",
        "sxtb16 lr, r10",
        "sxtb16 r12, r11",
        "smlabb r6, lr, r12, r6",
        "smlatt r8, lr, r12, r8",
        "sxtb16 r10, r10, ror #8",
        "sxtb16 r11, r11, ror #8",
        "smlabb r7, r10, r11, r7",
        "smlatt r9, r10, r11, r9",
        "add r0, r3",
        "add r1, r5",
        "subs r2, #1",
        "bne 1b",
        "b 4f",
        "2:",
        "str r3, [sp]",
        "3:",
        "ldr r10, [r0]",
        "ldr r11, [r1]",
        "sxtb16 lr, r10",
        "sxtb16 r12, r11",
        "smlabb r6, lr, r12, r6",
        "smlatt r8, lr, r12, r8",
        "sxtb16 r10, r10, ror #8",
        "sxtb16 r11, r11, ror #8",
        "smlabb r7, r10, r11, r7",
        "smlatt r9, r10, r11, r9",
        "add r0, r4",
        "add r1, r4",
        "subs r3, #1",
        "bne 3b",
        "ldr r3, [sp]",
        "add r1, r5",
        "subs r2, #1",
        "bne 2b",
        "4:",
        "ldr r2, [sp, #16]",
        "str r6, [r2]",
        "str r7, [r2, #16]",
        "str r8, [r2, #32]",
        "str r9, [r2, #48]",
        "add r2, #64",
        "str r2, [sp, #16]",
        "ldrd r0, r1, [sp, #4]",
        "add r0, #4",
        "add r1, #4",
        "strd r0, r1, [sp, #4]",
        "ldr r3, [sp, #56]",
        "subs r3, #1",
        "str r3, [sp, #56]",
        "bne 9b",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
    )
}

// SAFETY, for all below: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Dsp {
    type Layout = Paired;

    #[inline]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        unsafe { dense(w, x, count) }
    }

    #[inline]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        unsafe { dense4(w.as_ptr(), x, count, sums) }
    }

    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        unsafe { segment(columns, values, count, x) }
    }

    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        let (to, count) = (sums.as_mut_ptr(), sums.len());
        if count == 0 || rows.tiles == 0 {
            sums.fill(0);
            return 0;
        }
        let end = unsafe { self::sums(rows, to, count) };
        end.addr() - rows.columns.addr()
    }

    #[inline]
    unsafe fn outputs(rows: &Rows<*const i8>, to: &mut Vector<'_, '_>) -> Option<()> {
        unsafe { outputs::outputs(rows, to) }
    }

    #[inline]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        unsafe { block4x1(columns, values, count, x, sums) }
    }

    #[inline]
    unsafe fn block_run(rows: &Rows<*const i8>, sums: &mut [[i32; 4]]) -> usize {
        unsafe {
            match groups::block_run(rows, sums) {
                Some(taken) => taken,
                None => raw::block_run::<Self>(rows, sums),
            }
        }
    }

    #[inline]
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32 {
        unsafe { block1x4(blocks, values, count, x) }
    }

    #[inline]
    unsafe fn depthwise(
        w: *const i8,
        x: *const i8,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let last = count - BLOCK;
        unsafe {
            depthwise(w, x, taps, sums, count / BLOCK);
            if count % BLOCK > 0 {
                depthwise(w.add(last), x.add(last), taps, sums.add(last), 1);
            }
        }
    }

    #[inline]
    unsafe fn tile_depthwise(
        w: *const i8,
        starts: &Starts,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        unsafe { abreast::KERNELS.tile(Self::depthwise, (w, starts, taps), sums, count) }
    }

    armv7::paired::tiles!();
}
