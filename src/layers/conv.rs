//! CONV_2D: input N × H × W × C, one row of weights an output channel in the order (ky, kx, c).
//!
//! Each output position gathers its window (unless it lies in the input as it is) and multiplies
//! the weight matrix with it. Scratch: one window.

use super::windows::gathered;
use super::{Error, LayerWeights, Memory, Operator, ensure, int8, params, weights};
use crate::image::record::Window;
use crate::image::{Op, OpKind};
use crate::kernels::{Geometry, Native, matvec};
use crate::quant::Range;

/// The operator.
pub static CONV_2D: Operator = Operator { kind: OpKind::Conv2d, in_place: false, check, run };

fn check(op: Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let window = params::<Window>(op)?;
    super::check_window(window, input, output)?;
    ensure(window.multiplier.get() == 1, Error::BadParameters)?;
    let geometry = Geometry::new(input.dims(), window);
    let channels = output.dims()[3];
    weights::check(op, channels, geometry.window_len(), channels)?;
    Ok(geometry.scratch_len())
}

fn run(op: Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, window) = (op.output()?, op.params::<Window>()?);
    let weights = LayerWeights::of(op)?;
    let range = Range { zero_point: output.zero_point(), min: window.min, max: window.max };
    gathered(op, memory, |x, y| {
        matvec::<Native>(&weights.matrix, x, weights.channels, range, y);
    })
}
