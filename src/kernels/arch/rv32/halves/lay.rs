//! Windows to a tile, eight columns at a time.

use crate::kernels::Patches;
use crate::kernels::arch::rv32::rv32im;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;
use zerocopy::FromBytes;

/// What [`rows`] takes, in the order of its fields.
#[repr(C)]
struct Lay {
    /// Where the first column goes.
    cells: *mut [i32; 2],
    /// The windows.
    x: [*const i8; WINDOWS],
    /// Elements of a row of taps.
    run: usize,
    /// Rows of taps, at least 1.
    rows: usize,
    /// From the end of a row to the next, of each window.
    skip: [usize; WINDOWS],
}

/// All rows of taps.
#[unsafe(naked)]
unsafe extern "C" fn rows(_of: &Lay) {
    naked_asm!(
        rv32im!(),
        "lw a1, 0(a0)",
        "lw a3, 4(a0)",
        "lw a4, 8(a0)",
        "lw a5, 12(a0)",
        "lw a6, 16(a0)",
        "lw a2, 20(a0)",
        "lw a7, 24(a0)",
        "andi t5, a2, 7",
        "sub a2, a2, t5",
        "slli t6, t5, 3", // bytes of the cells before whole eights; 40 of code each
        "slli t0, t5, 5",
        "add t0, t0, t6",
        "lla t4, 2f",
        "sub t4, t4, t0",
        "j 4f",
        "1:",
        "addi a3, a3, 8",
        "addi a4, a4, 8",
        "addi a5, a5, 8",
        "addi a6, a6, 8",
        "addi a1, a1, 64",
        ".irp at, -8, -7, -6, -5, -4, -3, -2, -1",
        "lb t1, \\at(a4)",
        "lb t2, \\at(a6)",
        "lb t0, \\at(a3)",
        "lb t3, \\at(a5)",
        "slli t1, t1, 16",
        "slli t2, t2, 16",
        "add t0, t0, t1",
        "add t2, t2, t3",
        "sw t0, 8 * \\at(a1)",
        "sw t2, 8 * \\at + 4(a1)",
        ".endr",
        "2:",
        "bne a3, t5, 1b",
        "addi a7, a7, -1",
        "beqz a7, 5f",
        "lw t0, 28(a0)",
        "lw t1, 32(a0)",
        "lw t2, 36(a0)",
        "lw t3, 40(a0)",
        "lw t5, 20(a0)",
        "add a3, a3, t0",
        "add a4, a4, t1",
        "add a5, a5, t2",
        "add a6, a6, t3",
        "andi t5, t5, 7",
        "4:",
        "add a3, a3, t5",
        "add a4, a4, t5",
        "add a5, a5, t5",
        "add a6, a6, t5",
        "add a1, a1, t6",
        "add t5, a3, a2", // the end of the first window's row
        "jr t4",
        "5:",
        "ret",
        ".option pop",
    )
}

/// As [`Layout::put`](crate::kernels::tile::Layout::put).
#[inline]
pub fn put(bytes: &mut [u8], first: usize, windows: [&[i8]; WINDOWS]) {
    let Ok(cells) = <[[i32; 2]]>::mut_from_bytes(bytes) else { return };
    let cells = cells.get_mut(first..).unwrap_or_default();
    let run = windows.iter().fold(cells.len(), |count, window| count.min(window.len()));
    let (cells, x) = (cells.as_mut_ptr(), windows.map(<[i8]>::as_ptr));
    // SAFETY: the windows have `run` bytes each, and there are as many cells.
    unsafe { rows(&Lay { cells, x, run, rows: 1, skip: [0; WINDOWS] }) }
}

/// As [`Layout::lay`](crate::kernels::tile::Layout::lay).
#[inline]
pub fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
    let Patches { x, rows: steps, kernel: [height, width], channels } = windows;
    let Ok(cells) = <[[i32; 2]]>::mut_from_bytes(bytes) else { return };
    let run = width.saturating_mul(*channels);
    // Rows that lie on each other may be more than there is memory for.
    if height.checked_mul(run) != Some(cells.len()) || !windows.holds(*channels) {
        return;
    }
    let (cells, x) = (cells.as_mut_ptr(), x.map(<[i8]>::as_ptr));
    let skip = steps.map(|step| step.wrapping_sub(run));
    // SAFETY: the tile has `height` times `run` columns, and each window as many elements in as many
    // rows, of which there is one at least.
    unsafe { rows(&Lay { cells, x, run, rows: *height, skip }) }
}
