//! Nonzeros with 4-bit column deltas.
//!
//! ```text
//!     counts   2  0  2  2                 steps of each row
//!     steps    0x21 | | 0x40 | 0x02       two a byte, the first in the low half
//!     values   5 -3 | | 7  1 | 2 -2       one for each step below 15
//! ```
//!
//! The column before a row's first step is −1. A step s below 15 goes to column + 1 + s and takes
//! the next value; step 15 skips 15 columns and takes none, so a gap costs half a byte where a
//! padding nonzero would cost one and a half. A row's steps start on a byte; the last half byte
//! of an odd row is 0. 4 + 3 + 6 bytes for the worked matrix.

use super::{Counts, Error, Streams, check_len};

/// A matrix with 4-bit column deltas.
///
/// Invariants, checked by `new_checked`:
///
/// - the row table has one entry a row; the rows' steps fill the index stream;
/// - there are as many values as steps below 15;
/// - no row reaches past the last column, and the half byte after an odd row is 0.
///
/// Columns of a row ascend by construction.
///
/// ```
/// use kastanet::sparse::{Delta4, Streams};
///
/// let matrix = Delta4::new_checked(Streams {
///     rows: 4,
///     cols: 6,
///     count_width: 1,
///     counts: &[2, 0, 2, 2],
///     indices: &[0x21, 0x40, 0x02],
///     values: &[5, -3, 7, 1, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Delta4<'a> {
    counts: Counts<'a>,
    steps: &'a [u8],
    values: &'a [i8],
}

impl<'a> Delta4<'a> {
    /// The step that skips this many columns and takes no value.
    pub const SKIP: u8 = 15;

    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], [`Error::BadCountWidth`], [`Error::BadLength`] or
    /// [`Error::ColumnOutOfRange`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        let mut counts = Counts::new_checked(&streams)?;
        let mut rest = streams.indices;
        let mut values = 0;
        for row in 0..streams.rows {
            let count = counts.next().unwrap_or(0);
            let short =
                Error::BadLength { expected: count.div_ceil(2) as u32, found: rest.len() as u32 };
            let (steps, after) = rest.split_at_checked(count.div_ceil(2)).ok_or(short)?;
            let (end, taken) = measure(steps, count);
            let spare = count % 2 == 1 && steps.last().is_some_and(|last| last >> 4 != 0);
            if end > streams.cols {
                return Err(Error::ColumnOutOfRange { row: row as u32 });
            }
            if spare {
                return Err(Error::SpareNotZero { row: row as u32 });
            }
            (rest, values) = (after, values + taken);
        }
        check_len(0, rest.len())?;
        check_len(values, streams.values.len())?;
        Ok(Self::assumed(streams))
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Delta4 { counts: Counts::assumed(&streams), steps: streams.indices, values: streams.values }
    }

    /// The walk over the rows.
    pub fn rows(&self) -> Delta4Rows<'a> {
        Delta4Rows { counts: self.counts, steps: self.steps, values: self.values }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        Entries { rows: self.rows(), row: 0, col: 0, count: 0, at: 0, steps: &[] }
    }
}

/// One past the last column that a row's steps reach, and the number of values they take.
fn measure(steps: &[u8], count: usize) -> (usize, usize) {
    let (mut end, mut taken) = (0, 0);
    for at in 0..count {
        let step = step(steps, at);
        let value = usize::from(step != Delta4::SKIP);
        end += usize::from(step) + value;
        taken += value;
    }
    (end, taken)
}

/// Step number `at` of a row.
#[inline]
fn step(steps: &[u8], at: usize) -> u8 {
    let pair = steps.get(at / 2).copied().unwrap_or(Delta4::SKIP);
    if at.is_multiple_of(2) { pair & 15 } else { pair >> 4 }
}

/// The rows of a [`Delta4`] matrix.
#[derive(Clone, Debug)]
pub struct Delta4Rows<'a> {
    counts: Counts<'a>,
    steps: &'a [u8],
    values: &'a [i8],
}

/// A row of a [`Delta4`] matrix.
#[derive(Clone, Copy, Debug)]
pub struct Delta4Row<'a> {
    steps: &'a [u8],
    count: usize,
    values: &'a [i8],
}

impl<'a> Delta4Row<'a> {
    /// The steps, two a byte, the first in the low half.
    pub fn steps(&self) -> &'a [u8] {
        self.steps
    }

    /// Number of steps.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The values from this row's first to the matrix's last; one is for each step below 15.
    pub fn values(&self) -> &'a [i8] {
        self.values
    }
}

impl<'a> Delta4Rows<'a> {
    /// The next row. How many values it takes shows only when its steps are decoded, so whoever
    /// does that tells [`Delta4Rows::skip_values`] before asking for the row after it.
    #[inline]
    pub fn next_row(&mut self) -> Option<Delta4Row<'a>> {
        let count = self.counts.next()?;
        let (steps, rest) = self.steps.split_at_checked(count.div_ceil(2))?;
        self.steps = rest;
        Some(Delta4Row { steps, count, values: self.values })
    }

    /// Leaves the last row's `taken` values behind.
    #[inline]
    pub fn skip_values(&mut self, taken: usize) {
        self.values = self.values.get(taken..).unwrap_or_default();
    }
}

/// The nonzeros of a [`Delta4`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rows: Delta4Rows<'a>,
    /// One past the row that is being walked.
    row: usize,
    /// One past the column of the last step.
    col: usize,
    count: usize,
    at: usize,
    steps: &'a [u8],
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.at < self.count {
                let step = step(self.steps, self.at);
                self.at += 1;
                self.col += usize::from(step);
                if step != Delta4::SKIP {
                    self.col += 1;
                    let &value = self.rows.values.first()?;
                    self.rows.skip_values(1);
                    if value != 0 {
                        return Some((self.row - 1, self.col - 1, value));
                    }
                }
            }
            let row = self.rows.next_row()?;
            (self.steps, self.count) = (row.steps, row.count);
            (self.row, self.col, self.at) = (self.row + 1, 0, 0);
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
        indices: &[0x21, 0x40, 0x02],
        values: &[5, -3, 7, 1, 2, -2],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Delta4::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn long_gap_and_odd_row() {
        let streams = Streams {
            rows: 2,
            cols: 40,
            count_width: 2,
            counts: &[3, 0, 1, 0],
            indices: &[0xff, 0x09, 0x00],
            values: &[9, -1],
        };
        let matrix = Delta4::new_checked(streams).unwrap();
        assert!(matrix.entries().eq([(0, 39, 9), (1, 0, -1)]));
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Delta4::new_checked(streams).unwrap_err();
        let long = &[0x21, 0x40, 0x32];
        assert_eq!(error(Streams { indices: long, ..WORKED }), Error::ColumnOutOfRange { row: 3 });
        let spare = Streams { counts: &[2, 0, 2, 1], indices: &[0x21, 0x40, 0x12], ..WORKED };
        assert_eq!(error(spare), Error::SpareNotZero { row: 3 });
        assert_eq!(error(Streams { count_width: 0, ..WORKED }), Error::BadCountWidth { width: 0 });
        let more = Streams { counts: &[2, 0, 2, 3], ..WORKED };
        assert_eq!(error(more), Error::BadLength { expected: 2, found: 1 });
        let trailing = Streams { indices: &[0x21, 0x40, 0x02, 0], ..WORKED };
        assert_eq!(error(trailing), Error::BadLength { expected: 0, found: 1 });
        let values = Streams { values: &[1], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 6, found: 1 });
    }
}
