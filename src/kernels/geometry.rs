//! The sizes that a window moves over, and which of its taps lie in the input.

use super::tile::{self, WINDOWS};
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

    /// Bytes of scratch in which one window is gathered, which is always enough; 0 where none is.
    pub fn scratch_len(&self) -> usize {
        if self.is_pointwise() { 0 } else { self.window_len() }
    }

    /// Whether the taps of a row lie side by side in the input.
    pub(super) fn is_beside(&self) -> bool {
        self.dilation[1] == 1 || self.kernel[1] == 1
    }

    /// Whether windows side by side fit in a strip that takes no more room than they do.
    pub(super) fn has_strips(&self) -> bool {
        self.stride[1] <= self.kernel[1] && self.is_beside()
    }

    /// Columns of a strip of `count` windows.
    pub(super) fn strip(&self, count: usize) -> usize {
        (count - 1) * self.stride[1] + self.kernel[1]
    }

    /// Bytes of scratch of a tile, whatever the layout, and of its windows before they are laid.
    pub fn tile_len(&self) -> usize {
        let windows = if self.is_pointwise() { 0 } else { WINDOWS };
        self.window_len().saturating_mul(tile::COLUMN_BYTES + windows)
    }

    /// The taps of a window's rows (axis 0) or columns (axis 1) that lie in the input.
    pub fn taps_inside(&self, axis: usize, output: usize) -> Option<core::ops::Range<usize>> {
        self.some_inside(axis, output, (*self.kernel.get(axis)?, *self.dilation.get(axis)?))
    }

    /// The same of `taps` taps, `step` rows or columns apart.
    pub(super) fn some_inside(
        &self,
        axis: usize,
        output: usize,
        (taps, step): (usize, usize),
    ) -> Option<core::ops::Range<usize>> {
        let (size, stride) = (*self.input.get(axis)?, *self.stride.get(axis)?);
        let (start, pad) = (output * stride, *self.pad.get(axis)?);
        // Tap t reads start + t · step − pad, which is from 0 to below size.
        let first = pad.saturating_sub(start).div_ceil(step.max(1));
        let end = (size + pad).saturating_sub(start).div_ceil(step.max(1)).min(taps);
        (first < end).then_some(first..end)
    }

    /// The input row (axis 0) or column (axis 1) of a tap; `None` in the padding.
    #[inline]
    pub fn tap(&self, axis: usize, output: usize, tap: usize) -> Option<usize> {
        self.place(axis, output, tap * self.dilation.get(axis)?)
    }

    /// The one so many rows or columns behind the first tap.
    #[inline]
    pub(super) fn place(&self, axis: usize, output: usize, behind: usize) -> Option<usize> {
        let start = output * self.stride.get(axis)? + behind;
        let at = start.checked_sub(*self.pad.get(axis)?)?;
        (at < *self.input.get(axis)?).then_some(at)
    }
}
