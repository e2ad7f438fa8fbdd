//! x86-64, whatever it has: AVX2 where the machine says so, else plain Rust.
//!
//! Both lay a tile alike, so the choice can be made call by call; it is a load and a branch for a
//! row, the answer is kept by the standard library.

use super::Portable;
use super::avx2::Avx2;
use super::checked::Checked;
use crate::kernels::tile::{Interleaved, WINDOWS};
use crate::kernels::{Lanes, Patch};
use crate::sparse::{BlockSegment1x4, BlockSegment4x1, Run, Segment};

/// The primitives of the machine that this runs on.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl Host {
    /// Whether the machine has AVX2.
    #[inline]
    pub fn has_avx2() -> bool {
        std::arch::is_x86_feature_detected!("avx2")
    }
}

/// Each primitive by the one or the other.
macro_rules! either {
    ($($name:ident($($arg:ident: $type:ty),*) -> $sums:ty;)*) => {
        $(
            #[inline]
            fn $name($($arg: $type),*) -> $sums {
                match Host::has_avx2() {
                    true => Checked::<Avx2>::$name($($arg),*),
                    false => Portable::$name($($arg),*),
                }
            }
        )*
    };
}

impl super::Sealed for Host {}

impl Lanes for Host {
    type Layout = Interleaved;

    either! {
        dense(w: &[i8], x: &[i8]) -> i32;
        dense4(w: [&[i8]; 4], x: &[i8]) -> [i32; 4];
        segment(segment: Segment<'_>, x: &[i8]) -> i32;
        run(run: Run<'_, i8>, x: &[i8], sums: &mut [i32]) -> usize;
        block4x1(blocks: BlockSegment4x1<'_>, x: &[i8]) -> [i32; 4];
        block1x4(blocks: BlockSegment1x4<'_>, x: &[i8]) -> i32;
        tile_dense(
            w: &[i8], cols: usize, tile: &[[i8; WINDOWS]], sums: &mut [[i32; WINDOWS]]
        ) -> ();
        tile_segment(segment: Segment<'_>, tile: &[[i8; WINDOWS]], first: usize) -> [i32; 4];
        tile_run(run: Run<'_, i8>, tile: &[[i8; WINDOWS]], sums: &mut [[i32; WINDOWS]]) -> usize;
        tile_block4x1(
            blocks: BlockSegment4x1<'_>, tile: &[[i8; WINDOWS]], first: usize
        ) -> [[i32; 4]; 4];
        tile_block1x4(
            blocks: BlockSegment1x4<'_>, tile: &[[i8; WINDOWS]], first: usize
        ) -> [i32; 4];
        depthwise(w: &[i8], patch: Patch<'_>, sums: &mut [[i32; WINDOWS]], window: usize) -> ();
    }
}
