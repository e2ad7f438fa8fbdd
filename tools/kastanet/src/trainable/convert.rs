//! The trained part as a training program, operator by operator.

use super::border::Border;
use super::layers::said;
use super::steps::{Step, What, dims};
use super::{Error, Model, Trainable};
use crate::encode::Streams;
use crate::graph::{Graph, Op, OpKind, TensorId};
use crate::training::{self, Builder, Layer, Tensor};
use kastanet::image::record::NONE;
use kastanet::train::Function;
use std::collections::HashMap;

/// A conversion under way.
pub(super) struct Conversion<'a> {
    pub model: Model<'a>,
    pub options: &'a Trainable,
    pub border: &'a Border,
    /// The section RESERVE.
    pub reserve: Streams,
}

impl<'a> Conversion<'a> {
    pub fn new(model: Model<'a>, options: &'a Trainable, border: &'a Border) -> Self {
        Conversion { model, options, border, reserve: Streams::default() }
    }

    /// The program, and the reserve.
    pub fn run(mut self, steps: &[Step]) -> Result<(training::Graph, Streams), Error> {
        let (graph, border) = (self.model.graph, self.border);
        let mut wiring = Wiring::new(graph, border);
        wiring.net.of_image(border.first as u16, lowered(self.model, border));
        wiring.net.table(self.options.table());
        let graph = wiring.run(steps, |number| self.layer(number))?;
        Ok((graph, self.reserve))
    }
}

/// Operators of a graph as operations of a program, layers apart.
pub(crate) struct Wiring<'a> {
    graph: &'a Graph,
    border: &'a Border,
    pub net: Builder,
    /// The graph's tensors in the program.
    known: HashMap<TensorId, Tensor>,
}

impl<'a> Wiring<'a> {
    pub fn new(graph: &'a Graph, border: &'a Border) -> Self {
        let entrance = &graph.tensors[border.entrance];
        let net = Builder::new(dims(entrance).unwrap_or([1; 3]));
        let known = HashMap::from([(border.entrance, net.input())]);
        Wiring { graph, border, net, known }
    }

    /// The program, whose layers `layer` gives by the numbers of their operators.
    pub fn run(
        mut self,
        steps: &[Step],
        mut layer: impl FnMut(usize) -> Result<Layer, Error>,
    ) -> Result<training::Graph, Error> {
        let graph = self.graph;
        for (step, number) in steps.iter().zip(self.border.first..) {
            let op = &graph.ops[number];
            let y = self.operator(step, number, &mut layer)?;
            let shape = op.outputs.first().map(|&id| (id, dims(&graph.tensors[id])));
            if let Some((id, Ok(dims))) = shape {
                let y = self.net.reshape(y, dims);
                self.known.insert(id, y);
            }
        }
        let last = match self.border.tail.map(|number| graph.ops[number].kind) {
            Some(OpKind::Logistic) => Function::Logistic,
            Some(_) => Function::Softmax,
            None => Function::None,
        };
        let output = self.known[&graph.outputs[0]];
        Ok(self.net.graph(output, last)?)
    }

    fn operator(
        &mut self,
        step: &Step,
        number: usize,
        layer: &mut impl FnMut(usize) -> Result<Layer, Error>,
    ) -> Result<Tensor, Error> {
        let op = &self.graph.ops[number];
        let x = self.input(op, 0)?;
        let function = step.function;
        let y = match step.what {
            What::FullyConnected { .. } | What::Conv(_) | What::Depthwise(_) => {
                let layer = layer(number)?;
                return Ok(self.weighted(step, x, layer));
            }
            What::Same | What::Last | What::Function => x,
            What::AveragePool(window) => self.net.average_pool(x, window),
            What::MaxPool(window) => self.net.max_pool(x, window),
            What::Add => {
                let x2 = self.input(op, 1)?;
                self.net.add(x, x2)
            }
            What::Mul => {
                let x2 = self.input(op, 1)?;
                self.net.mul(x, x2)
            }
            What::Pad(widths) => self.net.pad(x, widths),
            What::Concatenation { axis } => {
                let parts = (0..op.inputs.len()).map(|index| self.input(op, index));
                let parts = parts.collect::<Result<Vec<Tensor>, Error>>()?;
                self.net.concatenate(&parts, axis)
            }
        };
        Ok(if function == Function::None { y } else { self.net.function(y, function) })
    }

    fn weighted(&mut self, step: &Step, x: Tensor, layer: Layer) -> Tensor {
        let function = step.function;
        match step.what {
            What::Conv(window) => self.net.conv(x, window, function, layer),
            What::Depthwise(window) => self.net.depthwise(x, window, function, layer),
            What::FullyConnected { vectors, outputs } if vectors > 1 => {
                let x = self.net.reshape(x, [vectors, 1, x.elements() / vectors]);
                let window = training::Window::new(outputs, [1, 1]);
                self.net.conv(x, window, function, layer)
            }
            What::FullyConnected { outputs, .. } => {
                self.net.fully_connected(x, outputs, function, layer)
            }
            _ => x,
        }
    }

    /// Input `index` in the program.
    fn input(&self, op: &Op, index: usize) -> Result<Tensor, Error> {
        let known = op.input(index).and_then(|id| self.known.get(&id));
        known.copied().ok_or_else(|| said(op, "its input is not computed before"))
    }
}

/// The image's number of the tensor that enters.
fn lowered(model: Model<'_>, border: &Border) -> u16 {
    let ops = model.graph.ops.iter().zip(&model.lowered.ops).skip(border.first);
    let mut numbers = ops.filter_map(|(op, lowered)| {
        let mut inputs = op.inputs.iter().flatten().zip(&lowered.inputs);
        inputs.find(|&(&id, _)| id == border.entrance).map(|(_, &number)| number as u16)
    });
    numbers.next().unwrap_or(NONE)
}
