//! The oracle: a network computed by the book, in 64-bit integers.
//!
//! It reads the neutral graph as it was imported: dense weights, zero points subtracted where they
//! stand, factors from the scales of the tensors, no plan. Each operator is one file's few lines;
//! its results are those of TFLite Micro's int8 reference kernels, byte for byte, and a test
//! compares the two. Nothing here is shared with the crate under test.

mod activation;
mod arithmetic;
mod conv;
mod fixed;
mod fully_connected;
mod node;
mod pool;
mod quantize;
mod shape;

use conv::Conv;
use fixed::Factor;
use kastanet_cli::graph::{DType, Graph, Op, OpKind};
use node::{Node, Range};
use pool::Pool;

/// The bytes of the network's outputs for the bytes of its inputs.
///
/// # Panics
///
/// Where the graph is not valid or an input has the wrong length.
pub fn run(graph: &Graph, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all = run_all(graph, inputs);
    graph.outputs.iter().map(|&id| all[id].take().expect("outputs are computed")).collect()
}

/// The bytes of every tensor, by its id; `None` for one that nothing computes.
///
/// # Panics
///
/// As [`run`].
pub fn run_all(graph: &Graph, inputs: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let mut all: Vec<_> = graph.tensors.iter().map(|tensor| tensor.data.clone()).collect();
    assert_eq!(graph.inputs.len(), inputs.len(), "one value for each input");
    for (&id, bytes) in graph.inputs.iter().zip(inputs) {
        assert_eq!(graph.tensors[id].byte_len(), bytes.len(), "input {}", graph.tensors[id].name);
        all[id] = Some(bytes.clone());
    }
    for op in &graph.ops {
        let bytes = operator(&Node { graph, op, bytes: &all });
        all[op.outputs[0]] = Some(bytes);
    }
    all
}

fn operator(node: &Node<'_>) -> Vec<u8> {
    let Op { kind, .. } = *node.op;
    let ints = match kind {
        OpKind::Conv2d { padding, stride, dilation, activation } => {
            Conv { padding, stride, dilation, activation }.full(node)
        }
        OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation } => {
            Conv { padding, stride, dilation, activation }.depthwise(node, multiplier)
        }
        OpKind::FullyConnected { activation, .. } => {
            fully_connected::fully_connected(node, activation)
        }
        OpKind::AveragePool2d { padding, stride, filter, activation } => {
            Pool { padding, stride, filter, activation }.average(node)
        }
        OpKind::MaxPool2d { padding, stride, filter, activation } => {
            Pool { padding, stride, filter, activation }.max(node)
        }
        OpKind::Mean { .. } => pool::mean(node),
        OpKind::Add { activation } => arithmetic::add(node, activation),
        OpKind::Mul { activation } => arithmetic::mul(node, activation),
        OpKind::Pad | OpKind::PadV2 => shape::pad(node),
        OpKind::Concatenation { axis, .. } => shape::concatenation(node, axis),
        OpKind::Reshape | OpKind::Squeeze => node.ints(0).data,
        OpKind::Softmax { beta } => activation::softmax(node, beta),
        OpKind::Logistic => activation::logistic(node),
        OpKind::Tanh => activation::tanh(node),
        OpKind::Relu => activation::relu(node),
        OpKind::Relu6 => activation::relu6(node),
        OpKind::Quantize => quantize::quantize(node),
        OpKind::Dequantize => {
            return quantize::dequantize(node).into_iter().flat_map(f32::to_le_bytes).collect();
        }
    };
    assert!(matches!(node.output().dtype, DType::I8 | DType::U8), "an int8 network");
    ints.into_iter().map(|value| value as u8).collect()
}
