//! Blocks of four outputs on Helium.
//!
//! VLD4 parts the values of 16 blocks into four rows. It cannot be told to load fewer, so those of the
//! last blocks are gathered:
//!
//! ```text
//! for 16 blocks: x = inputs at the columns        vldrb vldrb, four times vldrb for windows
//!     four rows of values                         4 × vld4
//!     sums += row · x                             4 × vmladava, for windows 4 × (ldm 4 × vmladava stm)
//! the same once with the values of each row gathered at 0, 4, 8, …
//! ```
//!
//! 11 instructions for 64 products and 13 for the last blocks; 35 for 256 products of four windows,
//! whose 16 sums are more than there are registers, and 42 for the last.

use super::helium;
use crate::kernels::arch::start::Rows;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// The windows' first columns.
type Start = [*const i8; WINDOWS];

/// Adds the products of r2 blocks, their columns at r0 and values at r1, with the inputs at r3 to r4,
/// r6, r8, r10. Leaves r0 and r1 past the last.
macro_rules! blocks {
    () => {
        "
        lsrs r12, r2, #4
        wls lr, r12, 6f
        5:
        vldrb.u8 q0, [r0], #16
        vldrb.u8 q4, [r3, q0]
        vld40.8 {{q0, q1, q2, q3}}, [r1]
        vld41.8 {{q0, q1, q2, q3}}, [r1]
        vld42.8 {{q0, q1, q2, q3}}, [r1]
        vld43.8 {{q0, q1, q2, q3}}, [r1]!
        vmladava.s8 r4, q0, q4
        vmladava.s8 r6, q1, q4
        vmladava.s8 r8, q2, q4
        vmladava.s8 r10, q3, q4
        le lr, 5b
        6:
        and r2, r2, #15
        wlstp.8 lr, r2, 8f
        7:
        vldrb.u8 q0, [r0]
        vldrb.u8 q1, [r3, q0]
        mov r12, #0
        vidup.u8 q0, r12, #4
        vldrb.u8 q2, [r1, q0]
        vmladava.s8 r4, q2, q1
        add r12, r1, #1
        vldrb.u8 q3, [r12, q0]
        vmladava.s8 r6, q3, q1
        add r12, r1, #2
        vldrb.u8 q2, [r12, q0]
        vmladava.s8 r8, q2, q1
        add r12, r1, #3
        vldrb.u8 q3, [r12, q0]
        vmladava.s8 r10, q3, q1
        letp lr, 7b
        8:
        add r0, r2
        add r1, r1, r2, lsl #2
        "
    };
}

/// No sums yet.
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

/// As [`Raw::block4x1`](crate::kernels::arch::raw::Raw::block4x1).
#[unsafe(naked)]
pub unsafe extern "C" fn one(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, r8, r10, lr}}",
        "vpush {{d8, d9}}",
        zero!(),
        blocks!(),
        "vpop {{d8, d9}}",
        "ldr r12, [sp, #24]",
        "stm r12, {{r4, r6, r8, r10}}",
        "pop {{r4, r5, r6, r8, r10, pc}}",
    )
}

/// As [`Raw::block_run`](crate::kernels::arch::raw::Raw::block_run), for `count` groups.
#[unsafe(naked)]
pub unsafe extern "C" fn run(
    _rows: &Rows<*const i8>,
    _sums: *mut [i32; 4],
    _count: usize,
) -> usize {
    naked_asm!(
        helium!(),
        "push {{r0, r4-r11, lr}}",
        "vpush {{d8, d9}}",
        "mov r9, r1",
        "mov r11, r2",
        "ldr r5, [r0]",
        "ldr r1, [r0, #8]",
        "ldr r3, [r0, #12]",
        "ldr r7, [r0, #16]",
        "ldr r0, [r0, #4]",
        "cmp r11, #0",
        "beq 3f",
        // The groups, then the tiles of a group.
        "1:",
        zero!(),
        "2:",
        "ldrb r2, [r5], #1",
        blocks!(),
        "add r3, #256",
        "subs r7, #1",
        "bne 2b",
        "stm r9!, {{r4, r6, r8, r10}}",
        "ldr r12, [sp, #16]",
        "ldrd r3, r7, [r12, #12]",
        "subs r11, #1",
        "bne 1b",
        "3:",
        "ldr r12, [sp, #16]",
        "ldr r12, [r12, #4]",
        "subs r0, r0, r12",
        "vpop {{d8, d9}}",
        "add sp, #4",
        "pop {{r4-r11, pc}}",
    )
}

/// The four windows' inputs at the columns in q0, to q4 to q7.
macro_rules! gather {
    () => {
        "
        vldrb.u8 q4, [r5, q0]
        vldrb.u8 q5, [r7, q0]
        vldrb.u8 q6, [r9, q0]
        vldrb.u8 q7, [r11, q0]
        "
    };
}

/// Adds a row's products with the gathered inputs to its four sums at r12.
macro_rules! row {
    ($row:literal) => {
        concat!(
            "ldm r12, {{r4, r6, r8, r10}}\n",
            "vmladava.s8 r4, ",
            $row,
            ", q4\n",
            "vmladava.s8 r6, ",
            $row,
            ", q5\n",
            "vmladava.s8 r8, ",
            $row,
            ", q6\n",
            "vmladava.s8 r10, ",
            $row,
            ", q7\n",
            "stm r12!, {{r4, r6, r8, r10}}\n",
        )
    };
}

/// Adds the products of r2 blocks, their columns at r0 and values at r1, with four windows' inputs to
/// the 16 sums at r12. Leaves r0 and r1 past the last and r12 as it is.
macro_rules! tile_blocks {
    () => {
        concat!(
            "lsrs r4, r2, #4\n",
            "wls lr, r4, 6f\n",
            "5:\n",
            "vldrb.u8 q0, [r0], #16\n",
            gather!(),
            "vld40.8 {{q0, q1, q2, q3}}, [r1]\n",
            "vld41.8 {{q0, q1, q2, q3}}, [r1]\n",
            "vld42.8 {{q0, q1, q2, q3}}, [r1]\n",
            "vld43.8 {{q0, q1, q2, q3}}, [r1]!\n",
            row!("q0"),
            row!("q1"),
            row!("q2"),
            row!("q3"),
            "sub r12, #64\n",
            "le lr, 5b\n",
            "6:\n",
            "ands r2, r2, #15\n",
            "wlstp.8 lr, r2, 8f\n",
            "7:\n",
            "vldrb.u8 q0, [r0]\n",
            gather!(),
            "movs r4, #0\n",
            "vidup.u8 q0, r4, #4\n",
            "vldrb.u8 q1, [r1, q0]\n",
            row!("q1"),
            "adds r1, #1\n",
            "vldrb.u8 q1, [r1, q0]\n",
            row!("q1"),
            "adds r1, #1\n",
            "vldrb.u8 q1, [r1, q0]\n",
            row!("q1"),
            "adds r1, #1\n",
            "vldrb.u8 q1, [r1, q0]\n",
            row!("q1"),
            "subs r1, #3\n",
            "sub r12, #64\n",
            "letp lr, 7b\n",
            "8:\n",
            "add r0, r2\n",
            "add r1, r1, r2, lsl #2\n",
        )
    };
}

/// As [`Raw::tile_block4x1`](crate::kernels::arch::raw::Raw::tile_block4x1), added to `sums`.
#[unsafe(naked)]
pub unsafe extern "C" fn tile(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: *const Start,
    _sums: &mut [[i32; WINDOWS]; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "ldr r12, [sp, #36]",
        "vpush {{d8-d15}}",
        "ldm r3, {{r5, r7, r9, r11}}",
        tile_blocks!(),
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Raw::tile_block_run`](crate::kernels::arch::raw::Raw::tile_block_run), for `count` groups.
#[unsafe(naked)]
pub unsafe extern "C" fn tile_run(
    _rows: &Rows<Start>,
    _sums: *mut [[i32; WINDOWS]; 4],
    _count: usize,
) -> usize {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        // On the stack: the rows, the end of the sums, the end of a row in the first window.
        "ldr r5, [r0, #28]",
        "ldr r6, [r0, #12]",
        "add r4, r1, r2, lsl #6",
        "add r6, r6, r5, lsl #8",
        "push {{r0, r4, r6}}",
        "vpush {{d8-d15}}",
        "mov r12, r1",
        "ldrd r5, r7, [r0, #12]",
        "ldrd r9, r11, [r0, #20]",
        "ldm r0, {{r3, r4, r6}}",
        "mov r0, r4",
        "mov r1, r6",
        "cmp r2, #0",
        "beq 3f",
        "1:",
        "vmov.i32 q0, #0",
        "vstrw.32 q0, [r12]",
        "vstrw.32 q0, [r12, #16]",
        "vstrw.32 q0, [r12, #32]",
        "vstrw.32 q0, [r12, #48]",
        "2:",
        "ldrb r2, [r3], #1",
        tile_blocks!(),
        "add r5, #256",
        "add r7, #256",
        "add r9, #256",
        "add r11, #256",
        "ldr r2, [sp, #72]",
        "cmp r5, r2",
        "bne 2b",
        "add r12, #64",
        "ldr r2, [sp, #64]",
        "ldrd r5, r7, [r2, #12]",
        "ldrd r9, r11, [r2, #20]",
        "ldr r2, [sp, #68]",
        "cmp r12, r2",
        "bne 1b",
        "3:",
        "vpop {{d8-d15}}",
        "ldr r2, [sp]",
        "ldr r2, [r2, #4]",
        "subs r0, r0, r2",
        "add sp, #12",
        "pop {{r4-r11, pc}}",
    )
}
