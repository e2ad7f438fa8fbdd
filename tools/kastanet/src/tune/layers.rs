//! A graph's layers as the trainer has them: rows of weights, those of an output side by side.

use super::balance::Units;
use super::{Options, TuneError, densities};
use crate::graph::{Graph, Op, OpKind, Tensor};
use crate::trainable;
use crate::training::{self, Layer, Sets, Share};
use kastanet::train::Tuner;

/// The numbers of the operators with weights, in the order of the trainer's layers.
pub struct Layers(Vec<usize>);

impl Layers {
    pub fn of(graph: &Graph) -> Self {
        let ops = graph.ops.iter().enumerate().filter(|(_, op)| op.kind.has_weights());
        Layers(ops.map(|(number, _)| number).collect())
    }

    /// The graph as a training program.
    pub fn program(&self, graph: &Graph, options: &Options) -> Result<training::Graph, TuneError> {
        let is_there =
            |name: &&String| self.0.iter().any(|&number| graph.ops[number].name == **name);
        if let Some(name) = options.densities.keys().find(|name| !is_there(name)) {
            return Err(TuneError::UnknownLayer { name: name.clone() });
        }
        let densities = densities(graph, options);
        let layer = |number: usize| {
            let op = &graph.ops[number];
            let sets = match densities.get(&op.name) {
                Some(&density) if density < 1.0 => Sets::Sparse {
                    unit: options.unit.unit(),
                    forward: Share::Density(density),
                    backward: Share::Density(options.backward.max(density)),
                },
                _ => Sets::Dense,
            };
            let layer = Layer { sets, ..Layer::dense() }.named(op.name.clone());
            Ok(if op.bias().is_some() { layer } else { layer.without_bias() })
        };
        Ok(trainable::network(graph, layer)?)
    }

    /// Number of layers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The numbers of the sparse layers, as the trainer has them.
    pub fn sparse_numbers(
        &self,
        graph: &Graph,
        options: &Options,
    ) -> impl Iterator<Item = usize> + use<> {
        let densities = densities(graph, options);
        let is_sparse = |&number: &usize| {
            densities.get(&graph.ops[number].name).is_some_and(|&density| density < 1.0)
        };
        let layers = self.0.iter().enumerate().filter(|(_, number)| is_sparse(number));
        layers.map(|(layer, _)| layer).collect::<Vec<_>>().into_iter()
    }

    /// The names of the sparse layers.
    pub fn sparse(&self, graph: &Graph, options: &Options) -> Vec<String> {
        let names = self.sparse_numbers(graph, options);
        names.map(|layer| graph.ops[self.0[layer]].name.clone()).collect()
    }

    /// Gives the trainer the graph's weights.
    pub fn load<const N: usize>(
        &self,
        graph: &Graph,
        units: &Units,
        tuner: &mut Tuner<'_, '_, f32, N>,
    ) -> Result<(), TuneError> {
        for (layer, &number) in self.0.iter().enumerate() {
            let op = &graph.ops[number];
            let wrong = || TuneError::Weights { layer: op.name.clone() };
            let weights = graph.input(op, 1).and_then(Tensor::to_f32).ok_or_else(wrong)?;
            let rows = rows(graph, op);
            let weights = if is_depthwise(op) { turned(&weights, rows) } else { weights };
            let biases = match graph.input(op, 2) {
                Some(bias) => bias.to_f32().ok_or_else(wrong)?,
                None => vec![0.0; rows],
            };
            let [weight, bias] = units.factors(op);
            let (weights, biases) = (times(&weights, weight), times(&biases, bias));
            tuner.set_weights(layer, &weights, &biases).ok_or_else(wrong)?;
        }
        Ok(())
    }

    /// Gives the graph the trainer's weights: those of the forward sets.
    pub fn store<const N: usize>(
        &self,
        graph: &mut Graph,
        units: &Units,
        tuner: &mut Tuner<'_, '_, f32, N>,
    ) {
        for (layer, &number) in self.0.iter().enumerate() {
            let op = graph.ops[number].clone();
            let (Some(id), rows) = (op.weights(), rows(graph, &op)) else { continue };
            let cols = graph.tensors[id].elements() / rows.max(1);
            let mut weights = vec![0.0; rows * cols];
            for live in tuner.live_weights(layer).filter(|live| live.is_forward) {
                weights[live.row * cols + live.col] = live.value;
            }
            let weights = if is_depthwise(&op) { turned(&weights, cols) } else { weights };
            let [weight, bias] = units.factors(&op);
            set(&mut graph.tensors[id], &times(&weights, 1.0 / weight));
            if let Some(id) = op.bias() {
                let biases = times(tuner.biases(layer), 1.0 / bias);
                set(&mut graph.tensors[id], &biases);
            }
        }
    }
}

fn is_depthwise(op: &Op) -> bool {
    matches!(op.kind, OpKind::DepthwiseConv2d { .. })
}

/// Outputs of a layer.
fn rows(graph: &Graph, op: &Op) -> usize {
    let shape = graph.input(op, 1).map_or(&[][..], |weights| &weights.shape);
    let size = if is_depthwise(op) { shape.last() } else { shape.first() };
    size.copied().unwrap_or(1).max(1)
}

/// Columns for rows, of which there are `rows` then.
fn turned(values: &[f32], rows: usize) -> Vec<f32> {
    (0..rows).flat_map(|row| values.iter().copied().skip(row).step_by(rows)).collect()
}

fn times(values: &[f32], factor: f32) -> Vec<f32> {
    values.iter().map(|value| value * factor).collect()
}

fn set(tensor: &mut Tensor, values: &[f32]) {
    tensor.data = Some(values.iter().flat_map(|value| value.to_le_bytes()).collect());
}
