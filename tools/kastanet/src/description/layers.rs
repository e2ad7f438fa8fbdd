//! Each layer as nodes of ONNX and the arrays that they read, which are turned to be in its order.

use super::error::Fault;
use super::file::{Activation, Kind, Layer, Layout, Padding, PaddingWord};
use super::order::{Role, Size, sizes, turned};
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
    fn node(&self, kind: &str, output: &str) -> ProtoNode {
        ProtoNode::new(kind, self.name, &self.inputs[..1], output)
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::Layer { layer: self.name.into(), kind: self.kind.key(), what: what.into() }
    }

    /// The sizes of the places: none, a length, or height and width.
    fn places(&self) -> &[usize] {
        self.shape.get(2..).unwrap_or_default()
    }

    fn channels(&self) -> usize {
        self.shape.get(1).copied().unwrap_or_default()
    }

    /// The name of an array of its.
    fn array_name(&self, role: Role) -> String {
        let said = match role {
            Role::Weight => &self.layer.weight,
            Role::Bias => &self.layer.bias,
            Role::Mean => &self.layer.mean,
            Role::Variance => &self.layer.variance,
        };
        let ending = role.ending(self.layout, self.kind);
        said.clone().unwrap_or_else(|| format!("{}{ending}", self.arrays))
    }

    /// An array of finite real numbers with these sizes.
    fn array(&mut self, name: &str, sizes: &[Size]) -> Result<Constant, Fault> {
        let (layer, kind, tensor) = (self.name.to_owned(), self.kind.key(), name.to_owned());
        let Some(stored) = self.weights.get(name) else {
            return Err(Fault::Missing { layer, kind, tensor });
        };
        let fits = |(found, size): (&usize, &Size)| {
            *found > 0 && size.1.is_none_or(|expected| expected == *found)
        };
        let found = &stored.shape;
        if found.len() != sizes.len() || !found.iter().zip(sizes).all(fits) {
            let one = |size: &Size| size.1.map_or_else(|| size.0.into(), |n| n.to_string());
            let expected = sizes.iter().map(one).collect::<Vec<String>>().join("×");
            let found = shape_string(found);
            return Err(Fault::Shape { layer, kind, tensor, found, expected });
        }
        let Some(reals) = stored.reals() else {
            let found = stored.element.to_string();
            return Err(Fault::Type { layer, kind, tensor, found });
        };
        if let Some((place, &found)) = reals.iter().enumerate().find(|(_, real)| !real.is_finite())
        {
            return Err(Fault::NotFinite { layer, kind, tensor, found, place });
        }
        self.used.insert(tensor);
        Ok(Constant::new(stored.shape.clone(), Values::Real(reals)))
    }

    /// An array of one number for each channel; nothing where it is not there and need not be.
    fn vector(&mut self, role: Role, len: usize) -> Result<Option<(String, Constant)>, Fault> {
        let name = self.array_name(role);
        let is_said = match role {
            Role::Weight => self.layer.weight.is_some(),
            Role::Bias => self.layer.bias.is_some(),
            Role::Mean | Role::Variance => true,
        };
        if self.weights.get(&name).is_none() && !is_said {
            return Ok(None);
        }
        let array = self.array(&name, &[("channels", Some(len))])?;
        Ok(Some((name, array)))
    }

    fn conv(&mut self, made: &mut Made, output: &str) -> Result<(), Fault> {
        let (places, channels) = (self.places().len(), self.channels());
        if !(1..=2).contains(&places) {
            return Err(self.fault("it reads numbers without places, expected an image or a row"));
        }
        let name = self.array_name(Role::Weight);
        let window: &[Size] = match places {
            1 => &[("length", None)],
            _ => &[("height", None), ("width", None)],
        };
        let is_depthwise = self.kind == Kind::Depthwise;
        let sizes = sizes(self.layout, is_depthwise, channels, window);
        let array = self.array(&name, &sizes)?;
        let weights = turned(self.layout, is_depthwise, &array);
        let outputs = weights.shape[0];
        if is_depthwise && !outputs.is_multiple_of(channels) {
            return Err(self.fault(format!(
                "{name:?} has {outputs} outputs, expected a multiple of the {channels} channels"
            )));
        }
        let mut node = self.node("Conv", output);
        made.arrays.push((name.clone(), weights));
        node.inputs.push(name);
        if let Some((name, bias)) = self.vector(Role::Bias, outputs)? {
            node.inputs.push(name.clone());
            made.arrays.push((name, bias));
        }
        let groups = if is_depthwise { channels as i64 } else { 1 };
        node = node.with(Attribute::int("group", groups));
        if let Some(dilation) = &self.layer.dilation {
            node = node.with(Attribute::sizes("dilations", &dilation.each(places)));
        }
        made.push(self.window(node, 1, places)?);
        Ok(())
    }

    /// A node with the stride and padding that the layer says.
    fn window(
        &self,
        mut node: ProtoNode,
        stride: usize,
        places: usize,
    ) -> Result<ProtoNode, Fault> {
        let strides = self.layer.stride.as_ref().map(|stride| stride.each(places));
        node = node.with(Attribute::sizes("strides", &strides.unwrap_or(vec![stride; places])));
        let numbers = match &self.layer.padding {
            None | Some(Padding::Word(PaddingWord::Valid)) => return Ok(node),
            Some(Padding::Word(PaddingWord::Same)) => {
                return Ok(node.with(Attribute::word("auto_pad", "SAME_UPPER")));
            }
            Some(Padding::Numbers(numbers)) => numbers.each(places),
        };
        let pads = match numbers.len() {
            len if len == places => numbers.repeat(2),
            len if len == 2 * places => numbers,
            _ => {
                return Err(self.fault(format!(
                    "`padding` is {numbers:?}, expected {places} or {} numbers",
                    2 * places
                )));
            }
        };
        Ok(node.with(Attribute::sizes("pads", &pads)))
    }

    fn pool(&self, made: &mut Made, output: &str) -> Result<(), Fault> {
        let places = self.places().len();
        let (kind, sizes) = match self.kind {
            Kind::MaxPool => ("MaxPool", &self.layer.max_pool),
            _ => ("AveragePool", &self.layer.average_pool),
        };
        let window = sizes.as_ref().map(|sizes| sizes.each(places)).unwrap_or_default();
        let mut node = self.node(kind, output).with(Attribute::sizes("kernel_shape", &window));
        let counts = self.layer.count_padding.unwrap_or(self.layout == Layout::Pytorch);
        if self.kind == Kind::AveragePool && counts {
            node = node.with(Attribute::int("count_include_pad", 1));
        }
        if self.layer.ceil == Some(true) {
            node = node.with(Attribute::int("ceil_mode", 1));
        }
        let mut node = self.window(node, 1, places)?;
        if self.layer.stride.is_none() {
            // Windows stand side by side.
            node.attributes.retain(|attribute| attribute.name != "strides");
            node = node.with(Attribute::sizes("strides", &window));
        }
        made.push(node);
        Ok(())
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
    fn push(&mut self, node: ProtoNode) {
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
