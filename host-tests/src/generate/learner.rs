//! Networks that can be trained: of layers with weights, and of every operator that training goes through.

use super::draft::{Draft, step};
use super::layers::Weights;
use super::windows::{Window, add_conv, add_depthwise};
use crate::random::Rng;
use kastanet_cli::graph::{Activation, DType, Graph, OpKind, TensorId};

/// A chain of a few operators on an image, at times with a branch, then one or two fully connected layers
/// and what classifiers end with.
pub fn learner(rng: &mut Rng) -> Graph {
    let mut draft = Draft::new();
    let (shape, from) = ([1, rng.range(2, 6), rng.range(2, 6), rng.range(1, 5)], step(rng));
    let mut at = draft.input(&shape, from);
    for _ in 0..rng.range(0, 5) {
        at = any(rng, &mut draft, at);
    }
    let shape = draft.shape(at);
    if rng.one_in(2) {
        // A layer on each position.
        let outputs = rng.range(1, 6);
        let dims = [1, shape[1], shape[2], outputs];
        at = fully_connected(rng, &mut draft, at, shape[3], &dims);
    }
    let count = draft.shape(at).iter().product();
    let flat = draft.int8(&[1, count], draft.step(at));
    at = draft.op(OpKind::Reshape, &[at], flat);
    let classes = rng.range(1, 8);
    at = fully_connected(rng, &mut draft, at, count, &[1, classes]);
    let last = end(rng, &mut draft, at, classes);
    let mut graph = draft.finish(last);
    let weights: Vec<TensorId> = graph.ops.iter().filter_map(|op| op.weights()).collect();
    for id in weights {
        let bytes = graph.tensors[id].data.iter_mut().flatten();
        bytes.filter(|byte| **byte == 0x80).for_each(|byte| *byte = 0x81);
    }
    graph.validate().expect("the weights are still weights");
    graph
}

/// One operator on an image.
fn any(rng: &mut Rng, draft: &mut Draft, at: TensorId) -> TensorId {
    let (shape, from) = (draft.shape(at), draft.step(at));
    let window = Window::new(rng, [shape[1], shape[2]], true);
    match rng.range(0, 10) {
        0 | 1 => {
            let outputs = rng.range(1, 6);
            add_conv(rng, draft, at, window, outputs)
        }
        2 => {
            let multiplier = rng.range(1, 2);
            add_depthwise(rng, draft, at, window, multiplier)
        }
        3 => pool(rng, draft, at),
        4 => mean(rng, draft, at),
        5 => {
            let to = draft.int8(&shape, from);
            draft.op(rng.pick(&[OpKind::Relu, OpKind::Relu6]), &[at], to)
        }
        6 => {
            let at = requantised(draft, at, (0.05, 3));
            let to = draft.int8(&shape, PROBABILITIES);
            draft.op(OpKind::Logistic, &[at], to)
        }
        7 => pad(rng, draft, at),
        8 => {
            let other = add_conv(rng, draft, at, POINT, 2);
            let other = requantised(draft, other, from);
            let to = draft.int8(&[1, shape[1], shape[2], shape[3] + 2], from);
            let kind = OpKind::Concatenation { axis: -1, activation: Activation::None };
            draft.op(kind, &[at, other], to)
        }
        _ => branch(rng, draft, at),
    }
}

/// Scale and zero point of what lies between 0 and 1.
const PROBABILITIES: (f32, i32) = (1.0 / 256.0, -128);

const POINT: Window = Window {
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    padding: kastanet_cli::graph::Padding::Same,
};

/// A sum or product with a layer on the same, or with its mean.
fn branch(rng: &mut Rng, draft: &mut Draft, at: TensorId) -> TensorId {
    let (shape, from) = (draft.shape(at), draft.step(at));
    let other = match rng.range(0, 2) {
        0 => at,
        1 => mean(rng, draft, at),
        _ => add_conv(rng, draft, at, POINT, shape[3]),
    };
    let (step, activation) = (draft.step(other), rng.pick(&[Activation::None, Activation::Relu]));
    let (kind, scale) = match rng.one_in(2) {
        true => (OpKind::Add { activation }, from.0.max(step.0)),
        false => (OpKind::Mul { activation }, (from.0 * step.0 * 20.0).clamp(1e-4, 1.0)),
    };
    let to = draft.int8(&shape, (scale, rng.zero_point()));
    draft.op(kind, &[at, other], to)
}

fn requantised(draft: &mut Draft, at: TensorId, step: (f32, i32)) -> TensorId {
    let to = draft.int8(&draft.shape(at), step);
    draft.op(OpKind::Quantize, &[at], to)
}

fn pool(rng: &mut Rng, draft: &mut Draft, at: TensorId) -> TensorId {
    let (shape, from) = (draft.shape(at), draft.step(at));
    let window = Window::new(rng, [shape[1], shape[2]], false);
    let [height, width] = window.output([shape[1], shape[2]]);
    let to = draft.int8(&[1, height, width, shape[3]], from);
    let Window { kernel: filter, stride, padding, .. } = window;
    let activation = rng.pick(&[Activation::None, Activation::Relu]);
    let kind = match rng.one_in(2) {
        true => OpKind::MaxPool2d { padding, stride, filter, activation },
        false => OpKind::AveragePool2d { padding, stride, filter, activation },
    };
    draft.op(kind, &[at], to)
}

/// Over rows, columns or both.
fn mean(rng: &mut Rng, draft: &mut Draft, at: TensorId) -> TensorId {
    let (mut shape, from) = (draft.shape(at), draft.step(at));
    let axes = rng.pick(&[&[1, 2][..], &[-2], &[1]]);
    axes.iter().for_each(|axis: &i32| shape[axis.rem_euclid(4) as usize] = 1);
    let axes = draft.sizes(&[axes.len()], axes);
    let to = draft.int8(&shape, (from.0 * 0.5, rng.zero_point()));
    draft.op(OpKind::Mean { keep_dims: true }, &[at, axes], to)
}

fn pad(rng: &mut Rng, draft: &mut Draft, at: TensorId) -> TensorId {
    let (mut shape, from) = (draft.shape(at), draft.step(at));
    let mut widths = [0; 8];
    widths[2..].iter_mut().for_each(|width| *width = rng.range(0, 1) as i32);
    let pairs = shape.iter_mut().zip(widths.chunks(2));
    pairs.for_each(|(size, pair)| *size += (pair[0] + pair[1]) as usize);
    let widths = draft.sizes(&[4, 2], &widths);
    let to = draft.int8(&shape, from);
    draft.op(OpKind::Pad, &[at, widths], to)
}

fn fully_connected(
    rng: &mut Rng,
    draft: &mut Draft,
    at: TensorId,
    cols: usize,
    shape: &[usize],
) -> TensorId {
    let (rows, from) = (shape[shape.len() - 1], draft.step(at));
    let weights = Weights::new(rng, rows, cols);
    let id = weights.tensor(draft, &[rows, cols], 0);
    let bias = weights.bias(rng, draft, from);
    let to = draft.int8(shape, weights.output_step(rng, from));
    let activation = rng.pick(&[Activation::None, Activation::Relu6]);
    let kind = OpKind::FullyConnected { activation, keep_dims: shape.len() == 4 };
    let inputs: Vec<TensorId> = [at, id].into_iter().chain(bias).collect();
    draft.op(kind, &inputs, to)
}

/// A function that the loss takes over, or none; at times in floats then.
fn end(rng: &mut Rng, draft: &mut Draft, at: TensorId, classes: usize) -> TensorId {
    let shape = [1, classes];
    let at = match rng.range(0, 2) {
        0 => {
            let at = requantised(draft, at, (0.1, 0));
            let to = draft.int8(&shape, PROBABILITIES);
            draft.op(OpKind::Softmax { beta: 1.0 }, &[at], to)
        }
        1 => {
            let at = requantised(draft, at, (0.05, 0));
            let to = draft.int8(&shape, PROBABILITIES);
            draft.op(OpKind::Logistic, &[at], to)
        }
        _ => at,
    };
    if rng.one_in(2) {
        return at;
    }
    let to = draft.tensor(DType::F32, &shape, None);
    draft.op(OpKind::Dequantize, &[at], to)
}
