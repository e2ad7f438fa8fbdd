//! Depthwise filters on RV32IMC.
//!
//! - [`depthwise`]: one window, eight channels at a time, 34 instructions for eight products;
//! - [`four`]: any four windows, four channels at a time, 58 for sixteen;
//! - [`abreast`]: windows side by side, which share what they overlap in, 78 for 24.

mod abreast;
mod apart;
mod one;

use crate::kernels::arch::start::{Starts, Taps};
use crate::kernels::tile::WINDOWS;

pub use one::depthwise;

/// As [`depthwise`], for four windows.
#[inline]
pub unsafe fn four(
    w: *const i8,
    patches: &Starts,
    taps: &Taps,
    sums: *mut [i32; WINDOWS],
    count: usize,
) {
    let ([a, b, c, d], step) = (patches.x, taps.channels);
    let near = |a: *const i8, b: *const i8| a.wrapping_add(step) == b;
    let even = patches.skip == [patches.skip[0]; WINDOWS];
    // SAFETY: the caller's promise; windows that start a tap apart and whose rows are as far from
    // each other overlap but for a tap.
    unsafe {
        match taps.width == 3 && even && near(a, b) && near(b, c) && near(c, d) {
            true => abreast::abreast(w, patches, taps, sums, count),
            false => apart::apart(w, patches, taps, sums, count),
        }
    }
}
