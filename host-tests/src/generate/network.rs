//! Networks of several operators, for what is between them: the plan, tensors that replace one
//! another, values that live long.

use super::draft::{Draft, step};
use super::windows::{Window, add_conv};
use crate::random::Rng;
use kastanet_cli::graph::{Activation, Graph, OpKind, Padding};

/// Residual blocks: convolutions, at times a RELU, and a sum with what went in before them.
pub fn network(rng: &mut Rng) -> Graph {
    let (mut draft, step) = (Draft::new(), step(rng));
    let channels = rng.range(1, 9);
    let shape = [1, rng.range(2, 6), rng.range(2, 6), channels];
    let mut at = draft.input(&shape, step);
    for _ in 0..rng.range(1, 3) {
        let before = at;
        for _ in 0..rng.range(1, 2) {
            let kernel = [(); 2].map(|()| rng.range(1, 3));
            let (stride, dilation, padding) = ([1, 1], [1, 1], Padding::Same);
            let window = Window { kernel, stride, dilation, padding };
            at = add_conv(rng, &mut draft, at, window, channels);
            if rng.one_in(3) {
                let (scale, zero_point) = draft.step(at);
                let output = draft.int8(&shape, (scale * rng.log(0.5, 1.0), zero_point));
                at = draft.op(OpKind::Relu, &[at], output);
            }
        }
        let (a, b) = (draft.step(before).0, draft.step(at).0);
        let output = draft.int8(&shape, (a.max(b), rng.zero_point()));
        let kind = OpKind::Add { activation: Activation::None };
        at = draft.op(kind, &[before, at], output);
    }
    draft.finish(at)
}

/// A small network that has a bit of everything: scratch, a constant operand, a table, an output
/// that takes over its input's bytes, sparse and dense weights.
pub fn example() -> Graph {
    let (mut draft, mut rng) = (Draft::new(), Rng::new(7));
    let shape = [1, 4, 4, 3];
    let input = draft.input(&shape, (0.1, -3));
    let (kernel, stride, dilation, padding) = ([3, 3], [1, 1], [1, 1], Padding::Same);
    let window = Window { kernel, stride, dilation, padding };
    let conv = add_conv(&mut rng, &mut draft, input, window, 3);
    let (scale, zero_point) = draft.step(conv);
    let relu = draft.int8(&shape, (scale * 0.7, zero_point));
    draft.op(OpKind::Relu, &[conv], relu);
    let constant = draft.int8(&[3], (0.2, 5));
    draft.fill(constant, vec![1, 200, 77]);
    let sum = draft.int8(&shape, (scale, 4));
    draft.op(OpKind::Add { activation: Activation::None }, &[relu, constant], sum);
    let again = draft.int8(&shape, (scale, 9));
    draft.op(OpKind::Add { activation: Activation::Relu }, &[sum, input], again);
    draft.finish(again)
}
