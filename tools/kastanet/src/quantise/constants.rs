//! Weights, biases, and the constants of sums and products, as integers.

use super::{QuantiseError, affine, per_tensor};
use crate::graph::{DType, Graph, OpKind, Quant, Tensor, TensorId};

/// Stores the constants of an operator of `quantised`, whose activations have their scales, from those of `graph`.
pub fn store(quantised: &mut Graph, graph: &Graph, number: usize) -> Result<(), QuantiseError> {
    let op = &graph.ops[number];
    match op.kind {
        kind if kind.has_weights() => layer(quantised, graph, number),
        OpKind::Add { .. } | OpKind::Mul { .. } => {
            for index in [0, 1] {
                let constant = op.input(index).filter(|&id| graph.tensors[id].is_constant());
                let Some(id) = constant else { continue };
                let stored = operand(&op.name, &graph.tensors[id])?;
                replace(quantised, number, index, stored);
            }
            Ok(())
        }
        OpKind::PadV2 => {
            let output = op.outputs[0];
            let (scale, zero_point) = scale_of(quantised, output);
            let value = graph.input(op, 2).and_then(Tensor::to_f32).unwrap_or_default();
            let value = value.first().copied().unwrap_or_default();
            let stored = stored(f64::from(value) / f64::from(scale) + f64::from(zero_point));
            let quant = Some(per_tensor(scale, zero_point));
            let name = graph.input(op, 2).map(|tensor| tensor.name.clone()).unwrap_or_default();
            let data = Some(vec![stored.cast_unsigned()]);
            let tensor = Tensor { name, dtype: DType::I8, shape: vec![1], quant, data };
            replace(quantised, number, 2, tensor);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Another tensor may be read elsewhere, so it stays.
fn replace(graph: &mut Graph, number: usize, index: usize, tensor: Tensor) {
    graph.tensors.push(tensor);
    let id = graph.tensors.len() - 1;
    graph.ops[number].inputs[index] = Some(id);
}

fn scale_of(graph: &Graph, id: TensorId) -> (f32, i32) {
    let quant = graph.tensors[id].quant.as_ref();
    quant.map_or((1.0, 0), |quant| (quant.scales[0], quant.zero_points[0]))
}

fn stored(steps: f64) -> i8 {
    steps.round().clamp(-128.0, 127.0) as i8
}

/// The constant of a sum or a product, with one scale.
fn operand(op: &str, tensor: &Tensor) -> Result<Tensor, QuantiseError> {
    let values = finite(op, "constants", tensor)?;
    let range = values.iter().fold([0.0_f32; 2], |[low, high], &v| [low.min(v), high.max(v)]);
    let (scale, zero_point) = match &tensor.quant {
        Some(Quant { scales, zero_points, .. }) if scales.len() == 1 => (scales[0], zero_points[0]),
        _ => affine(range),
    };
    let one = |&value: &f32| stored(f64::from(value) / f64::from(scale) + f64::from(zero_point));
    let data = values.iter().map(|value| one(value).cast_unsigned()).collect();
    let quant = Some(per_tensor(scale, zero_point));
    Ok(Tensor { dtype: DType::I8, quant, data: Some(data), ..tensor.clone() })
}

fn finite(layer: &str, what: &'static str, tensor: &Tensor) -> Result<Vec<f32>, QuantiseError> {
    let values = tensor.to_f32().filter(|values| values.iter().all(|value| value.is_finite()));
    values.ok_or_else(|| QuantiseError::Constant { layer: layer.into(), what })
}

/// The scale of each output by which the weights were stored before, if they were, and still are such steps.
fn given(
    quant: &Quant,
    dimension: usize,
    values: &[f32],
    output: impl Fn(usize) -> usize,
) -> Option<Vec<f32>> {
    let outputs = (0..values.len()).map(&output).max()? + 1;
    let scales = match quant.scales.as_slice() {
        &[one] => vec![one; outputs],
        all if quant.dimension == dimension && all.len() == outputs => all.to_vec(),
        _ => return None,
    };
    let is_step = |(at, value): (usize, &f32)| {
        let steps = f64::from(*value) / f64::from(scales[output(at)]);
        (-128.5..127.5).contains(&steps) && (steps - steps.round()).abs() < 1e-3
    };
    values.iter().enumerate().all(is_step).then_some(scales)
}

/// The scale of each output's weights, and the weights as steps of it. No scale is below its output's `least`, where
/// that is given.
pub(crate) fn symmetric(
    values: &[f32],
    outputs: usize,
    output: impl Fn(usize) -> usize,
    least: &[f64],
) -> (Vec<f32>, Vec<i8>) {
    let mut largest = vec![0.0_f32; outputs];
    for (at, value) in values.iter().enumerate() {
        largest[output(at)] = largest[output(at)].max(value.abs());
    }
    let scale = |(output, largest): (usize, f32)| {
        let least = least.get(output).copied().unwrap_or_default();
        (f64::from(largest) / 127.0).max(least).max(1e-12) as f32
    };
    let scales: Vec<f32> = largest.into_iter().enumerate().map(scale).collect();
    let one = |(at, value): (usize, &f32)| {
        let steps = (f64::from(*value) / f64::from(scales[output(at)])).round();
        steps.clamp(-127.0, 127.0) as i8
    };
    let steps = values.iter().enumerate().map(one).collect();
    (scales, steps)
}

/// Weights symmetric for each output, and biases in units of input times weight.
fn layer(quantised: &mut Graph, graph: &Graph, number: usize) -> Result<(), QuantiseError> {
    let op = &graph.ops[number];
    let (Some(weights), Some(input)) = (graph.input(op, 1), op.input(0)) else { return Ok(()) };
    let values = finite(&op.name, "weights", weights)?;
    let is_depthwise = matches!(op.kind, OpKind::DepthwiseConv2d { .. });
    let dimension = if is_depthwise { weights.shape.len() - 1 } else { 0 };
    let outputs = weights.shape[dimension];
    let row = (values.len() / outputs).max(1);
    let output = |at: usize| if is_depthwise { at % outputs } else { at / row };
    let biases = graph.input(op, 2).map(|bias| finite(&op.name, "biases", bias)).transpose()?;
    let (input_scale, _) = scale_of(quantised, input);
    let least = |bias: &f32| {
        // A bias is to fit 30 bits, also where its weights are all but 0.
        f64::from(bias.abs()) / f64::from(input_scale) / f64::from(1 << 30)
    };
    let least = biases.iter().flatten().map(least).collect::<Vec<_>>();
    let given = weights.quant.as_ref().and_then(|quant| given(quant, dimension, &values, output));
    let (scales, steps) = match given {
        Some(scales) => {
            let one = |(at, value): (usize, &f32)| {
                stored((f64::from(*value) / f64::from(scales[output(at)])).round())
            };
            let steps = values.iter().enumerate().map(one).collect::<Vec<i8>>();
            (scales, steps)
        }
        None => symmetric(&values, outputs, output, &least),
    };
    let data = Some(steps.into_iter().map(i8::cast_unsigned).collect());
    let quant = Some(Quant { scales: scales.clone(), zero_points: vec![0; outputs], dimension });
    let weights = Tensor { dtype: DType::I8, quant, data, ..weights.clone() };
    replace(quantised, number, 1, weights);
    if let (Some(biases), Some(tensor)) = (biases, graph.input(op, 2)) {
        let scales: Vec<f32> = scales.iter().map(|scale| scale * input_scale).collect();
        let one =
            |(bias, scale): (&f32, &f32)| (f64::from(*bias) / f64::from(*scale)).round() as i32;
        let data = biases.iter().zip(&scales).flat_map(|pair| one(pair).to_le_bytes()).collect();
        let quant = Some(Quant { scales, zero_points: vec![0; outputs], dimension: 0 });
        let shape = vec![outputs];
        let bias = Tensor { dtype: DType::I32, shape, quant, data: Some(data), ..tensor.clone() };
        replace(quantised, number, 2, bias);
    }
    Ok(())
}
