//! ADD: the sum of two tensors of any scales.
//!
//! ```text
//! a' = requantise((a − zero point a) · 2^20, multiplier a, shift a)      b' likewise
//! y  = clamp(requantise(a' + b', multiplier, shift) + zero point)
//! ```
//!
//! The 20 bits keep what the inputs' multipliers, at most 1/2, would round away. No scratch.

use super::{Error, Memory, Operator, elementwise, ensure, params};
use crate::image::record::{AddParams, Scaling};
use crate::image::{Op, OpKind};
use crate::quant::Range;

/// The operator.
pub static ADD: Operator = Operator { kind: OpKind::Add, in_place: true, check, run };

/// Bits that the inputs are shifted to the left by.
const HEADROOM: u32 = 20;

fn check(op: Op<'_>) -> Result<usize, Error> {
    elementwise::check(op)?;
    let params = params::<AddParams>(op)?;
    super::check_clamp(&params.clamp)?;
    for scaling in params.inputs.iter().chain([&params.output]) {
        super::check_scaling(scaling)?;
        ensure(scaling.shift.get() <= 0, Error::BadParameters)?;
    }
    Ok(0)
}

fn run(op: Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (output, params) = (op.output()?, op.params::<AddParams>()?);
    let range =
        Range { zero_point: output.zero_point(), min: params.clamp.min, max: params.clamp.max };
    let [first, second] = elementwise::order(op).map(|index| {
        let scaling = *params.inputs.get(index)?;
        Some(Term { scaling, zero_point: op.input(index)?.zero_point() })
    });
    let (first, second, scaling) = (first?, second?, params.output);
    elementwise::run(op, memory, |a, b| {
        range.clamp(scaling.apply(first.scaled(a).wrapping_add(second.scaled(b))))
    })
}

/// What brings an input to the scale in which both are added.
#[derive(Clone, Copy)]
struct Term {
    scaling: Scaling,
    zero_point: i32,
}

impl Term {
    #[inline]
    fn scaled(&self, x: i8) -> i32 {
        self.scaling.apply(i32::from(x).wrapping_sub(self.zero_point).wrapping_shl(HEADROOM))
    }
}
