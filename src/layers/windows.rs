//! What operators that move a window over an image share: the walk over output positions, one by
//! one, or four in a tile.

use super::{Memory, signed_mut};
use crate::image::{Op, OpKind, record::Window};
use crate::kernels::tile::{Layout, WINDOWS};
use crate::kernels::{Gather, Geometry, Places, Space, TileSums, after};

/// The images of a batch, each with a gatherer of its windows and its part of the output; then the
/// scratch.
pub(super) fn images<'m>(
    op: &Op<'m>,
    memory: Memory<'m>,
    mut each: impl FnMut(&Gather<'m>, &mut [i8], &mut [u8]) -> Option<()>,
) -> Option<()> {
    let input = op.input(0)?;
    let mut gather = Gather {
        geometry: Geometry::new(input.dims(), op.params::<Window>()?),
        input: &[],
        zero_point: input.zero_point() as i8,
    };
    let [_, height, width, channels] = op.output()?.dims();
    let image_len: usize = gather.geometry.input.iter().product();
    let bytes = memory.input(op, 0)?;
    let outputs = signed_mut(memory.output)?.chunks_exact_mut((height * width * channels).max(1));
    for (image, output) in bytes.chunks_exact(image_len.max(1)).zip(outputs) {
        gather.input = image;
        each(&gather, output, memory.scratch)?;
    }
    Some(())
}

/// Calls `each` with every position of an output of `width` columns and its channels.
pub(super) fn one_by_one(
    [width, channels]: [usize; 2],
    output: &mut [i8],
    mut each: impl FnMut([usize; 2], &mut [i8]) -> Option<()>,
) -> Option<()> {
    let mut at = [0, 0];
    for y in output.chunks_exact_mut(channels.max(1)) {
        each(at, y)?;
        at = after(at, width);
    }
    Some(())
}

/// Calls `each` with the first of four positions and with their channels, until all have been seen: the
/// last four may have been seen before. `None` where there are fewer than four.
#[inline]
pub(super) fn by_fours(
    [width, channels]: [usize; 2],
    output: &mut [i8],
    mut each: impl FnMut([usize; 2], Places<'_>) -> Option<()>,
) -> Option<()> {
    let last = (output.len() / channels.max(1)).checked_sub(WINDOWS)?;
    let (mut start, mut at) = (0, [0, 0]);
    loop {
        let y = output.get_mut(start * channels..)?.get_mut(..WINDOWS * channels)?;
        each(at, Places { y, stride: channels })?;
        start += WINDOWS;
        at[1] += WINDOWS;
        while at[1] >= width {
            at = [at[0] + 1, at[1] - width];
        }
        if start > last {
            if start == last + WINDOWS {
                return Some(());
            }
            (start, at) = (last, [last / width.max(1), last % width.max(1)]);
        }
    }
}

/// The scratch with which kernels of every core take four windows at a time, for a tile and the sums, or
/// for the windows of a depthwise filter; one window where they never do.
pub fn fast_scratch_len(kind: OpKind, geometry: &Geometry, multiplier: u16) -> usize {
    match (kind, multiplier) {
        (OpKind::Conv2d, _) => geometry.tile_len().saturating_add(size_of::<Space>()),
        (OpKind::DepthwiseConv2d, 1) => {
            let windows = geometry.scratch_len().saturating_mul(WINDOWS);
            windows.saturating_add(size_of::<TileSums>())
        }
        _ => geometry.scratch_len(),
    }
}

/// The bytes of a tile of this layout and those of the windows from which it is laid, where the scratch has
/// both.
pub(super) fn tile<'s, T: Layout>(
    geometry: &Geometry,
    scratch: &'s mut [u8],
) -> Option<(&'s mut [u8], &'s mut [i8])> {
    let pointwise = geometry.is_pointwise();
    let columns = if pointwise && T::ROWS { 0 } else { T::COLUMN_BYTES };
    let windows = if pointwise || T::ROWS { 0 } else { WINDOWS };
    let len = geometry.window_len();
    let (tile, rest) = scratch.split_at_mut_checked(len.checked_mul(columns)?)?;
    let rest = signed_mut(rest)?;
    (len.checked_mul(windows)? <= rest.len()).then_some((tile, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fours_see_every_position() {
        for positions in 4..23 {
            let mut output = std::vec![0; positions];
            by_fours([5, 1], &mut output, |at, places| {
                for (after, y) in (1..).zip(places.y) {
                    *y = (at[0] * 5 + at[1]) as i8 + after;
                }
                Some(())
            });
            assert!(output.iter().copied().eq(1..=positions as i8), "{output:?}");
        }
    }
}
