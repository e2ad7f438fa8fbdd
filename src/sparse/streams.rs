//! The bytes of a matrix before they are checked, and the checks that formats share.

use super::Error;

/// The bytes of a matrix, as an image's weight record names them, not yet checked.
#[derive(Clone, Copy, Debug)]
pub struct Streams<'a> {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Bytes of one entry of the row table; the pattern of N:M, the parameter of Rice codes; 0 for
    /// dense.
    pub parameter: u8,
    /// Row table; empty where the format has none.
    pub counts: &'a [u8],
    /// Index stream; empty for dense.
    pub indices: &'a [u8],
    /// Value stream.
    pub values: &'a [i8],
}

/// Fewer than 2^31 weights.
#[inline(never)]
pub(super) fn check_size(streams: &Streams<'_>) -> Result<(), Error> {
    let weights = streams.rows.checked_mul(streams.cols);
    match weights.is_some_and(|weights| weights <= i32::MAX as usize) {
        true => Ok(()),
        false => Err(Error::TooLarge),
    }
}

pub(super) fn check_len(expected: usize, found: usize) -> Result<(), Error> {
    match expected == found {
        true => Ok(()),
        false => Err(Error::BadLength { expected: expected as u32, found: found as u32 }),
    }
}

/// The walk of a check: what rows have of the index stream, one entry of the row table after the other.
pub(super) struct Lines<'a> {
    counts: Counts<'a>,
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Of a table of so many entries.
    #[inline(never)]
    pub fn new_checked(streams: &Streams<'a>, entries: usize) -> Result<Self, Error> {
        let width = streams.parameter;
        if width != 1 && width != 2 {
            return Err(Error::BadCountWidth { width });
        }
        check_size(streams)?;
        let expected = entries.checked_mul(width.into()).ok_or(Error::TooLarge)?;
        check_len(expected, streams.counts.len())?;
        Ok(Lines { counts: Counts::assumed(streams), rest: streams.indices })
    }

    /// The next entry and its indices, `a_byte` of them in a byte.
    #[inline(never)]
    pub fn next(&mut self, a_byte: usize) -> Result<(usize, &'a [u8]), Error> {
        let count = self.counts.next().unwrap_or(0);
        let (expected, found) = (count.div_ceil(a_byte.max(1)), self.rest.len());
        match self.rest.split_at_checked(expected) {
            Some((indices, rest)) => {
                self.rest = rest;
                Ok((count, indices))
            }
            None => Err(Error::BadLength { expected: expected as u32, found: found as u32 }),
        }
    }

    /// Bytes of the index stream that rows have taken.
    pub fn taken(&self, of: &Streams<'_>) -> usize {
        of.indices.len() - self.rest.len()
    }

    /// The rows have taken the whole index stream.
    pub fn end(&self) -> Result<(), Error> {
        check_len(0, self.rest.len())
    }
}

/// What is left of a matrix whose row table has an entry a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a> {
    pub cols: usize,
    pub counts: Counts<'a>,
    pub indices: &'a [u8],
    pub values: &'a [i8],
}

impl<'a> Left<'a> {
    /// All of checked streams.
    pub fn assumed(streams: &Streams<'a>) -> Self {
        let &Streams { cols, indices, values, .. } = streams;
        Left { cols, counts: Counts::assumed(streams), indices, values }
    }
}

/// The row table: numbers of indices, one or two bytes each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts<'a> {
    width: u8,
    bytes: &'a [u8],
}

impl<'a> Counts<'a> {
    /// Of checked streams.
    pub fn assumed(streams: &Streams<'a>) -> Self {
        Counts { width: streams.parameter, bytes: streams.counts }
    }

    /// The next entries, where they are one byte each.
    #[inline]
    pub fn bytes(&self, entries: usize) -> Option<&'a [u8]> {
        self.bytes.get(..entries).filter(|_| self.width == 1)
    }

    /// Whether the entries that are left, one byte each, are those of whole lines of `tiles` tiles.
    pub fn fill_lines(&self, tiles: usize) -> bool {
        self.bytes.len().checked_rem(tiles) == Some(0)
    }

    /// Leaves entries of one byte behind.
    #[inline]
    pub fn skip(&mut self, entries: usize) {
        self.bytes = self.bytes.get(entries..).unwrap_or_default();
    }

    /// Takes the next entry off the front.
    #[inline]
    pub fn next(&mut self) -> Option<usize> {
        let (&low, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        // In a box, or compilers would have loops twice, once for each width.
        match core::hint::black_box(self.width) {
            1 => Some(low.into()),
            _ => self.bytes.split_off_first().map(|&high| u16::from_le_bytes([low, high]).into()),
        }
    }
}
