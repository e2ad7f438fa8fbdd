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
//! a row takes besides, 27 a row (12 without a nonzero, 31 with one); dense, two rows at a time, 37/16;
//! blocks of four outputs 76/32; of four inputs 46/16. A column takes 10.8 to lay.

mod blocks;
mod dense;
mod lay;
mod segment;

use crate::kernels::Patches;
use crate::kernels::arch::start::Start;
use crate::kernels::tile::{Layout, WINDOWS};
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
        lay::put(bytes, first, windows);
    }

    #[inline]
    fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
        lay::lay(bytes, windows);
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
