//! Where the trained part starts, which of its layers are trained, and where it ends.

use super::{Error, Trainable, Which};
use crate::graph::{DType, Graph, Op, OpKind, TensorId};
use std::collections::BTreeSet;

/// Where the trained part starts and ends.
pub(super) struct Border {
    /// Its first operator.
    pub first: usize,
    /// The tensor that enters.
    pub entrance: TensorId,
    /// The operator whose function the loss takes over.
    pub tail: Option<usize>,
    /// The operators whose weights are trained.
    pub trained: Vec<usize>,
}

impl Border {
    /// All of a network with one input and one output.
    pub fn whole(graph: &Graph) -> Result<Self, Error> {
        let &[output] = graph.outputs.as_slice() else {
            return Err(Error::Outputs { found: graph.outputs.len() });
        };
        let &[entrance] = graph.inputs.as_slice() else {
            let name = |&id: &TensorId| graph.tensors[id].name.clone();
            return Err(Error::Entrances { tensors: graph.inputs.iter().map(name).collect() });
        };
        let trained: Vec<usize> = layers(graph).collect();
        match trained.is_empty() {
            true => Err(Error::TooFewLayers { asked: 1, found: 0 }),
            false => Ok(Border { first: 0, entrance, tail: tail(graph, output), trained }),
        }
    }
}

pub(super) fn border(graph: &Graph, options: &Trainable) -> Result<Border, Error> {
    let &[output] = graph.outputs.as_slice() else {
        return Err(Error::Outputs { found: graph.outputs.len() });
    };
    let trained = trained(graph, options)?;
    for (name, _) in &options.backward_of {
        if !trained.contains(&named(graph, name)?) {
            return Err(Error::NoBackward { layer: name.clone(), why: "it is not trained" });
        }
    }
    let latest = trained.iter().copied().min().unwrap_or(0);
    let starts = (0..=latest).rev().map(|first| (first, entrances(graph, first)));
    for (first, entrances) in starts {
        if let &[entrance] = entrances.as_slice()
            && graph.tensors[entrance].dtype == DType::I8
        {
            return Ok(Border { first, entrance, tail: tail(graph, output), trained });
        }
    }
    let name = |id: TensorId| graph.tensors[id].name.clone();
    Err(Error::Entrances { tensors: entrances(graph, latest).into_iter().map(name).collect() })
}

/// The operators whose weights are trained.
fn trained(graph: &Graph, options: &Trainable) -> Result<Vec<usize>, Error> {
    let layers: Vec<usize> = layers(graph).collect();
    let found = layers.len();
    match &options.layers {
        Which::All if found == 0 => Err(Error::TooFewLayers { asked: 1, found }),
        Which::All => Ok(layers),
        &Which::Last(asked) if asked > found => Err(Error::TooFewLayers { asked, found }),
        &Which::Last(asked) => Ok(layers[found - asked..].to_vec()),
        Which::Named(names) => names.iter().map(|name| named(graph, name)).collect(),
    }
}

/// The operators with weights.
fn layers(graph: &Graph) -> impl Iterator<Item = usize> + '_ {
    let ops = graph.ops.iter().enumerate();
    ops.filter(|(_, op)| op.kind.has_weights()).map(|(number, _)| number)
}

fn named(graph: &Graph, name: &str) -> Result<usize, Error> {
    let found = layers(graph).find(|&number| graph.ops[number].name == name);
    found.ok_or_else(|| Error::UnknownLayer {
        name: name.into(),
        known: layers(graph).map(|number| graph.ops[number].name.clone()).collect(),
    })
}

/// The tensors that operators from `first` on read and none of them computes.
fn entrances(graph: &Graph, first: usize) -> Vec<TensorId> {
    let ops = &graph.ops[first..];
    let computed: BTreeSet<TensorId> = ops.iter().flat_map(|op| &op.outputs).copied().collect();
    let read = ops.iter().flat_map(|op| op.inputs.iter().flatten()).chain(&graph.outputs);
    let entering: BTreeSet<TensorId> = read
        .copied()
        .filter(|id| !computed.contains(id) && !graph.tensors[*id].is_constant())
        .collect();
    entering.into_iter().collect()
}

/// The last operator but those that give the same numbers, if it is a function that the loss takes over.
fn tail(graph: &Graph, mut output: TensorId) -> Option<usize> {
    loop {
        let number = graph.ops.iter().position(|op| op.outputs.contains(&output))?;
        let op: &Op = &graph.ops[number];
        match op.kind {
            OpKind::Softmax { .. } | OpKind::Logistic => return Some(number),
            OpKind::Dequantize | OpKind::Quantize | OpKind::Reshape | OpKind::Squeeze => {
                output = op.input(0)?;
            }
            _ => return None,
        }
    }
}
