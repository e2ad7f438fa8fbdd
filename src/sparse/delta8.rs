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

use super::{Error, Left, Lines, Segment, Segments, Streams, TILE, check_len};
use crate::rolled::Rolled;

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
///     parameter: 1,
///     counts: &[2, 0, 2, 2],
///     indices: &[1, 2, 0, 4, 2, 0],
///     values: &[5, -3, 7, 1, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Delta8<'a> {
    streams: Streams<'a>,
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
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        let mut walk = Lines::new_checked(streams, streams.rows)?;
        check_len(streams.indices.len(), streams.values.len())?;
        for row in (0..streams.rows).rolled() {
            let (_, deltas) = walk.next(1)?;
            // The end is one past the last column, as each step counts itself.
            let end = deltas.iter().rolled().map(|&delta| usize::from(delta) + 1).sum::<usize>();
            if end > streams.cols {
                return Err(Error::ColumnOutOfRange { row: row as u32 });
            }
        }
        walk.end()
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Delta8 { streams }
    }

    /// The walk over the rows.
    pub fn rows(&self) -> Delta8Rows<'a> {
        Delta8Rows { matrix: Left::assumed(&self.streams), steps: 0, tile: 0, column: 0 }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        Entries { matrix: Left::assumed(&self.streams), row: 0, col: 0, steps: 0 }
    }
}

/// The rows of a [`Delta8`] matrix.
#[derive(Clone, Debug)]
pub struct Delta8Rows<'a> {
    /// What is left of it.
    matrix: Left<'a>,
    /// Steps left of the row.
    steps: usize,
    /// First column of the next tile.
    tile: usize,
    /// From there, the column after the last step: below zero, wrapped, where that lies before.
    column: usize,
}

impl<'a> Segments<'a> for Delta8Rows<'a> {
    #[inline(never)]
    fn next_segment<'s>(&mut self, space: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's,
    {
        if self.tile == 0 {
            (self.steps, self.column) = (self.matrix.counts.next().unwrap_or(0), 0);
        }
        let deltas = self.matrix.indices.get(..self.steps).unwrap_or_default();
        let last = self.matrix.cols - self.tile <= TILE;
        let (count, column) = match last {
            true => decode_all(deltas, self.column, space),
            false => decode_tile(deltas, self.column, space),
        };
        self.tile = if last { 0 } else { self.tile + TILE };
        (self.steps, self.column) = (self.steps.wrapping_sub(count), column.wrapping_sub(TILE));
        self.matrix.indices = self.matrix.indices.get(count..).unwrap_or_default();
        let (values, rest) = self.matrix.values.split_at_checked(count).unwrap_or_default();
        self.matrix.values = rest;
        Segment::new(space.get(..count).unwrap_or_default(), values)
    }
}

/// Writes the columns of the steps, the first from `column` on; gives how many there are and the
/// column after the last. They lie within the tile, as new_checked has seen.
#[inline]
fn decode_all(deltas: &[u8], mut column: usize, space: &mut [u8; TILE]) -> (usize, usize) {
    for (place, &delta) in space.iter_mut().zip(deltas) {
        column = column.wrapping_add(delta.into());
        *place = column as u8;
        column = column.wrapping_add(1);
    }
    (deltas.len(), column)
}

/// The same up to the end of the tile.
#[inline]
fn decode_tile(deltas: &[u8], mut column: usize, space: &mut [u8; TILE]) -> (usize, usize) {
    let mut count = 0;
    for (place, &delta) in space.iter_mut().zip(deltas) {
        let at = column.wrapping_add(delta.into());
        if at >= TILE {
            break;
        }
        *place = at as u8;
        (column, count) = (at + 1, count + 1);
    }
    (count, column)
}

/// The nonzeros of a [`Delta8`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// What is left of it.
    matrix: Left<'a>,
    /// One past the row that is being walked.
    row: usize,
    /// One past the column of the last step.
    col: usize,
    /// Steps left of the row.
    steps: usize,
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.steps > 0 {
                let (&delta, deltas) = self.matrix.indices.split_first()?;
                let (&value, values) = self.matrix.values.split_first()?;
                (self.matrix.indices, self.matrix.values) = (deltas, values);
                self.steps -= 1;
                self.col += usize::from(delta) + 1;
                if value != 0 {
                    return Some((self.row - 1, self.col - 1, value));
                }
            }
            self.steps = self.matrix.counts.next()?;
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
        parameter: 1,
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
            parameter: 2,
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
        assert_eq!(error(Streams { parameter: 3, ..WORKED }), Error::BadCountWidth { width: 3 });
        let wide = Streams { parameter: 2, ..WORKED };
        assert_eq!(error(wide), Error::BadLength { expected: 8, found: 4 });
        let fewer = Streams { counts: &[2, 0, 2, 1], ..WORKED };
        assert_eq!(error(fewer), Error::BadLength { expected: 0, found: 1 });
        let more = Streams { counts: &[2, 0, 2, 3], ..WORKED };
        assert_eq!(error(more), Error::BadLength { expected: 3, found: 2 });
        let values = Streams { values: &[1], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 6, found: 1 });
    }
}
