//! ADD: the sum of two tensors of any scales. No scratch.

use super::{Error, Memory, Operator, elementwise, ensure, params};
use crate::image::record::AddParams;
use crate::image::{Op, OpKind};
use crate::kernels::{Addition, Lanes, Native, Term};
use crate::quant::Range;
use crate::rolled::Rolled;

/// The operator.
pub static ADD: Operator = Operator { kind: OpKind::Add, in_place: true, check, run };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    elementwise::check(op)?;
    let params = params::<AddParams>(op)?;
    super::check_clamp(&params.clamp)?;
    for scaling in params.inputs.iter().chain([&params.output]).rolled() {
        super::check_scaling(scaling)?;
        ensure(scaling.shift.get() <= 0, Error::BadParameters)?;
    }
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, params) = (op.output()?, op.params::<AddParams>()?);
    let range =
        Range { zero_point: output.zero_point(), min: params.clamp.min, max: params.clamp.max };
    let [first, second] = elementwise::order(op).map(|index| {
        let scale = params.inputs.get(index)?.scale();
        Some(Term { scale, zero_point: op.input(index)?.zero_point() })
    });
    let addition = Addition { terms: [first?, second?], scale: params.output.scale(), range };
    elementwise::run(op, memory, &|y, x| Native::add(y, x, &addition))
}
