//! PAD: the input with elements of one value around it. What is after it in a dimension is what
//! the output's size leaves. No scratch.

use super::{Error, Memory, Operator, ensure, int8, params, signed_mut};
use crate::image::record::PadParams;
use crate::image::{Op, OpKind};
use crate::kernels::place;
use crate::rolled::Rolled;

/// The operator.
pub static PAD: Operator = Operator { kind: OpKind::Pad, in_place: false, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let params = params::<PadParams>(op)?;
    super::no_weights(op)?;
    super::same_zero_point(op)?;
    ensure(params.reserved == [0; 3], Error::BadParameters)?;
    let sizes = input.dims().into_iter().zip(params.before).zip(output.dims());
    let fits = |(size, before): (usize, usize), room| before <= room && size <= room - before;
    let all = sizes.map(|((size, before), room)| fits((size, before.get().into()), room));
    ensure(all.rolled().all(|fits| fits), Error::BadShape)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (input, output, params) = (op.input(0)?, op.output()?, op.params::<PadParams>()?);
    let x = memory.input(op, 0)?;
    let y = signed_mut(memory.output)?;
    y.fill(params.value);
    let before = params.before.map(|n| usize::from(n.get()));
    place(y, output.dims(), x, input.dims(), before)
}
