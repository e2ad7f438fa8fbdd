//! Matrix times vector, requantised: a fully connected layer, or one position of a convolution.
//!
//! ```text
//! for some rows at a time:
//!     for each row r of them:  sum[r] = Σ w[r, c] · x[c]        over the columns that are stored
//!     for each row r of them:  y[r] = output(sum[r])
//! ```
//!
//! Dense rows are taken four at a time, so that each x is loaded once for four products; sparse
//! rows segment by segment, a tile of columns each, or many rows in one call where nothing has to be
//! decoded.

use super::Lanes;
use super::outputs::{VECTOR_ROWS, Vector};
use crate::rolled::Rolled;
use crate::sparse::{
    Block1x4Rows, Block4x1, Block4x1Groups, Index8, Index8Rows, Matrix, SegmentRows, Segments, TILE,
};

/// Rows whose sums are collected where columns have to be decoded, which takes space too.
const SEGMENT_ROWS: usize = 16;

/// Writes one output a row. `x` has as many elements as `matrix` has columns, there are as many
/// outputs as it has rows.
pub fn matvec<L: Lanes>(matrix: &Matrix<'_>, x: &[i8], mut to: Vector<'_, '_>) {
    let to = &mut to;
    match matrix {
        Matrix::Dense(matrix) => rows::<L, _>(|| DenseWalk(matrix.values()), x, to),
        Matrix::Block4x1(matrix) => rows::<L, _>(|| matrix.groups(), x, to),
        Matrix::Block1x4(matrix) => rows::<L, _>(|| matrix.rows(), x, to),
        Matrix::Index8(matrix) if matrix.is_narrow() => narrow::<L>(matrix, x, to),
        _ => segments::<L>(matrix, x, to),
    }
}

/// Rows whose outputs a core may make without collecting sums.
#[inline(never)]
fn narrow<L: Lanes>(matrix: &Index8<'_>, x: &[i8], to: &mut Vector<'_, '_>) {
    let run = matrix.rows().run(to.y.len());
    if run.and_then(|run| L::outputs(run, x, to)).is_none() {
        rows::<L, _>(|| matrix.rows(), x, to);
    }
}

/// Rows that are decoded segment by segment.
#[inline(never)]
fn segments<L: Lanes>(matrix: &Matrix<'_>, x: &[i8], to: &mut Vector<'_, '_>) {
    let Some(mut walk) = matrix.segments() else { return };
    let mut space = [0; TILE];
    let next = &mut |sums: &mut [i32]| segment_sums::<L>(&mut walk, x, sums, &mut space);
    collect::<L>(&mut [0; SEGMENT_ROWS], next, to);
}

#[inline(never)]
fn segment_sums<L: Lanes>(
    walk: &mut SegmentRows<'_>,
    x: &[i8],
    sums: &mut [i32],
    space: &mut [u8; TILE],
) {
    for sum in sums {
        let parts = x.chunks(TILE).map(|x| L::segment(walk.next_segment(space), x));
        *sum = parts.fold(0, i32::wrapping_add);
    }
}

/// Outputs of a walk's sums.
#[inline(never)]
fn rows<L: Lanes, W: Walk>(walk: impl FnOnce() -> W, x: &[i8], to: &mut Vector<'_, '_>) {
    let mut walk = walk();
    collect::<L>(&mut [0; VECTOR_ROWS], &mut |sums| walk.sums::<L>(x, sums), to);
}

/// Outputs of the sums that `next` gives, rows after rows: once for all walks.
#[inline(never)]
fn collect<L: Lanes>(sums: &mut [i32], next: &mut dyn FnMut(&mut [i32]), to: &mut Vector<'_, '_>) {
    while !to.y.is_empty() {
        let rows = to.y.len().min(sums.len());
        let Some(sums) = sums.get_mut(..rows) else { return };
        next(sums);
        to.push::<L>(sums);
    }
}

/// The walk over a matrix's rows, some at a time.
trait Walk {
    /// The next rows' products with x, one a sum. There is a multiple of 4 rows but at the end.
    fn sums<L: Lanes>(&mut self, x: &[i8], sums: &mut [i32]);
}

/// The rows that are left of a dense matrix.
struct DenseWalk<'a>(&'a [i8]);

impl Walk for DenseWalk<'_> {
    #[inline]
    fn sums<L: Lanes>(&mut self, x: &[i8], sums: &mut [i32]) {
        let (fours, rest) = sums.as_chunks_mut::<4>();
        for four in fours {
            *four = L::dense4(four_rows(&mut self.0, x.len()), x);
        }
        for sum in rest {
            *sum = L::dense(next_row(&mut self.0, x.len()), x);
        }
    }
}

/// Takes the next row of a dense matrix off the front.
#[inline]
fn next_row<'a>(rows: &mut &'a [i8], len: usize) -> &'a [i8] {
    let (row, rest) = rows.split_at_checked(len).unwrap_or_default();
    *rows = rest;
    row
}

/// Takes the next four.
#[inline]
fn four_rows<'a>(rows: &mut &'a [i8], len: usize) -> [&'a [i8]; 4] {
    [(); 4].map(|()| next_row(rows, len))
}

impl Walk for Index8Rows<'_> {
    #[inline]
    fn sums<L: Lanes>(&mut self, x: &[i8], sums: &mut [i32]) {
        if let Some(run) = self.run(sums.len()) {
            let taken = L::run(run, x, sums);
            self.skip(sums.len(), taken);
        }
    }
}

impl Walk for Block4x1Groups<'_> {
    #[inline]
    fn sums<L: Lanes>(&mut self, x: &[i8], sums: &mut [i32]) {
        let (groups, rest) = sums.as_chunks_mut::<{ Block4x1::ROWS }>();
        match self.run(groups.len()) {
            Some(run) => {
                let taken = L::block_run(run, x, groups);
                self.skip(groups.len(), taken);
            }
            None => groups.iter_mut().for_each(|sums| *sums = group::<L>(self, x)),
        }
        if !rest.is_empty() {
            let of = group::<L>(self, x);
            rest.iter_mut().zip(of).rolled().for_each(|(to, sum)| *to = sum);
        }
    }
}

/// The sums of the next group.
#[inline(never)]
fn group<L: Lanes>(groups: &mut Block4x1Groups<'_>, x: &[i8]) -> [i32; Block4x1::ROWS] {
    let mut sums = [0; 4];
    for x in x.chunks(TILE) {
        add(&mut sums, L::block4x1(groups.next_segment(), x));
    }
    sums
}

impl Walk for Block1x4Rows<'_> {
    #[inline]
    fn sums<L: Lanes>(&mut self, x: &[i8], sums: &mut [i32]) {
        for sum in sums {
            let parts = x.chunks(4 * TILE).map(|x| L::block1x4(self.next_segment(), x));
            *sum = parts.fold(0, i32::wrapping_add);
        }
    }
}

/// Adds part to sums, element by element.
#[inline]
pub(super) fn add(sums: &mut [i32; 4], part: [i32; 4]) {
    for (sum, part) in sums.iter_mut().zip(part) {
        *sum = sum.wrapping_add(part);
    }
}
