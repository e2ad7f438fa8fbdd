//! CONV_2D: input N × H × W × C, one row of weights an output channel in the order (ky, kx, c).
//!
//! Each output position gathers its window (unless it lies in the input as it is) and multiplies
//! the weight matrix with it. Scratch: one window.

use super::windows::{Position, positions};
use super::{Error, LayerWeights, Memory, Operator, ensure, int8, params, signed_mut, weights};
use crate::image::record::Window;
use crate::image::{Op, OpKind};
use crate::kernels::{Gather, Geometry, Native, matvec};
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
    let (input, output, window) = (op.input(0)?, op.output()?, op.params::<Window>()?);
    let weights = LayerWeights::of(op)?;
    let range = Range { zero_point: output.zero_point(), min: window.min, max: window.max };
    let zero_point = input.zero_point() as i8;
    let bytes = memory.input(op, 0)?;
    let scratch_len = Geometry::new(input.dims(), window).scratch_len();
    let patch = signed_mut(memory.scratch)?.get_mut(..scratch_len)?;
    positions(op, bytes, signed_mut(memory.output)?, |Position { geometry, image, at }, y| {
        let gather = Gather { geometry, input: image, zero_point };
        let x = gather.window(at[0], at[1], patch)?;
        matvec::<Native>(&weights.matrix, x, weights.channels, range, y);
        Some(())
    })
}
