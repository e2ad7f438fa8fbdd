//! What operators that move a window over an image share: the walk over output positions.

use crate::image::{Op, record::Window};
use crate::kernels::Geometry;

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
