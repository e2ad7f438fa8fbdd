//! SOFTMAX along the last dimension, int8 to int8. The output has scale 1/256 and zero point
//! −128. No scratch.
//!
//! The input's multiplier and shift bring a difference of two inputs to Q5.26: they stand for
//! beta · scale · 2^26. Differences below `diff_min` would not fit; their exp, below that of −31,
//! is zero.

use super::{Error, Memory, Operator, ensure, int8, params, signed_mut};
use crate::image::record::SoftmaxParams;
use crate::image::{Op, OpKind};
use crate::kernels::{MAX_SOFTMAX_ROW, softmax};

/// The operator.
pub static SOFTMAX: Operator = Operator { kind: OpKind::Softmax, in_place: true, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let params = params::<SoftmaxParams>(op)?;
    super::no_weights(op)?;
    super::check_scaling(&params.input)?;
    let (shift, diff_min) = (params.input.shift.get(), params.diff_min.get());
    let smallest = i64::from(diff_min) << shift.max(0);
    ensure(shift >= 0 && (-(31 << 26)..=0).contains(&smallest), Error::BadParameters)?;
    ensure(output.zero_point() == -128 && output.scale() == 1.0 / 256.0, Error::BadParameters)?;
    let short = input.dims()[3] <= MAX_SOFTMAX_ROW;
    ensure(short && input.dims() == output.dims(), Error::BadShape)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (params, row_len) = (op.params::<SoftmaxParams>()?, op.output()?.dims()[3]);
    if op.in_place().is_none() {
        let x = memory.bytes(op, op.input(0)?)?;
        memory.output.get_mut(..x.len())?.copy_from_slice(x);
    }
    let rows = signed_mut(memory.output)?.chunks_exact_mut(row_len.max(1));
    rows.for_each(|row| softmax(row, params));
    Some(())
}
