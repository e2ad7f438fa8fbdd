//! Depthwise filters with vectors: a channel an element, 16 at a time where a register has 128 bits.
//!
//! ```text
//! for each tap:  sum += w · x        vle8 vle8 vsext vsext vwmacc add add
//! ```
//!
//! Seven instructions for 16 products, where three taps in a row are unrolled.

use super::rv32v;
use crate::kernels::arch::start::Taps;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// `taps` in the order height, width, channels, skip.
#[unsafe(naked)]
pub unsafe extern "C" fn depthwise(
    _w: *const i8,
    _x: *const i8,
    _taps: &Taps,
    _sums: *mut [i32; WINDOWS],
    _count: usize,
) {
    naked_asm!(
        rv32v!(),
        r"
        .macro tap
        vle8.v v0, (t1)
        vle8.v v1, (t2)
        vsext.vf2 v2, v0
        vsext.vf2 v4, v1
        add t1, t1, a6
        add t2, t2, a6
        vwmacc.vv v8, v2, v4
        .endm
        ",
        "lw t5, 0(a2)",
        "lw a5, 4(a2)",
        "lw a6, 8(a2)",
        "lw a7, 12(a2)",
        "li t6, 16", // bytes from a sum to the next
        "li a2, 3",
        "1:",
        "vsetvli t0, a4, e32, m4, ta, ma",
        "vmv.v.i v8, 0",
        "vsetvli zero, zero, e16, m2, ta, ma",
        "mv t1, a0",
        "mv t2, a1",
        "mv t3, t5",
        "bne a5, a2, 3f",
        "2:", // rows of three taps
        "tap",
        "tap",
        "tap",
        "addi t3, t3, -1",
        "add t2, t2, a7",
        "bnez t3, 2b",
        "j 5f",
        "3:",
        "mv t4, a5",
        "4:",
        "tap",
        "addi t4, t4, -1",
        "bnez t4, 4b",
        "addi t3, t3, -1",
        "add t2, t2, a7",
        "bnez t3, 3b",
        "5:",
        "vsetvli zero, zero, e32, m4, ta, ma",
        "vsse32.v v8, (a3), t6",
        "sub a4, a4, t0",
        "add a0, a0, t0",
        "add a1, a1, t0",
        "slli t0, t0, 4",
        "add a3, a3, t0",
        "bnez a4, 1b",
        "ret",
        ".purgem tap",
        ".option pop",
    )
}
