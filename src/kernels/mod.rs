//! The loops: integer arithmetic over slices and rows, no knowledge of images or operators.
//!
//! A kernel is written once, generic over [`Lanes`], the handful of primitives that differ
//! between cores: each a whole checked row, over one vector or over a [`tile`] of four windows,
//! so that what is checked is checked once a row. `arch` has the primitives of each core;
//! [`Native`] is the one of the core this build is for.

mod addition;
pub mod arch;
mod block;
mod broadcast;
mod depthwise;
pub mod fixed;
mod gather;
mod geometry;
mod matvec;
mod mean;
mod multiplied;
mod outputs;
mod patch;
mod place;
pub mod pool;
mod product;
mod softmax;
pub mod tile;

use crate::quant::Range;
use crate::sparse::{BlockSegment1x4, BlockSegment4x1, Run, Segment, TILE};
use tile::{Layout, WINDOWS};

pub use addition::{Addition, HEADROOM, Term};
pub use arch::{Native, Portable};
#[cfg(feature = "train")]
pub(crate) use arch::{dots, wide};
pub use block::Block;
pub use broadcast::{Combine, Operand, combine, each, spread};
pub use depthwise::Depthwise;
pub use gather::{Gather, after};
pub use geometry::Geometry;
pub use matvec::matvec;
pub use mean::Alternating;
pub use multiplied::Multiplied;
pub use outputs::{Channels, Places, Space, TileSums, Vector};
pub use patch::{Patch, Patches};
pub use place::place;
pub use product::product;
pub use softmax::{MAX_ROW as MAX_SOFTMAX_ROW, softmax};

/// The primitives of a core. All sums wrap at 32 bits and do not depend on the order of addition.
///
/// In the sums over a tile, element p belongs to window p. The trait is sealed: a walk over a
/// matrix skips as many values as [`Lanes::run`] and its like report, so these must be right whatever
/// they are given.
pub trait Lanes: arch::Sealed {
    /// How four windows lie side by side.
    type Layout: Layout;

    /// Σ `w[i]` · `x[i]` over the shorter of the two.
    fn dense(w: &[i8], x: &[i8]) -> i32;

    /// The same for four rows at once.
    #[inline]
    fn dense4(w: [&[i8]; 4], x: &[i8]) -> [i32; 4] {
        w.map(|w| Self::dense(w, x))
    }

    /// Σ `value` · `x[column]` over a segment; 0 where its last column lies outside `x`.
    fn segment(segment: Segment<'_>, x: &[i8]) -> i32;

    /// The same for each of the four rows of blocks of four outputs.
    fn block4x1(blocks: BlockSegment4x1<'_>, x: &[i8]) -> [i32; 4];

    /// Σ over blocks b of Σ `value[b][i]` · `x[4 · column[b] + i]`, blocks of four inputs.
    fn block1x4(blocks: BlockSegment1x4<'_>, x: &[i8]) -> i32;

    /// Segment sums of successive rows, one a sum, over all of a row's tiles; gives the number of
    /// values that the rows had.
    #[inline]
    fn run(mut run: Run<'_, i8>, x: &[i8], sums: &mut [i32]) -> usize {
        let before = run.values().len();
        for sum in sums {
            *sum = 0;
            for first in (0..run.cols()).step_by(TILE) {
                let x = x.get(first..).unwrap_or_default();
                *sum = sum.wrapping_add(Self::segment(run.next_segment(), x));
            }
        }
        before - run.values().len()
    }

    /// [`Lanes::run`] and [`Lanes::finish`] in one, for cores that gain by it. `None` where this one does
    /// not, or met a sum that it cannot finish: the vector is as it was, what has been written to `y` is
    /// void, and all rows are to be done again.
    #[inline]
    fn outputs(_: Run<'_, i8>, _: &[i8], _: &mut Vector<'_, '_>) -> Option<()> {
        None
    }

    /// As [`Lanes::block4x1`] for successive groups of four rows, over all of a row's tiles; gives the
    /// number of blocks that they had.
    #[inline]
    fn block_run(mut run: Run<'_, [i8; 4]>, x: &[i8], sums: &mut [[i32; 4]]) -> usize {
        let before = run.values().len();
        for sums in sums {
            *sums = [0; 4];
            for first in (0..run.cols()).step_by(TILE) {
                let x = x.get(first..).unwrap_or_default();
                matvec::add(sums, Self::block4x1(run.next_segment(), x));
            }
        }
        before - run.values().len()
    }

    /// Σ `w[r][i]` · `x[i]` for successive rows of `cols` weights, one a sum, over a tile of as many columns.
    fn tile_dense(w: &[i8], cols: usize, tile: Tile<'_, Self>, sums: &mut [[i32; WINDOWS]]);

    /// As [`Lanes::segment`], columns counted from `first`.
    fn tile_segment(segment: Segment<'_>, tile: Tile<'_, Self>, first: usize) -> [i32; 4];

    /// As [`Lanes::run`], for four windows.
    #[inline]
    fn tile_run(mut run: Run<'_, i8>, tile: Tile<'_, Self>, sums: &mut [[i32; WINDOWS]]) -> usize {
        let before = run.values().len();
        for sums in sums {
            *sums = Self::tile_segment(run.next_segment(), tile, 0);
            for first in (TILE..run.cols()).step_by(TILE) {
                matvec::add(sums, Self::tile_segment(run.next_segment(), tile, first));
            }
        }
        before - run.values().len()
    }

    /// As [`Lanes::block4x1`], columns counted from `first`: row by row.
    fn tile_block4x1(
        blocks: BlockSegment4x1<'_>,
        tile: Tile<'_, Self>,
        first: usize,
    ) -> [[i32; 4]; 4];

    /// As [`Lanes::block_run`], for four windows.
    #[inline]
    fn tile_block_run(
        mut run: Run<'_, [i8; 4]>,
        tile: Tile<'_, Self>,
        sums: &mut [[[i32; WINDOWS]; 4]],
    ) -> usize {
        let before = run.values().len();
        for sums in sums {
            *sums = Self::tile_block4x1(run.next_segment(), tile, 0);
            for first in (TILE..run.cols()).step_by(TILE) {
                let parts = Self::tile_block4x1(run.next_segment(), tile, first);
                sums.iter_mut().zip(parts).for_each(|(sums, part)| matvec::add(sums, part));
            }
        }
        before - run.values().len()
    }

    /// As [`Lanes::block1x4`], columns counted from `first`.
    fn tile_block1x4(blocks: BlockSegment1x4<'_>, tile: Tile<'_, Self>, first: usize) -> [i32; 4];

    /// As [`Layout::lay`].
    #[inline]
    fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
        Self::Layout::lay(bytes, windows);
    }

    /// Copies a block from the start of `from` to the start of `to`.
    #[inline]
    fn copy(to: &mut [i8], from: &[i8], block: Block) {
        block.copy(to, from);
    }

    /// Writes the same to all.
    #[inline]
    fn fill(to: &mut [i8], value: i8) {
        to.fill(value);
    }

    /// Element `window` of each channel's sums: Σ over the taps of `w[tap, i]` · `x[tap, i]` for
    /// channel i from the first of `w` and of `patch.x` on, as many channels as sums. Rows of `w` are
    /// `patch.channels` long. Nothing where either is too short.
    fn depthwise(w: &[i8], patch: Patch<'_>, sums: &mut [[i32; WINDOWS]], window: usize);

    /// The same for all windows.
    #[inline]
    fn tile_depthwise(w: &[i8], patches: &Patches<'_>, sums: &mut [[i32; WINDOWS]]) {
        for (window, patch) in patches.each().into_iter().enumerate() {
            Self::depthwise(w, patch, sums, window);
        }
    }

    /// `y[i]` from `sums[i]`, channel after channel.
    #[inline]
    fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
        outputs::finish(sums, channels, range, y);
    }

    /// Output i of window p from `sums[i][p]`, channel after channel, for each window.
    #[inline]
    fn finish_tile(
        sums: &[[i32; WINDOWS]],
        channels: &Channels<'_>,
        range: Range,
        y: &mut Places<'_>,
    ) {
        outputs::finish_tile(sums, channels, range, y);
    }

    /// Replaces each `y[i]` by the sum of `y[i]` and `x[i]`.
    #[inline]
    fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
        addition.add(y, x);
    }
}

/// A tile as the lanes lay it.
pub type Tile<'a, L> = <<L as Lanes>::Layout as Layout>::Tile<'a>;
