//! RESHAPE: the same bytes under another shape. In place there is nothing to do. No scratch.

use super::{Error, Memory, Operator, ensure, params, unary};
use crate::image::{Op, OpKind};

/// The operator.
pub static RESHAPE: Operator = Operator { kind: OpKind::Reshape, in_place: true, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let (input, output) = unary(op)?;
    params::<[u8; 0]>(op)?;
    super::same_zero_point(op)?;
    ensure(input.dtype() == output.dtype(), Error::BadType)?;
    ensure(input.elements() == output.elements(), Error::BadShape)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    if op.in_place().is_none() {
        let bytes = memory.bytes(op, op.input(0)?)?;
        memory.output.get_mut(..bytes.len())?.copy_from_slice(bytes);
    }
    Some(())
}
