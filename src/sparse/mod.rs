//! Weight matrices, read in place from flash.
//!
//! A matrix has `rows` outputs and `cols` inputs. Eight formats hold it, each in a file of the
//! same shape: the layout drawn for one worked matrix, its invariants, `new_checked`, the rows.
//!
//! ```text
//!            0  1  2  3  4  5
//!     row 0  .  5  .  . -3  .
//!     row 1  .  .  .  .  .  .
//!     row 2  7  .  .  .  .  1
//!     row 3  .  .  2 -2  .  .
//! ```
//!
//! | format | bytes of one nonzero | good for |
//! |---|---|---|
//! | [`Dense`] | – (1 a weight) | below a third zeros, depthwise filters |
//! | [`Block4x1`] | 1.25 | weights pruned in blocks of 4 outputs: one input serves four |
//! | [`Block1x4`] | 1.25 | weights pruned in blocks of 4 inputs: whole words of input and weights |
//! | [`Index8`] | 2 | speed at any sparsity: columns are read, not added up |
//! | [`Nm`] | 1.25 to 1.5 | weights pruned to N of every M: no row table |
//! | [`Delta8`] | 2 | as index8, with a smaller row table for long rows |
//! | [`Delta4`] | 1.5 | size from 50 % to 95 % zeros |
//! | [`Rice`] | 1.3 to 1.8 | the smallest at any sparsity |
//!
//! Compressed formats keep their streams apart, so that each can be read with the widest load: a table
//! of how many indices a row, or a tile of it, has (none in [`Nm`] and [`Rice`]), the indices, the values.
//!
//! A matrix is walked from the top, row after row, by its `rows()`, groups of four by `groups()`. Columns
//! are taken in tiles of [`TILE`]: of [`Index8`], [`Delta8`], [`Delta4`], [`Nm`] and [`Rice`] the walk gives
//! one [`Segment`] a tile, and kernels walk them all by [`SegmentRows`]; of blocks it gives a tile of blocks.
//! Where nothing has to be decoded and counts are bytes, [`Index8`] and [`Block4x1`] also give several rows
//! at once, as a [`Run`]. Such a view comes from a checked matrix only.

mod bits;
mod block1x4;
mod block4x1;
mod delta4;
mod delta8;
mod dense;
mod error;
mod format;
mod index8;
mod matrix;
mod nm;
mod pattern;
mod rice;
mod rows;
mod run;
mod segment;
mod streams;
mod tiled;

pub use block1x4::{Block1x4, Block1x4Rows, BlockSegment1x4};
pub use block4x1::{Block4x1, Block4x1Groups, BlockSegment4x1};
pub use delta4::{Delta4, Delta4Rows};
pub use delta8::{Delta8, Delta8Rows};
pub use dense::Dense;
pub use error::Error;
pub use format::Format;
pub use index8::{Index8, Index8Rows};
pub use matrix::{Entries, Matrix};
pub use nm::{Nm, NmRows};
pub use pattern::Pattern;
pub use rice::{Rice, RiceRows};
pub use rows::SegmentRows;
pub use run::Run;
pub use segment::{Segment, Segments};
pub use streams::Streams;

use streams::{Left, Lines, check_len, check_size};

/// Columns of a tile, or blocks of columns.
pub const TILE: usize = 256;

#[cfg(test)]
pub(crate) mod worked {
    //! The worked matrix of the module's documentation.
    pub const ROWS: usize = 4;
    pub const COLS: usize = 6;
    pub const ENTRIES: [(usize, usize, i8); 6] =
        [(0, 1, 5), (0, 4, -3), (2, 0, 7), (2, 5, 1), (3, 2, 2), (3, 3, -2)];
}
