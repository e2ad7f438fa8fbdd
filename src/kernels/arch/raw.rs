//! What a core's file has: loops over pointers, and for some of them what they are unless the core has
//! better.

use super::start::{Rows, Start, Starts, Taps};
use crate::kernels::depthwise::BLOCK;
use crate::kernels::tile::{Layout, WINDOWS};
use crate::kernels::{Addition, Block, Channels, Patches, Places, Vector, matvec, outputs};
use crate::quant::Range;
use crate::sparse::TILE;

/// The loops of a core. A tile is passed as its [`Start`].
///
/// # Safety, for all
///
/// Pointers are valid for what the loop reads, as each says; unaligned ones are allowed but for
/// tiles, which are aligned to 4. Nothing is written but the sums and, by `outputs`, `to.y`.
pub trait Raw {
    /// How four windows lie side by side.
    type Layout: Start;

    /// Σ `w[i]` · `x[i]`, `count` of them.
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32;

    /// Σ `w[r][i]` · `x[i]` for four rows of `count`.
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]);

    /// Σ `values[i]` · `x[columns[i]]`, `count` of them.
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32;

    /// `segment` for successive rows, over all tiles of each; gives the number of values.
    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        let (mut counts, mut at) = (rows.counts, 0);
        for sum in sums {
            *sum = 0;
            for tile in 0..rows.tiles {
                // SAFETY: the caller's promise: as many counts as tiles, as many indices and values as
                // they add up to, and columns inside x.
                let part = unsafe {
                    let (count, x) = (usize::from(*counts), rows.x.add(tile * TILE));
                    let part = Self::segment(rows.columns.add(at), rows.values.add(at), count, x);
                    (counts, at) = (counts.add(1), at + count);
                    part
                };
                *sum = sum.wrapping_add(part);
            }
        }
        at
    }

    /// As [`Lanes::outputs`]; there is a row an output.
    #[inline]
    unsafe fn outputs(_: &Rows<*const i8>, _: &mut Vector<'_, '_>) -> Option<()> {
        None
    }

    /// Σ `values[i][r]` · `x[columns[i]]` for four rows.
    unsafe fn block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    );

    /// `block4x1` for successive groups of four rows, over all tiles of each; gives the number of blocks.
    /// Values are four bytes a column.
    #[inline]
    unsafe fn block_run(rows: &Rows<*const i8>, sums: &mut [[i32; 4]]) -> usize {
        // SAFETY: the caller's promise.
        unsafe { block_run::<Self>(rows, sums) }
    }

    /// Σ `values[i][j]` · `x[4 · blocks[i] + j]`.
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32;

    /// As `dense`, for four windows.
    unsafe fn tile_dense(
        w: *const i8,
        tile: TileStart<Self>,
        count: usize,
        sums: &mut [i32; WINDOWS],
    );

    /// As `dense4`, for four windows.
    #[inline]
    unsafe fn tile_dense4(
        w: [*const i8; 4],
        tile: TileStart<Self>,
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        for (w, sums) in w.into_iter().zip(sums) {
            // SAFETY: the caller's promise, row by row.
            unsafe { Self::tile_dense(w, tile, count, sums) }
        }
    }

    /// `tile_dense` for successive rows of `cols` weights.
    #[inline]
    unsafe fn tile_dense_rows(
        w: *const i8,
        cols: usize,
        tile: TileStart<Self>,
        sums: &mut [[i32; WINDOWS]],
    ) {
        sums.fill([0; WINDOWS]);
        let (fours, rest) = sums.as_chunks_mut::<4>();
        let mut w = w;
        for four in fours {
            // SAFETY: the caller's promise, row by row; the last row may be followed by nothing.
            unsafe {
                let rows = [w, w.add(cols), w.add(2 * cols), w.add(3 * cols)];
                Self::tile_dense4(rows, tile, cols, four);
            }
            w = w.wrapping_add(4 * cols);
        }
        for sums in rest {
            // SAFETY: the same.
            unsafe { Self::tile_dense(w, tile, cols, sums) }
            w = w.wrapping_add(cols);
        }
    }

    /// As `segment`, for four windows.
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: TileStart<Self>,
        sums: &mut [i32; WINDOWS],
    );

    /// As `run`, for four windows.
    #[inline]
    unsafe fn tile_run(rows: &Rows<TileStart<Self>>, sums: &mut [[i32; WINDOWS]]) -> usize {
        let (mut counts, mut at) = (rows.counts, 0);
        for sums in sums {
            *sums = [0; WINDOWS];
            for tile in 0..rows.tiles {
                let mut part = [0; WINDOWS];
                // SAFETY: the caller's promise: as many counts as tiles, as many indices and values as
                // they add up to, and columns inside the tile of windows.
                unsafe {
                    let (count, x) =
                        (usize::from(*counts), Self::Layout::skip(rows.x, tile * TILE));
                    let (columns, values) = (rows.columns.add(at), rows.values.add(at));
                    Self::tile_segment(columns, values, count, x, &mut part);
                    (counts, at) = (counts.add(1), at + count);
                }
                sums.iter_mut().zip(part).for_each(|(sum, part)| *sum = sum.wrapping_add(part));
            }
        }
        at
    }

    /// As `block4x1`, for four windows.
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: TileStart<Self>,
        sums: &mut [[i32; WINDOWS]; 4],
    );

    /// As `block_run`, for four windows.
    #[inline]
    unsafe fn tile_block_run(
        rows: &Rows<TileStart<Self>>,
        sums: &mut [[[i32; WINDOWS]; 4]],
    ) -> usize {
        let (mut counts, mut at) = (rows.counts, 0);
        for sums in sums {
            let mut next = |tile: usize, sums: &mut [[i32; WINDOWS]; 4]| {
                // SAFETY: the caller's promise, as for `tile_run`.
                unsafe {
                    let (count, x) =
                        (usize::from(*counts), Self::Layout::skip(rows.x, tile * TILE));
                    let values = rows.values.cast::<[i8; 4]>().add(at);
                    Self::tile_block4x1(rows.columns.add(at), values, count, x, sums);
                    (counts, at) = (counts.add(1), at + count);
                }
            };
            match rows.tiles {
                0 => *sums = [[0; WINDOWS]; 4],
                _ => next(0, sums),
            }
            for tile in 1..rows.tiles {
                let mut parts = [[0; WINDOWS]; 4];
                next(tile, &mut parts);
                sums.iter_mut().zip(parts).for_each(|(sums, part)| matvec::add(sums, part));
            }
        }
        at
    }

    /// As `block1x4`, for four windows.
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: TileStart<Self>,
        sums: &mut [i32; WINDOWS],
    );

    /// As [`Lanes::lay`].
    #[inline]
    fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
        Self::Layout::lay(bytes, windows);
    }

    /// As [`Lanes::copy`].
    #[inline]
    fn copy(to: &mut [i8], from: &[i8], block: Block) {
        block.copy(to, from);
    }

    /// As [`Lanes::fill`].
    #[inline]
    fn fill(to: &mut [i8], value: i8) {
        to.fill(value);
    }

    /// Four channels of a depthwise filter: `taps.height` rows of `taps.width` taps. For cores that
    /// take them by four.
    #[inline]
    unsafe fn depthwise4(_: *const i8, _: *const i8, _: &Taps, _: &mut [i32; 4]) {}

    /// The same for `count` channels, at least four; sums are [`WINDOWS`] words apart.
    #[inline]
    unsafe fn depthwise(
        w: *const i8,
        x: *const i8,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        let mut at = 0;
        while at < count {
            let (first, mut four) = (at.min(count - BLOCK), [0; BLOCK]);
            // SAFETY: the caller's promise, for the four channels from `first` on, which is below
            // `count` by at least four.
            unsafe {
                Self::depthwise4(w.add(first), x.add(first), taps, &mut four);
                for (i, sum) in four.into_iter().enumerate() {
                    sums.add(first + i).cast::<i32>().write(sum);
                }
            }
            at += BLOCK;
        }
    }

    /// The same for four windows.
    #[inline]
    unsafe fn tile_depthwise(
        w: *const i8,
        patches: &Starts,
        taps: &Taps,
        sums: *mut [i32; WINDOWS],
        count: usize,
    ) {
        for (window, (&x, &skip)) in patches.x.iter().zip(&patches.skip).enumerate() {
            // SAFETY: the caller's promise, for one window, whose sums start as many words behind
            // the first window's.
            unsafe {
                let sums = sums.cast::<i32>().add(window).cast();
                Self::depthwise(w, x, &Taps { skip, ..*taps }, sums, count);
            }
        }
    }

    /// As [`Lanes::finish`].
    #[inline]
    fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
        outputs::finish(sums, channels, range, y);
    }

    /// As [`Lanes::finish_tile`].
    #[inline]
    fn finish_tile(
        sums: &[[i32; WINDOWS]],
        channels: &Channels<'_>,
        range: Range,
        y: &mut Places<'_>,
    ) {
        outputs::finish_tile(sums, channels, range, y);
    }

    /// As [`Lanes::add`].
    #[inline]
    fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
        addition.add(y, x);
    }
}

/// Where the columns of a tile of `R` start.
pub type TileStart<R> = <<R as Raw>::Layout as Start>::Start;

/// [`Raw::block_run`] group by group, of a core that has no loop over groups.
#[inline]
pub unsafe fn block_run<R: Raw + ?Sized>(rows: &Rows<*const i8>, sums: &mut [[i32; 4]]) -> usize {
    let (mut counts, mut at) = (rows.counts, 0);
    for sums in sums {
        *sums = [0; 4];
        for tile in 0..rows.tiles {
            let mut part = [0; 4];
            // SAFETY: the caller's promise, as for `run`.
            unsafe {
                let (count, x) = (usize::from(*counts), rows.x.add(tile * TILE));
                let values = rows.values.cast::<[i8; 4]>().add(at);
                R::block4x1(rows.columns.add(at), values, count, x, &mut part);
                (counts, at) = (counts.add(1), at + count);
            }
            matvec::add(sums, part);
        }
    }
    at
}
