//! Rows times a vector on cores with DSP instructions: four weights a load.

use crate::kernels::arch::start::Rows;
use core::arch::naked_asm;

#[unsafe(naked)]
pub unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
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
pub unsafe extern "C" fn dense4(
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
pub unsafe extern "C" fn segment(
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
pub unsafe extern "C" fn sums(
    _rows: &Rows<*const i8>,
    _sums: *mut i32,
    _count: usize,
) -> *const u8 {
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
