//! Weight matrices, read in place from flash.
//!
//! A matrix has `rows` outputs and `cols` inputs. Three formats hold it, each in a file of the
//! same shape: the layout drawn for one worked matrix, its invariants, `new_checked`, the rows.
//!
//! ```text
//!            0  1  2  3  4  5
//!     row 0  .  5  .  . -3  .
//!     row 1  .  .  .  .  .  .
//!     row 2  7  .  .  .  .  1
//!     row 3  .  .  2 -2  .  .
//! ```
//!
//! | format | bytes of one nonzero | good for |
//! |---|---|---|
//! | [`Dense`] | – (1 a weight) | below a third zeros, depthwise filters |
//! | [`Delta8`] | 2 | speed at any sparsity: every step is one multiply |
//! | [`Delta4`] | 1.5 | size from 50 % to 95 % zeros |
//!
//! Compressed formats keep three streams apart, so that each can be read with the widest load:
//! a table with the number of steps of each row, the steps, the values.
//!
//! A matrix is walked from the top, row after row, by its `rows()`; a row is a view that only a
//! checked matrix gives. One dot product a row is all a fully connected layer or a convolution asks
//! of a format.

mod delta4;
mod delta8;
mod dense;

pub use delta4::{Delta4, Delta4Row, Delta4Rows};
pub use delta8::{Delta8, Delta8Row, Delta8Rows};
pub use dense::{Dense, DenseRows};

/// How a matrix is stored.
///
/// Codes 3 (blocks of 4 outputs), 4 (blocks of 4 inputs) and 5 (N:M) are kept for those formats
/// and are not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Format {
    /// Every weight.
    Dense = 0,
    /// Nonzeros with 8-bit column deltas.
    Delta8 = 1,
    /// Nonzeros with 4-bit column deltas.
    Delta4 = 2,
}

impl Format {
    /// Every format, in the order of the codes.
    pub const ALL: [Format; 3] = [Format::Dense, Format::Delta8, Format::Delta4];

    /// The format with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Dense => "dense",
            Format::Delta8 => "delta8",
            Format::Delta4 => "delta4",
        }
    }
}

/// Why the bytes of a matrix were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The row table, the index stream or the value stream is shorter or longer than the rows say.
    BadLength {
        /// Bytes or entries that the rows ask for.
        expected: u32,
        /// Bytes or entries that are there.
        found: u32,
    },
    /// A row's last column lies outside the matrix.
    ColumnOutOfRange {
        /// The row.
        row: u32,
    },
    /// The row table's entries are neither one nor two bytes wide.
    BadCountWidth {
        /// The width that was found.
        width: u8,
    },
    /// The half byte after a row with an odd number of half bytes is not zero.
    SpareNotZero {
        /// The row.
        row: u32,
    },
    /// 2^31 weights or more.
    TooLarge,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::BadLength { expected, found } => {
                write!(f, "the rows ask for {expected} bytes, the stream has {found}")
            }
            Error::ColumnOutOfRange { row } => {
                write!(f, "row {row} reaches past the last column")
            }
            Error::BadCountWidth { width } => {
                write!(f, "row table entries are {width} bytes wide, expected 1 or 2")
            }
            Error::SpareNotZero { row } => {
                write!(f, "the half byte after the steps of row {row} is not zero")
            }
            Error::TooLarge => write!(f, "the matrix has 2^31 weights or more"),
        }
    }
}

impl core::error::Error for Error {}

/// A matrix in any format.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the variants are the formats
pub enum Matrix<'a> {
    Dense(Dense<'a>),
    Delta8(Delta8<'a>),
    Delta4(Delta4<'a>),
}

/// The bytes of a matrix, as an image's weight record names them, not yet checked.
#[derive(Clone, Copy, Debug)]
pub struct Streams<'a> {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Bytes of one entry of the row table; 0 for dense.
    pub count_width: u8,
    /// Row table; empty for dense.
    pub counts: &'a [u8],
    /// Index stream; empty for dense.
    pub indices: &'a [u8],
    /// Value stream.
    pub values: &'a [i8],
}

impl<'a> Matrix<'a> {
    /// Checks the streams once, in one pass.
    ///
    /// # Errors
    ///
    /// As the format's own `new_checked`.
    pub fn new_checked(format: Format, streams: Streams<'a>) -> Result<Self, Error> {
        Ok(match format {
            Format::Dense => Matrix::Dense(Dense::new_checked(streams)?),
            Format::Delta8 => Matrix::Delta8(Delta8::new_checked(streams)?),
            Format::Delta4 => Matrix::Delta4(Delta4::new_checked(streams)?),
        })
    }

    /// A view of streams that `new_checked` has accepted before. Wrong streams give wrong sums,
    /// never an access out of bounds.
    pub(crate) fn assumed(format: Format, streams: Streams<'a>) -> Self {
        match format {
            Format::Dense => Matrix::Dense(Dense::assumed(streams)),
            Format::Delta8 => Matrix::Delta8(Delta8::assumed(streams)),
            Format::Delta4 => Matrix::Delta4(Delta4::assumed(streams)),
        }
    }

    /// Its nonzeros as `(row, column, value)`, row after row, columns ascending.
    pub fn entries(&self) -> Entries<'a> {
        match self {
            Matrix::Dense(matrix) => Entries::Dense(matrix.entries()),
            Matrix::Delta8(matrix) => Entries::Delta8(matrix.entries()),
            Matrix::Delta4(matrix) => Entries::Delta4(matrix.entries()),
        }
    }
}

/// The nonzeros of a [`Matrix`].
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the variants are the formats
pub enum Entries<'a> {
    Dense(dense::Entries<'a>),
    Delta8(delta8::Entries<'a>),
    Delta4(delta4::Entries<'a>),
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Entries::Dense(entries) => entries.next(),
            Entries::Delta8(entries) => entries.next(),
            Entries::Delta4(entries) => entries.next(),
        }
    }
}

/// The row table: for each row its number of steps, one or two bytes each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts<'a> {
    width: u8,
    bytes: &'a [u8],
}

impl<'a> Counts<'a> {
    fn new_checked(streams: &Streams<'a>) -> Result<Self, Error> {
        let width = streams.count_width;
        if width != 1 && width != 2 {
            return Err(Error::BadCountWidth { width });
        }
        check_size(streams)?;
        let expected = streams.rows.checked_mul(width.into()).ok_or(Error::TooLarge)?;
        check_len(expected, streams.counts.len())?;
        Ok(Counts { width, bytes: streams.counts })
    }

    fn assumed(streams: &Streams<'a>) -> Self {
        Counts { width: streams.count_width, bytes: streams.counts }
    }

    /// Takes the next row's number of steps off the front.
    #[inline]
    fn next(&mut self) -> Option<usize> {
        let (&low, rest) = self.bytes.split_first()?;
        let (high, rest) = match self.width {
            1 => (0, rest),
            _ => rest.split_first().map(|(&high, rest)| (high, rest))?,
        };
        self.bytes = rest;
        Some(usize::from(low) | usize::from(high) << 8)
    }
}

fn check_size(streams: &Streams<'_>) -> Result<(), Error> {
    let weights = streams.rows.checked_mul(streams.cols);
    match weights.is_some_and(|weights| weights <= i32::MAX as usize) {
        true => Ok(()),
        false => Err(Error::TooLarge),
    }
}

fn check_len(expected: usize, found: usize) -> Result<(), Error> {
    match expected == found {
        true => Ok(()),
        false => Err(Error::BadLength { expected: expected as u32, found: found as u32 }),
    }
}

#[cfg(test)]
pub(crate) mod worked {
    //! The worked matrix of the module's documentation.
    pub const ROWS: usize = 4;
    pub const COLS: usize = 6;
    pub const ENTRIES: [(usize, usize, i8); 6] =
        [(0, 1, 5), (0, 4, -3), (2, 0, 7), (2, 5, 1), (3, 2, 2), (3, 3, -2)];
}
