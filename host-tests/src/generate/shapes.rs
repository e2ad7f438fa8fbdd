//! MEAN, and operators that move values: PAD, CONCATENATION, RESHAPE.

use super::draft::{Draft, shape, step};
use crate::random::Rng;
use kastanet_cli::graph::{Activation, Graph, OpKind};

/// Over one or two axes.
pub fn mean(rng: &mut Rng) -> Graph {
    mean_over(rng, 2)
}

/// Over any number of axes.
pub fn mean_of_many(rng: &mut Rng) -> Graph {
    mean_over(rng, 4)
}

fn mean_over(rng: &mut Rng, most: usize) -> Graph {
    let (mut draft, shape, from) = (Draft::new(), shape(rng, 2, 9), step(rng));
    let keep_dims = rng.one_in(2);
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    while axes.len() > rng.range(1, most.min(shape.len())) {
        axes.remove(rng.range(0, axes.len() - 1));
    }
    let kept = |axis: &usize| keep_dims || !axes.contains(axis);
    let size = |axis: usize| if axes.contains(&axis) { 1 } else { shape[axis] };
    let output: Vec<_> = (0..shape.len()).filter(kept).map(size).collect();
    let negative = rng.one_in(3);
    let back = if negative { shape.len() as i32 } else { 0 };
    let listed: Vec<i32> = axes.iter().map(|&axis| axis as i32 - back).collect();
    let input = draft.input(&shape, from);
    let axes = draft.sizes(&[listed.len()], &listed);
    let output = draft.int8(&output, (from.0 * rng.log(0.1, 1.5), rng.zero_point()));
    draft.op(OpKind::Mean { keep_dims }, &[input, axes], output);
    draft.finish(output)
}

/// Borders of zeros.
pub fn pad(rng: &mut Rng) -> Graph {
    padded(rng, false)
}

/// Borders of a constant.
pub fn pad_v2(rng: &mut Rng) -> Graph {
    padded(rng, true)
}

fn padded(rng: &mut Rng, with_value: bool) -> Graph {
    let (mut draft, shape, step) = (Draft::new(), shape(rng, 1, 6), step(rng));
    let widths: Vec<i32> = (0..2 * shape.len()).map(|_| rng.range(0, 3) as i32).collect();
    let pairs = shape.iter().zip(widths.chunks(2));
    let output: Vec<_> = pairs.map(|(n, pair)| n + (pair[0] + pair[1]) as usize).collect();
    let mut inputs = vec![draft.input(&shape, step), draft.sizes(&[shape.len(), 2], &widths)];
    if with_value {
        let value = draft.int8(&[], step);
        inputs.push(draft.fill(value, vec![rng.int8() as u8]));
    }
    let output = draft.int8(&output, step);
    let kind = if with_value { OpKind::PadV2 } else { OpKind::Pad };
    draft.op(kind, &inputs, output);
    draft.finish(output)
}

/// One to four inputs, some constant, along any axis.
pub fn concatenation(rng: &mut Rng) -> Graph {
    let (mut draft, shape, step) = (Draft::new(), shape(rng, 1, 6), step(rng));
    let axis = rng.range(0, shape.len() - 1);
    let mut inputs = Vec::new();
    let mut output = shape.clone();
    output[axis] = 0;
    for index in 0..rng.range(1, 4) {
        let mut shape = shape.clone();
        shape[axis] = rng.range(1, 6);
        output[axis] += shape[axis];
        inputs.push(if index > 0 && rng.one_in(4) {
            let bytes = rng.activation(shape.iter().product());
            let id = draft.int8(&shape, step);
            draft.fill(id, bytes)
        } else {
            draft.input(&shape, step)
        });
    }
    let back = if rng.one_in(2) { shape.len() as i32 } else { 0 };
    let output = draft.int8(&output, step);
    let kind = OpKind::Concatenation { axis: axis as i32 - back, activation: Activation::None };
    draft.op(kind, &inputs, output);
    draft.finish(output)
}

/// The same elements in another shape.
pub fn reshape(rng: &mut Rng) -> Graph {
    let (mut draft, shape, step) = (Draft::new(), shape(rng, 1, 6), step(rng));
    let count: usize = shape.iter().product();
    let shapes = [vec![count], vec![1, count], shape.iter().rev().copied().collect()];
    let output = shapes[rng.range(0, 2)].clone();
    let mut inputs = vec![draft.input(&shape, step)];
    if rng.one_in(2) {
        let sizes: Vec<i32> = output.iter().map(|&n| n as i32).collect();
        inputs.push(draft.sizes(&[output.len()], &sizes));
    }
    let output = draft.int8(&output, step);
    draft.op(OpKind::Reshape, &inputs, output);
    draft.finish(output)
}

/// Without the dimensions of size one.
pub fn squeeze(rng: &mut Rng) -> Graph {
    let (mut draft, mut shape, step) = (Draft::new(), shape(rng, 2, 6), step(rng));
    let axis = rng.range(0, shape.len() - 1);
    shape[axis] = 1;
    let output: Vec<_> = shape.iter().copied().filter(|&n| n > 1).collect();
    let input = draft.input(&shape, step);
    let output = draft.int8(&output, step);
    draft.op(OpKind::Squeeze, &[input], output);
    draft.finish(output)
}
