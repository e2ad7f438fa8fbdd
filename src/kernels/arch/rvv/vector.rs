//! Rows times a vector.
//!
//! | | in one pass | instructions of a pass | besides |
//! |---|---|---|---|
//! | dense | 64 columns | 10 | |
//! | dense, four rows | 64 columns | 24 | |
//! | a segment, a row of a run | 64 nonzeros | 11 | 7 a row |
//! | blocks of four outputs | 32 blocks | 18 | |
//! | blocks of four inputs | 16 blocks | 20 | |
//!
//! A pass is that long where a register has 128 bits.

use super::rv32v;
use crate::kernels::arch::start::Rows;
use core::arch::naked_asm;

/// The sum in v24 is zero from here on.
macro_rules! clear {
    () => {
        "
        vsetivli zero, 1, e32, m1, ta, ma
        vmv.s.x v24, zero
        "
    };
}

/// Adds a2 nonzeros from a0 (columns) and a1 (values) on, of the vector at a3, to v24; a0 and a1
/// then point behind them. Uses t0.
macro_rules! segment {
    () => {
        "
        11:
        vsetvli t0, a2, e8, m4, ta, ma
        vle8.v v0, (a0)
        vle8.v v4, (a1)
        vluxei8.v v8, (a3), v0
        vwmul.vv v16, v8, v4
        vsetvli zero, zero, e16, m8, ta, ma
        vwredsum.vs v24, v16, v24
        sub a2, a2, t0
        add a0, a0, t0
        add a1, a1, t0
        bnez a2, 11b
        "
    };
}

#[unsafe(naked)]
pub unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        rv32v!(),
        clear!(),
        segment!(),
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vmv.x.s a0, v24",
        "ret",
        ".option pop",
    )
}

/// `rows` in the order counts, columns, values, x, tiles; the sums from `sums` to `end`.
#[unsafe(naked)]
pub unsafe extern "C" fn run(_rows: &Rows<*const i8>, _sums: *mut i32, _end: *mut i32) -> usize {
    naked_asm!(
        rv32v!(),
        "mv a5, a1",
        "mv a6, a2",
        "lw t4, 0(a0)",
        "lw a1, 8(a0)",
        "lw a7, 12(a0)",
        "lw t2, 16(a0)",
        "lw a0, 4(a0)",
        "mv t1, a0",
        clear!(),
        "beq a5, a6, 5f",
        "1:",
        "mv a3, a7",
        "mv t3, t2",
        "beqz t3, 3f",
        "2:",
        "lbu a2, 0(t4)",
        "addi t4, t4, 1",
        segment!(),
        "addi a3, a3, 256",
        "addi t3, t3, -1",
        "bgtz t3, 2b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "3:",
        "vse32.v v24, (a5)",
        "vmv.s.x v24, zero",
        "addi a5, a5, 4",
        "bne a5, a6, 1b",
        "5:",
        "sub a0, a0, t1",
        "ret",
        ".option pop",
    )
}

#[unsafe(naked)]
pub unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
    naked_asm!(
        rv32v!(),
        clear!(),
        "1:",
        "vsetvli t0, a2, e8, m4, ta, ma",
        "vle8.v v0, (a0)",
        "vle8.v v4, (a1)",
        "vwmul.vv v16, v0, v4",
        "vsetvli zero, zero, e16, m8, ta, ma",
        "vwredsum.vs v24, v16, v24",
        "sub a2, a2, t0",
        "add a0, a0, t0",
        "add a1, a1, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vmv.x.s a0, v24",
        "ret",
        ".option pop",
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
        rv32v!(),
        "lw a4, 0(a0)",
        "lw a5, 4(a0)",
        "lw a6, 8(a0)",
        "lw a7, 12(a0)",
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v24, 0",
        "1:",
        "vsetvli t0, a2, e8, m4, ta, ma",
        "vle8.v v0, (a1)",
        "vle8.v v4, (a4)",
        "vwmul.vv v8, v4, v0",
        "vle8.v v4, (a5)",
        "vwmul.vv v16, v4, v0",
        "vsetvli zero, zero, e16, m8, ta, ma",
        "vwredsum.vs v24, v8, v24",
        "vwredsum.vs v25, v16, v25",
        "vsetvli zero, zero, e8, m4, ta, ma",
        "vle8.v v4, (a6)",
        "vwmul.vv v8, v4, v0",
        "vle8.v v4, (a7)",
        "vwmul.vv v16, v4, v0",
        "vsetvli zero, zero, e16, m8, ta, ma",
        "vwredsum.vs v26, v8, v26",
        "vwredsum.vs v27, v16, v27",
        "sub a2, a2, t0",
        "add a1, a1, t0",
        "add a4, a4, t0",
        "add a5, a5, t0",
        "add a6, a6, t0",
        "add a7, a7, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v24, (a3)",
        "ret",
        ".option pop",
    )
}

#[unsafe(naked)]
pub unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        rv32v!(),
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v28, 0",
        "1:",
        "vsetvli t0, a2, e8, m2, ta, ma",
        "vle8.v v0, (a0)",
        "vlseg4e8.v v4, (a1)",
        "vluxei8.v v2, (a3), v0",
        "vwmul.vv v12, v4, v2",
        "vwmul.vv v16, v6, v2",
        "vwmul.vv v20, v8, v2",
        "vwmul.vv v24, v10, v2",
        "vsetvli zero, zero, e16, m4, ta, ma",
        "vwredsum.vs v28, v12, v28",
        "vwredsum.vs v29, v16, v29",
        "vwredsum.vs v30, v20, v30",
        "vwredsum.vs v31, v24, v31",
        "sub a2, a2, t0",
        "add a0, a0, t0",
        "slli t0, t0, 2",
        "add a1, a1, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v28, (a4)",
        "ret",
        ".option pop",
    )
}

#[unsafe(naked)]
pub unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        rv32v!(),
        clear!(),
        "li t1, 4",
        "1:",
        "vsetvli t0, a2, e8, m1, ta, ma",
        "vle8.v v1, (a0)",
        "vlseg4e8.v v8, (a1)",
        "vwmulu.vx v2, v1, t1", // bytes to the block's first input
        "vluxseg4ei16.v v4, (a3), v2",
        "vwmul.vv v12, v4, v8",
        "vwmul.vv v14, v5, v9",
        "vwmul.vv v16, v6, v10",
        "vwmul.vv v18, v7, v11",
        "vsetvli zero, zero, e16, m2, ta, ma",
        "vwredsum.vs v24, v12, v24",
        "vwredsum.vs v24, v14, v24",
        "vwredsum.vs v24, v16, v24",
        "vwredsum.vs v24, v18, v24",
        "sub a2, a2, t0",
        "add a0, a0, t0",
        "slli t0, t0, 2",
        "add a1, a1, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vmv.x.s a0, v24",
        "ret",
        ".option pop",
    )
}
