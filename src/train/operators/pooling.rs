//! The windows of a pool, and their taps in the input. Padding has no taps; a checked shape's
//! windows all have some.

use crate::train::Shape;
use core::ops::Range;

/// The part of a window that lies in the input.
#[derive(Clone, Debug)]
pub(super) struct Window {
    rows: Range<usize>,
    columns: Range<usize>,
    width: usize,
    channels: usize,
}

impl Window {
    /// The window at output row and column `at`.
    fn new(shape: &Shape, at: [usize; 2]) -> Self {
        let [height, width, channels] = shape.x;
        let inside = |start: usize, len: usize, pad: usize, size: usize| {
            start.saturating_sub(pad)..(start + len).saturating_sub(pad).min(size)
        };
        Window {
            rows: inside(at[0] * shape.stride[0], shape.kernel[0], shape.pad[0], height),
            columns: inside(at[1] * shape.stride[1], shape.kernel[1], shape.pad[1], width),
            width,
            channels,
        }
    }

    /// The first channel's element of each tap, row by row.
    pub(super) fn taps(&self) -> impl Iterator<Item = usize> {
        let Window { columns, width, channels, .. } = self;
        self.rows.clone().flat_map(move |row| {
            columns.clone().map(move |column| (row * width + column) * channels)
        })
    }

    /// A tap's share of the mean: 1 / taps.
    pub(super) fn share(&self) -> f32 {
        1.0 / (self.rows.len() * self.columns.len()) as f32
    }
}

/// The window of each output position, row by row.
pub(super) fn windows(shape: &Shape) -> impl Iterator<Item = Window> {
    let [height, width, _] = shape.y;
    (0..height).flat_map(move |row| (0..width).map(move |column| Window::new(shape, [row, column])))
}
