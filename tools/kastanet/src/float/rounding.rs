//! What int8 does to real numbers.

use crate::graph::{DType, Graph, Tensor};

/// The numbers that a quantised tensor can hold.
#[derive(Clone, Copy, Debug)]
pub struct Rounding {
    scale: f32,
    zero_point: i32,
    least: i32,
    most: i32,
}

impl Rounding {
    /// Of an activation; `None` where it holds any number.
    pub fn of(tensor: &Tensor) -> Option<Self> {
        let (least, most) = match tensor.dtype {
            DType::I8 => (-128, 127),
            DType::U8 => (0, 255),
            _ => return None,
        };
        let quant = tensor.quant.as_ref().filter(|_| !tensor.is_constant())?;
        let (&scale, &zero_point) = (quant.scales.first()?, quant.zero_points.first()?);
        Some(Rounding { scale, zero_point, least, most })
    }

    /// The nearest of them.
    pub fn of_value(self, value: f32) -> f32 {
        let Rounding { scale, zero_point, least, most } = self;
        // Steps beyond what 32 bits hold stop there.
        let steps = ((value / scale).round() as i32).saturating_add(zero_point).clamp(least, most);
        (steps - zero_point) as f32 * scale
    }
}

/// The real numbers that the constants of a quantised graph stand for; empty for other tensors.
pub fn constants(graph: &Graph) -> Vec<Vec<f32>> {
    let real = |tensor: &Tensor| tensor.to_f32().or_else(|| tensor.to_real()).unwrap_or_default();
    let mut constants: Vec<Vec<f32>> = graph.tensors.iter().map(real).collect();
    for op in graph.ops.iter().filter(|op| op.kind.has_weights()) {
        let Some(bias) = op.bias() else { continue };
        let scale = |index| Some(graph.input(op, index)?.quant.as_ref()?.scales.as_slice());
        let (Some(&[input]), Some(weights)) = (scale(0), scale(1)) else { continue };
        let weight = |output| weights.get(if weights.len() == 1 { 0 } else { output });
        let real = |(output, value)| value as f32 * input * weight(output).copied().unwrap_or(1.0);
        let steps = graph.tensors[bias].to_i32().unwrap_or_default();
        constants[bias] = steps.into_iter().enumerate().map(real).collect();
    }
    constants
}
