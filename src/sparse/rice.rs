//! Nonzeros with Rice-coded gaps.
//!
//! ```text
//!     gaps      1     2      7         4      2     0              zeros before each nonzero
//!     bits      1 1   01 0   0001 1    001 0  01 0  1 0            parameter 1
//!     values    5    -3      7         1      2    -2              one a gap
//! ```
//!
//! The matrix is one line, row after row, and a gap runs over the ends of rows: there is no row
//! table, and a row without nonzeros takes no bytes. Of independent zeros, gaps are geometric, for
//! which Rice codes come within a few hundredths of a bit of the least there is. `bits.rs` draws
//! the code. The last bits of the last byte are 0. 0 + 3 + 6 bytes for the worked matrix.

use super::bits::RiceReader;
use super::{Error, Segment, Segments, Streams, TILE, check_len, check_size};
use crate::rolled::Rolled;

/// A matrix with Rice-coded gaps.
///
/// Invariants, checked by `new_checked`:
///
/// - the parameter is at most 15, and there is no row table;
/// - the index stream has as many gaps as there are values, then fewer than 8 bits, which are 0;
/// - no gap reaches past the last weight.
///
/// Columns of a row ascend by construction.
///
/// ```
/// use kastanet::sparse::{Rice, Streams};
///
/// let matrix = Rice::new_checked(Streams {
///     rows: 4,
///     cols: 6,
///     parameter: 1,
///     counts: &[],
///     indices: &[0x0b, 0x93, 0x02],
///     values: &[5, -3, 7, 1, 2, -2],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rice<'a> {
    streams: Streams<'a>,
}

impl<'a> Rice<'a> {
    /// The largest parameter.
    pub const MAX_PARAMETER: u8 = RiceReader::MAX;

    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::BadParameter`], [`Error::TooLarge`], [`Error::BadLength`],
    /// [`Error::ColumnOutOfRange`] or [`Error::SpareNotZero`], the last two with the last row.
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        if streams.parameter > Self::MAX_PARAMETER {
            return Err(Error::BadParameter { parameter: streams.parameter });
        }
        check_size(streams)?;
        check_len(0, streams.counts.len())?;
        let mut gaps = RiceReader::new(streams.parameter, streams.indices);
        check_gaps(streams, &mut gaps)?;
        let (len, (bytes, spare_is_zero)) = (streams.indices.len(), gaps.rest());
        check_len(len - bytes, len)?;
        match spare_is_zero {
            true => Ok(()),
            false => Err(Error::SpareNotZero { row: last_row(streams) }),
        }
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Rice { streams }
    }

    /// The walk over the rows.
    pub fn rows(&self) -> RiceRows<'a> {
        let Streams { cols, parameter, indices, values, .. } = self.streams;
        let mut gaps = RiceReader::new(parameter, indices);
        let ahead = gaps.next_apart().unwrap_or(0) as usize;
        RiceRows { cols, gaps, values, tile: 0, ahead }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        let Streams { cols, parameter, indices, values, .. } = self.streams;
        Entries { cols, gaps: RiceReader::new(parameter, indices), values: values.iter(), next: 0 }
    }
}

/// Reads a gap for each value, none past the last weight.
fn check_gaps(streams: &Streams<'_>, gaps: &mut RiceReader<'_>) -> Result<(), Error> {
    let (mut left, found) = (streams.rows * streams.cols, streams.indices.len() as u32);
    let short = Error::BadLength { expected: found.saturating_add(1), found };
    for _ in streams.values.iter().rolled() {
        let gap = gaps.next_apart().ok_or(short)? as usize;
        if gap >= left {
            return Err(Error::ColumnOutOfRange { row: last_row(streams) });
        }
        left -= gap + 1;
    }
    Ok(())
}

fn last_row(streams: &Streams<'_>) -> u32 {
    streams.rows.saturating_sub(1) as u32
}

/// The rows of a [`Rice`] matrix.
#[derive(Clone, Debug)]
pub struct RiceRows<'a> {
    cols: usize,
    /// The gaps after the next nonzero.
    gaps: RiceReader<'a>,
    /// The values from the next nonzero on.
    values: &'a [i8],
    /// First column of the next tile.
    tile: usize,
    /// From there to the next nonzero, over the ends of rows.
    ahead: usize,
}

impl<'a> Segments<'a> for RiceRows<'a> {
    #[inline(never)]
    fn next_segment<'s>(&mut self, space: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's,
    {
        let len = (self.cols - self.tile).min(TILE);
        let (mut gaps, mut ahead, mut count) = (self.gaps, self.ahead, 0);
        for (column, _) in space.iter_mut().zip(self.values) {
            if ahead >= len {
                break;
            }
            *column = ahead as u8;
            // After the last nonzero there is no gap, and no value that would look at it.
            ahead = ahead.wrapping_add(gaps.next().unwrap_or(0) as usize).wrapping_add(1);
            count += 1;
        }
        self.tile = if self.cols - self.tile > TILE { self.tile + TILE } else { 0 };
        (self.gaps, self.ahead) = (gaps, ahead.wrapping_sub(len));
        let (values, rest) = self.values.split_at_checked(count).unwrap_or_default();
        self.values = rest;
        Segment::new(space.get(..count).unwrap_or_default(), values)
    }
}

/// The nonzeros of a [`Rice`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    cols: usize,
    gaps: RiceReader<'a>,
    values: core::slice::Iter<'a, i8>,
    /// The weight after the last nonzero, counted from the first row on.
    next: usize,
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        for &value in self.values.by_ref() {
            let at = self.next + self.gaps.next()? as usize;
            self.next = at + 1;
            if value != 0 {
                return Some((at.checked_div(self.cols)?, at % self.cols, value));
            }
        }
        None
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
        counts: &[],
        indices: &[0x0b, 0x93, 0x02],
        values: &[5, -3, 7, 1, 2, -2],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Rice::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Rice::new_checked(streams).unwrap_err();
        assert_eq!(
            error(Streams { parameter: 16, ..WORKED }),
            Error::BadParameter { parameter: 16 }
        );
        assert_eq!(error(Streams { rows: 3, ..WORKED }), Error::ColumnOutOfRange { row: 2 });
        let counts = Streams { counts: &[0], ..WORKED };
        assert_eq!(error(counts), Error::BadLength { expected: 0, found: 1 });
        let short = Streams { indices: &[0x0b, 0x93], ..WORKED };
        assert_eq!(error(short), Error::BadLength { expected: 3, found: 2 });
        let long = Streams { indices: &[0x0b, 0x93, 0x02, 0], ..WORKED };
        assert_eq!(error(long), Error::BadLength { expected: 3, found: 4 });
        let spare = Streams { indices: &[0x0b, 0x93, 0x82], ..WORKED };
        assert_eq!(error(spare), Error::SpareNotZero { row: 3 });
        let huge = Streams { rows: usize::MAX, ..WORKED };
        assert_eq!(error(huge), Error::TooLarge);
    }
}
