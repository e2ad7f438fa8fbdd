//! The rules of int8 arithmetic: what is quantised, and how.

use super::node::Node;
use super::{DType, OpError, OpKind, Quant, Tensor};

/// How far a bias may be off the scale that its sums have, in units of the output.
const BIAS_TOLERANCE: f64 = 0.02;

/// Checks the quantisation around an operator that computes in int8.
pub(super) fn check(node: &Node<'_>) -> Result<(), OpError> {
    let (input, output) = (node.input(0)?, node.output()?);
    match node.op.kind {
        OpKind::Quantize if input.dtype == DType::F32 => {
            return per_tensor("output", output).map(drop);
        }
        OpKind::Dequantize => return per_tensor("input", input).map(drop),
        _ if input.dtype == DType::F32 => return Ok(()),
        _ => {}
    }
    for index in 0..node.op.inputs.len() {
        let value = node.graph.input(node.op, index).filter(|tensor| is_value(node, index, tensor));
        if let Some(tensor) = value {
            per_tensor("input", tensor)?;
        }
    }
    per_tensor("output", output)?;
    match node.op.kind {
        kind if kind.has_weights() => weights(node).and_then(|()| bias(node)),
        OpKind::Softmax { .. } | OpKind::Logistic => output_is(node, 256.0, -128),
        OpKind::Tanh => output_is(node, 128.0, 0),
        _ => Ok(()),
    }
}

/// Whether an input carries activations: neither weights and bias, nor sizes.
fn is_value(node: &Node<'_>, index: usize, tensor: &Tensor) -> bool {
    let sizes = matches!(tensor.dtype, DType::I32 | DType::I64);
    index == 0 || !node.op.kind.has_weights() && !sizes
}

fn bad(role: &'static str, tensor: &Tensor, found: String, expected: String) -> OpError {
    OpError::Quant { role, tensor: tensor.name.clone(), found, expected }
}

fn quant<'g>(role: &'static str, tensor: &'g Tensor) -> Result<&'g Quant, OpError> {
    let none = || bad(role, tensor, "no quantisation".into(), "a scale".into());
    tensor.quant.as_ref().ok_or_else(none)
}

/// The one scale and zero point of activations.
fn per_tensor(role: &'static str, tensor: &Tensor) -> Result<(f32, i32), OpError> {
    let quant = quant(role, tensor)?;
    match (quant.scales.as_slice(), quant.zero_points.as_slice()) {
        (&[scale], &[zero_point]) => Ok((scale, zero_point)),
        (scales, _) => {
            let found = format!("{} scales", scales.len());
            Err(bad(role, tensor, found, "one for the whole tensor".into()))
        }
    }
}

/// The dimension of the weights that runs over the outputs.
fn channels(node: &Node<'_>) -> usize {
    if matches!(node.op.kind, OpKind::DepthwiseConv2d { .. }) { 3 } else { 0 }
}

fn weights(node: &Node<'_>) -> Result<(), OpError> {
    let tensor = node.input(1)?;
    let quant = quant("weights", tensor)?;
    symmetric("weights", tensor, quant)?;
    let dimension = channels(node);
    if quant.scales.len() > 1 && quant.dimension != dimension {
        let found = format!("scales along dimension {}", quant.dimension);
        let expected = format!("along {dimension}, the output channels");
        return Err(bad("weights", tensor, found, expected));
    }
    Ok(())
}

fn symmetric(role: &'static str, tensor: &Tensor, quant: &Quant) -> Result<(), OpError> {
    let mut zero_points = quant.zero_points.iter().enumerate();
    match zero_points.find(|&(_, &zero_point)| zero_point != 0) {
        Some((channel, zero_point)) => {
            let found = format!("the zero point {zero_point} (channel {channel})");
            Err(bad(role, tensor, found, "0 (symmetric)".into()))
        }
        None => Ok(()),
    }
}

/// A bias is added to sums of products, so its scale is the product of their scales.
fn bias(node: &Node<'_>) -> Result<(), OpError> {
    let Some(tensor) = node.graph.input(node.op, 2) else { return Ok(()) };
    let Some(quant) = &tensor.quant else { return Ok(()) };
    symmetric("bias", tensor, quant)?;
    let weights = &self::quant("weights", node.input(1)?)?.scales;
    let (input, _) = per_tensor("input", node.input(0)?)?;
    let (output, _) = per_tensor("output", node.output()?)?;
    let at = |scales: &[f32], channel: usize| {
        let scale = if scales.len() == 1 { scales.first() } else { scales.get(channel) };
        scale.copied().map_or(f64::NAN, f64::from)
    };
    for channel in 0..quant.scales.len().max(weights.len()) {
        let (sums, found) = (f64::from(input) * at(weights, channel), at(&quant.scales, channel));
        let off = (sums - found).abs() / f64::from(output);
        if off > BIAS_TOLERANCE || off.is_nan() {
            let found = format!("the scale {found} (channel {channel})");
            let expected = format!("{sums}, the input's times the weights'");
            return Err(bad("bias", tensor, found, expected));
        }
    }
    Ok(())
}

/// What lies between zero and one, or between −1 and 1, fills the whole of int8.
fn output_is(node: &Node<'_>, steps: f32, zero: i32) -> Result<(), OpError> {
    let output = node.output()?;
    let (scale, zero_point) = per_tensor("output", output)?;
    if (scale, zero_point) == (1.0 / steps, zero) {
        return Ok(());
    }
    let found = format!("the scale {scale} and the zero point {zero_point}");
    let sign = if zero < 0 { "−" } else { "" };
    let expected = format!("1/{steps} and {sign}{}", zero.unsigned_abs());
    Err(bad("output", output, found, expected))
}
