//! CONV_2D: input N × H × W × C, one row of weights an output channel in the order (ky, kx, c).
//!
//! Output positions are taken four at a time where the scratch holds a tile of four windows, else
//! one by one; a window is gathered unless it lies in the input as it is. Scratch: one window; for
//! speed a [`Space`], a tile and, where it is laid from them, four windows.

use super::windows::{by_fours, images, one_by_one, tile};
use super::{Error, LayerWeights, Memory, Operator, ensure, int8, params, signed_mut, weights};
use crate::image::record::Window;
use crate::image::{Op, OpKind};
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Gather, Geometry, Lanes, Native, Space, Vector, matvec, product};
use crate::quant::Range;
use zerocopy::FromBytes;

/// The operator.
pub static CONV_2D: Operator = Operator { kind: OpKind::Conv2d, in_place: false, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let window = params::<Window>(op)?;
    super::check_window(window, input, output)?;
    ensure(window.multiplier.get() == 1, Error::BadParameters)?;
    let geometry = Geometry::new(input.dims(), window);
    let channels = output.dims()[3];
    weights::check(op, channels, geometry.window_len(), channels)?;
    Ok(geometry.scratch_len())
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, window) = (op.output()?, op.params::<Window>()?);
    let [_, height, width, channels] = output.dims();
    let weights = LayerWeights::of(op);
    let layer = Layer {
        weights: weights.as_ref()?,
        range: Range { zero_point: output.zero_point(), min: window.min, max: window.max },
        shape: [width, channels],
    };
    images(op, memory, |gather, output, scratch| {
        if height * width >= WINDOWS
            && let Ok((space, rest)) = Space::mut_from_prefix(scratch)
            && let Some(bytes) = tile::<<Native as Lanes>::Layout>(&gather.geometry, rest)
        {
            return layer.tiles::<Native>(gather, output, bytes, space);
        }
        layer.windows::<Native>(gather, output, scratch)
    })
}

struct Layer<'a> {
    weights: &'a LayerWeights<'a>,
    range: Range,
    /// Columns and channels of the output.
    shape: [usize; 2],
}

impl Layer<'_> {
    #[inline(never)]
    fn tiles<L: Lanes>(
        &self,
        gather: &Gather<'_>,
        y: &mut [i8],
        (tile, windows): (&mut [u8], &mut [i8]),
        space: &mut Space,
    ) -> Option<()> {
        let LayerWeights { matrix, channels } = self.weights;
        let cols = gather.geometry.window_len();
        let channels = channels.narrow(cols);
        by_fours(self.shape, y, |start, y| {
            let tile = gather.tile::<L>(start, self.shape[0], (tile, windows))?;
            product::<L>(matrix, (tile, cols), (&channels, self.range), y, space);
            Some(())
        })
    }

    #[inline(never)]
    fn windows<L: Lanes>(
        &self,
        gather: &Gather<'_>,
        y: &mut [i8],
        scratch: &mut [u8],
    ) -> Option<()> {
        let LayerWeights { matrix, channels } = self.weights;
        let patch = signed_mut(scratch)?.get_mut(..gather.geometry.scratch_len())?;
        one_by_one(self.shape, y, |at, y| {
            let x = gather.window::<L>(at, patch)?;
            matvec::<L>(matrix, x, Vector { channels: *channels, range: self.range, y });
            Some(())
        })
    }
}
