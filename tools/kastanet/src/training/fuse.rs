//! Functions of their own, put behind the operation that they follow.

use super::graph::{Graph, Operation, Tensor};
use kastanet::train::{Function, Kind};

impl Graph {
    /// Drops each IDENTITY that is there for its function, where the operation before it can take the
    /// function over: it has none, and nothing else looks at its output.
    pub fn fuse(&mut self) {
        let mut number = 0;
        while number < self.operations.len() {
            match self.carrier(&self.operations[number]) {
                Some(carrier) => {
                    let Operation { function, y, .. } = self.operations.remove(number);
                    let before = &mut self.operations[carrier];
                    before.function = function;
                    before.y = Tensor { buffer: y.buffer, ..before.y };
                }
                None => number += 1,
            }
        }
    }

    /// The operation that can take over the function of `operation`.
    fn carrier(&self, operation: &Operation) -> Option<usize> {
        let buffer = operation.x.buffer;
        let readers = self.operations.iter().flat_map(Operation::inputs);
        let alone = readers.filter(|input| input.buffer == buffer).count() == 1
            && self.output.buffer != buffer;
        let writer = self.operations.iter().position(|other| other.y.buffer == buffer)?;
        let before = &self.operations[writer];
        let takes = before.kind != Kind::Place && before.function == Function::None;
        (operation.kind == Kind::Identity && alone && takes).then_some(writer)
    }
}
