//! Blocks of four outputs, or of four inputs, times four windows: 16 blocks in a pass of 52
//! instructions, where a register has 128 bits.

use super::rv32v;
use super::tile::Starts;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

#[unsafe(naked)]
pub unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: &Starts,
    _sums: &mut [[i32; WINDOWS]; 4],
) {
    naked_asm!(
        rv32v!(),
        r"
        .macro window x, row0, row1, row2, row3
        vluxei8.v v5, (\x), v0
        vwmul.vv v6, v5, v1
        vwmul.vv v8, v5, v2
        vwmul.vv v10, v5, v3
        vwmul.vv v12, v5, v4
        vsetvli zero, zero, e16, m2, ta, ma
        vwredsum.vs \row0, v6, \row0
        vwredsum.vs \row1, v8, \row1
        vwredsum.vs \row2, v10, \row2
        vwredsum.vs \row3, v12, \row3
        .endm
        ",
        "lw a5, 0(a3)",
        "lw a6, 4(a3)",
        "lw a7, 8(a3)",
        "lw a3, 12(a3)",
        "vsetvli t0, zero, e32, m8, ta, ma",
        "vmv.v.i v16, 0",
        "vmv.v.i v24, 0",
        "1:",
        "vsetvli t0, a2, e8, m1, ta, ma",
        "vle8.v v0, (a0)",
        "vlseg4e8.v v1, (a1)",
        "window a5, v16, v20, v24, v28",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "window a6, v17, v21, v25, v29",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "window a7, v18, v22, v26, v30",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "window a3, v19, v23, v27, v31",
        "sub a2, a2, t0",
        "add a0, a0, t0",
        "slli t0, t0, 2",
        "add a1, a1, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v16, (a4)",
        "addi a4, a4, 16",
        "vsseg4e32.v v20, (a4)",
        "addi a4, a4, 16",
        "vsseg4e32.v v24, (a4)",
        "addi a4, a4, 16",
        "vsseg4e32.v v28, (a4)",
        "ret",
        ".purgem window",
        ".option pop",
    )
}

#[unsafe(naked)]
pub unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _tile: &Starts,
    _sums: &mut [i32; WINDOWS],
) {
    naked_asm!(
        rv32v!(),
        r"
        .macro window x, sum
        vluxseg4ei16.v v4, (\x), v2
        vwmul.vv v12, v4, v8
        vwmul.vv v14, v5, v9
        vwmul.vv v16, v6, v10
        vwmul.vv v18, v7, v11
        vsetvli zero, zero, e16, m2, ta, ma
        vwredsum.vs \sum, v12, \sum
        vwredsum.vs \sum, v14, \sum
        vwredsum.vs \sum, v16, \sum
        vwredsum.vs \sum, v18, \sum
        .endm
        ",
        "lw a5, 0(a3)",
        "lw a6, 4(a3)",
        "lw a7, 8(a3)",
        "lw a3, 12(a3)",
        "li t1, 4",
        "vsetvli t0, zero, e32, m4, ta, ma",
        "vmv.v.i v20, 0",
        "1:",
        "vsetvli t0, a2, e8, m1, ta, ma",
        "vle8.v v1, (a0)",
        "vlseg4e8.v v8, (a1)",
        "vwmulu.vx v2, v1, t1", // bytes to the block's first input
        "window a5, v20",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "window a6, v21",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "window a7, v22",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "window a3, v23",
        "sub a2, a2, t0",
        "add a0, a0, t0",
        "slli t0, t0, 2",
        "add a1, a1, t0",
        "bnez a2, 1b",
        "vsetivli zero, 1, e32, m1, ta, ma",
        "vsseg4e32.v v20, (a4)",
        "ret",
        ".purgem window",
        ".option pop",
    )
}
