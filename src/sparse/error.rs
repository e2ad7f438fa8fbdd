//! Why the bytes of a matrix were refused.

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
    /// Columns of a row do not ascend within a tile or a group.
    ColumnsNotAscending {
        /// The row; of a block of rows, the first.
        row: u32,
    },
    /// The row table's entries are neither one nor two bytes wide.
    BadCountWidth {
        /// The width that was found.
        width: u8,
    },
    /// The parameter is not one that the format has.
    BadParameter {
        /// The parameter that was found.
        parameter: u8,
    },
    /// The format does not hold matrices of this many columns.
    BadColumns {
        /// Number of columns.
        columns: u32,
    },
    /// The bits between a row's last index and the next byte are not zero.
    SpareNotZero {
        /// The row.
        row: u32,
    },
    /// A block has a weight below the last row.
    PhantomNotZero {
        /// The row that is not there.
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
            Error::ColumnsNotAscending { row } => {
                write!(f, "the columns of row {row} do not ascend")
            }
            Error::BadCountWidth { width } => {
                write!(f, "row table entries are {width} bytes wide, expected 1 or 2")
            }
            Error::BadParameter { parameter } => {
                write!(f, "the format has no parameter {parameter}")
            }
            Error::BadColumns { columns } => {
                write!(f, "the format does not hold matrices of {columns} columns")
            }
            Error::SpareNotZero { row } => {
                write!(f, "the spare bits after the indices of row {row} are not zero")
            }
            Error::PhantomNotZero { row } => {
                write!(f, "a block has a weight in row {row}, which is not there")
            }
            Error::TooLarge => write!(f, "the matrix has 2^31 weights or more"),
        }
    }
}

impl core::error::Error for Error {}
