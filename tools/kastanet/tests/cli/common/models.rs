//! Small checkpoints.

use kastanet_cli::graph::{Activation, DType, Graph, Op, OpKind, Quant, Tensor};
use kastanet_cli::tflite;

fn tensor(name: &str, dtype: DType, shape: &[usize], quant: Option<(f32, i32)>) -> Tensor {
    let quant = quant.map(|(scale, zero_point)| Quant {
        scales: vec![scale],
        zero_points: vec![zero_point],
        dimension: 0,
    });
    Tensor { name: name.into(), dtype, shape: shape.to_vec(), quant, data: None }
}

fn op(kind: OpKind, inputs: &[usize], output: usize) -> Op {
    let inputs = inputs.iter().map(|&id| Some(id)).collect();
    Op { name: format!("op_{output}"), kind, inputs, outputs: vec![output] }
}

fn build(tensors: Vec<Tensor>, ops: Vec<Op>, inputs: Vec<usize>, outputs: Vec<usize>) -> Vec<u8> {
    let graph = Graph { source: "small".into(), tensors, ops, inputs, outputs };
    graph.validate().expect("a valid graph");
    tflite::build(&graph)
}

/// Two int8 inputs of four, their sum, and the sum's positive part.
pub fn sum() -> Vec<u8> {
    let int8 = |name| tensor(name, DType::I8, &[1, 4], Some((0.5, 0)));
    let tensors = vec![int8("a"), int8("b"), int8("sum"), int8("positive")];
    let ops = vec![
        op(OpKind::Add { activation: Activation::None }, &[0, 1], 2),
        op(OpKind::Relu, &[2], 3),
    ];
    build(tensors, ops, vec![0, 1], vec![2, 3])
}

/// The positive part of three numbers, between borders of the type `border`.
pub fn positive(border: DType) -> Vec<u8> {
    let quant = (border == DType::U8).then_some((0.5, 128));
    let tensors = vec![
        tensor("in", border, &[1, 3], quant),
        tensor("low", DType::I8, &[1, 3], Some((0.5, 0))),
        tensor("high", DType::I8, &[1, 3], Some((0.5, 0))),
        tensor("out", border, &[1, 3], quant),
    ];
    let last = if border == DType::F32 { OpKind::Dequantize } else { OpKind::Quantize };
    let ops = vec![op(OpKind::Quantize, &[0], 1), op(OpKind::Relu, &[1], 2), op(last, &[2], 3)];
    build(tensors, ops, vec![0], vec![3])
}

/// Four outputs of four inputs, fully connected, all of this name.
pub fn layer(name: &str) -> Vec<u8> {
    let port = || tensor(name, DType::I8, &[1, 4], Some((0.5, 0)));
    let mut weights = tensor(name, DType::I8, &[4, 4], Some((0.5, 0)));
    weights.data = Some(vec![1; 16]);
    let kind = OpKind::FullyConnected { activation: Activation::None, keep_dims: false };
    build(vec![port(), weights, port()], vec![op(kind, &[0, 1], 2)], vec![0], vec![2])
}
