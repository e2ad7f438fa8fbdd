//! Weights of about one size, whatever a network's inputs and outputs are measured in.
//!
//! One learning rate does not suit layers whose inputs are bytes and layers whose inputs are near 1. Where a network
//! is nothing but layers, pools and rectifiers, a layer's output in other units is the same layer with other weights:
//! so every tensor is trained in units of its root mean square, and the weights are put back at the end. What comes
//! before a softmax keeps its units.

use super::TuneError;
use crate::float::Float;
use crate::graph::{Activation, Graph, Op, OpKind};
use crate::quantise::Samples;

/// Samples that are measured.
const MEASURED: usize = 64;

/// The unit of each tensor: its value is the trained one times that.
pub struct Units(Vec<f32>);

impl Units {
    /// Of a graph; all 1 where it is not nothing but layers, pools and rectifiers.
    pub fn of(graph: &Graph, samples: &Samples<'_>) -> Result<Self, TuneError> {
        let mut units = Units(vec![1.0; graph.tensors.len()]);
        if !graph.ops.iter().all(|op| is_scaled(graph, op)) {
            return Ok(units);
        }
        let sizes = sizes(graph, samples)?;
        for &id in &graph.inputs {
            units.0[id] = sizes[id];
        }
        for op in &graph.ops {
            let (Some(x), Some(&y)) = (op.input(0), op.outputs.first()) else { continue };
            let before_softmax = graph.ops.iter().any(|other| {
                matches!(other.kind, OpKind::Softmax { .. }) && other.input(0) == Some(y)
            });
            units.0[y] = match op.kind {
                OpKind::Softmax { .. } => 1.0,
                kind if kind.has_weights() => {
                    if before_softmax {
                        1.0
                    } else {
                        sizes[y]
                    }
                }
                _ => units.0[x],
            };
        }
        Ok(units)
    }

    /// What a layer's weights, and its biases, are multiplied by to be trained.
    pub fn factors(&self, op: &Op) -> [f32; 2] {
        let unit = |id: Option<usize>| id.and_then(|id| self.0.get(id)).copied().unwrap_or(1.0);
        let (x, y) = (unit(op.input(0)), unit(op.outputs.first().copied()));
        [x / y, 1.0 / y]
    }

    /// The unit of the input.
    pub fn input(&self, graph: &Graph) -> f32 {
        graph.inputs.first().and_then(|&id| self.0.get(id)).copied().unwrap_or(1.0)
    }
}

/// Whether an operator's output is in other units where its input is.
fn is_scaled(graph: &Graph, op: &Op) -> bool {
    match op.kind {
        OpKind::Conv2d { activation, .. }
        | OpKind::DepthwiseConv2d { activation, .. }
        | OpKind::FullyConnected { activation, .. }
        | OpKind::AveragePool2d { activation, .. }
        | OpKind::MaxPool2d { activation, .. } => {
            matches!(activation, Activation::None | Activation::Relu)
        }
        OpKind::Mean { .. } | OpKind::Pad | OpKind::Reshape | OpKind::Squeeze | OpKind::Relu => {
            true
        }
        OpKind::Softmax { .. } => {
            let source =
                graph.ops.iter().find(|other| other.outputs.first().copied() == op.input(0));
            source.is_some_and(|source| source.kind.has_weights())
        }
        _ => false,
    }
}

/// The root mean square of each tensor; 1 of one that is 0.
fn sizes(graph: &Graph, samples: &Samples<'_>) -> Result<Vec<f32>, TuneError> {
    let float = Float::new(graph).map_err(crate::quantise::QuantiseError::from)?;
    let (mut squares, mut counts) =
        (vec![0.0_f64; graph.tensors.len()], vec![0; graph.tensors.len()]);
    for number in 0..samples.len().min(MEASURED) {
        let values =
            float.run(&[&samples.get(number)?]).map_err(crate::quantise::QuantiseError::from)?;
        for ((sum, count), values) in squares.iter_mut().zip(&mut counts).zip(values) {
            *sum += values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>();
            *count += values.len();
        }
    }
    let size = |(sum, count): (f64, usize)| match (sum / count.max(1) as f64).sqrt() as f32 {
        size if size.is_finite() && size > 0.0 => size,
        _ => 1.0,
    };
    Ok(squares.into_iter().zip(counts).map(size).collect())
}
