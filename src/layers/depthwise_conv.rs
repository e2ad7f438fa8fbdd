//! DEPTHWISE_CONV_2D: every input channel has its own filters, as many as the window's multiplier.
//!
//! The weights are one dense matrix with a row for each tap (ky, kx) and a column for each output
//! channel, which is [1, kh, kw, channels] as it lies in memory; output channel o reads input
//! channel o / multiplier. The input's zero point is folded into the bias, padding reads it.
//! Four positions go through the channels together, which share their scales, where the scratch
//! has room. Scratch: one window; for speed [`TileSums`] and four windows.

use super::windows::{by_fours, images, one_by_one};
use super::{Error, LayerWeights, Memory, Operator, ensure, int8, params, signed_mut, weights};
use crate::image::record::Window;
use crate::image::{Op, OpKind};
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Depthwise, Gather, Geometry, Multiplied, Native, TileSums};
use crate::quant::Range;
use crate::sparse::{Format, Matrix};
use zerocopy::FromBytes;

/// Channels whose sums are kept on the stack where the scratch has no room for them; a multiple of 4.
const CHANNELS: usize = 8;

/// The operator.
pub static DEPTHWISE_CONV_2D: Operator =
    Operator { kind: OpKind::DepthwiseConv2d, in_place: false, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let window = params::<Window>(op)?;
    super::check_window(window, input, output)?;
    let geometry = Geometry::new(input.dims(), window);
    let channels = output.dims()[3];
    let expected = geometry.input[2].checked_mul(window.multiplier.get().into());
    ensure(expected == Some(channels), Error::BadShape)?;
    match Format::from_code(op.weights().ok_or(Error::BadWeights)?.format) {
        None | Some(Format::Dense) => weights::check(op, geometry.taps(), channels, channels)?,
        Some(found) => return Err(Error::WrongFormat { found }),
    }
    Ok(geometry.scratch_len())
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, window) = (op.output()?, op.params::<Window>()?);
    let weights = LayerWeights::of(op);
    let LayerWeights { matrix: Matrix::Dense(matrix), channels } = weights.as_ref()? else {
        return None;
    };
    let range = Range { zero_point: output.zero_point(), min: window.min, max: window.max };
    let shape = [output.dims()[2], output.dims()[3]];
    let (weights, multiplier) = (matrix.values(), usize::from(window.multiplier.get()));
    images(op, memory, |gather, y, scratch| {
        let window = gather.geometry.scratch_len();
        if multiplier == 1 {
            let channels = channels.narrow(gather.geometry.taps());
            let filter = Depthwise { weights, channels, range };
            if y.len() >= shape[1].saturating_mul(WINDOWS)
                && let Ok((sums, windows)) = TileSums::mut_from_prefix(scratch)
                && windows.len() >= window.saturating_mul(WINDOWS)
            {
                return four_at_a_time(gather, &filter, shape, y, (signed_mut(windows)?, sums));
            }
            return one_at_a_time(gather, &filter, shape, y, signed_mut(scratch)?);
        }
        let filter = Multiplied { weights, inputs: gather.geometry.input[2], multiplier };
        let patch = signed_mut(scratch)?.get_mut(..window)?;
        one_by_one(shape, y, |at, y| {
            filter.outputs::<Native>(gather.window::<Native>(at, patch)?, *channels, range, y);
            Some(())
        })
    })
}

/// Where the scratch holds four windows.
#[inline(never)]
fn four_at_a_time(
    gather: &Gather<'_>,
    filter: &Depthwise<'_>,
    shape: [usize; 2],
    y: &mut [i8],
    (scratch, sums): (&mut [i8], &mut TileSums),
) -> Option<()> {
    by_fours(shape, y, |start, y| {
        let mut patches = gather.patches::<Native>(start, shape[0], scratch);
        // By reference: patches are many words.
        filter.windows::<Native>(patches.as_mut()?, y, sums);
        Some(())
    })
}

/// Where it holds one.
#[inline(never)]
fn one_at_a_time(
    gather: &Gather<'_>,
    filter: &Depthwise<'_>,
    shape: [usize; 2],
    y: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let mut sums = [[0; WINDOWS]; CHANNELS];
    let scratch = scratch.get_mut(..gather.geometry.scratch_len())?;
    one_by_one(shape, y, |at, y| {
        filter.window::<Native>(gather.patch::<Native>(at, scratch)?, y, &mut sums);
        Some(())
    })
}
