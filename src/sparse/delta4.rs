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

use super::{Error, Left, Lines, Segment, Segments, Streams, TILE, check_len};
use crate::rolled::Rolled;

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
///     parameter: 1,
///     counts: &[2, 0, 2, 2],
///     indices: &[0x21, 0x40, 0x02],
///     values: &[5, -3, 7, 1, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Delta4<'a> {
    streams: Streams<'a>,
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
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        let mut walk = Lines::new_checked(streams, streams.rows)?;
        let mut values = 0;
        for row in (0..streams.rows).rolled() {
            let (count, steps) = walk.next(2)?;
            let (end, taken) = measure(steps, count);
            let spare = count % 2 == 1 && steps.last().is_some_and(|last| last >> 4 != 0);
            if end > streams.cols {
                return Err(Error::ColumnOutOfRange { row: row as u32 });
            }
            if spare {
                return Err(Error::SpareNotZero { row: row as u32 });
            }
            values += taken;
        }
        walk.end()?;
        check_len(values, streams.values.len())
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Delta4 { streams }
    }

    /// The walk over the rows.
    pub fn rows(&self) -> Delta4Rows<'a> {
        Delta4Rows { matrix: Left::assumed(&self.streams), left: 0, tile: 0, next: 0, high: false }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        Entries { matrix: Left::assumed(&self.streams), row: 0, col: 0, count: 0, at: 0 }
    }
}

/// One past the last column that a row's steps reach, and the number of values they take.
fn measure(steps: &[u8], count: usize) -> (usize, usize) {
    let (mut end, mut taken) = (0, 0);
    for at in (0..count).rolled() {
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
    /// What is left of it.
    matrix: Left<'a>,
    /// Steps left of the row.
    left: usize,
    /// First column of the next tile.
    tile: usize,
    /// From there, the column after the last step; below zero where that lies before.
    next: isize,
    /// The next step is in the high half of its byte.
    high: bool,
}

impl<'a> Segments<'a> for Delta4Rows<'a> {
    #[inline(never)]
    fn next_segment<'s>(&mut self, space: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's,
    {
        if self.tile == 0 {
            (self.left, self.next) = (self.matrix.counts.next().unwrap_or(0), 0);
        }
        let last = self.matrix.cols - self.tile <= TILE;
        let mut columns = Columns { space, count: 0, next: self.next };
        self.decode(&mut columns, if last { isize::MAX } else { TILE as isize });
        let Columns { space, count, next } = columns;
        self.tile = if last { 0 } else { self.tile + TILE };
        self.next = next - TILE as isize;
        let (values, rest) = self.matrix.values.split_at_checked(count).unwrap_or_default();
        self.matrix.values = rest;
        Segment::new(space.get(..count).unwrap_or_default(), values)
    }
}

impl Delta4Rows<'_> {
    /// Takes the steps before column `end`.
    #[inline]
    fn decode(&mut self, columns: &mut Columns<'_>, end: isize) {
        if self.high && !self.half(columns, end) {
            return;
        }
        // Two steps from here stay below the end.
        let safe = end - 2 * isize::from(Delta4::SKIP);
        let mut bytes = self.matrix.indices.iter();
        let mut pairs = self.left / 2;
        while pairs > 0 && columns.next <= safe {
            let &pair = bytes.next().unwrap_or(&0);
            columns.step(pair & 15);
            columns.step(pair >> 4);
            pairs -= 1;
        }
        (self.matrix.indices, self.left) = (bytes.as_slice(), 2 * pairs + self.left % 2);
        while self.half(columns, end) {}
    }

    /// Takes one step, unless there is none left or it goes to column `end` or past it.
    #[inline]
    fn half(&mut self, columns: &mut Columns<'_>, end: isize) -> bool {
        let Some((&pair, rest)) = self.matrix.indices.split_first() else { return false };
        let step = if self.high { pair >> 4 } else { pair & 15 };
        if self.left == 0 || columns.next + isize::from(step) >= end {
            return false;
        }
        columns.step(step);
        self.left -= 1;
        self.high = !self.high && self.left > 0;
        if !self.high {
            self.matrix.indices = rest;
        }
        true
    }
}

/// Columns of a tile in the making.
struct Columns<'s> {
    space: &'s mut [u8; TILE],
    count: usize,
    /// The column after the last step; below zero where that lies in the tile before.
    next: isize,
}

impl Columns<'_> {
    /// Writes the column of a step and keeps it unless the step is one that takes no value.
    #[inline]
    fn step(&mut self, step: u8) {
        let at = self.next + isize::from(step);
        let kept = step != Delta4::SKIP;
        // There are fewer columns in the tile than a byte can say, so far.
        if let Some(place) = self.space.get_mut(usize::from(self.count as u8)) {
            *place = at as u8;
        }
        self.next = at + isize::from(kept);
        self.count += usize::from(kept);
    }
}

/// The nonzeros of a [`Delta4`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// What is left of it, from the row that is being walked.
    matrix: Left<'a>,
    /// One past the row that is being walked.
    row: usize,
    /// One past the column of the last step.
    col: usize,
    /// Steps of the row, and those of them that have been taken.
    count: usize,
    at: usize,
}

impl Entries<'_> {
    /// Takes the steps up to the row's next nonzero.
    fn next_in_row(&mut self) -> Option<i8> {
        while self.at < self.count {
            let step = step(self.matrix.indices, self.at);
            self.at += 1;
            self.col += usize::from(step);
            if step != Delta4::SKIP {
                self.col += 1;
                let (&value, rest) = self.matrix.values.split_first()?;
                self.matrix.values = rest;
                if value != 0 {
                    return Some(value);
                }
            }
        }
        None
    }
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(value) = self.next_in_row() {
                return Some((self.row - 1, self.col - 1, value));
            }
            self.matrix.indices = self.matrix.indices.get(self.count.div_ceil(2)..)?;
            self.count = self.matrix.counts.next()?;
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
        parameter: 1,
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
            parameter: 2,
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
        assert_eq!(error(Streams { parameter: 0, ..WORKED }), Error::BadCountWidth { width: 0 });
        let more = Streams { counts: &[2, 0, 2, 3], ..WORKED };
        assert_eq!(error(more), Error::BadLength { expected: 2, found: 1 });
        let trailing = Streams { indices: &[0x21, 0x40, 0x02, 0], ..WORKED };
        assert_eq!(error(trailing), Error::BadLength { expected: 0, found: 1 });
        let values = Streams { values: &[1], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 6, found: 1 });
    }
}
