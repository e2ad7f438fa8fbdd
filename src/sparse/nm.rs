//! N of every M consecutive columns.
//!
//! ```text
//!     indices  0  1  0  1 | 0  1  0  1 | 0  1  0  1 | 2  3  0  1      within the group, 2 bits each
//!     values   0  5 -3  0 | 0  0  0  0 | 7  0  0  1 | 2 -2  0  0      one an index
//! ```
//!
//! A group is M consecutive columns from a multiple of M on; the last of a row may be shorter. Each
//! has N indices, ascending, and N values; where it has fewer weights, other columns with value 0
//! take their place. So every row is equally long and there is no row table. Indices are packed
//! from the low bits up, 2 bits each where M is 4, else 4; a row starts on a byte, and the bits
//! left over before it are 0. Drawn is 2:4, with 0 + 4 + 16 bytes for the worked matrix.

use super::{Error, Pattern, Segment, Segments, Streams, TILE, check_len, check_size};
use crate::rolled::Rolled;

/// A matrix with N of every M consecutive columns.
///
/// Invariants, checked by `new_checked`:
///
/// - the parameter is a [`Pattern`], and the last group of a row has at least N columns;
/// - there is no row table, and the other streams are as long as rows and columns say;
/// - indices of a group ascend strictly, each within the group, and the bits after a row are 0.
///
/// ```
/// use kastanet::sparse::{Nm, Pattern, Streams};
///
/// let matrix = Nm::new_checked(Streams {
///     rows: 4,
///     cols: 6,
///     parameter: Pattern::TwoOf4 as u8,
///     counts: &[],
///     indices: &[0x44, 0x44, 0x44, 0x4e],
///     values: &[0, 5, -3, 0, 0, 0, 0, 0, 7, 0, 0, 1, 2, -2, 0, 0],
/// })?;
/// assert_eq!(matrix.entries().nth(1), Some((0, 4, -3)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Nm<'a> {
    streams: Streams<'a>,
}

impl<'a> Nm<'a> {
    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::BadParameter`], [`Error::BadColumns`], [`Error::TooLarge`], [`Error::BadLength`],
    /// [`Error::ColumnsNotAscending`], [`Error::ColumnOutOfRange`] or [`Error::SpareNotZero`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        let (rows, cols, parameter) = (streams.rows, streams.cols, streams.parameter);
        let pattern =
            Pattern::from_parameter(parameter).ok_or(Error::BadParameter { parameter })?;
        if !pattern.fits(cols) {
            return Err(Error::BadColumns { columns: cols as u32 });
        }
        check_size(streams)?;
        let (indices, bytes) = pattern.stored(cols);
        check_len(0, streams.counts.len())?;
        check_len(rows * bytes, streams.indices.len())?;
        check_len(rows * indices, streams.values.len())?;
        for (row, line) in streams.indices.chunks_exact(bytes.max(1)).enumerate().rolled() {
            check_row(pattern, (cols, indices), line, row as u32)?;
        }
        Ok(())
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Nm { streams }
    }

    /// N of M.
    pub fn pattern(&self) -> Pattern {
        // Checked streams have a pattern.
        Pattern::from_parameter(self.streams.parameter).unwrap_or(Pattern::OneOf4)
    }

    /// The walk over the rows.
    pub fn rows(&self) -> NmRows<'a> {
        let Streams { cols, indices, values, .. } = self.streams;
        NmRows { pattern: self.pattern(), cols, indices, values, next: 0 }
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        let Streams { cols, indices, values, .. } = self.streams;
        let pattern = self.pattern();
        Entries { pattern, cols, line: indices, row: 0, at: 0, values: values.iter() }
    }
}

/// Checks a row's indices and the bits after them.
fn check_row(
    pattern: Pattern,
    (cols, indices): (usize, usize),
    line: &[u8],
    row: u32,
) -> Result<(), Error> {
    let (kept, mut least) = (pattern.kept(), 0);
    for at in (0..line.len() * 8 / pattern.bits()).rolled() {
        let index = index(pattern, line, at);
        if at >= indices {
            match index {
                0 => continue,
                _ => return Err(Error::SpareNotZero { row }),
            }
        }
        let group = at / kept * pattern.group();
        least = if at.is_multiple_of(kept) { 0 } else { least };
        if index < least {
            return Err(Error::ColumnsNotAscending { row });
        }
        if index >= pattern.group().min(cols - group) {
            return Err(Error::ColumnOutOfRange { row });
        }
        least = index + 1;
    }
    Ok(())
}

/// Index number `at` of a row.
fn index(pattern: Pattern, line: &[u8], at: usize) -> usize {
    let bit = at * pattern.bits();
    let byte = line.get(bit / 8).copied().unwrap_or(0);
    usize::from(byte >> (bit % 8)) & ((1 << pattern.bits()) - 1)
}

/// The rows of an [`Nm`] matrix.
#[derive(Clone, Debug)]
pub struct NmRows<'a> {
    pattern: Pattern,
    cols: usize,
    /// What is left of the streams.
    indices: &'a [u8],
    values: &'a [i8],
    /// First column of the next tile.
    next: usize,
}

impl<'a> Segments<'a> for NmRows<'a> {
    #[inline(never)]
    fn next_segment<'s>(&mut self, space: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's,
    {
        let NmRows { pattern, cols, indices, values, .. } = *self;
        let (count, bytes) = pattern.stored((cols - self.next).min(TILE));
        let (Some((bytes, indices)), Some((values, rest))) =
            (indices.split_at_checked(bytes), values.split_at_checked(count))
        else {
            return Segment::EMPTY;
        };
        (self.indices, self.values) = (indices, rest);
        self.next = if cols - self.next > TILE { self.next + TILE } else { 0 };
        unpack(pattern, bytes, space);
        Segment::new(space.get(..count).unwrap_or_default(), values)
    }
}

/// Columns from the tile's first; what the spare bits of the last byte give is past their number.
#[inline]
fn unpack(pattern: Pattern, bytes: &[u8], space: &mut [u8; TILE]) {
    let quarters = |space, from| unpack_quarters(bytes, space, from, 16 / pattern.kept() as u8);
    match pattern {
        Pattern::OneOf4 => quarters(space, [0, 4, 8, 12]),
        Pattern::TwoOf4 => quarters(space, [0, 0, 4, 4]),
        Pattern::OneOf8 | Pattern::OneOf16 => unpack_halves(bytes, space, pattern.group() as u8),
    }
}

/// Four indices a byte: each counts from the column in `from`, the next byte's `step` later.
fn unpack_quarters(bytes: &[u8], space: &mut [u8; TILE], from: [u8; 4], step: u8) {
    let mut first = 0_u8;
    for (columns, &byte) in space.as_chunks_mut().0.iter_mut().zip(bytes).rolled() {
        let [a, b, c, d] = from.map(|from| from.wrapping_add(first));
        let (a, b) = (a.wrapping_add(byte & 3), b.wrapping_add(byte >> 2 & 3));
        *columns = [a, b, c.wrapping_add(byte >> 4 & 3), d.wrapping_add(byte >> 6)];
        first = first.wrapping_add(step);
    }
}

/// Two indices a byte, each of a group of its own.
fn unpack_halves(bytes: &[u8], space: &mut [u8; TILE], group: u8) {
    let mut first = 0_u8;
    for (columns, &byte) in space.as_chunks_mut().0.iter_mut().zip(bytes).rolled() {
        let second = first.wrapping_add(group);
        *columns = [first.wrapping_add(byte & 15), second.wrapping_add(byte >> 4)];
        first = second.wrapping_add(group);
    }
}

/// The nonzeros of an [`Nm`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    pattern: Pattern,
    cols: usize,
    /// The index stream from the row that is being walked.
    line: &'a [u8],
    row: usize,
    /// Next index of the row.
    at: usize,
    values: core::slice::Iter<'a, i8>,
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        let (pattern, cols) = (self.pattern, self.cols);
        let (indices, bytes) = pattern.stored(cols);
        for &value in self.values.by_ref() {
            if self.at == indices {
                self.line = self.line.get(bytes..).unwrap_or_default();
                (self.row, self.at) = (self.row + 1, 0);
            }
            let group = self.at / pattern.kept() * pattern.group();
            let column = group + index(pattern, self.line, self.at);
            self.at += 1;
            if value != 0 {
                return Some((self.row, column, value));
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
        parameter: Pattern::TwoOf4 as u8,
        counts: &[],
        indices: &[0x44, 0x44, 0x44, 0x4e],
        values: &[0, 5, -3, 0, 0, 0, 0, 0, 7, 0, 0, 1, 2, -2, 0, 0],
    };

    #[test]
    fn worked_matrix() {
        let matrix = Nm::new_checked(WORKED).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
    }

    #[test]
    fn refuses_each_broken_invariant() {
        let error = |streams| Nm::new_checked(streams).unwrap_err();
        let indices = |indices| Streams { indices, ..WORKED };
        assert_eq!(error(indices(&[0x44, 0x44, 0x44, 0x84])), Error::ColumnOutOfRange { row: 3 });
        let equal = indices(&[0x44, 0x45, 0x44, 0x4e]);
        assert_eq!(error(equal), Error::ColumnsNotAscending { row: 1 });
        let parameter = Streams { parameter: 0x32, ..WORKED };
        assert_eq!(error(parameter), Error::BadParameter { parameter: 0x32 });
        assert_eq!(error(Streams { cols: 5, ..WORKED }), Error::BadColumns { columns: 5 });
        let counts = Streams { counts: &[0], ..WORKED };
        assert_eq!(error(counts), Error::BadLength { expected: 0, found: 1 });
        let indices = Streams { indices: &[0x44, 0x44, 0x44], ..WORKED };
        assert_eq!(error(indices), Error::BadLength { expected: 4, found: 3 });
        let values = Streams { values: &[0; 15], ..WORKED };
        assert_eq!(error(values), Error::BadLength { expected: 16, found: 15 });
    }

    #[test]
    fn refuses_spare_bits_and_columns_past_a_group() {
        let streams = Streams {
            rows: 1,
            cols: 9,
            parameter: Pattern::OneOf8 as u8,
            counts: &[],
            indices: &[0x07],
            values: &[1, 2],
        };
        let matrix = Nm::new_checked(streams).unwrap();
        assert!(matrix.entries().eq([(0, 7, 1), (0, 8, 2)]));
        let error = |streams| Nm::new_checked(streams).unwrap_err();
        for indices in [&[0x08], &[0x10]] {
            let beyond = Streams { indices, ..streams };
            assert_eq!(error(beyond), Error::ColumnOutOfRange { row: 0 });
        }
        let spare = Streams { cols: 8, indices: &[0x10], values: &[1], ..streams };
        assert_eq!(error(spare), Error::SpareNotZero { row: 0 });
    }
}
