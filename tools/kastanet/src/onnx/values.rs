//! What is known while a model is read: constants, and values that the network computes.

use super::constant::{Constant, Values};
use super::error::Fault;
use super::integer::MARK;
use super::layout::Layout;
use super::node::Node;
use crate::graph::{DType, Graph, Op, OpKind, Quant, Tensor, TensorId, places, strides};
use std::collections::HashMap;

/// What a name of the file stands for.
#[derive(Clone, Debug)]
pub enum Known {
    /// An array whose elements are known.
    Constant(Constant),
    /// What the network computes.
    Value(Value),
}

/// A value that the network computes.
#[derive(Clone, Debug)]
pub struct Value {
    /// Where the graph holds it, in the order of memory.
    pub tensor: TensorId,
    /// How ONNX sees it.
    pub layout: Layout,
    /// For integers, how much greater those of the file are than int8; `None` for real numbers.
    pub stored: Option<i32>,
}

impl Value {
    /// The shape that ONNX sees.
    pub fn shape(&self) -> Vec<usize> {
        self.layout.shape()
    }
}

/// A graph that is put together.
pub struct Import<'m> {
    pub graph: Graph,
    known: HashMap<&'m str, Known>,
    /// Names of operators, and how often each was asked for.
    names: HashMap<String, usize>,
}

impl<'m> Import<'m> {
    pub fn new(source: &str) -> Self {
        let (tensors, ops, inputs, outputs) = (vec![], vec![], vec![], vec![]);
        let graph = Graph { source: source.into(), tensors, ops, inputs, outputs };
        Import { graph, known: HashMap::new(), names: HashMap::new() }
    }

    /// Lets a name stand for something.
    pub fn set(&mut self, name: &'m str, known: Known) -> Result<(), Fault> {
        match self.known.insert(name, known) {
            None => Ok(()),
            Some(_) => Err(Fault::SetTwice { tensor: name.into() }),
        }
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// An input of a node; `None` where it is left out.
    pub fn optional(&self, node: Node<'m>, index: usize) -> Result<Option<&Known>, Fault> {
        let Some(name) = node.input(index) else { return Ok(None) };
        let unset = || {
            let (node, kind) = (node.name().into(), node.proto.kind.clone());
            Fault::Unset { node, kind, tensor: name.into() }
        };
        self.known.get(name).ok_or_else(unset).map(Some)
    }

    /// An input that a node must have.
    pub fn required(&self, node: Node<'m>, index: usize) -> Result<&Known, Fault> {
        let missing = || node.fault(format!("input {index} is missing"));
        self.optional(node, index)?.ok_or_else(missing)
    }

    /// An input that must be computed.
    pub fn value(&self, node: Node<'m>, index: usize) -> Result<Value, Fault> {
        match self.required(node, index)? {
            Known::Value(value) => Ok(value.clone()),
            Known::Constant(_) => {
                Err(node.fault(format!("input {index} is a constant, expected a computed value")))
            }
        }
    }

    /// An input that must be a constant.
    pub fn constant(&self, node: Node<'m>, index: usize, role: &str) -> Result<&Constant, Fault> {
        match self.required(node, index)? {
            Known::Constant(constant) => Ok(constant),
            Known::Value(_) => {
                Err(node.fault(format!("its {role} are computed, expected constants")))
            }
        }
    }

    /// An input that must be a constant of real numbers, which are finite.
    pub fn reals(&self, node: Node<'m>, index: usize, role: &str) -> Result<Constant, Fault> {
        let constant = self.constant(node, index, role)?;
        match constant.reals() {
            None => {
                let name = node.input(index).unwrap_or_default();
                Err(node.fault(format!("its {role} {name:?} are integers, expected float32")))
            }
            Some(reals) if reals.iter().any(|real| !real.is_finite()) => {
                let name = node.input(index).unwrap_or_default();
                Err(node.fault(format!("its {role} {name:?} hold NaN or infinity")))
            }
            Some(_) => Ok(constant.clone()),
        }
    }

    /// The biases of a layer, which are its third input, if it has such.
    pub fn biases(&self, node: Node<'m>) -> Result<Option<Constant>, Fault> {
        match self.optional(node, 2)? {
            Some(_) => self.reals(node, 2, "biases").map(Some),
            None => Ok(None),
        }
    }

    /// Adds a tensor that the network computes.
    pub fn tensor(&mut self, name: &str, shape: Vec<usize>) -> TensorId {
        let name = name.split(MARK).next().unwrap_or_default().into();
        let dtype = DType::F32;
        self.graph.tensors.push(Tensor { name, dtype, shape, quant: None, data: None });
        self.graph.tensors.len() - 1
    }

    /// Adds real numbers.
    pub fn reals_tensor(&mut self, name: String, shape: Vec<usize>, values: &[f32]) -> TensorId {
        let data = Some(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        self.graph.tensors.push(Tensor { name, dtype: DType::F32, shape, quant: None, data });
        self.graph.tensors.len() - 1
    }

    /// Adds sizes or indices.
    pub fn sizes_tensor(&mut self, name: String, shape: Vec<usize>, values: &[usize]) -> TensorId {
        let data = Some(values.iter().flat_map(|&value| (value as i32).to_le_bytes()).collect());
        self.graph.tensors.push(Tensor { name, dtype: DType::I32, shape, quant: None, data });
        self.graph.tensors.len() - 1
    }

    /// Adds an operator, whose output has this shape in memory and is seen by ONNX with this layout.
    pub fn emit(
        &mut self,
        node: Node<'m>,
        kind: OpKind,
        inputs: &[TensorId],
        (shape, layout): (Vec<usize>, Layout),
    ) -> Value {
        let name = node.proto.outputs.first().map_or("", |name| name.as_str());
        let tensor = self.tensor(name, shape);
        let name = self.unique(node.name());
        let inputs = inputs.iter().copied().map(Some).collect();
        self.graph.ops.push(Op { name, kind, inputs, outputs: vec![tensor] });
        Value { tensor, layout, stored: None }
    }

    /// The value with a scale and a zero point to be stored with; where it has others already, beside it.
    pub fn recorded(&mut self, node: Node<'m>, value: Value, quant: Quant) -> Value {
        let tensor = &mut self.graph.tensors[value.tensor];
        match &tensor.quant {
            Some(found) if *found != quant => {
                let (shape, layout) = (tensor.shape.clone(), value.layout);
                let other = self.emit(node, OpKind::Reshape, &[value.tensor], (shape, layout));
                self.graph.tensors[other.tensor].quant = Some(quant);
                other
            }
            _ => {
                tensor.quant = Some(quant);
                value
            }
        }
    }

    /// The value in a graph tensor of this shape: the same elements.
    pub fn shaped(&mut self, node: Node<'m>, value: &Value, shape: &[usize]) -> TensorId {
        if self.graph.tensors[value.tensor].shape == shape {
            return value.tensor;
        }
        let layout = value.layout.clone();
        self.emit(node, OpKind::Reshape, &[value.tensor], (shape.to_vec(), layout)).tensor
    }

    /// A constant in the order in which a value's elements lie: for each dimension of the value's tensor as long as
    /// that, or 1 where all are the same along it. `None` where the shapes do not fit.
    pub fn beside(&self, value: &Value, constant: &Constant) -> Option<(Vec<usize>, Vec<f32>)> {
        let rank = self.graph.tensors[value.tensor].shape.len();
        if let (Some(&[real]), true) =
            (constant.reals(), constant.shape.len() <= value.shape().len())
        {
            return Some((vec![1; rank], vec![real]));
        }
        let all = constant.broadcast(&value.shape())?;
        let order = value.layout.inner(0)?;
        let Values::Real(mut reals) = all.values.at(order.into_iter()) else { return None };
        let mut shape = self.graph.tensors[value.tensor].shape.clone();
        for axis in 0..shape.len() {
            let mut narrow = shape.clone();
            narrow[axis] = 1;
            let mut steps = strides(&shape);
            steps[axis] = 0;
            if places(&shape, &steps).zip(&reals).all(|(first, real)| reals[first] == *real) {
                reals = places(&narrow, &steps).map(|place| reals[place]).collect();
                shape = narrow;
            }
        }
        Some((shape, reals))
    }

    /// `base`, or `base_1`, `base_2`, … if it is taken.
    fn unique(&mut self, base: &str) -> String {
        let base: String =
            if base.is_empty() { "node".into() } else { base.chars().take(64).collect() };
        let mut name = base.clone();
        while self.names.contains_key(&name) {
            let number = self.names.entry(base.clone()).or_default();
            *number += 1;
            name = format!("{base}_{number}");
        }
        self.names.insert(name.clone(), 0);
        name
    }
}
