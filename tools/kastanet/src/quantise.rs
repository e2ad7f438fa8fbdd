//! From real numbers to int8: post-training quantisation with the data that it is calibrated on.
//!
//! The rules are TFLite's (the quantisation specification of int8): activations have a scale and a zero point each,
//! weights are symmetric with a scale for each output, biases are int32 in units of input times weight.
//!
//! ```text
//! watch     each activation's range over the samples                           ranges, histogram
//! tie       what only moves or picks values keeps their scale                  ties
//! fix       what lies between 0 and 1 fills int8: 1/256, −128
//! scale     the others: 0 is a whole step, the range fills −128 to 127
//! store     weights and biases                                                 constants
//! correct   the mean that rounding adds to outputs is taken out of biases      shifts
//! ```

mod constants;
mod error;
mod histogram;
mod ranges;
mod recorded;
mod samples;
mod scalings;
mod shifts;
mod ties;

#[cfg(test)]
mod tests;

pub(crate) use constants::symmetric;
pub use error::QuantiseError;
pub use ranges::{Method, Ranges};
pub use recorded::quantise_as_recorded;
pub use samples::Samples;
pub use shifts::Shifts;

use crate::graph::{DType, Graph, Op, OpKind, Quant, TensorId, simplify};
use ties::Ties;

/// The scale and zero point that an operator's output has, where its kind leaves no choice: what lies between 0 and 1,
/// or between −1 and 1, fills int8.
fn fixed(kind: OpKind) -> Option<(f32, i32)> {
    match kind {
        OpKind::Softmax { .. } | OpKind::Logistic => Some((1.0 / 256.0, -128)),
        OpKind::Tanh => Some((1.0 / 128.0, 0)),
        _ => None,
    }
}

/// The same network in int8, with these ranges of its activations. Inputs and outputs are int8 too.
///
/// # Errors
///
/// A tensor whose range is not finite, or a graph that does not compute in float.
pub fn quantise(graph: &Graph, ranges: &Ranges) -> Result<Graph, QuantiseError> {
    let mut ties = Ties::of(graph);
    let scales = scales(graph, ranges, &mut ties)?;
    let mut quantised = graph.clone();
    for (tensor, &(scale, zero_point)) in quantised.tensors.iter_mut().zip(&scales) {
        if tensor.dtype == DType::F32 && !tensor.is_constant() {
            tensor.dtype = DType::I8;
            tensor.quant = Some(per_tensor(scale, zero_point));
        }
    }
    for number in 0..quantised.ops.len() {
        constants::store(&mut quantised, graph, number)?;
    }
    join(&mut quantised);
    simplify(&mut quantised);
    quantised.validate()?;
    Ok(quantised)
}

/// The same network in int8 as [`pack`](crate::pack) makes it unless told otherwise: ranges by least squared error,
/// biases corrected; `after` is called twice a sample.
///
/// # Errors
///
/// As [`quantise`], and samples that do not fit.
pub fn calibrated(
    graph: &Graph,
    samples: &Samples<'_>,
    after: impl Fn() + Sync,
) -> Result<Graph, QuantiseError> {
    let ranges = Ranges::watch(graph, samples, Method::default(), &after)?;
    let mut quantised = quantise(graph, &ranges)?;
    Shifts::measure(graph, &quantised, samples, after)?.take_out(&mut quantised);
    Ok(quantised)
}

fn per_tensor(scale: f32, zero_point: i32) -> Quant {
    Quant { scales: vec![scale], zero_points: vec![zero_point], dimension: 0 }
}

/// Scale and zero point of each activation; anything for constants.
fn scales(
    graph: &Graph,
    ranges: &Ranges,
    ties: &mut Ties,
) -> Result<Vec<(f32, i32)>, QuantiseError> {
    let mut groups = vec![[0.0_f32; 2]; graph.tensors.len()];
    for (id, tensor) in graph.tensors.iter().enumerate().filter(|(_, t)| !t.is_constant()) {
        let [low, high] = ranges.of(id);
        if !(low.is_finite() && high.is_finite()) {
            return Err(QuantiseError::Range { tensor: tensor.name.clone(), low, high });
        }
        let group = &mut groups[ties.group(id)];
        *group = [group[0].min(low), group[1].max(high)];
    }
    let scale = |id: TensorId, ties: &mut Ties| match ties.fixed(id) {
        Some(fixed) => fixed,
        None => affine(groups[ties.group(id)]),
    };
    Ok((0..graph.tensors.len()).map(|id| scale(id, ties)).collect())
}

/// The scale and zero point by which a range that holds 0 fills int8, 0 being a whole number of steps.
fn affine([low, high]: [f32; 2]) -> (f32, i32) {
    // A range of nothing still needs a scale.
    let span = (f64::from(high) - f64::from(low)).max(1e-6);
    let scale = (span / 255.0) as f32;
    let zero_point = (-128.0 - f64::from(low) / f64::from(scale)).round();
    (scale, zero_point.clamp(-128.0, 127.0) as i32)
}

/// Gives inputs of a concatenation their output's scale, where they have one of their own.
fn join(graph: &mut Graph) {
    let mut number = 0;
    while number < graph.ops.len() {
        if let (OpKind::Concatenation { .. }, Some(&output)) =
            (graph.ops[number].kind, graph.ops[number].outputs.first())
        {
            let quant = graph.tensors[output].quant.clone();
            for index in 0..graph.ops[number].inputs.len() {
                let Some(id) = graph.ops[number].input(index) else { continue };
                if graph.tensors[id].quant == quant {
                    continue;
                }
                let mut tensor = graph.tensors[id].clone();
                (tensor.name, tensor.quant) = (format!("{}_rescaled", tensor.name), quant.clone());
                graph.tensors.push(tensor);
                let rescaled = graph.tensors.len() - 1;
                let name = format!("{}_{index}_rescaled", graph.ops[number].name);
                let (kind, inputs, outputs) = (OpKind::Quantize, vec![Some(id)], vec![rescaled]);
                graph.ops[number].inputs[index] = Some(rescaled);
                graph.ops.insert(number, Op { name, kind, inputs, outputs });
                number += 1;
            }
        }
        number += 1;
    }
}
