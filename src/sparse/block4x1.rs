//! Blocks of 4 rows and 1 column.
//!
//! ```text
//!     counts   6                                  blocks of each tile of each group of 4 rows
//!     columns   0  1  2  3  4  5                  from the tile's first
//!     values    0  5  0  0 -3  0                  of a block: row 0
//!               0  0  0  0  0  0                              row 1
//!               7  0  0  0  0  1                              row 2
//!               0  0  2 -2  0  0                              row 3
//! ```
//!
//! The values of a block lie together, so one column of the input serves four outputs with one
//! load of weights. Groups start at rows 0, 4, 8, …; rows past the last hold 0. Columns are tiled
//! by 256. 1 + 6 + 24 bytes for the worked matrix, which was not pruned in blocks.

use super::tiled::{self, Tiles};
use super::{Error, Run, Streams, TILE, check_len};
use crate::rolled::Rolled;

/// A matrix of blocks of 4 rows and 1 column.
///
/// Invariants, checked by `new_checked`:
///
/// - the row table has one entry for each tile of each group of 4 rows, and their sum is the length
///   of the index stream; each index has 4 values;
/// - columns of a tile ascend strictly, and each is below the number of columns that the tile has;
/// - values in rows past the last are 0.
///
/// ```
/// use kastanet::sparse::{Block4x1, Streams};
///
/// let matrix = Block4x1::new_checked(Streams {
///     rows: 4,
///     cols: 6,
///     parameter: 1,
///     counts: &[6],
///     indices: &[0, 1, 2, 3, 4, 5],
///     values: &[0, 0, 7, 0, 5, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, -2, -3, 0, 0, 0, 0, 0, 1, 0],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Block4x1<'a> {
    streams: Streams<'a>,
}

impl<'a> Block4x1<'a> {
    /// Rows of a block.
    pub const ROWS: usize = 4;

    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], [`Error::BadCountWidth`], [`Error::BadLength`],
    /// [`Error::ColumnsNotAscending`], [`Error::ColumnOutOfRange`] or [`Error::PhantomNotZero`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        let groups = streams.rows.div_ceil(Self::ROWS);
        let last = tiled::check(streams, groups, streams.cols, Self::ROWS)?;
        let values = streams.indices.len().checked_mul(Self::ROWS).ok_or(Error::TooLarge)?;
        check_len(values, streams.values.len())?;
        let (blocks, _) = streams.values.as_chunks::<{ Block4x1::ROWS }>();
        check_phantoms(streams.rows, blocks.get(last..).unwrap_or_default())
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Block4x1 { streams }
    }

    /// The walk over the groups of 4 rows.
    pub fn groups(&self) -> Block4x1Groups<'a> {
        Block4x1Groups { cols: self.streams.cols, tiles: self.tiles() }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        let (group, tiles) = (self.tiles(), self.streams.cols.div_ceil(TILE));
        Entries { group, walk: group, tiles, row: 0, tile: 0, columns: &[], values: &[] }
    }

    fn tiles(&self) -> Tiles<'a, [i8; Block4x1::ROWS]> {
        let (values, _) = self.streams.values.as_chunks();
        Tiles::assumed(&self.streams, values)
    }
}

/// The blocks of the last group have no weight in a row that is not there.
fn check_phantoms(rows: usize, last: &[[i8; Block4x1::ROWS]]) -> Result<(), Error> {
    for row in (rows..rows.next_multiple_of(Block4x1::ROWS)).rolled() {
        let weight = |block: &[i8; 4]| block.get(row % Block4x1::ROWS).is_some_and(|&w| w != 0);
        if last.iter().rolled().any(weight) {
            return Err(Error::PhantomNotZero { row: row as u32 });
        }
    }
    Ok(())
}

/// The groups of 4 rows of a [`Block4x1`] matrix.
#[derive(Clone, Debug)]
pub struct Block4x1Groups<'a> {
    cols: usize,
    tiles: Tiles<'a, [i8; Block4x1::ROWS]>,
}

/// The blocks of a group of 4 rows within one tile of 256 columns; of a checked matrix, with the
/// invariants of a [`Segment`](super::Segment)'s columns.
#[derive(Clone, Copy, Debug)]
pub struct BlockSegment4x1<'a> {
    columns: &'a [u8],
    values: &'a [[i8; Block4x1::ROWS]],
}

impl<'a> BlockSegment4x1<'a> {
    /// Columns that keep to the invariants, and their values.
    #[inline]
    pub(super) fn new(columns: &'a [u8], values: &'a [[i8; Block4x1::ROWS]]) -> Self {
        BlockSegment4x1 { columns, values }
    }

    /// Columns from the tile's first.
    #[inline]
    pub fn columns(&self) -> &'a [u8] {
        self.columns
    }

    /// The four values in each column, in place in the value stream.
    #[inline]
    pub fn values(&self) -> &'a [[i8; Block4x1::ROWS]] {
        self.values
    }
}

impl<'a> Block4x1Groups<'a> {
    /// The next tile of the group, or the first of the next; after the last, an empty one.
    #[inline]
    pub fn next_segment(&mut self) -> BlockSegment4x1<'a> {
        let (columns, values) = self.tiles.next().unwrap_or_default();
        BlockSegment4x1 { columns, values }
    }

    /// The next `groups` groups at once; `None` where the row table's entries are two bytes wide, where
    /// there are no columns or fewer groups, and after a segment that does not end its group.
    #[inline]
    pub fn run(&self, groups: usize) -> Option<Run<'a, [i8; Block4x1::ROWS]>> {
        self.tiles.run(groups, self.cols)
    }

    /// Leaves `groups` groups behind, which have `indices` indices together.
    #[inline]
    pub(crate) fn skip(&mut self, groups: usize, indices: usize) {
        self.tiles.skip(groups * self.cols.div_ceil(TILE), indices);
    }
}

/// The nonzeros of a [`Block4x1`] matrix: each group is walked once for each of its rows.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// From the first tile of the group.
    group: Tiles<'a, [i8; Block4x1::ROWS]>,
    /// From the next tile.
    walk: Tiles<'a, [i8; Block4x1::ROWS]>,
    /// Tiles of a row.
    tiles: usize,
    row: usize,
    /// One past the tile that is being walked.
    tile: usize,
    columns: &'a [u8],
    values: &'a [[i8; Block4x1::ROWS]],
}

impl Entries<'_> {
    /// Takes the next tile.
    fn advance(&mut self) -> Option<()> {
        if self.tile == self.tiles {
            (self.row, self.tile) = (self.row + 1, 0);
            match self.row % Block4x1::ROWS {
                0 => self.group = self.walk,
                _ => self.walk = self.group,
            }
        }
        (self.columns, self.values) = self.walk.next()?;
        self.tile += 1;
        Some(())
    }
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let (Some((&column, columns)), Some((block, values))) =
                (self.columns.split_first(), self.values.split_first())
            {
                (self.columns, self.values) = (columns, values);
                let value = block.get(self.row % Block4x1::ROWS).copied().unwrap_or(0);
                if value != 0 {
                    return Some((self.row, (self.tile - 1) * TILE + usize::from(column), value));
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

    const WORKED: Streams<'static> = Streams {
        rows: worked::ROWS,
        cols: worked::COLS,
        parameter: 1,
        counts: &[6],
        indices: &[0, 1, 2, 3, 4, 5],
        values: &[0, 0, 7, 0, 5, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, -2, -3, 0, 0, 0, 0, 0, 1, 0],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Block4x1::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn tiles_and_missing_rows() {
        let streams = Streams {
            rows: 5,
            cols: 257,
            parameter: 1,
            counts: &[1, 0, 0, 1],
            indices: &[255, 0],
            values: &[1, 0, 0, 2, 3, 0, 0, 0],
        };
        let matrix = Block4x1::new_checked(streams).unwrap();
        assert!(matrix.entries().eq([(0, 255, 1), (3, 255, 2), (4, 256, 3)]));
        let phantom = Streams { values: &[1, 0, 0, 2, 3, 0, -1, 0], ..streams };
        let error = Block4x1::new_checked(phantom).unwrap_err();
        assert_eq!(error, Error::PhantomNotZero { row: 6 });
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Block4x1::new_checked(streams).unwrap_err();
        let beyond = Streams { indices: &[0, 1, 2, 3, 4, 6], ..WORKED };
        assert_eq!(error(beyond), Error::ColumnOutOfRange { row: 0 });
        let twice = Streams { indices: &[0, 1, 2, 3, 3, 5], ..WORKED };
        assert_eq!(error(twice), Error::ColumnsNotAscending { row: 0 });
        assert_eq!(error(Streams { parameter: 0, ..WORKED }), Error::BadCountWidth { width: 0 });
        let more = Streams { counts: &[7], ..WORKED };
        assert_eq!(error(more), Error::BadLength { expected: 7, found: 6 });
        let table = Streams { counts: &[6, 0], ..WORKED };
        assert_eq!(error(table), Error::BadLength { expected: 1, found: 2 });
        let values = Streams { values: &[0; 23], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 24, found: 23 });
    }
}
