//! The rows of a matrix of any unstructured format: one walk for kernels, however columns are stored.
//!
//! What a format has to decode stands once in flash, not once in every kernel.

use super::{Delta4Rows, Delta8Rows, Index8Rows, NmRows, RiceRows, Segment, Segments, TILE};

/// The rows of an unstructured matrix.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the variants are the formats
pub enum SegmentRows<'a> {
    Delta8(Delta8Rows<'a>),
    Delta4(Delta4Rows<'a>),
    Nm(NmRows<'a>),
    Index8(Index8Rows<'a>),
    Rice(RiceRows<'a>),
}

impl<'a> Segments<'a> for SegmentRows<'a> {
    #[inline]
    fn next_segment<'s>(&mut self, space: &'s mut [u8; TILE]) -> Segment<'s>
    where
        'a: 's,
    {
        match self {
            SegmentRows::Delta8(rows) => rows.next_segment(space),
            SegmentRows::Delta4(rows) => rows.next_segment(space),
            SegmentRows::Nm(rows) => rows.next_segment(space),
            SegmentRows::Index8(rows) => rows.next_segment(space),
            SegmentRows::Rice(rows) => rows.next_segment(space),
        }
    }
}
