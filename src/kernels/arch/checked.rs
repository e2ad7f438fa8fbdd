//! From raw primitives to [`Lanes`]: the checks, once for every core.
//!
//! A core's file has loops over pointers and nothing else ([`Raw`]). Here each call of one is
//! preceded by the comparison that makes its reads lie inside: a segment of a checked matrix ascends, so
//! its last column speaks for all.

use super::Portable;
use crate::kernels::depthwise::BLOCK;
use crate::kernels::tile::{Interleaved, Layout, Paired, WINDOWS, Windows};
use crate::kernels::{
    Addition, Block, Channels, Lanes, Patch, Patches, Places, Vector, matvec, outputs,
};
use crate::quant::Range;
use crate::rolled::Rolled;
use crate::sparse::{BlockSegment1x4, BlockSegment4x1, Run, Segment, TILE};
use core::marker::PhantomData;

/// The loops of a core. A tile is passed as its [`Start`].
///
/// Safety, for all: pointers are valid for what the loop reads, as each says; unaligned ones are
/// allowed but for tiles, which are aligned to 4. Nothing is written but the sums.
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

    /// As `dense4`, for four windows; rows follow each other at a distance of `stride`.
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

/// The taps of a depthwise filter, in elements.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Taps {
    /// Rows of taps, at least 1.
    pub height: usize,
    /// Taps of a row, at least 1.
    pub width: usize,
    /// From a tap to the next, in weights and window.
    pub channels: usize,
    /// From the tap after a row's last to the next row's first, in the window: below zero, wrapped, where
    /// rows overlap.
    pub skip: usize,
}

/// Where four windows lie, in the order of its fields.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Starts {
    /// The first channel of each one's first tap.
    pub x: [*const i8; WINDOWS],
    /// [`Taps::skip`] of each.
    pub skip: [usize; WINDOWS],
}

/// Successive rows of a matrix, in the order of its fields.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Rows<X> {
    /// Indices of each tile of each row.
    pub counts: *const u8,
    /// Columns, from a tile's first.
    pub columns: *const u8,
    /// A value a column.
    pub values: *const i8,
    /// What they are multiplied with.
    pub x: X,
    /// Tiles of a row.
    pub tiles: usize,
}

/// Where a tile's columns start.
pub trait Start: Layout {
    /// Pointers to the first column.
    type Start: Copy;

    /// The start of column `first`, where the tile has `cols` columns from there on.
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start>;

    /// The start `cols` columns further on. It need not lie in the tile unless it is read from.
    fn skip(start: Self::Start, cols: usize) -> Self::Start;
}

/// Where the columns of a tile of `R` start.
pub type TileStart<R> = <<R as Raw>::Layout as Start>::Start;

impl Start for Interleaved {
    type Start = *const [i8; WINDOWS];

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        tile.get(first..).filter(|tile| cols <= tile.len()).map(<[_]>::as_ptr)
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.wrapping_add(cols)
    }
}

impl Start for Paired {
    type Start = *const [i32; 2];

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        tile.get(first..).filter(|tile| cols <= tile.len()).map(<[_]>::as_ptr)
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.wrapping_add(cols)
    }
}

impl Start for Windows {
    type Start = [*const i8; WINDOWS];

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        let start = |window: &[i8]| {
            window.get(first..).filter(|window| cols <= window.len()).map(<[_]>::as_ptr)
        };
        let [a, b, c, d] = tile.map(start);
        Some([a?, b?, c?, d?])
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.map(|start| start.wrapping_add(cols))
    }
}

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
