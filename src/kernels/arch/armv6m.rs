//! Armv6-M and Armv8-M baseline: Cortex-M0, M0+, M23.
//!
//! There are eight registers that can be computed with, no load that also moves its pointer, signed
//! loads only at a register's distance, and products of 32 bits. What is worth it is assembly:
//! rows times a vector ([`vector`]), and its outputs ([`finish`]). The rest is what the compiler makes
//! of plain loops.
//!
//! A nonzero of a segment takes six instructions and a row 30 besides; a dense product four, two rows
//! at a time; an output of a vector 26, of a tile 31.

mod finish;
mod vector;

use super::portable::product;
use super::raw::Raw;
use super::start::{Rows, Taps};
use crate::kernels::depthwise::BLOCK;
use crate::kernels::matvec::add;
use crate::kernels::tile::{Interleaved, WINDOWS};
use crate::kernels::{Channels, Places};
use crate::quant::Range;

/// The loops of Armv6-M.
#[derive(Clone, Copy, Debug)]
pub struct Armv6m;

/// A column of a tile, or a block of weights.
type Four = *const [i8; 4];

// SAFETY, for all below without a comment of their own: reads are those that the caller promises.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Armv6m {
    type Layout = Interleaved;

    #[inline]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        let product = |i| unsafe { product(*w.add(i), *x.add(i)) };
        (0..count).map(product).fold(0, i32::wrapping_add)
    }

    #[inline]
    unsafe fn dense4(
        [a, b, c, d]: [*const i8; 4],
        x: *const i8,
        count: usize,
        sums: &mut [i32; 4],
    ) {
        let sums = sums.as_mut_ptr();
        // SAFETY: the caller's promise, two rows at a time; there are four sums.
        unsafe {
            vector::dense2(a, b, x, count, sums);
            vector::dense2(c, d, x, count, sums.add(2));
        }
    }

    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        let product = |i| unsafe { product(*values.add(i), *x.add(usize::from(*columns.add(i)))) };
        (0..count).map(product).fold(0, i32::wrapping_add)
    }

    #[inline]
    unsafe fn run(rows: &Rows<*const i8>, sums: &mut [i32]) -> usize {
        if sums.is_empty() || rows.tiles == 0 {
            sums.fill(0);
            return 0;
        }
        let sums = sums.as_mut_ptr_range();
        // SAFETY: the caller's promise; there is a row and it has a tile.
        unsafe { vector::run(rows, sums.start, sums.end) }
    }

    #[inline]
    unsafe fn block4x1(
        columns: *const u8,
        values: Four,
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        *sums = [0; 4];
        for i in 0..count {
            let (x, w) = unsafe { (*x.add(usize::from(*columns.add(i))), *values.add(i)) };
            add(sums, w.map(|w| product(w, x)));
        }
    }

    #[inline]
    unsafe fn block1x4(blocks: *const u8, values: Four, count: usize, x: *const i8) -> i32 {
        let mut sums = [0; 4];
        for i in 0..count {
            let x = unsafe { *x.cast::<[i8; 4]>().add(usize::from(*blocks.add(i))) };
            let w = unsafe { *values.add(i) };
            add(&mut sums, products(w, x));
        }
        sums.into_iter().fold(0, i32::wrapping_add)
    }

    #[inline]
    unsafe fn tile_dense(w: *const i8, tile: Four, count: usize, sums: &mut [i32; WINDOWS]) {
        *sums = [0; WINDOWS];
        for i in 0..count {
            let (w, x) = unsafe { (*w.add(i), *tile.add(i)) };
            add(sums, x.map(|x| product(w, x)));
        }
    }

    #[inline]
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: Four,
        sums: &mut [i32; WINDOWS],
    ) {
        *sums = [0; WINDOWS];
        for i in 0..count {
            let (w, x) = unsafe { (*values.add(i), *tile.add(usize::from(*columns.add(i)))) };
            add(sums, x.map(|x| product(w, x)));
        }
    }

    #[inline]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: Four,
        count: usize,
        tile: Four,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        *sums = [[0; WINDOWS]; 4];
        for i in 0..count {
            let (x, w) = unsafe { (*tile.add(usize::from(*columns.add(i))), *values.add(i)) };
            for (sums, w) in sums.iter_mut().zip(w) {
                add(sums, x.map(|x| product(w, x)));
            }
        }
    }

    #[inline]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: Four,
        count: usize,
        tile: Four,
        sums: &mut [i32; WINDOWS],
    ) {
        *sums = [0; WINDOWS];
        for i in 0..count {
            let w = unsafe { *values.add(i) };
            let x = unsafe { *tile.cast::<[[i8; WINDOWS]; 4]>().add(usize::from(*blocks.add(i))) };
            for (w, x) in w.into_iter().zip(x) {
                add(sums, x.map(|x| product(w, x)));
            }
        }
    }

    #[inline]
    unsafe fn depthwise4(w: *const i8, x: *const i8, taps: &Taps, sums: &mut [i32; BLOCK]) {
        *sums = [0; BLOCK];
        let (mut w, mut x) = (w, x);
        for _ in 0..taps.height {
            for _ in 0..taps.width {
                let (ws, xs) = unsafe { (*w.cast::<[i8; 4]>(), *x.cast::<[i8; 4]>()) };
                add(sums, products(ws, xs));
                (w, x) = (w.wrapping_add(taps.channels), x.wrapping_add(taps.channels));
            }
            x = x.wrapping_add(taps.skip);
        }
    }

    #[inline]
    fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
        finish::finish(sums, channels, range, y);
    }

    #[inline]
    fn finish_tile(
        sums: &[[i32; WINDOWS]],
        channels: &Channels<'_>,
        range: Range,
        y: &mut Places<'_>,
    ) {
        finish::finish_tile(sums, channels, range, y);
    }
}

#[inline]
fn products(w: [i8; 4], x: [i8; 4]) -> [i32; 4] {
    let mut products = w.map(i32::from);
    products.iter_mut().zip(x).for_each(|(product, x)| *product *= i32::from(x));
    products
}
