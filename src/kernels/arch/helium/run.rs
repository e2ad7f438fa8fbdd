//! Successive rows of an unstructured matrix on Helium.
//!
//! ```text
//! for each row:
//!     n = *counts++; sum = 0                       the count of each tile
//!     sum += 16 nonzeros at a time                 5 instructions each, 11 for four windows
//!     *sums++ = sum
//! ```
//!
//! 7.5 instructions a row besides the nonzeros, 16 over four windows. Loads that go past a tile's
//! last nonzero leave their pointers past it, too, from where they are brought back.

use super::helium;
use crate::kernels::arch::start::Rows;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Adds the products of the next tile's nonzeros with the inputs at r7 to a register. Columns are at
/// r5, values r6 further on.
macro_rules! segment {
    ($sum:literal) => {
        concat!(
            "ldrb r3, [r4], #1\n",
            "mov r9, r5\n",
            "add r10, r5, r6\n",
            "add r5, r3\n",
            "wlstp.8 lr, r3, 8f\n",
            "7:\n",
            "vldrb.u8 q0, [r9], #16\n",
            "vldrb.u8 q1, [r10], #16\n",
            "vldrb.u8 q2, [r7, q0]\n",
            "vmladava.s8 ",
            $sum,
            ", q1, q2\n",
            "letp lr, 7b\n",
            "8:\n",
        )
    };
}

/// As [`Raw::run`](crate::kernels::arch::raw::Raw::run), for `count` rows.
#[unsafe(naked)]
pub unsafe extern "C" fn run(_rows: &Rows<*const i8>, _sums: *mut i32, _count: usize) -> usize {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "ldm r0, {{r4, r5, r6, r7, r8}}",
        "mov r0, r5",
        "subs r6, r6, r5",
        "cmp r2, #0",
        "beq 2f",
        "cmp r8, #1",
        "bne 3f",
        // Two rows at a time, an odd one first.
        "lsrs r2, r2, #1",
        "bcc 1f",
        "mov r12, #0",
        segment!("r12"),
        "str r12, [r1], #4",
        "cbz r2, 2f",
        "1:",
        "mov r8, #0",
        segment!("r8"),
        "mov r12, #0",
        segment!("r12"),
        "strd r8, r12, [r1], #8",
        "subs r2, #1",
        "bne 1b",
        "2:",
        "subs r0, r5, r0",
        "pop {{r4-r11, pc}}",
        // More than one tile a row.
        "3:",
        "mov r12, #0",
        "mov r11, r8",
        "4:",
        segment!("r12"),
        "add r7, #256",
        "subs r11, #1",
        "bne 4b",
        "sub r7, r7, r8, lsl #8",
        "str r12, [r1], #4",
        "subs r2, #1",
        "bne 3b",
        "b 2b",
    )
}

/// Sums of four windows, none yet.
macro_rules! zero {
    () => {
        "
        movs r4, #0
        movs r6, #0
        mov r8, #0
        mov r10, #0
        "
    };
}

/// Adds the products of the next tile's nonzeros with four windows' inputs. Columns are at r0,
/// values at r1.
macro_rules! tile_segment {
    () => {
        "
        ldrb r2, [r3], #1
        wlstp.8 lr, r2, 8f
        7:
        vldrb.u8 q0, [r0], #16
        vldrb.u8 q1, [r1], #16
        vldrb.u8 q2, [r5, q0]
        vmladava.s8 r4, q1, q2
        vldrb.u8 q3, [r7, q0]
        vmladava.s8 r6, q1, q3
        vldrb.u8 q2, [r9, q0]
        vmladava.s8 r8, q1, q2
        vldrb.u8 q3, [r11, q0]
        vmladava.s8 r10, q1, q3
        letp lr, 7b
        8:
        rsbs r2, r2, #0
        and r2, r2, #15
        subs r0, r0, r2
        subs r1, r1, r2
        "
    };
}

/// As [`Raw::tile_run`](crate::kernels::arch::raw::Raw::tile_run), for `count` rows.
#[unsafe(naked)]
pub unsafe extern "C" fn tile_run(
    _rows: &Rows<[*const i8; WINDOWS]>,
    _sums: *mut [i32; WINDOWS],
    _count: usize,
) -> usize {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        // On the stack: the rows, the end of the sums, the end of a row in the first window.
        "ldr r5, [r0, #28]",
        "ldr r6, [r0, #12]",
        "add r4, r1, r2, lsl #4",
        "add r6, r6, r5, lsl #8",
        "push {{r0, r4, r6}}",
        "mov r12, r1",
        "ldrd r9, r11, [r0, #20]",
        "cmp r5, #1",
        "ldrd r5, r7, [r0, #12]",
        "ldm r0, {{r3, r4, r6}}",
        "mov r0, r4",
        "mov r1, r6",
        "cbz r2, 2f",
        "bne 3f",
        "1:",
        zero!(),
        tile_segment!(),
        "stm r12!, {{r4, r6, r8, r10}}",
        "ldr r2, [sp, #4]",
        "cmp r12, r2",
        "bne 1b",
        "2:",
        "ldr r2, [sp]",
        "ldr r2, [r2, #4]",
        "subs r0, r0, r2",
        "add sp, #12",
        "pop {{r4-r11, pc}}",
        // More than one tile a row.
        "3:",
        zero!(),
        "4:",
        tile_segment!(),
        "add r5, #256",
        "add r7, #256",
        "add r9, #256",
        "add r11, #256",
        "ldr r2, [sp, #8]",
        "cmp r5, r2",
        "bne 4b",
        "stm r12!, {{r4, r6, r8, r10}}",
        "ldr r2, [sp]",
        "ldrd r5, r7, [r2, #12]",
        "ldrd r9, r11, [r2, #20]",
        "ldr r2, [sp, #4]",
        "cmp r12, r2",
        "bne 3b",
        "b 2b",
    )
}
