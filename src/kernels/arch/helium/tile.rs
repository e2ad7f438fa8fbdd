//! Tiles of four windows on Helium: what is loaded of the weights serves each window.
//!
//! VMLADAVA adds to core registers of even number, of which a loop has seven: enough for four sums,
//! not for 16: dense rows are taken two by two windows.

use super::helium;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// The windows' first columns.
type Start = [*const i8; WINDOWS];

/// Two rows of weights by two windows. In bytes: where their pointers are in the two arrays, and
/// where the first sum goes.
macro_rules! two_by_two {
    ($row:literal, $window:literal, $sums:literal) => {
        concat!(
            "ldrd r5, r7, [r0, #",
            $row,
            "]\n",
            "ldrd r9, r11, [r1, #",
            $window,
            "]\n",
            "movs r4, #0\n",
            "movs r6, #0\n",
            "mov r8, #0\n",
            "mov r10, #0\n",
            "wlstp.8 lr, r2, 2f\n",
            "1:\n",
            "vldrb.u8 q0, [r5], #16\n",
            "vldrb.u8 q1, [r9], #16\n",
            "vmladava.s8 r4, q0, q1\n",
            "vldrb.u8 q2, [r11], #16\n",
            "vmladava.s8 r6, q0, q2\n",
            "vldrb.u8 q3, [r7], #16\n",
            "vmladava.s8 r8, q3, q1\n",
            "vmladava.s8 r10, q3, q2\n",
            "letp lr, 1b\n",
            "2:\n",
            "strd r4, r6, [r3, #",
            $sums,
            "]\n",
            "strd r8, r10, [r3, #",
            $sums,
            " + 16]\n",
        )
    };
}

/// As [`Raw::tile_dense4`](crate::kernels::arch::raw::Raw::tile_dense4).
#[unsafe(naked)]
pub unsafe extern "C" fn dense4(
    _rows: *const [*const i8; 4],
    _tile: *const Start,
    _count: usize,
    _sums: &mut [[i32; WINDOWS]; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        two_by_two!("0", "0", "0"),
        two_by_two!("0", "8", "8"),
        two_by_two!("8", "0", "32"),
        two_by_two!("8", "8", "40"),
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Raw::tile_segment`](crate::kernels::arch::raw::Raw::tile_segment).
#[unsafe(naked)]
pub unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _tile: *const Start,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "ldm r3, {{r5, r7, r9, r11}}",
        "movs r4, #0",
        "movs r6, #0",
        "mov r8, #0",
        "mov r10, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r0], #16",
        "vldrb.u8 q1, [r1], #16",
        "vldrb.u8 q2, [r5, q0]",
        "vmladava.s8 r4, q1, q2",
        "vldrb.u8 q3, [r7, q0]",
        "vmladava.s8 r6, q1, q3",
        "vldrb.u8 q2, [r9, q0]",
        "vmladava.s8 r8, q1, q2",
        "vldrb.u8 q3, [r11, q0]",
        "vmladava.s8 r10, q1, q3",
        "letp lr, 1b",
        "2:",
        "ldr r12, [sp, #36]",
        "stm r12, {{r4, r6, r8, r10}}",
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Raw::tile_block1x4`](crate::kernels::arch::raw::Raw::tile_block1x4), windows aligned
/// to 4.
#[unsafe(naked)]
pub unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: *const Start,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "ldm r3, {{r5, r7, r9, r11}}",
        "movs r4, #0",
        "movs r6, #0",
        "mov r8, #0",
        "mov r10, #0",
        "wlstp.32 lr, r2, 2f",
        "1:",
        "vldrb.u32 q0, [r0], #4",
        "vldrb.u8 q1, [r1], #16",
        "vldrw.u32 q2, [r5, q0, uxtw #2]",
        "vmladava.s8 r4, q1, q2",
        "vldrw.u32 q3, [r7, q0, uxtw #2]",
        "vmladava.s8 r6, q1, q3",
        "vldrw.u32 q2, [r9, q0, uxtw #2]",
        "vmladava.s8 r8, q1, q2",
        "vldrw.u32 q3, [r11, q0, uxtw #2]",
        "vmladava.s8 r10, q1, q3",
        "letp lr, 1b",
        "2:",
        "ldr r12, [sp, #36]",
        "stm r12, {{r4, r6, r8, r10}}",
        "pop {{r4-r11, pc}}",
    )
}
