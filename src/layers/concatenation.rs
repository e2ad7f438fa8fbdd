//! CONCATENATION: inputs one after another along an axis. All have the output's scale and zero
//! point, so bytes are copied. No scratch.

use super::{Error, Memory, Operator, ensure, params, signed, signed_mut};
use crate::image::record::Clamp;
use crate::image::{DType, Op, OpKind, Tensor};
use crate::kernels::place;
use crate::rolled::Rolled;

/// The operator.
pub static CONCATENATION: Operator =
    Operator { kind: OpKind::Concatenation, in_place: false, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let output = op.output().ok_or(Error::BadShape)?;
    let clamp = params::<Clamp>(op)?;
    super::no_weights(op)?;
    super::same_zero_point(op)?;
    ensure(op.input_count() > 0, Error::BadInputCount { found: 0 })?;
    ensure(op.inputs().chain([output]).rolled().all(|t| t.dtype() == DType::I8), Error::BadType)?;
    let whole = (clamp.min, clamp.max) == (i8::MIN, i8::MAX);
    ensure(whole && clamp.axis < 4 && clamp.reserved == 0, Error::BadParameters)?;
    let axis = usize::from(clamp.axis);
    ensure(op.inputs().rolled().all(|input| same_beside(input, output, axis)), Error::BadShape)?;
    let joined =
        op.inputs().rolled().try_fold(0_usize, |sum, input| sum.checked_add(size(input, axis)));
    ensure(joined == Some(size(output, axis)), Error::BadShape)?;
    Ok(0)
}

/// Whether `a` and `b` have the same size in every dimension but `axis`.
fn same_beside(a: Tensor<'_>, b: Tensor<'_>, axis: usize) -> bool {
    let pairs = a.dims().into_iter().zip(b.dims());
    pairs.enumerate().rolled().all(|(dim, (a, b))| a == b || dim == axis)
}

fn size(tensor: Tensor<'_>, axis: usize) -> usize {
    tensor.dims().get(axis).copied().unwrap_or(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, axis) = (op.output()?, usize::from(op.params::<Clamp>()?.axis));
    let mut at = [0; 4];
    for input in op.inputs().rolled() {
        let x = signed(memory.bytes(op, input)?)?;
        place(signed_mut(memory.output)?, output.dims(), x, input.dims(), at)?;
        *at.get_mut(axis)? += size(input, axis);
    }
    Some(())
}
