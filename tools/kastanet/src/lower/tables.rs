//! Functions of one byte as tables of 256: LOGISTIC, TANH, RELU, RELU6, QUANTIZE from bytes.

use super::elementwise::input_radius;
use super::{Failure, Lowering, Params, Quantised, Said, scaling};
use crate::graph::{self, DType, OpKind};
use kastanet::image::OpKind as Code;
use kastanet::kernels::fixed;
use kastanet::quant::{requantise, rounding_shift_right};

/// Integer bits of the scaled input of LOGISTIC and TANH.
const BITS: i32 = 4;

impl Lowering<'_> {
    pub(super) fn table(&mut self, op: &graph::Op) -> Result<(), Failure> {
        let input = Quantised::of(self.operand(op, 0)?)?;
        let output = Quantised::of(self.graph.output(op).ok_or("it has no output")?)?;
        let function = match op.kind {
            OpKind::Logistic => curve(input, output, (256, -128), fixed::logistic)?,
            OpKind::Tanh => curve(input, output, (128, 0), fixed::tanh)?,
            OpKind::Relu => relu(input, output)?,
            OpKind::Relu6 => relu6(input, output)?,
            _ => rescale(input, output)?,
        };
        let (from, to) = (stored_range(input)?, stored_range(output)?);
        let mut table = Box::new([0; 256]);
        for stored in from {
            let result = function(stored).clamp(*to.start(), *to.end());
            table[usize::from(stored as u8)] = result as u8;
        }
        self.emit(op, Code::Table, 1, Params::Table(table))
    }
}

type Function = Box<dyn Fn(i32) -> i32>;

fn stored_range(tensor: Quantised<'_>) -> Said<std::ops::RangeInclusive<i32>> {
    match tensor.tensor.dtype {
        DType::I8 => Ok(-128..=127),
        DType::U8 => Ok(0..=255),
        other => Err(format!("tensor `{}` is {other}, expected int8 or uint8", tensor.tensor.name)),
    }
}

fn rescale(input: Quantised<'_>, output: Quantised<'_>) -> Said<Function> {
    let (multiplier, shift) = scaling::quantise(f64::from(input.scale) / f64::from(output.scale))?;
    let (from, to) = (input.zero_point, output.zero_point);
    Ok(Box::new(move |stored| requantise(stored - from, multiplier, shift) + to))
}

fn relu(input: Quantised<'_>, output: Quantised<'_>) -> Said<Function> {
    let (multiplier, shift) = scaling::quantise(f64::from(input.scale) / f64::from(output.scale))?;
    let (from, to) = (input.zero_point, output.zero_point);
    Ok(Box::new(move |stored| (requantise(stored - from, multiplier, shift) + to).max(to)))
}

/// The reference only clamps here, so both sides must be on one scale.
fn relu6(input: Quantised<'_>, output: Quantised<'_>) -> Said<Function> {
    if (input.scale, input.zero_point) != (output.scale, output.zero_point) {
        return Err("input and output must have the same scale and zero point".into());
    }
    let zero = input.zero_point;
    let six = (f64::from(zero) + f64::from((6.0 / input.scale).round())).min(127.0) as i32;
    Ok(Box::new(move |stored| stored.max(zero).min(six)))
}

/// A function that fills int8 in `steps` of one; it is `function` of Q4.27, in Q0.31.
fn curve(
    input: Quantised<'_>,
    output: Quantised<'_>,
    (steps, zero): (u32, i32),
    function: fn(i32) -> i32,
) -> Said<Function> {
    if f64::from(output.scale) * f64::from(steps) != 1.0 || output.zero_point != zero {
        return Err(format!("its output must have scale 1/{steps} and zero point {zero}"));
    }
    let real = f64::from(input.scale) * 2f64.powi(31 - BITS);
    let (multiplier, shift) = scaling::quantise(real)?;
    let radius = input_radius(BITS, shift);
    let from = input.zero_point;
    Ok(Box::new(move |stored| match stored - from {
        x if x <= -radius => -128,
        x if x >= radius => 127,
        x => {
            let result = function(requantise(x, multiplier, shift));
            rounding_shift_right(result, 31 - steps.ilog2()) + zero
        }
    }))
}
