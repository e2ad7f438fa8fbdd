//! A graph that is put together node by node.

use super::constant::Constant;
use super::error::Fault;
use super::layout::Layout;
use super::node::Node;
use super::operators::{self, Operator, channels_last, quantise};
use super::proto;
use super::values::{Import, Known, Value};
use super::{MAX_ALL, MAX_FOLDED, MAX_VALUES, fold};
use crate::graph::{Graph, Tensor, simplify};
use crate::quantise::quantise_as_recorded;

/// Names and what they stand for, and the operators so far.
pub struct Assembly<'m> {
    import: Import<'m>,
    opset: i64,
    values: Count,
    constants: Count,
}

/// Elements so far.
struct Count {
    /// Of what.
    what: &'static str,
    found: usize,
    limit: usize,
}

impl Count {
    fn new(what: &'static str, limit: usize) -> Self {
        Count { what, found: 0, limit }
    }

    /// Counts some more.
    fn add(&mut self, elements: usize) -> Result<(), Fault> {
        self.found = self.found.saturating_add(elements);
        let Count { what, found, limit } = *self;
        if found <= limit { Ok(()) } else { Err(Fault::Count { what, found, limit }) }
    }
}

impl<'m> Assembly<'m> {
    /// Nothing yet; `source` is the name of the file.
    pub fn new(source: &str, opset: i64) -> Self {
        let values = Count::new("elements in its values", MAX_ALL);
        let constants = Count::new("elements in computed constants", MAX_FOLDED);
        Assembly { import: Import::new(source), opset, values, constants }
    }

    /// Whether a name stands for something.
    pub fn knows(&self, name: &str) -> bool {
        self.import.get(name).is_some()
    }

    /// The sizes of what a name stands for, as ONNX counts them.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(match self.import.get(name)? {
            Known::Constant(constant) => constant.shape.clone(),
            Known::Value(value) => value.shape(),
        })
    }

    /// Adds an array.
    pub fn constant(&mut self, name: &'m str, constant: Constant) -> Result<(), Fault> {
        self.import.set(name, Known::Constant(constant))
    }

    /// Adds an input of samples, channels and places, or of other axes.
    pub fn input(
        &mut self,
        name: &'m str,
        shape: &[usize],
        has_channels: bool,
        stored: Option<i32>,
    ) -> Result<(), Fault> {
        let (layout, sizes) = match has_channels {
            true => (Layout::channels_last(shape), channels_last(shape)),
            false => (Layout::plain(shape), shape.to_vec()),
        };
        let tensor = self.import.tensor(name, sizes);
        self.import.graph.inputs.push(tensor);
        self.import.set(name, Known::Value(Value { tensor, layout, stored }))
    }

    /// Adds a node behind those that it reads.
    pub fn node(&mut self, proto: &'m proto::Node) -> Result<(), Fault> {
        let node = Node { proto, opset: self.opset };
        let known = match fold::fold(&self.import, node)? {
            Some(constant) => {
                self.constants.add(constant.values.len())?;
                Known::Constant(constant)
            }
            None => {
                let value = self.value(node)?;
                self.values.add(self.import.graph.tensors[value.tensor].elements())?;
                Known::Value(value)
            }
        };
        match proto.outputs.first() {
            Some(output) => self.import.set(output, known),
            None => Ok(()),
        }
    }

    fn value(&mut self, node: Node<'m>) -> Result<Value, Fault> {
        let Some(Operator { run, .. }) = operators::find(&node.proto.kind) else {
            return Err(Fault::Operators { nodes: vec![node.kind()] });
        };
        let moved = quantise::moved(&self.import, node)?;
        let mut value = run(&mut self.import, node)?;
        let tensor = &mut self.import.graph.tensors[value.tensor];
        if let Some((quant, shift)) = moved {
            (tensor.quant, value.stored) = (Some(quant), Some(shift));
        }
        match tensor.elements() {
            0..=MAX_VALUES => Ok(value),
            found => Err(node.fault(format!(
                "its output has {found} elements ({}), expected at most {MAX_VALUES}",
                tensor.shape_string()
            ))),
        }
    }

    /// Adds an output.
    pub fn output(&mut self, name: &str) -> Result<(), Fault> {
        match self.import.get(name) {
            Some(Known::Value(value)) => {
                let tensor = value.tensor;
                self.import.graph.outputs.push(tensor);
                Ok(())
            }
            Some(Known::Constant(_)) => Err(Fault::Fixed { tensor: name.into() }),
            None => {
                let (node, kind) = ("the model's outputs".into(), "graph".into());
                Err(Fault::Unset { node, kind, tensor: name.into() })
            }
        }
    }

    /// The graph, simplified and valid: in float, or in int8 where something says how its values are stored.
    pub fn finish(self) -> Result<Graph, Fault> {
        let mut graph = self.import.graph;
        simplify(&mut graph);
        graph.validate()?;
        let is_stored = |tensor: &Tensor| tensor.quant.is_some() && !tensor.is_constant();
        match graph.tensors.iter().any(is_stored) {
            true => Ok(quantise_as_recorded(&graph)?),
            false => Ok(graph),
        }
    }
}
