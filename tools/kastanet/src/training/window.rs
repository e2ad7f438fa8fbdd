//! The windows of a convolution or a pool.

use crate::graph::Padding;

/// The windows of a convolution or a pool. Pairs are `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Output channels; a pool has those of its input.
    pub channels: usize,
    /// Size of a window, before dilation.
    pub kernel: [usize; 2],
    /// Step between two windows.
    pub stride: [usize; 2],
    /// What windows do at the border.
    pub padding: Padding,
    /// Step between two taps; 1 for pools.
    pub dilation: [usize; 2],
}

/// Height and width of an output, and the padding above and on the left.
pub(super) struct Placed {
    pub size: [usize; 2],
    pub pad: [usize; 2],
}

impl Window {
    /// Windows with as many outputs as there are inputs, one step apart.
    pub fn new(channels: usize, kernel: [usize; 2]) -> Self {
        let padding = Padding::Same;
        Window { channels, kernel, stride: [1, 1], padding, dilation: [1, 1] }
    }

    /// Windows side by side.
    pub fn pool(kernel: [usize; 2]) -> Self {
        Window { stride: kernel, padding: Padding::Valid, ..Window::new(0, kernel) }
    }

    /// Sets the step between two windows.
    pub fn stride(self, stride: [usize; 2]) -> Self {
        Window { stride, ..self }
    }

    /// Keeps windows inside the image.
    pub fn valid(self) -> Self {
        Window { padding: Padding::Valid, ..self }
    }

    /// Lets windows reach over the border, so that there are `⌈input ÷ stride⌉`.
    pub fn same(self) -> Self {
        Window { padding: Padding::Same, ..self }
    }

    /// Sets the step between two taps.
    pub fn dilation(self, dilation: [usize; 2]) -> Self {
        Window { dilation, ..self }
    }

    /// How the windows stand over an image of this height and width; `None` where none fits.
    pub(super) fn over(&self, size: [usize; 2]) -> Option<Placed> {
        let along = |axis: usize| {
            let (taps, stride, dilation) =
                (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            let reach = taps.checked_sub(1)?.saturating_mul(dilation).saturating_add(1);
            if stride == 0 || dilation == 0 {
                return None;
            }
            self.padding.along(axis, size[axis], reach, stride)
        };
        let (down, across) = (along(0)?, along(1)?);
        Some(Placed { size: [down.0, across.0], pad: [down.1, across.1] })
    }
}
