//! Networks of which some byte depends on the precision in which scales are combined.
//!
//! The reference multiplies and divides scales in double precision. Single precision gives another
//! multiplier, and once in a few hundred pairs of scales another byte: too seldom for random
//! cases, so such pairs are searched for.

use super::draft::{Draft, Step, per_tensor};
use crate::naive;
use crate::random::Rng;
use kastanet_cli::graph::{Activation, DType, Graph, OpKind, Padding};

/// A network and an input on which the precision shows.
pub type Case = (Graph, Vec<Vec<u8>>);

/// Looks for a case.
pub type Find = fn(&mut Rng) -> Case;

/// Each kind of operator with a product or quotient of scales, and how to find a case.
pub const CLOSE_CALLS: &[(&str, Find)] = &[
    ("relu", |rng| search(rng, |[a, b, _]| relu(a, b), |[a, b, _]| relu(a / b, 1.0))),
    ("requantize", |rng| {
        search(rng, |[a, b, _]| requantize(a, b), |[a, b, _]| requantize(a / b, 1.0))
    }),
    ("mean", |rng| search(rng, |[a, b, _]| mean(a, b), |[a, b, _]| mean(a / b, 1.0))),
    ("mul", |rng| search(rng, |[a, b, c]| mul(a, b, c), |[a, b, c]| mul(a * b, 1.0, c))),
    ("conv_2d", |rng| search(rng, |[a, b, c]| conv(a, b, c), |[a, b, c]| conv(a * b, 1.0, c))),
    ("fully_connected", |rng| {
        search(rng, |[a, b, c]| dense(a, b, c), |[a, b, c]| dense(a * b, 1.0, c))
    }),
];

/// Tries scales until both networks differ; gives the first of them.
fn search(
    rng: &mut Rng,
    of: impl Fn([f32; 3]) -> Graph,
    other: impl Fn([f32; 3]) -> Graph,
) -> Case {
    let every_byte: Vec<u8> = (0..=255).collect();
    for _ in 0..100_000 {
        let scales = [rng.log(1e-2, 1e-1), rng.log(1e-2, 1e-1), rng.log(1e-1, 1.0)];
        let (graph, other) = (of(scales), other(scales));
        let inputs: Vec<_> = graph.inputs.iter().map(|_| every_byte.clone()).collect();
        if naive::run(&graph, &inputs) != naive::run(&other, &inputs) {
            return (graph, inputs);
        }
    }
    panic!("the precision makes no difference");
}

fn relu(from: f32, to: f32) -> Graph {
    one(OpKind::Relu, (from, -128), (to, -128))
}

fn requantize(from: f32, to: f32) -> Graph {
    one(OpKind::Quantize, (from, -128), (to, -128))
}

fn one(kind: OpKind, from: Step, to: Step) -> Graph {
    let mut draft = Draft::new();
    let input = draft.input(&[256], from);
    let output = draft.int8(&[256], to);
    draft.op(kind, &[input], output);
    draft.finish(output)
}

fn mean(from: f32, to: f32) -> Graph {
    let mut draft = Draft::new();
    let (input, axes) = (draft.input(&[1, 128, 2], (from, -128)), draft.sizes(&[1], &[2]));
    let output = draft.int8(&[1, 128], (to, -128));
    draft.op(OpKind::Mean { keep_dims: false }, &[input, axes], output);
    draft.finish(output)
}

fn mul(a: f32, b: f32, to: f32) -> Graph {
    let mut draft = Draft::new();
    let inputs = [draft.input(&[256], (a, -128)), draft.input(&[256], (b, -128))];
    let output = draft.int8(&[256], (to * 3.0, -128));
    draft.op(OpKind::Mul { activation: Activation::None }, &inputs, output);
    draft.finish(output)
}

/// Every byte times one weight, as a convolution.
fn conv(input: f32, weight: f32, to: f32) -> Graph {
    let (stride, dilation) = ([1, 1], [1, 1]);
    let (padding, activation) = (Padding::Valid, Activation::None);
    let kind = OpKind::Conv2d { padding, stride, dilation, activation };
    layer(kind, [&[1, 16, 16, 1], &[1, 1, 1, 1], &[1, 16, 16, 1]], [input, weight, to])
}

/// The same as a fully connected layer.
fn dense(input: f32, weight: f32, to: f32) -> Graph {
    let kind = OpKind::FullyConnected { activation: Activation::None, keep_dims: false };
    layer(kind, [&[256, 1], &[1, 1], &[256, 1]], [input, weight, to])
}

fn layer(kind: OpKind, shapes: [&[usize]; 3], [from, weight, to]: [f32; 3]) -> Graph {
    let mut draft = Draft::new();
    let input = draft.input(shapes[0], (from, -128));
    let weights = draft.tensor(DType::I8, shapes[1], Some(per_tensor((weight, 0))));
    draft.fill(weights, vec![113]);
    let output = draft.int8(shapes[2], (to, -128));
    draft.op(kind, &[input, weights], output);
    draft.finish(output)
}
