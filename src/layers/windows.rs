//! What operators that move a window over an image share: the walk over output positions, and over
//! gathered windows.

use super::{Memory, signed_mut};
use crate::image::{Op, record::Window};
use crate::kernels::{Gather, Geometry};

/// An image of the batch and a position of its output.
pub(super) struct Position<'a> {
    /// The sizes.
    pub geometry: Geometry,
    /// The image: height × width × channels.
    pub image: &'a [i8],
    /// Row and column of the output.
    pub at: [usize; 2],
}

/// Calls `each` with every output position and its channels.
pub(super) fn positions<'a>(
    op: Op<'_>,
    input: &'a [i8],
    output: &mut [i8],
    mut each: impl FnMut(Position<'a>, &mut [i8]) -> Option<()>,
) -> Option<()> {
    let geometry = Geometry::new(op.input(0)?.dims(), op.params::<Window>()?);
    let [_, height, width, channels] = op.output()?.dims();
    let image_len: usize = geometry.input.iter().product();
    let mut places = output.chunks_exact_mut(channels.max(1));
    for image in input.chunks_exact(image_len.max(1)) {
        for oy in 0..height {
            for ox in 0..width {
                each(Position { geometry, image, at: [oy, ox] }, places.next()?)?;
            }
        }
    }
    Some(())
}

/// Calls `each` with every window, gathered in the scratch where it does not lie in the input as it
/// is, and the output channels of its position.
pub(super) fn gathered(
    op: Op<'_>,
    memory: Memory<'_>,
    mut each: impl FnMut(&[i8], &mut [i8]),
) -> Option<()> {
    let input = op.input(0)?;
    let zero_point = input.zero_point() as i8;
    let scratch_len = Geometry::new(input.dims(), op.params::<Window>()?).scratch_len();
    let bytes = memory.input(op, 0)?;
    let patch = signed_mut(memory.scratch)?.get_mut(..scratch_len)?;
    positions(op, bytes, signed_mut(memory.output)?, |Position { geometry, image, at }, y| {
        let gather = Gather { geometry, input: image, zero_point };
        each(gather.window(at[0], at[1], patch)?, y);
        Some(())
    })
}
