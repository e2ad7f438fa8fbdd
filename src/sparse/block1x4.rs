//! Blocks of 1 row and 4 columns.
//!
//! ```text
//!     counts   2             0   2             1                 blocks of each tile of each row
//!     blocks   0  1              0  1          0                 from the tile's first
//!     values   0  5  0  0        7  0  0  0    0  0  2 -2        of a block: its 4 columns
//!             -3  0  .  .        0  1  .  .
//! ```
//!
//! Block b of a tile is columns 4b to 4b + 3 of it, so a word of weights meets a word of the input.
//! A tile is 256 blocks, 1024 columns. A matrix has a whole number of blocks a row; the worked one,
//! with 6 columns, is drawn here with two more that are zero: 4 + 5 + 20 bytes.

use super::tiled::{self, Tiles};
use super::{Error, Streams, TILE, check_len};

/// A matrix of blocks of 1 row and 4 columns.
///
/// Invariants, checked by `new_checked`:
///
/// - the number of columns is a multiple of 4;
/// - the row table has one entry for each tile of each row, and their sum is the length of the index
///   stream; each index has 4 values;
/// - blocks of a tile ascend strictly, and each is below the number of blocks that the tile has.
///
/// ```
/// use kastanet::sparse::{Block1x4, Streams};
///
/// let matrix = Block1x4::new_checked(Streams {
///     rows: 4,
///     cols: 8,
///     parameter: 1,
///     counts: &[2, 0, 2, 1],
///     indices: &[0, 1, 0, 1, 0],
///     values: &[0, 5, 0, 0, -3, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Block1x4<'a> {
    streams: Streams<'a>,
}

impl<'a> Block1x4<'a> {
    /// Columns of a block.
    pub const COLUMNS: usize = 4;

    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::BadColumns`], [`Error::TooLarge`], [`Error::BadCountWidth`], [`Error::BadLength`],
    /// [`Error::ColumnsNotAscending`] or [`Error::ColumnOutOfRange`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        if !streams.cols.is_multiple_of(Self::COLUMNS) {
            return Err(Error::BadColumns { columns: streams.cols as u32 });
        }
        tiled::check(streams, streams.rows, streams.cols / Self::COLUMNS, 1)?;
        let values = streams.indices.len().checked_mul(Self::COLUMNS).ok_or(Error::TooLarge)?;
        check_len(values, streams.values.len())
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Block1x4 { streams }
    }

    /// The walk over the rows.
    pub fn rows(&self) -> Block1x4Rows<'a> {
        let (values, _) = self.streams.values.as_chunks();
        Block1x4Rows { tiles: Tiles::assumed(&self.streams, values) }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        let (rows, cols) = (self.rows(), self.streams.cols);
        Entries { rows, cols, next: (0, 0), at: (0, 0), blocks: &[], values: &[], within: 0 }
    }
}

/// The rows of a [`Block1x4`] matrix.
#[derive(Clone, Debug)]
pub struct Block1x4Rows<'a> {
    tiles: Tiles<'a, [i8; Block1x4::COLUMNS]>,
}

/// The blocks of a row within one tile of 256 blocks.
///
/// Invariants of a segment of a checked matrix: as many blocks as values; blocks count from the
/// tile's first, ascend strictly, and each is below the number of whole blocks that the tile has.
#[derive(Clone, Copy, Debug)]
pub struct BlockSegment1x4<'a> {
    blocks: &'a [u8],
    values: &'a [[i8; Block1x4::COLUMNS]],
}

impl<'a> BlockSegment1x4<'a> {
    /// Blocks from the tile's first; block b starts at the tile's column 4 · b.
    #[inline]
    pub fn blocks(&self) -> &'a [u8] {
        self.blocks
    }

    /// The four values of each block, in place in the value stream.
    #[inline]
    pub fn values(&self) -> &'a [[i8; Block1x4::COLUMNS]] {
        self.values
    }
}

impl<'a> Block1x4Rows<'a> {
    /// The next tile of the row, or the first of the next; after the last, an empty one.
    #[inline]
    pub fn next_segment(&mut self) -> BlockSegment1x4<'a> {
        let (blocks, values) = self.tiles.next().unwrap_or_default();
        BlockSegment1x4 { blocks, values }
    }
}

/// The nonzeros of a [`Block1x4`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rows: Block1x4Rows<'a>,
    cols: usize,
    /// Row and first column of the next tile, and of the one that is being walked.
    next: (usize, usize),
    at: (usize, usize),
    blocks: &'a [u8],
    values: &'a [[i8; Block1x4::COLUMNS]],
    /// Next column of the first of them.
    within: usize,
}

impl Entries<'_> {
    /// Takes the next tile.
    fn advance(&mut self) -> Option<()> {
        (self.blocks, self.values) = self.rows.tiles.next()?;
        self.at = self.next;
        self.next.1 += Block1x4::COLUMNS * TILE;
        if self.next.1 >= self.cols {
            self.next = (self.next.0 + 1, 0);
        }
        Some(())
    }
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let (Some((&block, blocks)), Some((values, rest))) =
                (self.blocks.split_first(), self.values.split_first())
            {
                let Some(&value) = values.get(self.within) else {
                    (self.blocks, self.values, self.within) = (blocks, rest, 0);
                    continue;
                };
                let column = self.at.1 + Block1x4::COLUMNS * usize::from(block) + self.within;
                self.within += 1;
                if value != 0 {
                    return Some((self.at.0, column, value));
                }
            }
            self.advance()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::worked;
    use super::*;

    /// The worked matrix and two columns of zeros.
    const WORKED: Streams<'static> = Streams {
        rows: worked::ROWS,
        cols: worked::COLS + 2,
        parameter: 1,
        counts: &[2, 0, 2, 1],
        indices: &[0, 1, 0, 1, 0],
        values: &[0, 5, 0, 0, -3, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, -2],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Block1x4::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn tiles() {
        let streams = Streams {
            rows: 2,
            cols: 1028,
            parameter: 2,
            counts: &[1, 0, 1, 0, 0, 0, 1, 0],
            indices: &[255, 0, 0],
            values: &[0, 0, 0, 1, 2, 0, 0, 3, 0, 4, 0, 0],
        };
        let matrix = Block1x4::new_checked(streams).unwrap();
        let expected = [(0, 1023, 1), (0, 1024, 2), (0, 1027, 3), (1, 1025, 4)];
        assert!(matrix.entries().eq(expected));
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Block1x4::new_checked(streams).unwrap_err();
        assert_eq!(error(Streams { cols: 6, ..WORKED }), Error::BadColumns { columns: 6 });
        let beyond = Streams { indices: &[0, 1, 0, 2, 0], ..WORKED };
        assert_eq!(error(beyond), Error::ColumnOutOfRange { row: 2 });
        let twice = Streams { indices: &[1, 1, 0, 1, 0], ..WORKED };
        assert_eq!(error(twice), Error::ColumnsNotAscending { row: 0 });
        assert_eq!(error(Streams { parameter: 3, ..WORKED }), Error::BadCountWidth { width: 3 });
        let fewer = Streams { counts: &[2, 0, 2, 0], ..WORKED };
        assert_eq!(error(fewer), Error::BadLength { expected: 0, found: 1 });
        let values = Streams { values: &[0; 5], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 20, found: 5 });
    }
}
