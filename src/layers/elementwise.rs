//! What ADD and MUL share: two inputs, dimensions of 1 repeated, an output that may take over an
//! input of its own shape.
//!
//! One operand, the first, stands in the output: the input whose bytes were taken over, else
//! input 0, which is laid there. The second is combined with it. [`order`] says which is which.

use super::{Error, Memory, ensure, int8, signed_mut};
use crate::image::{Op, Tensor};
use crate::kernels::{Combine, Operand, combine, spread};
use crate::rolled::Rolled;

/// Types and shapes of the two inputs and the output. An input of the output's length has its
/// shape, so it can be taken over.
pub(super) fn check(op: &Op<'_>) -> Result<(), Error> {
    let ([a, b], output) = int8::<2>(op)?;
    super::no_weights(op)?;
    let sizes = a.dims().into_iter().zip(b.dims()).zip(output.dims());
    let fits =
        |(a, b): (usize, usize), y| a.max(b) == y && (a == y || a == 1) && (b == y || b == 1);
    ensure(sizes.into_iter().rolled().all(|(inputs, y)| fits(inputs, y)), Error::BadShape)
}

/// Which input is the first operand and which the second.
pub(super) fn order(op: &Op<'_>) -> [usize; 2] {
    if op.in_place() == Some(1) { [1, 0] } else { [0, 1] }
}

/// Writes `f`(first, second) for every element of the output.
pub(super) fn run(op: &Op<'_>, memory: Memory<'_>, f: &Combine<'_>) -> Option<()> {
    let [first, second] = order(op).map(|index| op.input(index));
    let (first, second, dims) = (first?, second?, op.output()?.dims());
    let operand = |tensor: Tensor<'_>| {
        let values = super::signed(memory.bytes(op, tensor)?)?;
        Some(Operand { values, dims: tensor.dims() })
    };
    let (from, other) = (operand(first), operand(second));
    let y = signed_mut(memory.output)?;
    if op.in_place().is_none() {
        spread(y, dims, from?);
    }
    // Only one that is the first as well, taken over with it, cannot be read.
    let other = if other.is_none() && first.id() == second.id() { None } else { Some(other?) };
    combine(y, dims, other, f);
    Some(())
}
