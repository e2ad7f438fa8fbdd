//! Several rows at once, where nothing has to be decoded.

use super::{Block4x1, BlockSegment4x1, Segment, TILE};

/// Successive tiles of rows of a checked matrix: for each a count, and the streams from the first on.
///
/// Invariants, besides those of the matrix's streams: counts are one byte each; they add up to no more
/// indices than there are, and there are as many values as indices. There is a column at least, and the
/// last tile is a row's last.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a, V> {
    cols: usize,
    counts: &'a [u8],
    indices: &'a [u8],
    values: &'a [V],
}

impl<'a, V> Run<'a, V> {
    pub(super) fn new(cols: usize, counts: &'a [u8], indices: &'a [u8], values: &'a [V]) -> Self {
        Run { cols, counts, indices, values }
    }

    /// Columns of the matrix.
    #[inline]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Tiles of a row.
    #[inline]
    pub fn tiles(&self) -> usize {
        self.cols.div_ceil(TILE)
    }

    /// Indices of each tile, tile after tile, row after row.
    #[inline]
    pub fn counts(&self) -> &'a [u8] {
        self.counts
    }

    /// Column indices from the first tile's on; there may be more after the last tile's.
    #[inline]
    pub fn indices(&self) -> &'a [u8] {
        self.indices
    }

    /// A value an index.
    #[inline]
    pub fn values(&self) -> &'a [V] {
        self.values
    }

    /// Takes the next tile off the front: its indices and values.
    #[inline]
    fn next(&mut self) -> Option<(&'a [u8], &'a [V])> {
        let (&count, counts) = self.counts.split_first()?;
        let (indices, indices_rest) = self.indices.split_at_checked(count.into())?;
        let (values, values_rest) = self.values.split_at_checked(count.into())?;
        (self.counts, self.indices, self.values) = (counts, indices_rest, values_rest);
        Some((indices, values))
    }
}

impl<'a> Run<'a, i8> {
    /// Takes the next segment off the front; after the last, an empty one.
    #[inline]
    pub fn next_segment(&mut self) -> Segment<'a> {
        self.next().map_or(Segment::EMPTY, |(columns, values)| Segment::new(columns, values))
    }
}

impl<'a> Run<'a, [i8; Block4x1::ROWS]> {
    /// Takes the next segment off the front; after the last, an empty one.
    #[inline]
    pub fn next_segment(&mut self) -> BlockSegment4x1<'a> {
        let (columns, values) = self.next().unwrap_or_default();
        BlockSegment4x1::new(columns, values)
    }
}
