//! DEPTHWISE_CONV_2D: every input channel has its own filters, as many as the window's multiplier.
//!
//! The weights are one dense matrix with a row for each tap (ky, kx) and a column for each output
//! channel, which is [1, kh, kw, channels] as it lies in memory; output channel o reads input
//! channel o / multiplier. The input's zero point is folded into the bias, padding reads it.
//! Scratch: one window.

use super::windows::gathered;
use super::{Error, LayerWeights, Memory, Operator, ensure, int8, params, weights};
use crate::image::record::Window;
use crate::image::{Op, OpKind};
use crate::kernels::{Depthwise, Geometry};
use crate::quant::Range;
use crate::sparse::{Format, Matrix};

/// The operator.
pub static DEPTHWISE_CONV_2D: Operator =
    Operator { kind: OpKind::DepthwiseConv2d, in_place: false, check, run };

fn check(op: Op<'_>) -> Result<usize, Error> {
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

fn run(op: Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (input, output, window) = (op.input(0)?, op.output()?, op.params::<Window>()?);
    let LayerWeights { matrix: Matrix::Dense(matrix), channels } = LayerWeights::of(op)? else {
        return None;
    };
    let multiplier = usize::from(window.multiplier.get());
    let filter = Depthwise { weights: matrix.values(), inputs: input.dims()[3], multiplier };
    let range = Range { zero_point: output.zero_point(), min: window.min, max: window.max };
    gathered(op, memory, |x, y| filter.outputs(x, channels, range, y))
}
