//! Which tensors have one scale.

use crate::graph::{Graph, OpKind, TensorId};

/// Groups of tensors that have one scale, each named by one of them.
pub struct Ties {
    parents: Vec<TensorId>,
    /// Of each group's name, whether its scale is that of what lies between 0 and 1.
    fixed: Vec<bool>,
}

impl Ties {
    /// The groups of a graph: what only moves or picks values ties output to input.
    pub fn of(graph: &Graph) -> Self {
        let count = graph.tensors.len();
        let mut ties = Ties { parents: (0..count).collect(), fixed: vec![false; count] };
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
                OpKind::Softmax { .. } | OpKind::Logistic => {
                    let group = ties.group(output);
                    ties.fixed[group] = true;
                }
                _ => {}
            }
        }
        // What is put side by side has one scale, unless it is not free to.
        for op in graph.ops.iter().filter(|op| matches!(op.kind, OpKind::Concatenation { .. })) {
            for input in op.inputs.iter().flatten() {
                if !ties.is_fixed(*input) && !ties.is_fixed(op.outputs[0]) {
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

    /// Whether its scale is that of what lies between 0 and 1.
    pub fn is_fixed(&mut self, id: TensorId) -> bool {
        let group = self.group(id);
        self.fixed[group]
    }

    fn tie(&mut self, a: TensorId, b: TensorId) {
        let (a, b) = (self.group(a), self.group(b));
        self.parents[a] = b;
        self.fixed[b] |= self.fixed[a];
    }
}
