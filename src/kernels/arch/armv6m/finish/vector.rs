//! Sums of a vector, with one scale.

use super::high::{USUAL_BITS, high};
use core::arch::naked_asm;

/// What [`vector`] takes, in the order of its fields.
#[repr(C)]
pub struct Vector {
    /// The next ones, as the next two.
    pub sums: *const i32,
    /// One an output.
    pub bias: *const i32,
    /// The next output.
    pub y: *mut i8,
    /// One past the last output.
    pub end: *mut i8,
    /// The lower half of the multiplier.
    pub low: u32,
    /// Its upper one.
    pub high: u32,
    /// What is added before the shift, where x ≥ 0.
    pub before: i32,
    /// r + 1.
    pub shift: u32,
    /// What x is below.
    pub bound: i32,
    /// The least output.
    pub min: i32,
    /// How far the zero point is above it.
    pub above: i32,
}

/// The outputs up to the first whose sum is unusual; gives where that goes, or the end.
#[unsafe(naked)]
pub unsafe extern "C" fn vector(_of: &Vector) -> *mut i8 {
    naked_asm!(
        high!(),
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "adds r0, #24",
        "ldm r0!, {{r4-r7}}",
        "mov r8, r4",  // before
        "mov r10, r5", // shift
        "mov r9, r6",  // bound
        "mov r12, r7", // min
        "ldr r4, [r0]",
        "mov lr, r4", // above
        "subs r0, #40",
        "ldr r1, [r0, #4]",
        "ldr r2, [r0, #8]",
        "ldr r4, [r0, #12]",
        "mov r11, r4", // end
        "ldr r6, [r0, #16]",
        "ldr r7, [r0, #20]",
        "ldr r0, [r0]",
        "1:",
        "ldm r0!, {{r3}}",
        "ldm r1!, {{r4}}",
        "adds r3, r3, r4",
        "cmp r3, r9",
        "bhs 3f",
        "high lsrs",
        "add r3, r8",
        "mov r4, r10",
        "asrs r3, r4",
        "2:",
        "strb r3, [r2]",
        "adds r2, #1",
        "cmp r2, r11",
        "bne 1b",
        "b 5f",
        "3:",
        "cmp r3, #0",
        "bge 5f",
        "mov r4, lr",
        "cmp r4, #0",
        "beq 4f",
        "movs r4, #1",
        "lsls r4, r4, #{bits}",
        "adds r4, r4, r3",
        "bmi 5f",
        "high asrs",
        "add r3, r8",
        "subs r3, #2",
        "mov r4, r10",
        "asrs r3, r4",
        "cmp r3, r12",
        "bge 2b",
        "4:",
        "mov r3, r12",
        "b 2b",
        "5:",
        "mov r0, r2",
        "pop {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        ".purgem high",
        bits = const USUAL_BITS,
    )
}
