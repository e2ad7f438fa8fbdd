//! Nonzeros with 8-bit columns.
//!
//! ```text
//!     counts   2  0  2  2                 nonzeros of each tile of each row
//!     columns  1  4 | | 0  5 | 2  3       from the tile's first
//!     values   5 -3 | | 7  1 | 2 -2       one a column
//! ```
//!
//! A row is cut into tiles of 256 columns, the last as long as is left, so that a column within a
//! tile is a byte. Nothing is decoded: kernels read the columns from flash as they stand. 4 + 6 + 6
//! bytes for the worked matrix, which has one tile a row.

use super::tiled::{self, Tiles};
use super::{Error, Run, Segment, Segments, Streams, TILE, check_len};

/// A matrix with 8-bit columns.
///
/// Invariants, checked by `new_checked`:
///
/// - the row table has one entry for each tile of each row, and their sum is the length of both
///   other streams;
/// - columns of a tile ascend strictly, and each is below the number of columns that the tile has.
///
/// ```
/// use kastanet::sparse::{Index8, Streams};
///
/// let matrix = Index8::new_checked(Streams {
///     rows: 4,
///     cols: 6,
///     parameter: 1,
///     counts: &[2, 0, 2, 2],
///     indices: &[1, 4, 0, 5, 2, 3],
///     values: &[5, -3, 7, 1, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Index8<'a> {
    streams: Streams<'a>,
}

impl<'a> Index8<'a> {
    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], [`Error::BadCountWidth`], [`Error::BadLength`],
    /// [`Error::ColumnsNotAscending`] or [`Error::ColumnOutOfRange`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        tiled::check(streams, streams.rows, streams.cols, 1)?;
        check_len(streams.indices.len(), streams.values.len())
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Index8 { streams }
    }

    /// Whether the row table's entries are one byte each, as runs of rows ask for.
    pub fn is_narrow(&self) -> bool {
        self.streams.parameter == 1
    }

    /// The walk over the rows.
    pub fn rows(&self) -> Index8Rows<'a> {
        let Streams { cols, values, .. } = self.streams;
        Index8Rows { cols, tiles: Tiles::assumed(&self.streams, values) }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        let (rows, cols) = (self.rows(), self.streams.cols);
        Entries { rows, cols, next: (0, 0), at: (0, 0), tile: (&[], &[]) }
    }
}

/// The rows of an [`Index8`] matrix.
#[derive(Clone, Debug)]
pub struct Index8Rows<'a> {
    cols: usize,
    tiles: Tiles<'a, i8>,
}

impl<'a> Index8Rows<'a> {
    /// The next `rows` rows at once; `None` where the row table's entries are two bytes wide, where there
    /// are no columns or fewer rows, and after a segment that does not end its row.
    #[inline]
    pub fn run(&self, rows: usize) -> Option<Run<'a, i8>> {
        self.tiles.run(rows, self.cols)
    }

    /// Leaves `rows` rows behind, which have `indices` indices together.
    #[inline]
    pub(crate) fn skip(&mut self, rows: usize, indices: usize) {
        self.tiles.skip(rows * self.cols.div_ceil(TILE), indices);
    }
}

impl<'a> Segments<'a> for Index8Rows<'a> {
    #[inline]
    fn next_segment<'s>(&mut self, _: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's,
    {
        self.tiles.next().map_or(Segment::EMPTY, |(columns, values)| Segment::new(columns, values))
    }
}

/// The nonzeros of an [`Index8`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rows: Index8Rows<'a>,
    cols: usize,
    /// Row and first column of the next tile, and of the one that is being walked.
    next: (usize, usize),
    at: (usize, usize),
    tile: (&'a [u8], &'a [i8]),
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let (Some((&column, columns)), Some((&value, values))) =
                (self.tile.0.split_first(), self.tile.1.split_first())
            {
                self.tile = (columns, values);
                if value != 0 {
                    return Some((self.at.0, self.at.1 + usize::from(column), value));
                }
            }
            self.tile = self.rows.tiles.next()?;
            self.at = self.next;
            self.next.1 += TILE;
            if self.next.1 >= self.cols {
                self.next = (self.next.0 + 1, 0);
            }
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
        counts: &[2, 0, 2, 2],
        indices: &[1, 4, 0, 5, 2, 3],
        values: &[5, -3, 7, 1, 2, -2],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Index8::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn tiles_and_wide_table() {
        let streams = Streams {
            rows: 2,
            cols: 258,
            parameter: 2,
            counts: &[1, 0, 2, 0, 0, 0, 1, 0],
            indices: &[255, 0, 1, 0],
            values: &[9, 8, 7, 6],
        };
        let matrix = Index8::new_checked(streams).unwrap();
        assert!(matrix.entries().eq([(0, 255, 9), (0, 256, 8), (0, 257, 7), (1, 256, 6)]));
    }

    #[test]
    fn runs_are_whole_rows() {
        let streams = Streams {
            rows: 2,
            cols: 258,
            parameter: 1,
            counts: &[1, 2, 0, 1],
            indices: &[255, 0, 1, 0],
            values: &[9, 8, 7, 6],
        };
        let mut rows = Index8::new_checked(streams).unwrap().rows();
        assert_eq!(rows.run(2).map(|run| run.counts().len()), Some(4));
        assert!([3, usize::MAX].iter().all(|&more| rows.run(more).is_none()));
        rows.next_segment(&mut [0; TILE]);
        assert!(rows.run(1).is_none());
        rows.next_segment(&mut [0; TILE]);
        assert_eq!(rows.run(1).map(|run| run.indices()), Some(&[0][..]));
        let none = Streams { cols: 0, counts: &[], indices: &[], values: &[], ..streams };
        assert!(Index8::new_checked(none).unwrap().rows().run(1).is_none());
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Index8::new_checked(streams).unwrap_err();
        let beyond = &[1, 4, 0, 5, 2, 6];
        assert_eq!(
            error(Streams { indices: beyond, ..WORKED }),
            Error::ColumnOutOfRange { row: 3 }
        );
        for indices in [&[1, 1, 0, 5, 2, 3], &[4, 1, 0, 5, 2, 3]] {
            let error = error(Streams { indices, ..WORKED });
            assert_eq!(error, Error::ColumnsNotAscending { row: 0 });
        }
        assert_eq!(error(Streams { parameter: 3, ..WORKED }), Error::BadCountWidth { width: 3 });
        let more = Streams { counts: &[2, 0, 2, 3], ..WORKED };
        assert_eq!(error(more), Error::BadLength { expected: 3, found: 2 });
        let fewer = Streams { counts: &[2, 0, 2, 1], ..WORKED };
        assert_eq!(error(fewer), Error::BadLength { expected: 0, found: 1 });
        let values = Streams { values: &[1], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 6, found: 1 });
    }
}
