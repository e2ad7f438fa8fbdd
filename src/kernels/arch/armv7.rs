//! What all cores from Armv7-M on share, with DSP instructions or without: tiles of four windows, two in
//! a word, and what comes before and after their products.

mod addition;
mod copy;
mod finish;
pub mod paired;
mod rows;
pub mod strip;

pub use crate::kernels::depthwise::BLOCK;
pub use addition::add;
pub use copy::{copy, fill};
pub use finish::{finish, finish_tile};
pub use rows::{lay, tile_run};

/// What every Armv7-M core has of [`Raw`](super::raw::Raw): tiles, copies, outputs, sums; and the loops of its
/// own modules `vector`, `blocks`, `depthwise` and `abreast`.
macro_rules! shared {
    () => {
        // SAFETY, for all without a comment of their own: each passes its caller's promise on.
        #[inline]
        unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
            unsafe { vector::dense(w, x, count) }
        }

        #[inline]
        unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
            unsafe { vector::dense4(w.as_ptr(), x, count, sums) }
        }

        #[inline]
        unsafe fn segment(
            columns: *const u8,
            values: *const i8,
            count: usize,
            x: *const i8,
        ) -> i32 {
            unsafe { vector::segment(columns, values, count, x) }
        }

        #[inline]
        unsafe fn block4x1(
            columns: *const u8,
            values: *const [i8; 4],
            count: usize,
            x: *const i8,
            sums: &mut [i32; 4],
        ) {
            unsafe { blocks::block4x1(columns, values, count, x, sums) }
        }

        #[inline]
        unsafe fn block1x4(
            blocks: *const u8,
            values: *const [i8; 4],
            count: usize,
            x: *const i8,
        ) -> i32 {
            unsafe { blocks::block1x4(blocks, values, count, x) }
        }

        #[inline]
        unsafe fn depthwise(
            w: *const i8,
            x: *const i8,
            taps: &Taps,
            sums: *mut [i32; WINDOWS],
            count: usize,
        ) {
            let last = count - armv7::BLOCK;
            // SAFETY: the caller's promise; count is at least four, so the last block starts inside.
            unsafe {
                depthwise::depthwise(w, x, taps, sums, count / armv7::BLOCK);
                if !count.is_multiple_of(armv7::BLOCK) {
                    depthwise::depthwise(w.add(last), x.add(last), taps, sums.add(last), 1);
                }
            }
        }

        #[inline]
        unsafe fn tile_depthwise(
            w: *const i8,
            starts: &Starts,
            taps: &Taps,
            sums: *mut [i32; WINDOWS],
            count: usize,
        ) {
            unsafe { abreast::KERNELS.tile(Self::depthwise, (w, starts, taps), sums, count) }
        }

        #[inline]
        unsafe fn tile_dense(
            w: *const i8,
            tile: *const [i32; 2],
            count: usize,
            sums: &mut [i32; WINDOWS],
        ) {
            unsafe { armv7::paired::tile_dense(w, tile, count, sums) }
        }

        #[inline]
        unsafe fn tile_dense_rows(
            w: *const i8,
            cols: usize,
            tile: *const [i32; 2],
            sums: &mut [[i32; WINDOWS]],
        ) {
            unsafe { armv7::paired::tile_dense_rows(w, cols, tile, sums) }
        }

        #[inline]
        unsafe fn tile_segment(
            columns: *const u8,
            values: *const i8,
            count: usize,
            tile: *const [i32; 2],
            sums: &mut [i32; WINDOWS],
        ) {
            unsafe { armv7::paired::tile_segment(columns, values, count, tile, sums) }
        }

        #[inline]
        unsafe fn tile_run(rows: &Rows<*const [i32; 2]>, sums: &mut [[i32; WINDOWS]]) -> usize {
            unsafe { armv7::tile_run(rows, sums) }
        }

        #[inline]
        fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
            armv7::lay(bytes, windows);
        }

        #[inline]
        fn copy(to: &mut [i8], from: &[i8], block: Block) {
            armv7::copy(to, from, block);
        }

        #[inline]
        fn fill(to: &mut [i8], value: i8) {
            armv7::fill(to, value);
        }

        #[inline]
        fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
            armv7::finish(sums, channels, range, y);
        }

        #[inline]
        fn finish_tile(
            sums: &[[i32; WINDOWS]],
            channels: &Channels<'_>,
            range: Range,
            y: &mut Places<'_>,
        ) {
            armv7::finish_tile(sums, channels, range, y);
        }

        #[inline]
        fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
            armv7::add(y, x, addition);
        }

        #[inline]
        unsafe fn tile_block4x1(
            columns: *const u8,
            values: *const [i8; 4],
            count: usize,
            tile: *const [i32; 2],
            sums: &mut [[i32; WINDOWS]; 4],
        ) {
            unsafe { armv7::paired::tile_block4x1(columns, values, count, tile, sums) }
        }

        #[inline]
        unsafe fn tile_block1x4(
            blocks: *const u8,
            values: *const [i8; 4],
            count: usize,
            tile: *const [i32; 2],
            sums: &mut [i32; WINDOWS],
        ) {
            unsafe { armv7::paired::tile_block1x4(blocks, values, count, tile, sums) }
        }
    };
}

pub(super) use shared;
