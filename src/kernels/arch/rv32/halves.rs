//! Tiles on RV32IMC: two windows a multiplication.
//!
//! A column of a tile is two words, each of two windows: X = a + b·2^16. The product of a word and a
//! weight holds both products of bytes, w·a in the lower half and w·b, less a borrow, in the upper.
//! A half has room for the sum of two columns, just: it is from −2·128·127 to 2·128². Then the
//! halves are told apart:
//!
//! ```text
//! s = w0 · X0 + w1 · X1                       = A + B·2^16        mul mul add
//! total += s                                                      add
//! upper += (s + 2^15 − 1 − 2^16) >> 16        = B − 1             add srai add
//! ```
//!
//! and after the last, with n the number of times this was done,
//!
//! ```text
//! Σ B = upper + n;  Σ A = total − Σ B · 2^16                      modulo 2^32, as all sums
//! ```
//!
//! Seven instructions for four products, which would be eight one by one; and a load brings two bytes
//! of the tile. Instructions a product, loads and indices included: a segment 26/8 and, with all that
//! a row takes besides, 28 a row; dense, two rows at a time, 37/16; blocks of four outputs 76/32;
//! of four inputs 46/16. A column takes 10.8 to lay.

mod blocks;
mod dense;
mod segment;

use super::rv32im;
use crate::kernels::arch::checked::Start;
use crate::kernels::tile::{Layout, WINDOWS};
use core::arch::naked_asm;
use zerocopy::FromBytes;

pub use blocks::{block1x4, block4x1};
pub use dense::dense2;
pub use segment::{run, segment};

/// Two words a column, of two windows each: a + b·2^16, c + d·2^16.
#[derive(Clone, Copy, Debug)]
pub struct Halves;

/// Where a tile starts.
pub type Cells = *const [i32; 2];

impl Layout for Halves {
    const COLUMN_BYTES: usize = 8;
    type Tile<'a> = &'a [[i32; 2]];

    fn in_place(_: [&[i8]; WINDOWS]) -> Option<Self::Tile<'_>> {
        None
    }

    #[inline]
    fn put(bytes: &mut [u8], first: usize, windows: [&[i8]; WINDOWS]) {
        let Ok(cells) = <[[i32; 2]]>::mut_from_bytes(bytes) else { return };
        let cells = cells.get_mut(first..).unwrap_or_default();
        let count = windows.iter().fold(cells.len(), |count, window| count.min(window.len()));
        // SAFETY: the windows have `count` bytes each, and there are as many cells.
        unsafe { put(cells.as_mut_ptr(), windows.map(<[_]>::as_ptr).as_ptr(), count) }
    }

    #[inline]
    fn of(bytes: &[u8]) -> Option<Self::Tile<'_>> {
        FromBytes::ref_from_bytes(bytes).ok()
    }
}

impl Start for Halves {
    type Start = Cells;

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        tile.get(first..).filter(|tile| cols <= tile.len()).map(<[_]>::as_ptr)
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.wrapping_add(cols)
    }
}

/// `windows` are four pointers.
#[unsafe(naked)]
unsafe extern "C" fn put(_cells: *mut [i32; 2], _windows: *const *const i8, _count: usize) {
    naked_asm!(
        rv32im!(),
        "lw a3, 0(a1)",
        "lw a4, 4(a1)",
        "lw a5, 8(a1)",
        "lw a6, 12(a1)",
        "andi t0, a2, 7",
        "sub a2, a2, t0",
        "add a3, a3, t0",
        "add a4, a4, t0",
        "add a5, a5, t0",
        "add a6, a6, t0",
        "slli t1, t0, 3",
        "add a0, a0, t1",
        "slli t0, t0, 5",
        "add t0, t0, t1",
        "lla t1, 2f",
        "sub t1, t1, t0",
        "jr t1",
        "1:",
        "addi a3, a3, 8",
        "addi a4, a4, 8",
        "addi a5, a5, 8",
        "addi a6, a6, 8",
        "addi a0, a0, 64",
        "addi a2, a2, -8",
        ".irp at, -8, -7, -6, -5, -4, -3, -2, -1",
        "lb t1, \\at(a4)",
        "lb t2, \\at(a6)",
        "lb t0, \\at(a3)",
        "lb t3, \\at(a5)",
        "slli t1, t1, 16",
        "slli t2, t2, 16",
        "add t0, t0, t1",
        "add t2, t2, t3",
        "sw t0, 8 * \\at(a0)",
        "sw t2, 8 * \\at + 4(a0)",
        ".endr",
        "2:",
        "bnez a2, 1b",
        "ret",
        ".option pop",
    )
}

/// What is added before a shift leaves the upper half less 1.
const NUDGE: i32 = (1 << 15) - 1 - (1 << 16);

/// The assembler's macro `part`: parts a total and an upper into two sums and stores them, `at` bytes
/// behind a register.
macro_rules! part {
    () => {
        r"
        .macro part total, upper, at, to
        sw \upper, 4 + \at(\to)
        slli \upper, \upper, 16
        sub \total, \total, \upper
        sw \total, \at(\to)
        .endm
        "
    };
}
use part;
