//! Plain Rust for any core, and the reference for the others.

use crate::kernels::matvec::add;
use crate::kernels::tile::{Interleaved, WINDOWS};
use crate::kernels::{Lanes, Patch};
use crate::sparse::{BlockSegment1x4, BlockSegment4x1, Segment};

/// Scalar primitives in plain Rust.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl super::Sealed for Portable {}

impl Lanes for Portable {
    type Layout = Interleaved;

    #[inline]
    fn dense(w: &[i8], x: &[i8]) -> i32 {
        let products = w.iter().zip(x).map(|(&w, &x)| product(w, x));
        products.fold(0, i32::wrapping_add)
    }

    #[inline]
    fn segment(segment: Segment<'_>, x: &[i8]) -> i32 {
        let mut sum = 0_i32;
        for (&column, &w) in segment.columns().iter().zip(segment.values()) {
            sum = sum.wrapping_add(product(w, at(x, column.into())));
        }
        sum
    }

    #[inline]
    fn block4x1(blocks: BlockSegment4x1<'_>, x: &[i8]) -> [i32; 4] {
        let mut sums = [0; 4];
        for (&column, w) in blocks.columns().iter().zip(blocks.values()) {
            add(&mut sums, w.map(|w| product(w, at(x, column.into()))));
        }
        sums
    }

    #[inline]
    fn block1x4(blocks: BlockSegment1x4<'_>, x: &[i8]) -> i32 {
        let (x, _) = x.as_chunks::<4>();
        let mut sum = 0_i32;
        for (&block, w) in blocks.blocks().iter().zip(blocks.values()) {
            let x = at(x, block.into());
            sum = sum.wrapping_add(w.iter().zip(x).map(|(&w, x)| product(w, x)).sum());
        }
        sum
    }

    #[inline]
    fn tile_dense(w: &[i8], cols: usize, tile: &[[i8; WINDOWS]], sums: &mut [[i32; WINDOWS]]) {
        for (w, sums) in w.chunks(cols.max(1)).zip(sums) {
            *sums = [0; WINDOWS];
            for (&w, x) in w.iter().zip(tile) {
                add(sums, x.map(|x| product(w, x)));
            }
        }
    }

    #[inline]
    fn tile_segment(segment: Segment<'_>, tile: &[[i8; WINDOWS]], first: usize) -> [i32; 4] {
        let (mut sums, tile) = ([0; 4], tile.get(first..).unwrap_or_default());
        for (&column, &w) in segment.columns().iter().zip(segment.values()) {
            add(&mut sums, at(tile, column.into()).map(|x| product(w, x)));
        }
        sums
    }

    #[inline]
    fn tile_block4x1(
        blocks: BlockSegment4x1<'_>,
        tile: &[[i8; WINDOWS]],
        first: usize,
    ) -> [[i32; 4]; 4] {
        let (mut sums, tile) = ([[0; 4]; 4], tile.get(first..).unwrap_or_default());
        for (&column, w) in blocks.columns().iter().zip(blocks.values()) {
            let x = at(tile, column.into());
            for (sums, &w) in sums.iter_mut().zip(w) {
                add(sums, x.map(|x| product(w, x)));
            }
        }
        sums
    }

    #[inline]
    fn tile_block1x4(
        blocks: BlockSegment1x4<'_>,
        tile: &[[i8; WINDOWS]],
        first: usize,
    ) -> [i32; 4] {
        let (mut sums, tile) = ([0; 4], tile.get(first..).unwrap_or_default());
        let (tile, _) = tile.as_chunks::<4>();
        for (&block, w) in blocks.blocks().iter().zip(blocks.values()) {
            for (&w, x) in w.iter().zip(at(tile, block.into())) {
                add(&mut sums, x.map(|x| product(w, x)));
            }
        }
        sums
    }

    #[inline]
    fn depthwise(w: &[i8], patch: Patch<'_>, sums: &mut [[i32; WINDOWS]], window: usize) {
        if !(patch.holds(sums.len()) && patch.fits(sums.len(), w)) {
            return;
        }
        let [height, width] = patch.kernel;
        for (channel, sums) in sums.iter_mut().enumerate() {
            let mut sum = 0_i32;
            for ky in 0..height {
                let w = w.iter().skip(ky * width * patch.channels + channel);
                let x = patch.x.iter().skip(ky * patch.row + channel);
                let step = patch.channels.max(1);
                let taps = w.step_by(step).zip(x.step_by(step)).take(width);
                sum = taps.fold(sum, |sum, (&w, &x)| sum.wrapping_add(product(w, x)));
            }
            sums.iter_mut().skip(window).take(1).for_each(|to| *to = sum);
        }
    }
}

/// Exact: it fits 16 bits.
#[inline]
pub fn product(w: i8, x: i8) -> i32 {
    i32::from(w) * i32::from(x)
}

/// Element `index`; zero outside.
#[inline]
fn at<T: Copy + Default>(slice: &[T], index: usize) -> T {
    slice.get(index).copied().unwrap_or_default()
}
