//! Every weight, row after row.
//!
//! ```text
//!     values   0  5  0  0 -3  0 | 0  0  0  0  0  0 | 7  0  0  0  0  1 | 0  0  2 -2  0  0
//! ```
//!
//! 24 bytes for the worked matrix, whatever its zeros.

use super::{Error, Streams, check_len, check_size};

/// A dense matrix.
///
/// Invariants, checked by `new_checked`: `values` has rows × cols elements, the other streams are
/// empty, the parameter is 0.
///
/// ```
/// use kastanet::sparse::{Dense, Streams};
///
/// let values = [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];
/// let streams =
///     Streams { rows: 4, cols: 6, parameter: 0, counts: &[], indices: &[], values: &values };
/// let matrix = Dense::new_checked(streams)?;
/// assert_eq!(matrix.entries().next(), Some((0, 1, 5)));
/// # Ok::<(), kastanet::sparse::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    streams: Streams<'a>,
}

impl<'a> Dense<'a> {
    /// Checks the invariants.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`]; [`Error::BadLength`] of the values, or where there is another stream;
    /// [`Error::BadParameter`].
    pub fn new_checked(streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(&streams).map(|()| Self::assumed(streams))
    }

    pub(super) fn check(streams: &Streams<'_>) -> Result<(), Error> {
        check_size(streams)?;
        check_len(streams.rows * streams.cols, streams.values.len())?;
        check_len(0, streams.counts.len() + streams.indices.len())?;
        match streams.parameter {
            0 => Ok(()),
            parameter => Err(Error::BadParameter { parameter }),
        }
    }

    pub(crate) fn assumed(streams: Streams<'a>) -> Self {
        Dense { streams }
    }

    /// All values, row after row.
    pub fn values(&self) -> &'a [i8] {
        self.streams.values
    }

    /// The nonzeros.
    pub fn entries(&self) -> Entries<'a> {
        Entries { cols: self.streams.cols, row: 0, col: 0, values: self.values().iter() }
    }
}

/// The nonzeros of a [`Dense`] matrix.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    cols: usize,
    row: usize,
    col: usize,
    values: core::slice::Iter<'a, i8>,
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        for &value in self.values.by_ref() {
            let at = (self.row, self.col);
            self.col += 1;
            if self.col == self.cols {
                (self.row, self.col) = (self.row + 1, 0);
            }
            if value != 0 {
                return Some((at.0, at.1, value));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::worked;
    use super::*;

    const VALUES: [i8; 24] =
        [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];

    fn streams(values: &[i8]) -> Streams<'_> {
        let (rows, cols) = (worked::ROWS, worked::COLS);
        Streams { rows, cols, parameter: 0, counts: &[], indices: &[], values }
    }

    #[test]
    fn worked_matrix() {
        let matrix = Dense::new_checked(streams(&VALUES)).unwrap();
        assert!(matrix.entries().eq(worked::ENTRIES));
        assert_eq!(matrix.values(), VALUES);
    }

    #[test]
    fn refuses_wrong_lengths() {
        let short = Dense::new_checked(streams(&VALUES[..23]));
        assert_eq!(short.unwrap_err(), Error::BadLength { expected: 24, found: 23 });
        let huge = Streams { rows: usize::MAX, ..streams(&VALUES) };
        assert_eq!(Dense::new_checked(huge).unwrap_err(), Error::TooLarge);
        let indexed = Streams { indices: &[0], ..streams(&VALUES) };
        assert!(Dense::new_checked(indexed).is_err());
        let parameter = Streams { parameter: 1, ..streams(&VALUES) };
        let error = Dense::new_checked(parameter).unwrap_err();
        assert_eq!(error, Error::BadParameter { parameter: 1 });
    }
}
