//! One window of an image as a row of bytes (im2col, a position at a time).
//!
//! ```text
//! for each tap row ky, tap column kx:
//!     y = oy · stride − pad + ky · dilation, x likewise
//!     copy the channels at (y, x), or the zero point where (y, x) lies outside
//! ```
//!
//! The zero point stands for padding, so that the bias into which it is folded stays exact.

use crate::image::record::Window;

/// The sizes that a window moves over.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// Height, width and channels of the input.
    pub input: [usize; 3],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step between windows.
    pub stride: [usize; 2],
    /// Step between taps.
    pub dilation: [usize; 2],
    /// Rows above and columns to the left.
    pub pad: [usize; 2],
}

impl Geometry {
    /// The geometry of `window` over an input of `dims`.
    pub fn new(dims: [usize; 4], window: &Window) -> Self {
        let [_, height, width, channels] = dims;
        let pair = |pair: [zerocopy::little_endian::U16; 2]| pair.map(|n| usize::from(n.get()));
        Geometry {
            input: [height, width, channels],
            kernel: pair(window.kernel),
            stride: pair(window.stride),
            dilation: pair(window.dilation),
            pad: pair(window.pad),
        }
    }

    /// Taps of one window.
    pub fn taps(&self) -> usize {
        self.kernel[0].saturating_mul(self.kernel[1])
    }

    /// Bytes of one gathered window.
    pub fn window_len(&self) -> usize {
        self.taps().saturating_mul(self.input[2])
    }

    /// Whether a window is one position of the input as it lies in memory: no gathering needed.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.pad == [0, 0]
    }

    /// Bytes of scratch in which a window is gathered; a kernel that takes several windows at once
    /// uses as many as the scratch holds, and one is enough.
    pub fn scratch_len(&self) -> usize {
        if self.is_pointwise() { 0 } else { self.window_len() }
    }

    /// The taps of a window's rows (axis 0) or columns (axis 1) that lie in the input.
    pub fn taps_inside(&self, axis: usize, output: usize) -> Option<core::ops::Range<usize>> {
        let (size, kernel) = (*self.input.get(axis)?, *self.kernel.get(axis)?);
        let (stride, dilation) = (*self.stride.get(axis)?, *self.dilation.get(axis)?);
        let (start, pad) = (output * stride, *self.pad.get(axis)?);
        // Tap t reads start + t · dilation − pad, which is from 0 to below size.
        let first = pad.saturating_sub(start).div_ceil(dilation.max(1));
        let end = (size + pad).saturating_sub(start).div_ceil(dilation.max(1)).min(kernel);
        (first < end).then_some(first..end)
    }

    /// The input row (axis 0) or column (axis 1) of a tap; `None` in the padding.
    #[inline]
    pub fn tap(&self, axis: usize, output: usize, tap: usize) -> Option<usize> {
        let (stride, dilation) = (self.stride.get(axis)?, self.dilation.get(axis)?);
        let at = (output * stride + tap * dilation).checked_sub(*self.pad.get(axis)?)?;
        (at < *self.input.get(axis)?).then_some(at)
    }

    /// The channels at one position of the input.
    #[inline]
    pub fn channels<'a>(&self, input: &'a [i8], y: usize, x: usize) -> Option<&'a [i8]> {
        let [_, width, channels] = self.input;
        input.get((y * width + x) * channels..)?.get(..channels)
    }
}

/// Gathers windows of one image of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Gather<'a> {
    /// The sizes.
    pub geometry: Geometry,
    /// The image: height × width × channels.
    pub input: &'a [i8],
    /// What padding holds.
    pub zero_point: i8,
}

impl<'a> Gather<'a> {
    /// The window of output position (`oy`, `ox`): in place where it lies in the input as it is,
    /// else copied to `patch`, which has [`Geometry::window_len`] bytes.
    #[inline]
    pub fn window<'b>(&self, oy: usize, ox: usize, patch: &'b mut [i8]) -> Option<&'b [i8]>
    where
        'a: 'b,
    {
        if self.geometry.is_pointwise() {
            let (y, x) = (self.geometry.tap(0, oy, 0)?, self.geometry.tap(1, ox, 0)?);
            return self.geometry.channels(self.input, y, x);
        }
        let [height, width] = self.geometry.kernel;
        let mut places = patch.chunks_exact_mut(self.geometry.input[2].max(1));
        for ky in 0..height {
            let y = self.geometry.tap(0, oy, ky);
            for kx in 0..width {
                let x = self.geometry.tap(1, ox, kx);
                let source = y.zip(x).and_then(|(y, x)| self.geometry.channels(self.input, y, x));
                match source {
                    Some(source) => places.next()?.get_mut(..source.len())?.copy_from_slice(source),
                    None => places.next()?.fill(self.zero_point),
                }
            }
        }
        Some(patch)
    }
}
