//! What importers leave behind is taken out: products and sums that a layer can do itself, functions behind an
//! operator that can apply them, reshapes of reshapes, and what nobody reads.
//!
//! ```text
//! conv → × scales → + shifts → relu          conv with other weights and biases, and a fused relu
//! ```
//!
//! Only float graphs change: in integers each step rounds.

use super::{Activation, DType, Graph, Op, OpKind, Tensor, TensorId};

/// The most weights that are multiplied or added to while a graph is simplified; what is beyond stays as it is.
const MOST_FOLDED: usize = 1 << 28;

/// Simplifies a graph; what it computes stays the same but for rounding, and in integers to the last bit.
pub fn simplify(graph: &mut Graph) {
    let (mut at, mut left) = (0, MOST_FOLDED);
    while at < graph.ops.len() {
        let is_gone =
            drop_reshape(graph, at) || fold_constant(graph, at, &mut left) || fuse(graph, at);
        at += usize::from(!is_gone);
    }
    drop_unread(graph);
}

/// The operator that computes a tensor which nobody but one operator reads.
fn only_source(graph: &Graph, id: TensorId) -> Option<usize> {
    let reads = graph.ops.iter().flat_map(|op| op.inputs.iter().flatten());
    let all = reads.chain(&graph.outputs).filter(|&&read| read == id).count();
    let source = graph.ops.iter().position(|op| op.outputs == [id])?;
    (all == 1).then_some(source)
}

/// Whether nothing is said of how a tensor is stored, so that it need not be.
fn is_free(graph: &Graph, id: TensorId) -> bool {
    graph.tensors[id].quant.is_none()
}

/// Removes an operator; the one at `source` computes its output in its place.
fn absorb(graph: &mut Graph, at: usize, source: usize) -> bool {
    let removed = graph.ops.remove(at);
    if let (Some(op), Some(&output)) = (graph.ops.get_mut(source), removed.outputs.first()) {
        op.outputs = vec![output];
    }
    true
}

/// A reshape of a reshape reads what that reads; one that changes nothing, or in front of a fully connected layer of
/// one vector, is left out.
fn drop_reshape(graph: &mut Graph, at: usize) -> bool {
    let op = &graph.ops[at];
    if matches!(op.kind, OpKind::FullyConnected { keep_dims: false, .. })
        && let Some(source) = op.input(0).and_then(|id| source_of(graph, id))
        && is_plain_reshape(graph, source)
    {
        let input = graph.ops[source].input(0);
        graph.ops[at].inputs[0] = input;
        return false;
    }
    if op.kind != OpKind::Reshape {
        return false;
    }
    if let Some(source) = op.input(0).and_then(|id| source_of(graph, id))
        && is_plain_reshape(graph, source)
    {
        let input = graph.ops[source].input(0);
        graph.ops[at].inputs[0] = input;
    }
    let op = &graph.ops[at];
    let (input, output) = (op.input(0), op.outputs.first().copied());
    let (Some(input), Some(output)) = (input, output) else { return false };
    if graph.tensors[input].shape != graph.tensors[output].shape
        || !is_plain_reshape(graph, at)
        || graph.outputs.contains(&output)
    {
        return false;
    }
    for read in graph.ops.iter_mut().flat_map(|op| op.inputs.iter_mut().flatten()) {
        if *read == output {
            *read = input;
        }
    }
    graph.ops.remove(at);
    true
}

/// Whether an operator is a reshape that keeps the scale: in a float graph one may say another.
fn is_plain_reshape(graph: &Graph, at: usize) -> bool {
    let op = &graph.ops[at];
    let [before, after] =
        [graph.input(op, 0), graph.output(op)].map(|tensor| tensor?.quant.as_ref());
    op.kind == OpKind::Reshape && (after.is_none() || before == after)
}

fn source_of(graph: &Graph, id: TensorId) -> Option<usize> {
    graph.ops.iter().position(|op| op.outputs == [id])
}

/// A product with, or a sum with, one constant for each output of a layer becomes the layer's.
fn fold_constant(graph: &mut Graph, at: usize, left: &mut usize) -> bool {
    let op = &graph.ops[at];
    let is_product = matches!(op.kind, OpKind::Mul { .. });
    if !is_product && !matches!(op.kind, OpKind::Add { .. }) {
        return false;
    }
    let Some((value, constant)) = parted(graph, op) else { return false };
    let Some(source) = only_source(graph, value).filter(|_| is_free(graph, value)) else {
        return false;
    };
    let layer = &graph.ops[source];
    let (Some(weights), Some(Activation::None)) = (layer.weights(), activation(&layer.kind)) else {
        return false;
    };
    let Some(rest) = left.checked_sub(graph.tensors[weights].elements()) else { return false };
    *left = rest;
    let is_depthwise = matches!(layer.kind, OpKind::DepthwiseConv2d { .. });
    let outputs = match is_depthwise {
        true => graph.tensors[weights].shape.last(),
        false => graph.tensors[weights].shape.first(),
    };
    let Some(each) = outputs.and_then(|&outputs| per_output(&graph.tensors[constant], outputs))
    else {
        return false;
    };
    let bias = layer.bias().map(|id| &graph.tensors[id]);
    let Some(before) = bias.map_or(Some(vec![0.0; each.len()]), Tensor::to_f32) else {
        return false;
    };
    let after = match is_product {
        true => each.iter().zip(&before).map(|(factor, bias)| factor * bias).collect(),
        false => each.iter().zip(&before).map(|(shift, bias)| shift + bias).collect::<Vec<f32>>(),
    };
    if is_product {
        let Some(scaled) = scaled(&graph.tensors[weights], &each, is_depthwise) else {
            return false;
        };
        let weights = added(graph, weights, scaled);
        graph.ops[source].inputs[1] = Some(weights);
    }
    if !is_product || graph.ops[source].bias().is_some() {
        let name = format!("{}_bias", graph.ops[source].name);
        let shape = vec![after.len()];
        let bias = Tensor { name, dtype: DType::F32, shape, quant: None, data: None };
        let bias = pushed(graph, bias, &after);
        graph.ops[source].inputs.resize(3, None);
        graph.ops[source].inputs[2] = Some(bias);
    }
    absorb(graph, at, source)
}

/// The computed and the constant input of an operator of two, which apply no function.
fn parted(graph: &Graph, op: &Op) -> Option<(TensorId, TensorId)> {
    let [Some(a), Some(b)] = op.inputs[..] else { return None };
    let plain = activation(&op.kind) == Some(Activation::None);
    match [a, b].map(|id| graph.tensors[id].is_constant()) {
        [false, true] if plain => Some((a, b)),
        [true, false] if plain => Some((b, a)),
        _ => None,
    }
}

/// A constant's number for each output, where only its last dimension is not 1.
fn per_output(constant: &Tensor, outputs: usize) -> Option<Vec<f32>> {
    let values = constant.to_f32()?;
    match values.as_slice() {
        &[one] => Some(vec![one; outputs]),
        _ => (constant.shape.last() == Some(&outputs) && values.len() == outputs).then_some(values),
    }
}

/// Weights of a layer, those of each output by its factor.
fn scaled(weights: &Tensor, factors: &[f32], is_depthwise: bool) -> Option<Vec<f32>> {
    let values = weights.to_f32()?;
    let row = values.len().checked_div(factors.len())?.max(1);
    let output = |at: usize| if is_depthwise { at % factors.len() } else { at / row };
    Some(values.iter().enumerate().map(|(at, value)| value * factors[output(at)]).collect())
}

/// A constant like another one, with other values; in its place, unless another layer reads that.
fn added(graph: &mut Graph, like: TensorId, values: Vec<f32>) -> TensorId {
    let reads = graph.ops.iter().flat_map(|op| op.inputs.iter().flatten());
    if reads.chain(&graph.outputs).filter(|&&read| read == like).count() == 1 {
        let tensor = &mut graph.tensors[like];
        tensor.data = Some(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        tensor.quant = None;
        return like;
    }
    let tensor = Tensor { data: None, quant: None, ..graph.tensors[like].clone() };
    pushed(graph, tensor, &values)
}

fn pushed(graph: &mut Graph, tensor: Tensor, values: &[f32]) -> TensorId {
    let data = Some(values.iter().flat_map(|value| value.to_le_bytes()).collect());
    graph.tensors.push(Tensor { data, ..tensor });
    graph.tensors.len() - 1
}

/// A function behind an operator that can apply it is fused.
fn fuse(graph: &mut Graph, at: usize) -> bool {
    let op = &graph.ops[at];
    let function = match op.kind {
        OpKind::Relu => Activation::Relu,
        OpKind::Relu6 => Activation::Relu6,
        _ => return false,
    };
    let Some(source) = op.input(0).and_then(|id| only_source(graph, id)) else { return false };
    if op.input(0).is_none_or(|id| !is_free(graph, id)) {
        return false;
    }
    if activation(&graph.ops[source].kind) != Some(Activation::None)
        || matches!(graph.ops[source].kind, OpKind::Concatenation { .. })
    {
        return false;
    }
    let is_float = graph.output(op).is_some_and(|output| output.dtype == DType::F32);
    if let Some(fused) = graph.ops[source].kind.activation_mut().filter(|_| is_float) {
        *fused = function;
        return absorb(graph, at, source);
    }
    false
}

/// The function that an operator applies behind; `None` for one that cannot.
fn activation(kind: &OpKind) -> Option<Activation> {
    { *kind }.activation_mut().copied()
}

/// Takes out operators and tensors that nothing reads.
fn drop_unread(graph: &mut Graph) {
    let mut read = vec![false; graph.tensors.len()];
    graph.inputs.iter().chain(&graph.outputs).for_each(|&id| read[id] = true);
    let mut ops = std::mem::take(&mut graph.ops);
    ops.reverse();
    ops.retain(|op| {
        let is_read = op.outputs.iter().any(|&id| read[id]);
        op.inputs.iter().flatten().for_each(|&id| read[id] |= is_read);
        is_read
    });
    ops.reverse();
    let mut numbers = vec![0; read.len()];
    let mut kept = 0;
    for (number, &is_read) in numbers.iter_mut().zip(&read) {
        *number = kept;
        kept += usize::from(is_read);
    }
    let mut is_read = read.iter();
    graph.tensors.retain(|_| *is_read.next().unwrap_or(&true));
    for op in &mut ops {
        op.inputs.iter_mut().flatten().for_each(|id| *id = numbers[*id]);
        op.outputs.iter_mut().for_each(|id| *id = numbers[*id]);
    }
    graph.inputs.iter_mut().chain(&mut graph.outputs).for_each(|id| *id = numbers[*id]);
    graph.ops = ops;
}
