//! From real numbers to int8 where the checkpoint says how its values are stored.
//!
//! ```text
//! said      each activation has the scale and zero point that the checkpoint says              Tensor::quant
//! means, scalings     pairs of operators, between which nothing is said, become one
//! spread    what only moves or picks values passes them on, where nothing is said
//! rescale   an operator that has a scale of its own keeps it, and another one changes it behind
//! store     weights, with their stored integers, and biases                                    constants
//! ```

use super::{QuantiseError, constants, fixed, join, per_tensor, scalings};
use crate::graph::{
    Activation, DType, Graph, Op, OpKind, Padding, Quant, Tensor, TensorId, simplify,
};

/// How often scales are passed on to and fro; what is still open then is refused.
const MOST_PASSES: usize = 8;

/// The same network in int8, with the scales and zero points that the float tensors of `graph`, which is valid, have
/// beside them. Inputs and outputs are int8 too.
///
/// # Errors
///
/// A tensor of which nothing is said.
pub fn quantise_as_recorded(graph: &Graph) -> Result<Graph, QuantiseError> {
    let mut float = graph.clone();
    means(&mut float);
    scalings::replace(&mut float);
    spread(&mut float)?;
    rescale(&mut float);
    let mut quantised = float.clone();
    for tensor in quantised.tensors.iter_mut().filter(|tensor| is_value(tensor)) {
        tensor.dtype = DType::I8;
    }
    for number in 0..quantised.ops.len() {
        constants::store(&mut quantised, &float, number)?;
    }
    join(&mut quantised);
    simplify(&mut quantised);
    quantised.validate()?;
    Ok(quantised)
}

/// Whether a tensor holds what the network computes.
fn is_value(tensor: &Tensor) -> bool {
    tensor.dtype == DType::F32 && !tensor.is_constant()
}

/// Pools over a whole image become means, which round once where they have another scale.
fn means(graph: &mut Graph) {
    for number in 0..graph.ops.len() {
        let op = &graph.ops[number];
        let OpKind::AveragePool2d { filter, padding: Padding::Valid, activation, .. } = op.kind
        else {
            continue;
        };
        let [from, to] = [graph.input(op, 0), graph.output(op)];
        let is_whole = from.is_some_and(|from| from.shape.get(1..3) == Some(&filter));
        let has_scale = from.map(|from| &from.quant) != to.map(|to| &to.quant);
        if !(is_whole && has_scale && activation == Activation::None) {
            continue;
        }
        let data = Some([1_i32, 2].into_iter().flat_map(i32::to_le_bytes).collect());
        let (name, dtype) = (format!("{}_axes", op.name), DType::I32);
        graph.tensors.push(Tensor { name, dtype, shape: vec![2], quant: None, data });
        let axes = graph.tensors.len() - 1;
        let op = &mut graph.ops[number];
        op.kind = OpKind::Mean { keep_dims: true };
        op.inputs.push(Some(axes));
    }
}

/// Whether an operator gives only values that it has read, or zero.
fn moves(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::MaxPool2d { .. }
            | OpKind::Pad
            | OpKind::PadV2
            | OpKind::Reshape
            | OpKind::Squeeze
            | OpKind::Relu
            | OpKind::Relu6
            | OpKind::Concatenation { .. }
    )
}

/// The scale and zero point of an operator's output, where its kind leaves no choice.
fn own(graph: &Graph, op: &Op) -> Option<Quant> {
    match op.kind {
        OpKind::Relu | OpKind::Concatenation { .. } => None,
        OpKind::AveragePool2d { .. } => graph.input(op, 0)?.quant.clone(),
        kind if moves(kind) => graph.input(op, 0)?.quant.clone(),
        kind => fixed(kind).map(|(scale, zero_point)| per_tensor(scale, zero_point)),
    }
}

/// Gives scales to what has none.
fn spread(graph: &mut Graph) -> Result<(), QuantiseError> {
    for _ in 0..MOST_PASSES {
        let numbers = 0..graph.ops.len();
        let forward = numbers.clone().filter(|&number| onward(graph, number)).count();
        let back = numbers.rev().map(|number| backward(graph, number)).sum::<usize>();
        if forward + back == 0 {
            break;
        }
    }
    let outputs = graph.ops.iter().flat_map(|op| &op.outputs);
    let mut values = graph.inputs.iter().chain(outputs).map(|&id| &graph.tensors[id]);
    match values.find(|tensor| tensor.quant.is_none()) {
        Some(tensor) => Err(QuantiseError::Unsaid { tensor: tensor.name.clone() }),
        None => Ok(()),
    }
}

/// From what an operator reads to what it gives. Says whether that is new.
fn onward(graph: &mut Graph, number: usize) -> bool {
    let op = &graph.ops[number];
    let quant = match (own(graph, op), moves(op.kind)) {
        (Some(quant), _) => Some(quant),
        (None, true) => alike(graph, op),
        (None, false) => None,
    };
    let output = op.outputs[0];
    give(graph, output, quant)
}

/// The scale that all inputs have.
fn alike(graph: &Graph, op: &Op) -> Option<Quant> {
    let values = op.inputs.iter().flatten().map(|&id| &graph.tensors[id]);
    let mut quants = values.filter(|tensor| is_value(tensor)).map(|tensor| &tensor.quant);
    let first = quants.next()?;
    quants.all(|quant| quant == first).then(|| first.clone())?
}

/// From what an operator gives to what it reads: cut before it is moved or picked, values come out the same. Says to
/// how many that is new.
fn backward(graph: &mut Graph, number: usize) -> usize {
    let op = &graph.ops[number];
    if !moves(op.kind) {
        return 0;
    }
    let quant = graph.output(op).and_then(|output| output.quant.clone());
    let inputs: Vec<TensorId> = op.inputs.iter().flatten().copied().collect();
    inputs.into_iter().filter(|&id| give(graph, id, quant.clone())).count()
}

fn give(graph: &mut Graph, id: TensorId, quant: Option<Quant>) -> bool {
    let tensor = &mut graph.tensors[id];
    let is_new = is_value(tensor) && tensor.quant.is_none() && quant.is_some();
    if is_new {
        tensor.quant = quant;
    }
    is_new
}

/// Where an operator's own scale is not what is said of its output, another operator changes it; not so behind the
/// last one, if what it gives is known beforehand to fill int8.
fn rescale(graph: &mut Graph) {
    let mut is_read = vec![false; graph.tensors.len()];
    graph.ops.iter().flat_map(|op| op.inputs.iter().flatten()).for_each(|&id| is_read[id] = true);
    let mut ops = Vec::with_capacity(graph.ops.len());
    for mut op in std::mem::take(&mut graph.ops) {
        let output = op.outputs[0];
        let own = own(graph, &op).filter(|own| graph.tensors[output].quant.as_ref() != Some(own));
        let Some(own) = own else {
            ops.push(op);
            continue;
        };
        if fixed(op.kind).is_some() && !is_read[output] {
            graph.tensors[output].quant = Some(own);
            ops.push(op);
            continue;
        }
        let mut tensor = graph.tensors[output].clone();
        (tensor.name, tensor.quant) = (format!("{}_unscaled", tensor.name), Some(own));
        graph.tensors.push(tensor);
        let unscaled = graph.tensors.len() - 1;
        op.outputs = vec![unscaled];
        let name = format!("{}_rescaled", op.name);
        let (kind, inputs, outputs) = (OpKind::Quantize, vec![Some(unscaled)], vec![output]);
        ops.extend([op, Op { name, kind, inputs, outputs }]);
    }
    graph.ops = ops;
}
