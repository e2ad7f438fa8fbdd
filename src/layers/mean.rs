//! MEAN over the dimensions in the axes mask. The output's elements are those of the dimensions
//! kept, in their order; whether its shape keeps ones where the others were does not matter.
//!
//! ```text
//! sum = Σ (x − input zero point)               over `count` elements
//! y   = clamp(requantise(sum, multiplier, shift) + output zero point)
//! ```
//!
//! The device divides by nothing: the host puts 1 / count into multiplier and shift. To give the
//! reference kernel's bytes it does so in integers, after the multiplier of the two scales has
//! been rounded to Q31 (all names are 64-bit integers, / truncates):
//!
//! ```text
//! (m, s)     = Q31 multiplier and shift of input scale / output scale, m in [2^30, 2^31)
//! k          = min(floor(log2(count)), 31 + s)
//! multiplier = (m · 2^k) / count               in (2^29, 2^31) unless 31 + s was the smaller
//! shift      = s − k
//! ```
//!
//! The same holds where both scales are equal (m = 2^30, s = 1). No scratch.

use super::{Error, Memory, Operator, ensure, int8, params, signed_mut};
use crate::image::record::ScaleParams;
use crate::image::{Op, OpKind};
use crate::kernels::Alternating;
use crate::quant::Range;

/// The operator.
pub static MEAN: Operator = Operator { kind: OpKind::Mean, in_place: false, check, run };

/// Elements whose sum, each up to 255, fits 32 bits.
const MAX_COUNT: usize = 1 << 23;

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let params = params::<ScaleParams>(op)?;
    super::no_weights(op)?;
    super::check_scaling(&params.output)?;
    super::check_clamp(&params.clamp)?;
    ensure(params.axes.get() < 16, Error::BadParameters)?;
    let shape = Alternating::new(input.dims(), params.axes.get());
    let whole = shape.kept() == output.elements() && shape.summed() <= MAX_COUNT;
    ensure(whole, Error::BadShape)?;
    Ok(0)
}

fn run(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    let (input, output, params) = (op.input(0)?, op.output()?, op.params::<ScaleParams>()?);
    let range =
        Range { zero_point: output.zero_point(), min: params.clamp.min, max: params.clamp.max };
    let shape = Alternating::new(input.dims(), params.axes.get());
    let (scaling, offset) =
        (params.output, (shape.summed() as i32).wrapping_mul(input.zero_point()));
    let x = memory.input(op, 0)?;
    let finish = |sum: i32| range.clamp(scaling.apply(sum.wrapping_sub(offset)));
    shape.sums(x, signed_mut(memory.output)?, finish);
    Some(())
}
