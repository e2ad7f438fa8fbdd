//! MEAN, PAD and CONCATENATION.

use super::{Failure, Lowering, Said, bytes, scaling};
use crate::graph::{self, Activation, OpKind, Tensor};
use kastanet::image::OpKind as Code;
use kastanet::image::record::{Clamp, PadParams, ScaleParams, Scaling};

/// Elements of one mean, at most: their sum fits 32 bits.
const MAX_MEAN: usize = 1 << 23;

/// Inputs of one operator, at most.
const MAX_INPUTS: usize = 255;

impl Lowering<'_> {
    pub(super) fn mean(&mut self, op: &graph::Op) -> Result<(), Failure> {
        let (input, output) = self.unary(op)?;
        let rank = input.tensor.shape.len();
        let axes = self.operand(op, 1)?.to_i32().ok_or("its axes must be an integer constant")?;
        let mut mask = 0_u32;
        for axis in axes {
            mask |= 1 << (4 - rank + axis_of(axis, rank)?);
        }
        let sizes = input.dims().into_iter().enumerate();
        let averaged = sizes.filter(|(dim, _)| mask >> dim & 1 == 1);
        let count: usize = averaged.map(|(_, size)| size).product();
        if count > MAX_MEAN {
            return Err(
                format!("a mean of {count} elements, at most {MAX_MEAN} are supported").into()
            );
        }
        let params = ScaleParams {
            output: mean_scaling(f64::from(input.scale) / f64::from(output.scale), count as i64)?,
            clamp: scaling::clamp(Activation::None, output)?,
            axes: mask.into(),
        };
        self.emit(op, Code::Mean, 1, bytes(&params))
    }

    pub(super) fn pad(&mut self, op: &graph::Op) -> Result<(), Failure> {
        let (input, output) = self.unary(op)?;
        if (input.scale, input.zero_point) != (output.scale, output.zero_point) {
            return Err("input and output must have the same scale and zero point".into());
        }
        let widths =
            self.operand(op, 1)?.to_i32().ok_or("its paddings must be an integer constant")?;
        let rank = input.tensor.shape.len();
        let pairs: Vec<&[i32]> = widths.chunks_exact(2).collect();
        if pairs.len() != rank {
            return Err(format!("{} paddings for {rank} dimensions", pairs.len()).into());
        }
        let mut before = [0.into(); 4];
        for (dim, pair) in pairs.iter().enumerate() {
            let width = u16::try_from(pair[0]).map_err(|_| format!("a padding of {}", pair[0]))?;
            before[4 - rank + dim] = width.into();
        }
        let value = self.pad_value(op, output.zero_point)?;
        self.emit(op, Code::Pad, 1, bytes(&PadParams { before, value, reserved: [0; 3] }))
    }

    fn pad_value(&self, op: &graph::Op, zero_point: i32) -> Said<i8> {
        let given = match op.kind {
            OpKind::PadV2 => Some(self.operand(op, 2)?),
            _ => None,
        };
        match given.map(Tensor::to_i8) {
            None => Ok(zero_point as i8),
            Some(Some(value)) if value.len() == 1 => Ok(value[0]),
            Some(_) => Err("its value must be one int8 constant".into()),
        }
    }

    pub(super) fn concatenation(
        &mut self,
        op: &graph::Op,
        axis: i32,
        activation: Activation,
    ) -> Result<(), Failure> {
        let output = self.int8_output(op)?;
        for index in 0..op.inputs.len() {
            let input = self.int8(op, index)?;
            if (input.scale, input.zero_point) != (output.scale, output.zero_point) {
                let name = &input.tensor.name;
                return Err(format!("input `{name}` must have the output's scale").into());
            }
        }
        let inputs = op.inputs.len();
        if inputs > MAX_INPUTS {
            return Err(
                format!("it joins {inputs} tensors, at most {MAX_INPUTS} are supported").into()
            );
        }
        if activation != Activation::None {
            return Err("a fused activation is not supported here".into());
        }
        let rank = output.tensor.shape.len();
        let axis = (4 - rank + axis_of(axis, rank)?) as u8;
        let params = Clamp { min: i8::MIN, max: i8::MAX, axis, reserved: 0 };
        self.emit(op, Code::Concatenation, op.inputs.len(), bytes(&params))
    }
}

/// An axis counted from the first dimension.
pub(crate) fn axis_of(axis: i32, rank: usize) -> Said<usize> {
    let counted = if axis < 0 { i64::from(axis) + rank as i64 } else { i64::from(axis) };
    let inside = usize::try_from(counted).ok().filter(|&axis| axis < rank);
    inside.ok_or_else(|| format!("axis {axis} of a tensor with {rank} dimensions"))
}

/// The mean of `count` elements as one multiplier: the division is folded into it with as many
/// extra bits as fit, as the reference does.
fn mean_scaling(real: f64, count: i64) -> Said<Scaling> {
    let (multiplier, shift) = scaling::quantise(real)?;
    let bits = (63 - (count as u64).leading_zeros() as i32).min(32).min(31 + shift);
    let folded = (i64::from(multiplier) << bits) / count;
    Ok(Scaling { multiplier: (folded as i32).into(), shift: (shift - bits).into() })
}
