//! MUL: the product of two tensors, (a − zero point a) · (b − zero point b) requantised. The
//! multiplier stands for scale a · scale b / output scale. No scratch.

use super::{Error, Memory, Operator, elementwise, ensure, params};
use crate::image::record::ScaleParams;
use crate::image::{Op, OpKind};
use crate::kernels::each;
use crate::quant::Range;
use crate::rolled::rolled;

/// The operator.
pub static MUL: Operator = Operator { kind: OpKind::Mul, in_place: true, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    elementwise::check(op)?;
    let params = params::<ScaleParams>(op)?;
    super::check_clamp(&params.clamp)?;
    super::check_scaling(&params.output)?;
    ensure(params.axes.get() == 0, Error::BadParameters)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, params) = (op.output()?, op.params::<ScaleParams>()?);
    let (scale, clamp) = (params.output.scale(), params.clamp);
    let range = Range { zero_point: output.zero_point(), min: clamp.min, max: clamp.max };
    let [first, second] = elementwise::order(op).map(|index| op.input(index));
    let (first, second) = (first?.zero_point(), second?.zero_point());
    let product = |a, b| {
        rolled();
        let (a, b) = (i32::from(a).wrapping_sub(first), i32::from(b).wrapping_sub(second));
        range.clamp(scale.apply(a.wrapping_mul(b)))
    };
    elementwise::run(op, memory, &|y, x| each(y, x, product))
}
