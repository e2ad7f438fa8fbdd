//! What kernels take of an unstructured matrix: the nonzeros of a row, tile after tile.
//!
//! ```text
//!     tile       0                     1                     2
//!     columns    0 ……………………… 255   256 ……………………… 511   512 … 639
//!     row 0      segment               segment               segment
//!     row 1      segment               segment               segment
//! ```
//!
//! A column within a tile is a byte. Whoever multiplies a segment with the tile's part of a vector
//! reads `x[columns[i]]` and `values[i]`, whatever the format is.

use super::TILE;

/// The nonzeros of a row within one tile of 256 columns.
///
/// Invariants of a segment of a checked matrix:
///
/// - there are as many columns as values;
/// - columns count from the tile's first, ascend strictly, and each is below the number of columns
///   that the tile has.
///
/// A value may be zero.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    columns: &'a [u8],
    values: &'a [i8],
}

impl<'a> Segment<'a> {
    /// No nonzeros.
    pub(super) const EMPTY: Self = Segment { columns: &[], values: &[] };

    /// Columns that keep to the invariants, and their values.
    #[inline]
    pub(super) fn new(columns: &'a [u8], values: &'a [i8]) -> Self {
        Segment { columns, values }
    }

    /// Columns from the tile's first.
    #[inline]
    pub fn columns(&self) -> &'a [u8] {
        self.columns
    }

    /// The value in each column, in place in the value stream.
    #[inline]
    pub fn values(&self) -> &'a [i8] {
        self.values
    }
}

/// The walk over a matrix's rows, segment after segment: one for each tile of each row.
pub trait Segments<'a> {
    /// The next segment; after the last, an empty one. `space` takes columns that the format does
    /// not store as such.
    fn next_segment<'s>(&mut self, space: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's;
}
