//! Where activations and their gradients lie, in floats of one sample.
//!
//! A step of n operations has 2·n + 2 times:
//!
//! ```text
//! 0 … n − 1      operation 0 … n − 1, forward
//! n              the loss
//! n + 1 … 2·n    operation n − 1 … 0, back
//! 2·n + 1        the update of all weights
//! ```
//!
//! A tensor's values live from the operation that writes them to whatever reads them last: an operation
//! forward; the way back through its function, through a max pool, or through a product; the update of
//! weights that are trained on it. Its gradient lives from the first operation on the way back that adds
//! to it to the operation that wrote the tensor, or to the update if that has weights. What does not
//! depend on weights has no gradient. An operation takes its tensors and their gradients all at once, so
//! they lie apart even where they do not live at the same time.
//!
//! Where gradients are recomputed, the times from the loss to the end of the way back come twice: first to see
//! that all gradients are finite, then again with each layer's update right behind its operation. So no gradient
//! lives until the update, but all values that are read on the way do so until the first way's end.

use super::graph::{Graph, Operation, Tensor};
use super::layer::Sets;
use crate::packing::{self, Buffer, Packing};
use kastanet::train::{Function, Kind};
use std::ops::RangeInclusive;

/// For how long gradients of activations are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gradients {
    /// Those that weights are trained by, until all are known.
    Kept,
    /// Until their operation has gone back: they are computed twice.
    Recomputed,
}

/// Where everything lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// For how long gradients are kept.
    pub kept: Gradients,
    /// First float of each buffer's values; `None` where nothing is written.
    pub values: Vec<Option<usize>>,
    /// First float of each buffer's gradient.
    pub gradients: Vec<Option<usize>>,
    /// Of each operation: whether its output is cleared before it, and its inputs' gradients.
    pub clears: Vec<[bool; 3]>,
    /// Floats in all.
    pub floats: usize,
    /// What no plan can go below.
    pub lower_bound: usize,
}

/// When something lives.
type Life = Option<RangeInclusive<usize>>;

/// Plans `graph` with gradients recomputed where that takes less, else kept.
pub fn smaller(graph: &Graph) -> Plan {
    let [kept, recomputed] =
        [Gradients::Kept, Gradients::Recomputed].map(|gradients| plan(graph, gradients));
    if recomputed.floats < kept.floats { recomputed } else { kept }
}

/// Plans `graph`.
pub fn plan(graph: &Graph, gradients: Gradients) -> Plan {
    let lives = Lives::of(graph, gradients);
    let moments = moments(graph);
    let of = |life: &Life, buffer: usize| {
        let life = life.clone()?;
        Some(Buffer { len: graph.buffers[buffer], life, moments: moments[buffer].clone() })
    };
    let all = lives.values.iter().chain(&lives.gradients);
    let numbers = (0..graph.buffers.len()).cycle();
    let buffers: Vec<Option<Buffer>> =
        all.zip(numbers).map(|(life, buffer)| of(life, buffer)).collect();
    let known: Vec<Buffer> = buffers.iter().flatten().cloned().collect();
    let Packing { offsets, len, lower_bound } = packing::pack(&known);
    let mut offsets = offsets.into_iter();
    let mut places: Vec<Option<usize>> =
        buffers.iter().map(|buffer| buffer.as_ref().and_then(|_| offsets.next())).collect();
    Plan {
        kept: gradients,
        gradients: places.split_off(graph.buffers.len()),
        values: places,
        clears: clears(graph),
        floats: len,
        lower_bound,
    }
}

/// When operation `number` of `graph` is run on the way back.
fn back(graph: &Graph, number: usize) -> usize {
    2 * graph.operations.len() - number
}

/// When values and gradients live, by their buffers.
struct Lives {
    kept: Gradients,
    values: Vec<Life>,
    gradients: Vec<Life>,
}

impl Lives {
    fn of(graph: &Graph, kept: Gradients) -> Self {
        let none = vec![None; graph.buffers.len()];
        let mut lives = Lives { kept, values: none.clone(), gradients: none };
        let (trained, loss) = (graph.is_trained(), graph.operations.len());
        lives.values(graph.input, 0);
        for (number, operation) in graph.operations.iter().enumerate() {
            lives.values(operation.y, number);
            operation.inputs().for_each(|input| lives.values(input, number));
            if trained[operation.y.buffer] {
                lives.back(graph, number, &trained);
            }
        }
        lives.values_after_loss(graph, graph.output, loss);
        lives.gradient(graph.output, loss);
        lives
    }

    /// What operation `number` needs on the way back and at the update.
    fn back(&mut self, graph: &Graph, number: usize, trained: &[bool]) {
        let (operation, time) = (&graph.operations[number], back(graph, number));
        let update = match self.kept {
            Gradients::Kept => 2 * graph.operations.len() + 1,
            Gradients::Recomputed => time,
        };
        self.gradient(operation.y, time);
        if operation.function != Function::None {
            self.values_after_loss(graph, operation.y, time);
        }
        for input in operation.inputs().filter(|input| trained[input.buffer]) {
            self.gradient(input, time);
            read_back(operation, input)
                .for_each(|values| self.values_after_loss(graph, values, time));
        }
        if let Some(layer) = operation.layer {
            self.gradient(operation.y, update);
            if graph.layers[layer].sets != Sets::Frozen {
                self.values_after_loss(graph, operation.x, update);
            }
        }
    }

    /// Values that are read at `time`, from the loss on.
    fn values_after_loss(&mut self, graph: &Graph, tensor: Tensor, time: usize) {
        self.values(tensor, if self.kept == Gradients::Kept { time } else { back(graph, 0) });
    }

    fn values(&mut self, tensor: Tensor, time: usize) {
        stretch(&mut self.values[tensor.buffer], time);
    }

    fn gradient(&mut self, tensor: Tensor, time: usize) {
        stretch(&mut self.gradients[tensor.buffer], time);
    }
}

/// What an operation reads of its inputs to find the gradient of `input`.
fn read_back(operation: &Operation, input: Tensor) -> impl Iterator<Item = Tensor> + use<> {
    let kind = operation.kind;
    operation.inputs().filter(move |read| match kind {
        Kind::MaxPool => true,
        Kind::Mul => read.buffer != input.buffer,
        _ => false,
    })
}

fn stretch(life: &mut Life, time: usize) {
    let (start, end) = life.as_ref().map_or((time, time), |life| (*life.start(), *life.end()));
    *life = Some(start.min(time)..=end.max(time));
}

/// Times after all others, one an operation: what it takes at once lives then as well.
fn moments(graph: &Graph) -> Vec<Vec<usize>> {
    let mut moments = vec![vec![]; graph.buffers.len()];
    let first = back(graph, 0) + 2;
    for (number, operation) in graph.operations.iter().enumerate() {
        for tensor in operation.inputs().chain([operation.y]) {
            moments[tensor.buffer].push(first + number);
        }
    }
    moments
}

/// What each operation has to clear: it is the first to write a part of its output, or to add to a
/// gradient.
fn clears(graph: &Graph) -> Vec<[bool; 3]> {
    let trained = graph.is_trained();
    let mut clears = vec![[false; 3]; graph.operations.len()];
    let mut placed = vec![false; graph.buffers.len()];
    for (operation, clears) in graph.operations.iter().zip(&mut clears) {
        let seen = &mut placed[operation.y.buffer];
        clears[0] = operation.kind == Kind::Place && !std::mem::replace(seen, true);
    }
    let mut added = vec![false; graph.buffers.len()];
    for (operation, clears) in graph.operations.iter().zip(&mut clears).rev() {
        for (input, clears) in operation.inputs().zip(&mut clears[1..]) {
            let seen = &mut added[input.buffer];
            *clears = trained[input.buffer] && !std::mem::replace(seen, true);
        }
    }
    clears
}
