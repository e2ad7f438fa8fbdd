//! FULLY_CONNECTED: each group of as many inputs as the weights have columns gives as many
//! outputs as they have rows. No scratch.

use super::{Error, LayerWeights, Memory, Operator, ensure, int8, params, signed_mut, weights};
use crate::image::record::Clamp;
use crate::image::{Op, OpKind};
use crate::kernels::{Native, Vector, matvec};
use crate::quant::Range;

/// The operator.
pub static FULLY_CONNECTED: Operator =
    Operator { kind: OpKind::FullyConnected, in_place: false, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    super::check_clamp(params::<Clamp>(op)?)?;
    let record = op.weights().ok_or(Error::BadWeights)?;
    let (rows, cols) = (record.rows.get() as usize, record.cols.get() as usize);
    let groups = input.elements().checked_div(cols).ok_or(Error::BadShape)?;
    let whole = groups.checked_mul(cols) == Some(input.elements())
        && groups.checked_mul(rows) == Some(output.elements());
    ensure(whole, Error::BadShape)?;
    weights::check(op, rows, cols, rows)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, clamp, record) = (op.output()?, op.params::<Clamp>()?, op.weights()?);
    let weights = LayerWeights::of(op);
    let LayerWeights { matrix, channels } = weights.as_ref()?;
    let range = Range { zero_point: output.zero_point(), min: clamp.min, max: clamp.max };
    let inputs = memory.input(op, 0)?.chunks_exact((record.cols.get() as usize).max(1));
    let outputs = signed_mut(memory.output)?.chunks_exact_mut((record.rows.get() as usize).max(1));
    for (x, y) in inputs.zip(outputs) {
        matvec::<Native>(matrix, x, Vector { channels: *channels, range, y });
    }
    Some(())
}
