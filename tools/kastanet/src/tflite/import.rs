//! From the bytes of a `.tflite` file to a graph.

use super::error::{Fault, ImportError, Precision};
use super::flatbuffer::Flatbuffer;
use super::model::{Model, Operator};
use super::names::Names;
use super::schema::{operator, subgraph};
use super::{options, tensors};
use crate::graph::{DType, Graph, Op, OpKind, Tensor, TensorId};

/// Reads a model; `name` is the file's, for messages and [`Graph::source`].
///
/// The ids of the tensors are their indices in the file. The graph is
/// [validated](Graph::validate), and computes in int8, or all of it in float.
///
/// # Errors
///
/// In this order: what is no TFLite file, all unsupported operators at once, all unsupported
/// element types at once, then whatever else stands first in the file.
pub fn import(name: &str, bytes: &[u8]) -> Result<Graph, ImportError> {
    let file = Flatbuffer::new(bytes);
    let graph = Model::open(&file).and_then(|model| graph(name, &model));
    graph.map_err(|fault| ImportError::new(name, fault))
}

/// Reads the graph of an opened file.
pub fn graph(source: &str, model: &Model<'_>) -> Result<Graph, Fault> {
    let tensors = tensors::read(model)?;
    let ids = |field| {
        let ids = model.subgraph.i32s(field)?.into_iter();
        ids.map(|id| index(id, tensors.len(), "the model")).collect::<Result<Vec<_>, _>>()
    };
    let (inputs, outputs) = (ids(subgraph::INPUTS)?, ids(subgraph::OUTPUTS)?);
    let mut names = Names::default();
    let ops = model.operators.iter().map(|operator| op(operator, &tensors, &mut names));
    let ops = ops.collect::<Result<Vec<_>, _>>()?;
    let mut graph = Graph { source: source.into(), tensors, ops, inputs, outputs };
    dequantise(&mut graph);
    check_precision(&graph)?;
    graph.validate()?;
    Ok(graph)
}

fn op(operator: &Operator<'_>, tensors: &[Tensor], names: &mut Names) -> Result<Op, Fault> {
    let owner = || super::operators::name(operator.code).unwrap_or_default();
    let inputs = operator.table.i32s(operator::INPUTS)?.into_iter();
    let inputs = inputs
        .map(|id| if id == -1 { Ok(None) } else { index(id, tensors.len(), owner()).map(Some) })
        .collect::<Result<Vec<_>, _>>()?;
    let outputs = operator.table.i32s(operator::OUTPUTS)?.into_iter();
    let outputs = outputs
        .map(|id| index(id, tensors.len(), owner()))
        .collect::<Result<Vec<TensorId>, _>>()?;
    let tensor = |id: Option<TensorId>| id.and_then(|id| tensors.get(id));
    let second = tensor(inputs.get(1).copied().flatten()).filter(|tensor| tensor.is_constant());
    let name = names.name(operator.code, second, tensor(outputs.first().copied()));
    let kind = options::kind(operator, &name)?;
    let op = Op { name, kind, inputs, outputs };
    Ok(with_multiplier(op, tensors))
}

fn index(id: i32, count: usize, owner: &str) -> Result<TensorId, Fault> {
    let known = usize::try_from(id).ok().filter(|&id| id < count);
    let (owner, what, index) = (owner.into(), "tensor", id.into());
    known.ok_or(Fault::Index { owner, what, index, count })
}

/// A depthwise multiplier that the file leaves out follows from the shapes.
fn with_multiplier(mut op: Op, tensors: &[Tensor]) -> Op {
    let depth = |index| {
        let tensor: &Tensor = tensors.get(op.input(index)?)?;
        tensor.shape.last().copied()
    };
    let implied = depth(1).zip(depth(0)).and_then(|(out, input)| out.checked_div(input));
    if let OpKind::DepthwiseConv2d { multiplier: multiplier @ 0, .. } = &mut op.kind {
        *multiplier = implied.unwrap_or_default();
    }
    op
}

/// Weights that a float operator reads as integers (dynamic range quantisation) become the floats that they stand for.
fn dequantise(graph: &mut Graph) {
    let hybrid = |op: &Op| {
        let weights = op.weights()?;
        let is_float = graph.tensors.get(op.input(0)?)?.dtype == DType::F32;
        (is_float && graph.tensors.get(weights)?.dtype == DType::I8).then_some(weights)
    };
    let all: Vec<TensorId> = graph.ops.iter().filter_map(hybrid).collect();
    for id in all {
        let Some(tensor) = graph.tensors.get_mut(id) else { continue };
        if let Some(reals) = tensor.to_real() {
            let data = reals.iter().flat_map(|real| real.to_le_bytes()).collect();
            (tensor.dtype, tensor.quant, tensor.data) = (DType::F32, None, Some(data));
        }
    }
}

/// Refuses networks that compute neither in int8 nor in float, with one word for the whole network.
fn check_precision(graph: &Graph) -> Result<(), Fault> {
    let border = |op: &&Op| matches!(op.kind, OpKind::Quantize | OpKind::Dequantize);
    let computing: Vec<&Op> = graph.ops.iter().filter(|op| !border(op)).collect();
    let reading = |index, dtype, op: &Op| graph.input(op, index).is_some_and(|t| t.dtype == dtype);
    let count = |dtype| computing.iter().filter(|op| reading(0, dtype, op)).count();
    let total = computing.len();
    Err(Fault::Precision(match (count(DType::F32), count(DType::U8), count(DType::I16)) {
        (0, 0, 0) => return Ok(()),
        (0, 0, ops) => Precision::Int16 { ops },
        (0, ops, _) => Precision::Uint8 { ops },
        (ops, ..) if ops == total => return Ok(()),
        (ops, ..) => Precision::Mixed { ops, total },
    }))
}
