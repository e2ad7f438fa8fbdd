//! Which tensors have one scale.

use super::fixed;
use crate::graph::{Graph, OpKind, TensorId};

/// Groups of tensors that have one scale, each named by one of them.
pub struct Ties {
    parents: Vec<TensorId>,
    /// Of each group's name, the scale and zero point that it has whatever its values are.
    fixed: Vec<Option<(f32, i32)>>,
}

impl Ties {
    /// The groups of a graph: what only moves or picks values ties output to input.
    pub fn of(graph: &Graph) -> Self {
        let count = graph.tensors.len();
        let mut ties = Ties { parents: (0..count).collect(), fixed: vec![None; count] };
        for op in &graph.ops {
            let (input, output) = (op.input(0), op.outputs.first().copied());
            let (Some(input), Some(output)) = (input, output) else { continue };
            match op.kind {
                OpKind::MaxPool2d { .. }
                | OpKind::AveragePool2d { .. }
                | OpKind::Pad
                | OpKind::PadV2
                | OpKind::Reshape
                | OpKind::Squeeze => ties.tie(input, output),
                kind => {
                    if let Some(fixed) = fixed(kind) {
                        let group = ties.group(output);
                        ties.fixed[group] = Some(fixed);
                    }
                }
            }
        }
        // What is put side by side has one scale, unless it is not free to.
        for op in graph.ops.iter().filter(|op| matches!(op.kind, OpKind::Concatenation { .. })) {
            for input in op.inputs.iter().flatten() {
                if ties.fixed(*input).is_none() && ties.fixed(op.outputs[0]).is_none() {
                    ties.tie(*input, op.outputs[0]);
                }
            }
        }
        ties
    }

    /// The name of a tensor's group.
    pub fn group(&mut self, id: TensorId) -> TensorId {
        let mut at = id;
        while self.parents[at] != at {
            at = self.parents[at];
        }
        self.parents[id] = at;
        at
    }

    /// The scale and zero point that a tensor has whatever its values are, if it has such.
    pub fn fixed(&mut self, id: TensorId) -> Option<(f32, i32)> {
        let group = self.group(id);
        self.fixed[group]
    }

    fn tie(&mut self, a: TensorId, b: TensorId) {
        let (a, b) = (self.group(a), self.group(b));
        self.parents[a] = b;
        self.fixed[b] = self.fixed[b].or(self.fixed[a]);
    }
}
