//! ADD, MUL and SOFTMAX.

use super::{Failure, Lowering, bytes, scaling};
use crate::graph::{self, Activation};
use kastanet::image::OpKind as Code;
use kastanet::image::record::{AddParams, ScaleParams, SoftmaxParams};
use kastanet::kernels::MAX_SOFTMAX_ROW;

/// Bits by which ADD raises its inputs before it rescales them.
const ADD_SHIFT: i32 = 20;

/// Integer bits of SOFTMAX's scaled differences.
const DIFF_BITS: i32 = 5;

impl Lowering<'_> {
    pub(super) fn add(&mut self, op: &graph::Op, activation: Activation) -> Result<(), Failure> {
        let (a, b, output) = (self.int8(op, 0)?, self.int8(op, 1)?, self.int8_output(op)?);
        let twice = 2.0 * f64::from(a.scale.max(b.scale));
        let out = twice / (f64::from(1 << ADD_SHIFT) * f64::from(output.scale));
        let params = AddParams {
            inputs: [
                scaling::scaling(f64::from(a.scale) / twice)?,
                scaling::scaling(f64::from(b.scale) / twice)?,
            ],
            output: scaling::scaling(out)?,
            clamp: scaling::clamp(activation, output)?,
        };
        self.emit(op, Code::Add, 2, bytes(&params))
    }

    pub(super) fn mul(&mut self, op: &graph::Op, activation: Activation) -> Result<(), Failure> {
        let (a, b, output) = (self.int8(op, 0)?, self.int8(op, 1)?, self.int8_output(op)?);
        let real = f64::from(a.scale) * f64::from(b.scale) / f64::from(output.scale);
        let params = ScaleParams {
            output: scaling::scaling(real)?,
            clamp: scaling::clamp(activation, output)?,
            axes: 0.into(),
        };
        self.emit(op, Code::Mul, 2, bytes(&params))
    }

    pub(super) fn softmax(&mut self, op: &graph::Op, beta: f32) -> Result<(), Failure> {
        let (input, output) = self.unary(op)?;
        if output.scale != 1.0 / 256.0 || output.zero_point != -128 {
            return Err("its output must have scale 1/256 and zero point -128".into());
        }
        let classes = input.dims()[3];
        if classes > MAX_SOFTMAX_ROW {
            return Err(
                format!("{classes} classes, at most {MAX_SOFTMAX_ROW} are supported").into()
            );
        }
        let largest = f64::from(i32::MAX);
        let real = f64::from(beta) * f64::from(input.scale) * f64::from(1 << (31 - DIFF_BITS));
        let (multiplier, shift) = match real >= largest {
            // One step of the input is 16 or more: all but the largest count for nothing.
            true => (1 << 30, 0),
            false => scaling::quantise(real)?,
        };
        if real <= 1.0 {
            return Err("beta times the input's scale is too small".into());
        }
        let scaling =
            kastanet::image::record::Scaling { multiplier: multiplier.into(), shift: shift.into() };
        let diff_min = if real >= largest { 0 } else { -input_radius(DIFF_BITS, shift) };
        let params = SoftmaxParams { input: scaling, diff_min: diff_min.into() };
        self.emit(op, Code::Softmax, 1, bytes(&params))
    }
}

/// The largest input that stays inside `integer_bits` after a shift to the left by `shift`.
pub(super) fn input_radius(integer_bits: i32, shift: i32) -> i32 {
    let largest = f64::from((1 << integer_bits) - 1) * 2f64.powi(31 - integer_bits - shift);
    largest.floor() as i32
}
