//! A matrix in any format.

use super::{
    Block1x4, Block4x1, Delta4, Delta8, Dense, Error, Format, Index8, Nm, Rice, SegmentRows,
    Streams,
};
use super::{block1x4, block4x1, delta4, delta8, dense, index8, nm, rice};

/// A matrix in any format.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the variants are the formats
pub enum Matrix<'a> {
    Dense(Dense<'a>),
    Delta8(Delta8<'a>),
    Delta4(Delta4<'a>),
    Block4x1(Block4x1<'a>),
    Block1x4(Block1x4<'a>),
    Nm(Nm<'a>),
    Index8(Index8<'a>),
    Rice(Rice<'a>),
}

impl<'a> Matrix<'a> {
    /// Checks the streams once, in one pass.
    ///
    /// # Errors
    ///
    /// As the format's own `new_checked`.
    pub fn new_checked(format: Format, streams: Streams<'a>) -> Result<Self, Error> {
        Self::check(format, &streams).map(|()| Self::assumed(format, streams))
    }

    /// What `new_checked` checks.
    pub(crate) fn check(format: Format, streams: &Streams<'_>) -> Result<(), Error> {
        match format {
            Format::Dense => Dense::check(streams),
            Format::Delta8 => Delta8::check(streams),
            Format::Delta4 => Delta4::check(streams),
            Format::Block4x1 => Block4x1::check(streams),
            Format::Block1x4 => Block1x4::check(streams),
            Format::Nm => Nm::check(streams),
            Format::Index8 => Index8::check(streams),
            Format::Rice => Rice::check(streams),
        }
    }

    /// A view of streams that `new_checked` has accepted before, with the same format: segments of
    /// the view then keep to their invariants, as kernels rely on.
    pub(crate) fn assumed(format: Format, streams: Streams<'a>) -> Self {
        match format {
            Format::Dense => Matrix::Dense(Dense::assumed(streams)),
            Format::Delta8 => Matrix::Delta8(Delta8::assumed(streams)),
            Format::Delta4 => Matrix::Delta4(Delta4::assumed(streams)),
            Format::Block4x1 => Matrix::Block4x1(Block4x1::assumed(streams)),
            Format::Block1x4 => Matrix::Block1x4(Block1x4::assumed(streams)),
            Format::Nm => Matrix::Nm(Nm::assumed(streams)),
            Format::Index8 => Matrix::Index8(Index8::assumed(streams)),
            Format::Rice => Matrix::Rice(Rice::assumed(streams)),
        }
    }

    /// The rows of an unstructured matrix; `None` of blocks and of a dense one.
    #[inline(never)]
    pub fn segments(&self) -> Option<SegmentRows<'a>> {
        match self {
            Matrix::Delta8(matrix) => Some(SegmentRows::Delta8(matrix.rows())),
            Matrix::Delta4(matrix) => Some(SegmentRows::Delta4(matrix.rows())),
            Matrix::Nm(matrix) => Some(SegmentRows::Nm(matrix.rows())),
            Matrix::Index8(matrix) => Some(SegmentRows::Index8(matrix.rows())),
            Matrix::Rice(matrix) => Some(SegmentRows::Rice(matrix.rows())),
            Matrix::Dense(_) | Matrix::Block4x1(_) | Matrix::Block1x4(_) => None,
        }
    }

    /// Its nonzeros as `(row, column, value)`, row after row, columns ascending.
    pub fn entries(&self) -> Entries<'a> {
        match self {
            Matrix::Dense(matrix) => Entries::Dense(matrix.entries()),
            Matrix::Delta8(matrix) => Entries::Delta8(matrix.entries()),
            Matrix::Delta4(matrix) => Entries::Delta4(matrix.entries()),
            Matrix::Block4x1(matrix) => Entries::Block4x1(matrix.entries()),
            Matrix::Block1x4(matrix) => Entries::Block1x4(matrix.entries()),
            Matrix::Nm(matrix) => Entries::Nm(matrix.entries()),
            Matrix::Index8(matrix) => Entries::Index8(matrix.entries()),
            Matrix::Rice(matrix) => Entries::Rice(matrix.entries()),
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
    Block4x1(block4x1::Entries<'a>),
    Block1x4(block1x4::Entries<'a>),
    Nm(nm::Entries<'a>),
    Index8(index8::Entries<'a>),
    Rice(rice::Entries<'a>),
}

impl Iterator for Entries<'_> {
    type Item = (usize, usize, i8);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Entries::Dense(entries) => entries.next(),
            Entries::Delta8(entries) => entries.next(),
            Entries::Delta4(entries) => entries.next(),
            Entries::Block4x1(entries) => entries.next(),
            Entries::Block1x4(entries) => entries.next(),
            Entries::Nm(entries) => entries.next(),
            Entries::Index8(entries) => entries.next(),
            Entries::Rice(entries) => entries.next(),
        }
    }
}
