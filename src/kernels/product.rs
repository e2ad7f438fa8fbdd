//! Matrix times four windows at once: a convolution, four positions at a time.
//!
//! ```text
//! for some rows at a time:
//!     for each row r of them, each window p:  sum[r][p] = Σ w[r, c] · tile[c][p]
//!     for each row r of them, each window p:  y[p][r] = output(sum[r][p])
//! ```
//!
//! A weight is loaded, and in a sparse format decoded, once for four products.

use super::matvec::add;
use super::outputs::{Places, ROWS, Space};
use super::tile::WINDOWS;
use super::{Channels, Lanes, Tile};
use crate::quant::Range;
use crate::sparse::{
    Block1x4Rows, Block4x1, Block4x1Groups, Index8Rows, Matrix, SegmentRows, Segments, TILE,
};

/// A tile and its columns.
type Tiled<'a, L> = (Tile<'a, L>, usize);

/// Writes one output a row to the positions of four windows; `tile` has `cols` columns, as many as
/// `matrix`, which has as many rows as a position has channels.
pub fn product<L: Lanes>(
    matrix: &Matrix<'_>,
    tile: Tiled<'_, L>,
    (channels, range): (&Channels<'_>, Range),
    y: Places<'_>,
    space: &mut Space,
) {
    let to = &mut Outputs { channels, range, y };
    match matrix {
        Matrix::Dense(matrix) => rows::<L, _>(DenseWalk(matrix.values()), tile, to, space),
        Matrix::Block4x1(matrix) => rows::<L, _>(matrix.groups(), tile, to, space),
        Matrix::Block1x4(matrix) => rows::<L, _>(matrix.rows(), tile, to, space),
        Matrix::Index8(matrix) if matrix.is_narrow() => {
            rows::<L, _>(matrix.rows(), tile, to, space);
        }
        _ => {
            if let Some(walk) = matrix.segments() {
                rows::<L, _>(walk, tile, to, space);
            }
        }
    }
}

/// Where the outputs go, and how sums become them.
struct Outputs<'a, 'y> {
    channels: &'a Channels<'a>,
    range: Range,
    y: Places<'y>,
}

#[inline(never)]
fn rows<L: Lanes, W: Walk>(
    mut walk: W,
    tile: Tiled<'_, L>,
    to: &mut Outputs<'_, '_>,
    space: &mut Space,
) {
    let mut first = 0;
    while first < to.y.stride {
        let rows = ROWS.min(to.y.stride - first);
        let Some(sums) = space.sums.get_mut(..rows) else { return };
        walk.sums::<L>(tile, sums, &mut space.columns);
        let later;
        let channels = match first {
            0 => to.channels,
            _ => {
                later = to.channels.from(first);
                &later
            }
        };
        L::finish_tile(sums, channels, to.range, &mut to.y.from(first));
        first += rows;
    }
}

/// The walk over a matrix's rows, some at a time.
trait Walk {
    /// The next rows' products with each window. There are [`ROWS`] rows but at the end. Columns that
    /// must be decoded are, in `space`.
    fn sums<L: Lanes>(
        &mut self,
        tile: Tiled<'_, L>,
        sums: &mut [[i32; WINDOWS]],
        space: &mut [u8; TILE],
    );
}

/// The rows that are left of a dense matrix.
struct DenseWalk<'a>(&'a [i8]);

impl Walk for DenseWalk<'_> {
    #[inline]
    fn sums<L: Lanes>(
        &mut self,
        (tile, cols): Tiled<'_, L>,
        sums: &mut [[i32; WINDOWS]],
        _: &mut [u8; TILE],
    ) {
        let (rows, rest) = self.0.split_at_checked(cols * sums.len()).unwrap_or_default();
        L::tile_dense(rows, cols, tile, sums);
        self.0 = rest;
    }
}

impl Walk for SegmentRows<'_> {
    #[inline(never)]
    fn sums<L: Lanes>(
        &mut self,
        (tile, cols): Tiled<'_, L>,
        sums: &mut [[i32; WINDOWS]],
        space: &mut [u8; TILE],
    ) {
        for sums in sums {
            *sums = L::tile_segment(self.next_segment(space), tile, 0);
            for first in (TILE..cols).step_by(TILE) {
                add(sums, L::tile_segment(self.next_segment(space), tile, first));
            }
        }
    }
}

impl Walk for Index8Rows<'_> {
    #[inline]
    fn sums<L: Lanes>(
        &mut self,
        tile: Tiled<'_, L>,
        sums: &mut [[i32; WINDOWS]],
        _: &mut [u8; TILE],
    ) {
        if let Some(run) = self.run(sums.len()) {
            let taken = L::tile_run(run, tile.0, sums);
            self.skip(sums.len(), taken);
        }
    }
}

impl Walk for Block4x1Groups<'_> {
    #[inline]
    fn sums<L: Lanes>(
        &mut self,
        tile: Tiled<'_, L>,
        sums: &mut [[i32; WINDOWS]],
        _: &mut [u8; TILE],
    ) {
        let (groups, rest) = sums.as_chunks_mut::<{ Block4x1::ROWS }>();
        match self.run(groups.len()) {
            Some(run) => {
                let taken = L::tile_block_run(run, tile.0, groups);
                self.skip(groups.len(), taken);
            }
            None => groups.iter_mut().for_each(|sums| *sums = group::<L>(self, tile)),
        }
        if !rest.is_empty() {
            rest.iter_mut().zip(group::<L>(self, tile)).for_each(|(to, sums)| *to = sums);
        }
    }
}

/// The sums of the next group.
#[inline(never)]
fn group<L: Lanes>(
    groups: &mut Block4x1Groups<'_>,
    (tile, cols): Tiled<'_, L>,
) -> [[i32; WINDOWS]; Block4x1::ROWS] {
    let mut sums = L::tile_block4x1(groups.next_segment(), tile, 0);
    for first in (TILE..cols).step_by(TILE) {
        let parts = L::tile_block4x1(groups.next_segment(), tile, first);
        sums.iter_mut().zip(parts).for_each(|(sums, part)| add(sums, part));
    }
    sums
}

impl Walk for Block1x4Rows<'_> {
    #[inline]
    fn sums<L: Lanes>(
        &mut self,
        (tile, cols): Tiled<'_, L>,
        sums: &mut [[i32; WINDOWS]],
        _: &mut [u8; TILE],
    ) {
        for sums in sums {
            *sums = L::tile_block1x4(self.next_segment(), tile, 0);
            for first in (4 * TILE..cols).step_by(4 * TILE) {
                add(sums, L::tile_block1x4(self.next_segment(), tile, first));
            }
        }
    }
}
