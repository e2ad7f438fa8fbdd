//! From raw primitives to [`Lanes`]: the checks, once for every core.
//!
//! A core's file has loops over pointers and nothing else ([`Raw`]). Here each call of one is
//! preceded by the comparison that makes its reads lie inside: a segment of a checked matrix ascends, so
//! its last column speaks for all.

use super::Portable;
use super::raw::Raw;
use super::start::{Rows, Start, Starts, Taps};
use crate::kernels::depthwise::BLOCK;
use crate::kernels::tile::{Layout, WINDOWS};
use crate::kernels::{Addition, Block, Channels, Lanes, Patch, Patches, Places, Vector};
use crate::quant::Range;
use crate::rolled::Rolled;
use crate::sparse::{BlockSegment1x4, BlockSegment4x1, Run, Segment};
use core::marker::PhantomData;

/// [`Lanes`] over raw primitives.
#[derive(Clone, Copy, Debug)]
pub struct Checked<R>(PhantomData<R>);

impl<R> super::Sealed for Checked<R> {}

impl<R: Raw> Lanes for Checked<R> {
    type Layout = R::Layout;

    #[inline]
    fn dense(w: &[i8], x: &[i8]) -> i32 {
        let count = w.len().min(x.len());
        // SAFETY: both have `count` elements.
        unsafe { R::dense(w.as_ptr(), x.as_ptr(), count) }
    }

    #[inline]
    fn dense4(w: [&[i8]; 4], x: &[i8]) -> [i32; 4] {
        let count = w.iter().fold(x.len(), |count, w| count.min(w.len()));
        let mut sums = [0; 4];
        // SAFETY: all five have `count` elements.
        unsafe { R::dense4(w.map(<[i8]>::as_ptr), x.as_ptr(), count, &mut sums) };
        sums
    }

    #[inline]
    fn segment(segment: Segment<'_>, x: &[i8]) -> i32 {
        let (columns, values) = (segment.columns(), segment.values());
        if reach(columns) > x.len() {
            return 0;
        }
        // SAFETY: a checked segment has as many values as columns, and columns below the reach.
        unsafe { R::segment(columns.as_ptr(), values.as_ptr(), columns.len(), x.as_ptr()) }
    }

    #[inline]
    fn run(run: Run<'_, i8>, x: &[i8], sums: &mut [i32]) -> usize {
        if run.cols() > x.len() || sums.len().checked_mul(run.tiles()) != Some(run.counts().len()) {
            return passed(run.counts());
        }
        // SAFETY: a run of a checked matrix has indices and values for all its counts, and its
        // columns lie in x.
        unsafe { R::run(&rows(run, x.as_ptr()), sums) }
    }

    #[inline]
    fn outputs(run: Run<'_, i8>, x: &[i8], to: &mut Vector<'_, '_>) -> Option<()> {
        if run.cols() > x.len() || to.y.len().checked_mul(run.tiles()) != Some(run.counts().len()) {
            return None;
        }
        // SAFETY: as for `run`.
        unsafe { R::outputs(&rows(run, x.as_ptr()), to) }
    }

    #[inline]
    fn block4x1(blocks: BlockSegment4x1<'_>, x: &[i8]) -> [i32; 4] {
        let (columns, values) = (blocks.columns(), blocks.values());
        let mut sums = [0; 4];
        if reach(columns) <= x.len() {
            let (x, count) = (x.as_ptr(), columns.len());
            // SAFETY: as many blocks of values as columns, all below the reach.
            unsafe { R::block4x1(columns.as_ptr(), values.as_ptr(), count, x, &mut sums) }
        }
        sums
    }

    #[inline]
    fn block_run(run: Run<'_, [i8; 4]>, x: &[i8], sums: &mut [[i32; 4]]) -> usize {
        if run.cols() > x.len() || sums.len().checked_mul(run.tiles()) != Some(run.counts().len()) {
            return passed(run.counts());
        }
        // SAFETY: a run of a checked matrix has indices and blocks for all its counts, and its columns
        // lie in x.
        unsafe { R::block_run(&rows(run, x.as_ptr()), sums) }
    }

    #[inline]
    fn block1x4(blocks: BlockSegment1x4<'_>, x: &[i8]) -> i32 {
        let (blocks, values) = (blocks.blocks(), blocks.values());
        if 4 * reach(blocks) > x.len() {
            return 0;
        }
        // SAFETY: as many blocks of values as indices, all four inputs of each below the reach.
        unsafe { R::block1x4(blocks.as_ptr(), values.as_ptr(), blocks.len(), x.as_ptr()) }
    }

    #[inline]
    fn tile_dense(
        w: &[i8],
        cols: usize,
        tile: <R::Layout as Layout>::Tile<'_>,
        sums: &mut [[i32; WINDOWS]],
    ) {
        match R::Layout::start(tile, 0, cols) {
            // SAFETY: there are as many weights as sums times columns, and the tile has as many columns.
            Some(start) if cols.checked_mul(sums.len()).is_some_and(|all| all <= w.len()) => unsafe {
                R::tile_dense_rows(w.as_ptr(), cols, start, sums);
            },
            _ => sums.fill([0; WINDOWS]),
        }
    }

    #[inline]
    fn tile_segment(
        segment: Segment<'_>,
        tile: <R::Layout as Layout>::Tile<'_>,
        first: usize,
    ) -> [i32; WINDOWS] {
        let (columns, values) = (segment.columns(), segment.values());
        let mut sums = [0; WINDOWS];
        if let Some(start) = R::Layout::start(tile, first, reach(columns)) {
            let (values, count) = (values.as_ptr(), columns.len());
            // SAFETY: as many values as columns, all below the reach, which the tile has.
            unsafe { R::tile_segment(columns.as_ptr(), values, count, start, &mut sums) }
        }
        sums
    }

    #[inline]
    fn tile_run(
        run: Run<'_, i8>,
        tile: <R::Layout as Layout>::Tile<'_>,
        sums: &mut [[i32; WINDOWS]],
    ) -> usize {
        match R::Layout::start(tile, 0, run.cols()) {
            Some(start) if sums.len().checked_mul(run.tiles()) == Some(run.counts().len()) => {
                // SAFETY: a run of a checked matrix has indices and values for all its counts, and
                // its columns lie in the tile.
                unsafe { R::tile_run(&rows(run, start), sums) }
            }
            _ => passed(run.counts()),
        }
    }

    #[inline]
    fn tile_block4x1(
        blocks: BlockSegment4x1<'_>,
        tile: <R::Layout as Layout>::Tile<'_>,
        first: usize,
    ) -> [[i32; WINDOWS]; 4] {
        let (columns, values) = (blocks.columns(), blocks.values());
        let mut sums = [[0; WINDOWS]; 4];
        if let Some(start) = R::Layout::start(tile, first, reach(columns)) {
            let (values, count) = (values.as_ptr(), columns.len());
            // SAFETY: as many blocks of values as columns, all below the reach, which the tile has.
            unsafe { R::tile_block4x1(columns.as_ptr(), values, count, start, &mut sums) }
        }
        sums
    }

    #[inline]
    fn tile_block_run(
        run: Run<'_, [i8; 4]>,
        tile: <R::Layout as Layout>::Tile<'_>,
        sums: &mut [[[i32; WINDOWS]; 4]],
    ) -> usize {
        match R::Layout::start(tile, 0, run.cols()) {
            Some(start) if sums.len().checked_mul(run.tiles()) == Some(run.counts().len()) => {
                // SAFETY: a run of a checked matrix has indices and blocks for all its counts, and
                // its columns lie in the tile.
                unsafe { R::tile_block_run(&rows(run, start), sums) }
            }
            _ => passed(run.counts()),
        }
    }

    #[inline]
    fn tile_block1x4(
        blocks: BlockSegment1x4<'_>,
        tile: <R::Layout as Layout>::Tile<'_>,
        first: usize,
    ) -> [i32; WINDOWS] {
        let (blocks, values) = (blocks.blocks(), blocks.values());
        let mut sums = [0; WINDOWS];
        if let Some(start) = R::Layout::start(tile, first, 4 * reach(blocks)) {
            let (values, count) = (values.as_ptr(), blocks.len());
            // SAFETY: as many blocks of values as indices, all inputs below the reach.
            unsafe { R::tile_block1x4(blocks.as_ptr(), values, count, start, &mut sums) }
        }
        sums
    }

    #[inline]
    fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
        R::lay(bytes, windows);
    }

    #[inline]
    fn copy(to: &mut [i8], from: &[i8], block: Block) {
        R::copy(to, from, block);
    }

    #[inline]
    fn fill(to: &mut [i8], value: i8) {
        R::fill(to, value);
    }

    #[inline]
    fn depthwise(w: &[i8], patch: Patch<'_>, sums: &mut [[i32; WINDOWS]], window: usize) {
        let count = sums.len();
        if count < BLOCK || window >= WINDOWS || !(patch.holds(count) && patch.fits(count, w)) {
            return few_channels(w, patch, sums, window);
        }
        let ([height, width], channels) = (patch.kernel, patch.channels);
        let skip = patch.row.wrapping_sub(width * channels);
        let taps = Taps { height, width, channels, skip };
        // SAFETY: `count` channels, at least four, of every tap lie in both, and there is at least one
        // tap; a window's sums start as many words behind the first window's.
        unsafe {
            let sums = sums.as_mut_ptr().cast::<i32>().add(window).cast();
            R::depthwise(w.as_ptr(), patch.x.as_ptr(), &taps, sums, count);
        }
    }

    #[inline]
    fn tile_depthwise(w: &[i8], patches: &Patches<'_>, sums: &mut [[i32; WINDOWS]]) {
        let count = sums.len();
        if count < BLOCK || !patches.fits(count, w) || !patches.holds(count) {
            for (window, patch) in patches.each().into_iter().enumerate() {
                few_channels(w, patch, sums, window);
            }
            return;
        }
        let ([height, width], channels) = (patches.kernel, patches.channels);
        let taps = Taps { height, width, channels, skip: 0 };
        let starts = Starts {
            x: patches.x.map(<[i8]>::as_ptr),
            skip: patches.rows.map(|row| row.wrapping_sub(width * channels)),
        };
        // SAFETY: `count` channels, at least four, of every tap lie in each and in the weights, and
        // there is at least one tap.
        unsafe { R::tile_depthwise(w.as_ptr(), &starts, &taps, sums.as_mut_ptr(), count) }
    }

    #[inline]
    fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
        R::finish(sums, channels, range, y);
    }

    #[inline]
    fn finish_tile(
        sums: &[[i32; WINDOWS]],
        channels: &Channels<'_>,
        range: Range,
        y: &mut Places<'_>,
    ) {
        R::finish_tile(sums, channels, range, y);
    }

    #[inline]
    fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
        R::add(y, x, addition);
    }
}

/// Fewer channels than cores take at once, or none.
#[inline(never)]
fn few_channels(w: &[i8], patch: Patch<'_>, sums: &mut [[i32; WINDOWS]], window: usize) {
    Portable::depthwise(w, patch, sums, window);
}

#[inline]
fn rows<V, X>(run: Run<'_, V>, x: X) -> Rows<X> {
    let (counts, columns) = (run.counts().as_ptr(), run.indices().as_ptr());
    Rows { counts, columns, values: run.values().as_ptr().cast(), x, tiles: run.tiles() }
}

/// The values of a run that is not taken: the walk it is of goes on after them all the same.
#[cold]
#[inline(never)]
fn passed(counts: &[u8]) -> usize {
    counts.iter().rolled().fold(0, |values, &count| values + usize::from(count))
}

/// One past the last of ascending indices; 0 for none.
#[inline]
fn reach(indices: &[u8]) -> usize {
    indices.last().map_or(0, |&last| usize::from(last) + 1)
}
