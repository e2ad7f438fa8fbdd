//! Each layer as nodes of ONNX and the arrays that they read, which are turned to be in its order.

use super::error::Fault;
use super::file::{Activation, Kind, Layer, Layout};
use super::order::{Role, Size};
use super::weights::Weights;
use crate::graph::shape_string;
use crate::onnx::{Attribute, Constant, ProtoNode, Values};
use std::collections::HashSet;

/// A layer at its place in the network.
pub struct At<'a> {
    pub layout: Layout,
    pub weights: &'a Weights<'a>,
    /// Names of the arrays that have been asked for.
    pub used: &'a mut HashSet<String>,
    pub layer: &'a Layer,
    pub kind: Kind,
    /// What its arrays' names begin with.
    pub arrays: &'a str,
    pub name: &'a str,
    /// The names of what it reads.
    pub inputs: Vec<&'a str>,
    /// The sizes of the first of these: samples, channels, places.
    pub shape: Vec<usize>,
}

/// What a layer becomes.
#[derive(Default)]
pub struct Made {
    pub nodes: Vec<ProtoNode>,
    pub arrays: Vec<(String, Constant)>,
}

impl At<'_> {
    /// Its nodes and arrays.
    pub fn made(&mut self) -> Result<Made, Fault> {
        let mut made = Made::default();
        let function = self.layer.activation.and_then(function);
        let alone = self.kind == Kind::Activation;
        let last = match function {
            Some(_) if !alone => format!("{}_linear", self.name),
            _ => self.name.to_owned(),
        };
        match self.kind {
            Kind::Conv | Kind::Depthwise => self.conv(&mut made, &last)?,
            Kind::Linear => self.linear(&mut made, &last)?,
            Kind::BatchNorm => self.batch_norm(&mut made, &last)?,
            Kind::MaxPool | Kind::AveragePool => self.pool(&mut made, &last)?,
            Kind::GlobalAveragePool => made.push(self.node("GlobalAveragePool", &last)),
            Kind::Flatten => self.flatten(&mut made, &last),
            Kind::Add => self.sum(&mut made, &last),
            Kind::Concat => {
                made.push(
                    ProtoNode::new("Concat", self.name, &self.inputs, &last)
                        .with(Attribute::int("axis", 1)),
                );
            }
            Kind::Activation if function.is_none() => made.push(self.node("Identity", &last)),
            Kind::Activation => {}
        }
        if let Some(function) = function {
            let (name, from) = match alone {
                true => (self.name.to_owned(), self.inputs[0]),
                false => (format!("{}_function", self.name), last.as_str()),
            };
            made.push(applied(function, &name, from, self.name));
        }
        Ok(made)
    }

    /// A node that reads the first input.
    pub(super) fn node(&self, kind: &str, output: &str) -> ProtoNode {
        ProtoNode::new(kind, self.name, &self.inputs[..1], output)
    }

    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::Layer { layer: self.name.into(), kind: self.kind.key(), what: what.into() }
    }

    /// The sizes of the places: none, a length, or height and width.
    pub(super) fn places(&self) -> &[usize] {
        self.shape.get(2..).unwrap_or_default()
    }

    pub(super) fn channels(&self) -> usize {
        self.shape.get(1).copied().unwrap_or_default()
    }

    fn linear(&mut self, made: &mut Made, output: &str) -> Result<(), Fault> {
        if self.places().iter().any(|&size| size != 1) {
            let places = shape_string(&[self.places(), &[self.channels()]].concat());
            return Err(
                self.fault(format!("it reads {places}, expected numbers in a row: flatten"))
            );
        }
        let (inputs, name) = (self.channels(), self.array_name(Role::Weight));
        let sizes: [Size; 2] = match self.layout {
            Layout::Keras => [("inputs", Some(inputs)), ("outputs", None)],
            _ => [("outputs", None), ("inputs", Some(inputs))],
        };
        let array = self.array(&name, &sizes)?;
        let weights = if self.layout == Layout::Keras { array.transposed(&[1, 0]) } else { array };
        let outputs = weights.shape[0];
        let mut input = self.inputs[0].to_owned();
        if !self.places().is_empty() {
            let flat = format!("{}_flat", self.name);
            made.push(ProtoNode::new("Flatten", &flat, &[&input], &flat));
            input = flat;
        }
        let mut node = ProtoNode::new("Gemm", self.name, &[&input, &name], output);
        made.arrays.push((name, weights));
        if let Some((name, bias)) = self.vector(Role::Bias, outputs)? {
            node.inputs.push(name.clone());
            made.arrays.push((name, bias));
        }
        made.push(node.with(Attribute::int("transB", 1)));
        Ok(())
    }

    fn batch_norm(&mut self, made: &mut Made, output: &str) -> Result<(), Fault> {
        let channels = self.channels();
        let mut node = self.node("BatchNormalization", output);
        let roles =
            [(Role::Weight, 1.0), (Role::Bias, 0.0), (Role::Mean, 0.0), (Role::Variance, 1.0)];
        for (role, otherwise) in roles {
            let (name, array) = match self.vector(role, channels)? {
                Some(found) => found,
                None => {
                    let name = format!("{}_{otherwise}", self.name);
                    (name, Constant::new(vec![channels], Values::Real(vec![otherwise; channels])))
                }
            };
            node.inputs.push(name.clone());
            made.arrays.push((name, array));
        }
        let otherwise = if self.layout == Layout::Pytorch { 1e-5 } else { 1e-3 };
        let epsilon = self.layer.epsilon.unwrap_or(otherwise);
        if !(epsilon.is_finite() && epsilon >= 0.0) {
            return Err(self.fault(format!("`epsilon` is {epsilon}, expected a small number")));
        }
        made.push(node.with(Attribute::float("epsilon", epsilon)));
        Ok(())
    }

    /// In PyTorch channel by channel, elsewhere place by place.
    fn flatten(&self, made: &mut Made, output: &str) {
        let places = self.places().len();
        if self.layout == Layout::Pytorch || places == 0 {
            return made.push(self.node("Flatten", output));
        }
        let order: Vec<usize> = [0].into_iter().chain(2..2 + places).chain([1]).collect();
        let turned = format!("{}_turned", self.name);
        let node = ProtoNode::new("Transpose", &turned, &self.inputs[..1], &turned);
        made.push(node.with(Attribute::sizes("perm", &order)));
        made.push(ProtoNode::new("Flatten", self.name, &[&turned], output));
    }

    fn sum(&self, made: &mut Made, output: &str) {
        let mut sum = self.inputs[0].to_owned();
        for (number, other) in self.inputs.iter().enumerate().skip(1) {
            let is_last = number + 1 == self.inputs.len();
            let next = if is_last { output.to_owned() } else { format!("{}_{number}", self.name) };
            let name = if is_last { self.name } else { &next };
            made.push(ProtoNode::new("Add", name, &[&sum, other], &next));
            sum = next;
        }
    }
}

impl Made {
    pub(super) fn push(&mut self, node: ProtoNode) {
        self.nodes.push(node);
    }
}

/// What computes a function; nothing does where there is none.
fn function(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::None => None,
        Activation::Relu => Some("Relu"),
        Activation::Relu6 => Some("Clip"),
        Activation::Sigmoid => Some("Sigmoid"),
        Activation::Tanh => Some("Tanh"),
        Activation::Softmax => Some("Softmax"),
    }
}

fn applied(function: &str, name: &str, from: &str, output: &str) -> ProtoNode {
    let node = ProtoNode::new(function, name, &[from], output);
    match function {
        "Clip" => node.with(Attribute::float("min", 0.0)).with(Attribute::float("max", 6.0)),
        "Softmax" => node.with(Attribute::int("axis", 1)),
        _ => node,
    }
}
