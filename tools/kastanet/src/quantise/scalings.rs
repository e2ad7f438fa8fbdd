//! Products and sums with a number for each channel, between which nothing says how values are stored.
//!
//! A batch normalisation that stays by itself is such a pair. It becomes a depthwise convolution of one weight a
//! channel, which rounds once: each factor is ±127 steps of its own, so nothing is lost.
//!
//! ```text
//! x · factors + shifts        depthwise, 1 × 1, of weights `factors` and biases `shifts`
//! ```

use crate::graph::{Activation, DType, Graph, Op, OpKind, Padding, Tensor, TensorId};

/// A product and a sum that can be one operator.
struct Pair {
    /// The name, output and function of the sum.
    sum: Op,
    activation: Activation,
    input: TensorId,
    factors: Vec<f32>,
    shifts: Vec<f32>,
}

/// Replaces them all.
pub fn replace(graph: &mut Graph) {
    let only = only_readers(graph);
    let mut number = 0;
    let mut pairs = vec![];
    while number < graph.ops.len() {
        if let Some((sum, pair)) = pair(graph, number, &only) {
            pairs.push((number, sum, pair));
        }
        number += 1;
    }
    let mut replaced: Vec<Vec<Op>> = graph.ops.drain(..).map(|op| vec![op]).collect();
    for (product, sum, pair) in pairs {
        replaced[product] = vec![];
        replaced[sum] = depthwise(graph, pair);
    }
    graph.ops = replaced.into_iter().flatten().collect();
}

/// Of each tensor that one operator reads, and the network does not give, that operator.
fn only_readers(graph: &Graph) -> Vec<Option<usize>> {
    let mut readers = vec![(0_usize, 0_usize); graph.tensors.len()];
    for (number, op) in graph.ops.iter().enumerate() {
        op.inputs.iter().flatten().for_each(|&id| readers[id] = (readers[id].0 + 1, number));
    }
    graph.outputs.iter().for_each(|&id| readers[id].0 += 1);
    readers.into_iter().map(|(count, number)| (count == 1).then_some(number)).collect()
}

/// The sum behind a product, and both as one.
fn pair(graph: &Graph, number: usize, only: &[Option<usize>]) -> Option<(usize, Pair)> {
    let product = &graph.ops[number];
    let OpKind::Mul { activation: Activation::None } = product.kind else { return None };
    let between = *product.outputs.first()?;
    let sum = only[between].filter(|_| graph.tensors[between].quant.is_none())?;
    let OpKind::Add { activation } = graph.ops[sum].kind else { return None };
    let (input, factors) = constant(graph, product)?;
    let (value, shifts) = constant(graph, &graph.ops[sum])?;
    let sum_of = graph.ops[sum].clone();
    let pair = Pair { sum: sum_of, activation, input, factors, shifts };
    (value == between && graph.tensors[input].shape == graph.tensors[between].shape)
        .then_some((sum, pair))
}

/// What an operator of two computes with, and its constant's number for each channel.
fn constant(graph: &Graph, op: &Op) -> Option<(TensorId, Vec<f32>)> {
    let (a, b) = (op.input(0)?, op.input(1)?);
    let (value, constant) = if graph.tensors[b].is_constant() { (a, b) } else { (b, a) };
    let channels = *graph.tensors[value].shape.last()?;
    let tensor = &graph.tensors[constant];
    let values = tensor.to_f32()?;
    match values.as_slice() {
        &[one] => Some((value, vec![one; channels])),
        _ if tensor.shape.last() == Some(&channels) && values.len() == channels => {
            Some((value, values))
        }
        _ => None,
    }
}

/// The operators that a pair becomes: what is no image is reshaped to be one, and back.
fn depthwise(graph: &mut Graph, pair: Pair) -> Vec<Op> {
    let Pair { sum, activation, input, factors, shifts } = pair;
    let (name, output, channels) = (sum.name, sum.outputs[0], factors.len());
    let mut number = |what: &str, shape: Vec<usize>, values: Vec<f32>| {
        let data = Some(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        let name = format!("{name}_{what}");
        graph.tensors.push(Tensor { name, dtype: DType::F32, shape, quant: None, data });
        graph.tensors.len() - 1
    };
    let weights = number("factors", vec![1, 1, 1, channels], factors);
    let biases = number("shifts", vec![channels], shifts);
    let kind = OpKind::DepthwiseConv2d {
        padding: Padding::Valid,
        stride: [1, 1],
        dilation: [1, 1],
        multiplier: 1,
        activation,
    };
    let layer = |input, output| {
        let inputs = vec![Some(input), Some(weights), Some(biases)];
        Op { name: name.clone(), kind, inputs, outputs: vec![output] }
    };
    let shape = &graph.tensors[input].shape;
    if shape.len() == 4 {
        return vec![layer(input, output)];
    }
    let image = vec![1, 1, graph.tensors[input].elements() / channels, channels];
    let [from, to] = [(input, "image"), (output, "scaled")].map(|(id, what)| {
        let name = format!("{}_{what}", graph.tensors[id].name);
        let tensor = Tensor { name, shape: image.clone(), ..graph.tensors[id].clone() };
        graph.tensors.push(tensor);
        graph.tensors.len() - 1
    });
    let reshape = |what: &str, input, output| {
        let (name, inputs, outputs) = (format!("{name}_{what}"), vec![Some(input)], vec![output]);
        Op { name, kind: OpKind::Reshape, inputs, outputs }
    };
    vec![reshape("image", input, from), layer(from, to), reshape("scaled", to, output)]
}
