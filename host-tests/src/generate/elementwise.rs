//! Operators whose output elements each come from one element of every input; SOFTMAX.

use super::draft::{Draft, Step, activation, per_tensor, shape, step};
use crate::random::Rng;
use kastanet_cli::graph::{DType, Graph, OpKind, TensorId};

/// What SOFTMAX and LOGISTIC give.
const PROBABILITY: Step = (1.0 / 256.0, -128);

/// Sums of equal or broadcast shapes.
pub fn add(rng: &mut Rng) -> Graph {
    let activation = activation(rng);
    let scale = |rng: &mut Rng, a: f32, b: f32| a.max(b) * rng.log(0.2, 3.0);
    two(rng, OpKind::Add { activation }, scale)
}

/// Products of equal or broadcast shapes.
pub fn mul(rng: &mut Rng) -> Graph {
    let activation = activation(rng);
    let scale = |rng: &mut Rng, a: f32, b: f32| a * b * rng.log(10.0, 300.0);
    two(rng, OpKind::Mul { activation }, scale)
}

fn two(rng: &mut Rng, kind: OpKind, scale: impl Fn(&mut Rng, f32, f32) -> f32) -> Graph {
    let (mut draft, full, a_step) = (Draft::new(), shape(rng, 1, 7), step(rng));
    let b_step = (a_step.0 * rng.log(0.1, 10.0), rng.zero_point());
    // One of the two may be repeated along some dimensions, or lack the outermost.
    let mut part: Vec<_> = full.iter().map(|&n| if rng.one_in(3) { 1 } else { n }).collect();
    part.drain(..if rng.one_in(3) { rng.range(0, full.len() - 1) } else { 0 });
    let part = if rng.one_in(2) { full.clone() } else { part };
    let shapes = if rng.one_in(2) { [&full, &part] } else { [&part, &full] };
    let a = draft.input(shapes[0], a_step);
    let b = match rng.range(0, 5) {
        0 if shapes[0] == shapes[1] => a,
        1 | 2 => {
            let b = draft.int8(shapes[1], b_step);
            let bytes = rng.activation(shapes[1].iter().product());
            draft.fill(b, bytes)
        }
        _ => draft.input(shapes[1], b_step),
    };
    let scale = scale(rng, draft.step(a).0, draft.step(b).0);
    let output = draft.int8(&full, (scale, rng.zero_point()));
    draft.op(kind, &[a, b], output);
    draft.finish(output)
}

fn one(kind: OpKind, from: DType, to: DType, shape: &[usize], steps: [Option<Step>; 2]) -> Graph {
    let mut draft = Draft::new();
    let input = draft.tensor(from, shape, steps[0].map(per_tensor));
    draft.provide(input);
    let output: TensorId = draft.tensor(to, shape, steps[1].map(per_tensor));
    draft.op(kind, &[input], output);
    draft.finish(output)
}

fn int8(kind: OpKind, shape: &[usize], from: Step, to: Step) -> Graph {
    one(kind, DType::I8, DType::I8, shape, [Some(from), Some(to)])
}

/// A step not far from another.
fn near(rng: &mut Rng, (scale, _): Step) -> Step {
    (scale * rng.log(0.3, 3.0), rng.zero_point())
}

/// Along rows of 1 to 40.
pub fn softmax(rng: &mut Rng) -> Graph {
    let mut shape = shape(rng, 1, 3);
    shape.extend((shape.len() < 4).then(|| rng.range(1, 40)));
    let beta = if rng.one_in(2) { 1.0 } else { rng.log(0.3, 3.0) };
    int8(OpKind::Softmax { beta }, &shape, step(rng), PROBABILITY)
}

/// Sigmoids.
pub fn logistic(rng: &mut Rng) -> Graph {
    int8(OpKind::Logistic, &shape(rng, 1, 7), step(rng), PROBABILITY)
}

/// Hyperbolic tangents.
pub fn tanh(rng: &mut Rng) -> Graph {
    int8(OpKind::Tanh, &shape(rng, 1, 7), step(rng), (1.0 / 128.0, 0))
}

/// RELU to another scale.
pub fn relu(rng: &mut Rng) -> Graph {
    let (shape, from) = (shape(rng, 1, 7), step(rng));
    int8(OpKind::Relu, &shape, from, near(rng, from))
}

/// RELU6 at the same scale.
pub fn relu6(rng: &mut Rng) -> Graph {
    let (shape, step) = (shape(rng, 1, 7), step(rng));
    int8(OpKind::Relu6, &shape, step, step)
}

/// Int8 to int8 of another scale.
pub fn requantize(rng: &mut Rng) -> Graph {
    let (shape, from) = (shape(rng, 1, 7), step(rng));
    int8(OpKind::Quantize, &shape, from, near(rng, from))
}

/// Between int8 and uint8.
pub fn requantize_unsigned(rng: &mut Rng) -> Graph {
    let (shape, signed) = (shape(rng, 1, 7), step(rng));
    let (scale, _) = near(rng, signed);
    let unsigned = Some((scale, rng.range(0, 255) as i32));
    match rng.one_in(2) {
        true => one(OpKind::Quantize, DType::U8, DType::I8, &shape, [unsigned, Some(signed)]),
        false => one(OpKind::Quantize, DType::I8, DType::U8, &shape, [Some(signed), unsigned]),
    }
}

/// Float to int8.
pub fn quantize(rng: &mut Rng) -> Graph {
    let (shape, step) = (shape(rng, 1, 7), step(rng));
    one(OpKind::Quantize, DType::F32, DType::I8, &shape, [None, Some(step)])
}

/// Int8 to float.
pub fn dequantize(rng: &mut Rng) -> Graph {
    let (shape, step) = (shape(rng, 1, 7), step(rng));
    one(OpKind::Dequantize, DType::I8, DType::F32, &shape, [Some(step), None])
}
