//! A vector, or four rows with one vector, on Helium.

use super::helium;
use core::arch::naked_asm;

/// As [`Raw::dense`](crate::kernels::arch::raw::Raw::dense).
#[unsafe(naked)]
pub unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "mov r12, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r0], #16",
        "vldrb.u8 q1, [r1], #16",
        "vmladava.s8 r12, q0, q1",
        "letp lr, 1b",
        "2:",
        "mov r0, r12",
        "pop {{r7, pc}}",
    )
}

/// One row times each of four: either may be the weights.
#[unsafe(naked)]
pub unsafe extern "C" fn dense4(
    _rows: *const [*const i8; 4],
    _one: *const i8,
    _count: usize,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "ldm r0, {{r5, r7, r9, r11}}",
        "movs r4, #0",
        "movs r6, #0",
        "mov r8, #0",
        "mov r10, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r1], #16",
        "vldrb.u8 q1, [r5], #16",
        "vmladava.s8 r4, q0, q1",
        "vldrb.u8 q2, [r7], #16",
        "vmladava.s8 r6, q0, q2",
        "vldrb.u8 q1, [r9], #16",
        "vmladava.s8 r8, q0, q1",
        "vldrb.u8 q2, [r11], #16",
        "vmladava.s8 r10, q0, q2",
        "letp lr, 1b",
        "2:",
        "stm r3, {{r4, r6, r8, r10}}",
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Raw::segment`](crate::kernels::arch::raw::Raw::segment).
#[unsafe(naked)]
pub unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "mov r12, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r0], #16",
        "vldrb.u8 q1, [r1], #16",
        "vldrb.u8 q2, [r3, q0]",
        "vmladava.s8 r12, q1, q2",
        "letp lr, 1b",
        "2:",
        "mov r0, r12",
        "pop {{r7, pc}}",
    )
}

/// `x` is aligned to 4: words are gathered.
#[unsafe(naked)]
pub unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "mov r12, #0",
        "wlstp.32 lr, r2, 2f",
        "1:",
        "vldrb.u32 q0, [r0], #4",
        "vldrb.u8 q1, [r1], #16",
        "vldrw.u32 q2, [r3, q0, uxtw #2]",
        "vmladava.s8 r12, q1, q2",
        "letp lr, 1b",
        "2:",
        "mov r0, r12",
        "pop {{r7, pc}}",
    )
}

/// The same wherever `x` lies, for windows that start in the middle of a word.
pub unsafe fn block1x4_misaligned(
    blocks: *const u8,
    values: *const [i8; 4],
    count: usize,
    x: *const i8,
) -> i32 {
    let mut sum = 0_i32;
    for i in 0..count {
        // SAFETY: there are as many values as blocks, and four elements of x for each.
        let (w, x) = unsafe {
            let x = x.add(4 * usize::from(*blocks.add(i)));
            (*values.add(i), *x.cast::<[i8; 4]>())
        };
        let products = w.iter().zip(x).map(|(&w, x)| i32::from(w) * i32::from(x));
        sum = products.fold(sum, i32::wrapping_add);
    }
    sum
}
