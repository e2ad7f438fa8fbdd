//! Rows times four windows, which lie one after the other or stay in the input.
//!
//! Products are reduced window by window to a word each; at a row's end a segment store puts the four
//! words side by side.
//!
//! | | in one pass | instructions of a pass | besides |
//! |---|---|---|---|
//! | dense | 64 columns | 25 | 20 a row |
//! | a segment, a row of a run | 64 nonzeros | 21 | 10 a row |
//!
//! A pass is that long where a register has 128 bits.

use super::rv32v;
use crate::kernels::arch::start::Rows;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// Where the windows start.
pub type Starts = [*const i8; WINDOWS];

/// Adds a2 nonzeros from a0 (columns) and a1 (values) on, of the windows at a4 to a7, to v12 to
/// v15; a0 and a1 then point behind them. Uses t0.
macro_rules! segment {
    () => {
        "
        11:
        vsetvli t0, a2, e8, m4, ta, ma
        vle8.v v0, (a0)
        vle8.v v4, (a1)
        vluxei8.v v8, (a4), v0
        vwmul.vv v16, v8, v4
        vluxei8.v v8, (a5), v0
        vwmul.vv v24, v8, v4
        vsetvli zero, zero, e16, m8, ta, ma
        vwredsum.vs v12, v16, v12
        vwredsum.vs v13, v24, v13
        vsetvli zero, zero, e8, m4, ta, ma
        vluxei8.v v8, (a6), v0
        vwmul.vv v16, v8, v4
        vluxei8.v v8, (a7), v0
        vwmul.vv v24, v8, v4
        vsetvli zero, zero, e16, m8, ta, ma
        vwredsum.vs v14, v16, v14
        vwredsum.vs v15, v24, v15
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
    _tile: &Starts,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        rv32v!(),
        "mv t1, a4",
        "lw a4, 0(a3)",
        "lw a5, 4(a3)",
        "lw a6, 8(a3)",
        "lw a7, 12(a3)",
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v12, 0",
        segment!(),
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v12, (t1)",
        "ret",
        ".option pop",
    )
}

/// `rows` in the order counts, columns, values, windows, tiles; the sums from `sums` to `end`.
#[unsafe(naked)]
pub unsafe extern "C" fn run(
    _rows: &Rows<Starts>,
    _sums: *mut [i32; WINDOWS],
    _end: *mut [i32; WINDOWS],
) -> usize {
    naked_asm!(
        rv32v!(),
        "mv t1, a1",
        "mv t2, a2",
        "mv a3, a0",
        "lw t4, 0(a3)",
        "lw a0, 4(a3)",
        "lw a1, 8(a3)",
        "lw a4, 12(a3)",
        "lw a5, 16(a3)",
        "lw a6, 20(a3)",
        "lw a7, 24(a3)",
        "lw t5, 28(a3)",
        "li t6, 1",
        "beq t1, t2, 5f",
        "bne t5, t6, 2f",
        "1:", // rows of one tile
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v12, 0",
        "lbu a2, 0(t4)",
        "addi t4, t4, 1",
        segment!(),
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v12, (t1)",
        "addi t1, t1, 16",
        "bne t1, t2, 1b",
        "j 5f",
        "2:", // rows of several
        "lw a4, 12(a3)",
        "lw a5, 16(a3)",
        "lw a6, 20(a3)",
        "lw a7, 24(a3)",
        "mv t6, t5",
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v12, 0",
        "beqz t6, 4f",
        "3:",
        "lbu a2, 0(t4)",
        "addi t4, t4, 1",
        segment!(),
        "addi a4, a4, 256",
        "addi a5, a5, 256",
        "addi a6, a6, 256",
        "addi a7, a7, 256",
        "addi t6, t6, -1",
        "bnez t6, 3b",
        "4:",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v12, (t1)",
        "addi t1, t1, 16",
        "bne t1, t2, 2b",
        "5:",
        "lw t0, 4(a3)",
        "sub a0, a0, t0",
        "ret",
        ".option pop",
    )
}

#[unsafe(naked)]
pub unsafe extern "C" fn dense(
    _w: *const i8,
    _tile: &Starts,
    _count: usize,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        rv32v!(),
        "lw a4, 0(a1)",
        "lw a5, 4(a1)",
        "lw a6, 8(a1)",
        "lw a7, 12(a1)",
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v12, 0",
        "1:",
        "vsetvli t0, a2, e8, m4, ta, ma",
        "vle8.v v4, (a0)",
        "vle8.v v8, (a4)",
        "vwmul.vv v16, v8, v4",
        "vle8.v v8, (a5)",
        "vwmul.vv v24, v8, v4",
        "vsetvli zero, zero, e16, m8, ta, ma",
        "vwredsum.vs v12, v16, v12",
        "vwredsum.vs v13, v24, v13",
        "vsetvli zero, zero, e8, m4, ta, ma",
        "vle8.v v8, (a6)",
        "vwmul.vv v16, v8, v4",
        "vle8.v v8, (a7)",
        "vwmul.vv v24, v8, v4",
        "vsetvli zero, zero, e16, m8, ta, ma",
        "vwredsum.vs v14, v16, v14",
        "vwredsum.vs v15, v24, v15",
        "sub a2, a2, t0",
        "add a0, a0, t0",
        "add a4, a4, t0",
        "add a5, a5, t0",
        "add a6, a6, t0",
        "add a7, a7, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v12, (a3)",
        "ret",
        ".option pop",
    )
}
