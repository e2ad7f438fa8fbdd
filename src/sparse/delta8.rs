//! Nonzeros with 8-bit column deltas.
//!
//! ```text
//!     counts   2  0  2  2                 steps of each row
//!     deltas   1  2 | | 0  4 | 2  0       columns skipped since the step before
//!     values   5 -3 | | 7  1 | 2 -2       one a step
//! ```
//!
//! The column before a row's first step is −1; a step with delta d goes to column + 1 + d. Every
//! step has a value, so the loop over a row has no branch; a gap of more than 255 columns is
//! crossed by steps with delta 255 and value 0. 4 + 6 + 6 bytes for the worked matrix.

use super::{Counts, Error, Streams, check_len};

/// A matrix with 8-bit column deltas.
///
/// Invariants, checked by `new_checked`:
///
/// - the row table has one entry a row, and their sum is the length of both other streams;
/// - no row reaches past the last column.
///
/// Columns of a row ascend by construction.
///
/// ```
/// use kastanet::sparse::{Delta8, Streams};
///
/// let matrix = Delta8::new_checked(Streams {
///     rows: 4,
///     cols: 6,
///     count_width: 1,
///     counts: &[2, 0, 2, 2],
///     indices: &[1, 2, 0, 4, 2, 0],
///     values: &[5, -3, 7, 1, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Delta8<'a> {
    counts: Counts<'a>,
    deltas: &'a [u8],
    values: &'a [i8],
}

impl<'a> Delta8<'a> {
    /// The largest delta; a step with it and value 0 crosses a longer gap.
    pub const MAX: usize = 255;

    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], [`Error::BadCountWidth`], [`Error::BadLength`] or
    /// [`Error::ColumnOutOfRange`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        let mut counts = Counts::new_checked(&streams)?;
        let mut rest = streams.indices;
        check_len(rest.len(), streams.values.len())?;
        for row in 0..streams.rows {
            let count = counts.next().unwrap_or(0);
            let short = Error::BadLength { expected: count as u32, found: rest.len() as u32 };
            let (deltas, after) = rest.split_at_checked(count).ok_or(short)?;
            // The end is one past the last column, as each step counts itself.
            let end = deltas.iter().map(|&delta| usize::from(delta) + 1).sum::<usize>();
            if end > streams.cols {
                return Err(Error::ColumnOutOfRange { row: row as u32 });
            }
            rest = after;
        }
        check_len(0, rest.len())?;
        Ok(Self::assumed(streams))
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Delta8 {
            counts: Counts::assumed(&streams),
            deltas: streams.indices,
            values: streams.values,
        }
    }

    /// The walk over the rows.
    pub fn rows(&self) -> Delta8Rows<'a> {
        Delta8Rows { counts: self.counts, deltas: self.deltas, values: self.values }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        Entries { rows: self.rows(), row: 0, col: 0, deltas: &[], values: &[] }
    }
}

/// The rows of a [`Delta8`] matrix.
#[derive(Clone, Debug)]
pub struct Delta8Rows<'a> {
    counts: Counts<'a>,
    deltas: &'a [u8],
    values: &'a [i8],
}

/// A row of a [`Delta8`] matrix.
#[derive(Clone, Copy, Debug)]
pub struct Delta8Row<'a> {
    deltas: &'a [u8],
    values: &'a [i8],
}

impl<'a> Delta8Row<'a> {
    /// Columns skipped before each step.
    pub fn deltas(&self) -> &'a [u8] {
        self.deltas
    }

    /// The value of each step; as many as deltas.
    pub fn values(&self) -> &'a [i8] {
        self.values
    }
}

impl<'a> Iterator for Delta8Rows<'a> {
    type Item = Delta8Row<'a>;

    #[inline]
    fn next(&mut self) -> Option<Delta8Row<'a>> {
        let count = self.counts.next()?;
        let (deltas, deltas_rest) = self.deltas.split_at_checked(count)?;
        let (values, values_rest) = self.values.split_at_checked(count)?;
        (self.deltas, self.values) = (deltas_rest, values_rest);
        Some(Delta8Row { deltas, values })
    }
}

/// The nonzeros of a [`Delta8`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rows: Delta8Rows<'a>,
    /// One past the row that is being walked.
    row: usize,
    /// One past the column of the last step.
    col: usize,
    deltas: &'a [u8],
    values: &'a [i8],
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let (Some((&delta, deltas)), Some((&value, values))) =
                (self.deltas.split_first(), self.values.split_first())
            {
                (self.deltas, self.values) = (deltas, values);
                self.col += usize::from(delta) + 1;
                if value != 0 {
                    return Some((self.row - 1, self.col - 1, value));
                }
            }
            Delta8Row { deltas: self.deltas, values: self.values } = self.rows.next()?;
            (self.row, self.col) = (self.row + 1, 0);
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
        count_width: 1,
        counts: &[2, 0, 2, 2],
        indices: &[1, 2, 0, 4, 2, 0],
        values: &[5, -3, 7, 1, 2, -2],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Delta8::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn long_gap_and_wide_table() {
        let streams = Streams {
            rows: 1,
            cols: 600,
            count_width: 2,
            counts: &[3, 0],
            indices: &[255, 255, 87],
            values: &[0, 0, 9],
        };
        let matrix = Delta8::new_checked(streams).unwrap();
        assert!(matrix.entries().eq([(0, 599, 9)]));
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Delta8::new_checked(streams).unwrap_err();
        let long = &[1, 2, 0, 4, 2, 3];
        assert_eq!(error(Streams { indices: long, ..WORKED }), Error::ColumnOutOfRange { row: 3 });
        assert_eq!(error(Streams { count_width: 3, ..WORKED }), Error::BadCountWidth { width: 3 });
        let wide = Streams { count_width: 2, ..WORKED };
        assert_eq!(error(wide), Error::BadLength { expected: 8, found: 4 });
        let fewer = Streams { counts: &[2, 0, 2, 1], ..WORKED };
        assert_eq!(error(fewer), Error::BadLength { expected: 0, found: 1 });
        let more = Streams { counts: &[2, 0, 2, 3], ..WORKED };
        assert_eq!(error(more), Error::BadLength { expected: 3, found: 2 });
        let values = Streams { values: &[1], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 6, found: 1 });
    }
}
