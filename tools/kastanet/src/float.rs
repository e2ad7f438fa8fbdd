//! Running a float graph: what a checkpoint computes before anything is pruned or quantised.
//!
//! Plain loops over one sample, in the order of the graph's operators; [`Float::run`] gives every tensor, so that
//! ranges can be watched. Sums are kept in single precision, as the frameworks that checkpoints come from do.
//!
//! A quantised graph is run as what its integers stand for ([`Float::of_int8`]): constants are decoded, and every
//! activation is rounded to its scale and cut to its type. That is its arithmetic but for how ties are broken, and
//! shares nothing with the image's.

mod blocks;
mod elementwise;
mod layers;
mod pool;
mod rounding;

pub use blocks::blocks;

use crate::graph::{Activation, Graph, Op, OpKind, Tensor, TensorId};
use rounding::Rounding;
use thiserror::Error;

/// A graph whose constants are decoded.
pub struct Float<'g> {
    graph: &'g Graph,
    /// The elements of each constant of real numbers; empty for other tensors.
    constants: Vec<Vec<f32>>,
    /// How each tensor is rounded; `None` where it is not.
    rounded: Vec<Option<Rounding>>,
}

/// Why a graph cannot be run in float.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FloatError {
    /// A tensor holds integers.
    #[error("operator {op:?} ({kind}) does not compute in float32")]
    Integer {
        /// The operator's name.
        op: String,
        /// What it does.
        kind: &'static str,
    },
    /// An input has another number of elements.
    #[error("input {index} has {found} elements, expected {expected}")]
    Input {
        /// Which one.
        index: usize,
        /// Elements of the graph's input.
        expected: usize,
        /// Elements that were given.
        found: usize,
    },
}

/// The elements of every tensor after a run; empty for constants.
pub type Values = Vec<Vec<f32>>;

/// An operator at work.
struct At<'a> {
    graph: &'a Graph,
    constants: &'a [Vec<f32>],
    values: &'a [Vec<f32>],
    op: &'a Op,
}

impl<'g> Float<'g> {
    /// Decodes the constants of a [valid](Graph::validate) graph.
    ///
    /// # Errors
    ///
    /// The first operator that computes in integers.
    pub fn new(graph: &'g Graph) -> Result<Self, FloatError> {
        use crate::graph::DType::F32;
        let is_float = |op: &&Op| {
            graph.input(op, 0).is_some_and(|x| x.dtype == F32)
                && graph.output(op).is_some_and(|y| y.dtype == F32)
        };
        if let Some(op) = graph.ops.iter().find(|op| !is_float(op)) {
            return Err(FloatError::Integer { op: op.name.clone(), kind: op.kind.name() });
        }
        let constants = graph.tensors.iter().map(|tensor| tensor.to_f32().unwrap_or_default());
        let rounded = vec![None; graph.tensors.len()];
        Ok(Float { graph, constants: constants.collect(), rounded })
    }

    /// A [valid](Graph::validate) quantised graph, as what its integers stand for.
    pub fn of_int8(graph: &'g Graph) -> Self {
        let rounded = graph.tensors.iter().map(Rounding::of).collect();
        Float { graph, constants: rounding::constants(graph), rounded }
    }

    /// A graph in whichever of the two ways it computes.
    ///
    /// # Errors
    ///
    /// One that computes in both.
    pub fn of(graph: &'g Graph) -> Result<Self, FloatError> {
        if graph.is_float() { Self::new(graph) } else { Ok(Self::of_int8(graph)) }
    }

    /// Computes every tensor from the inputs of one sample, in the graph's order.
    ///
    /// # Errors
    ///
    /// An input of another size.
    pub fn run(&self, inputs: &[&[f32]]) -> Result<Values, FloatError> {
        let mut values = vec![vec![]; self.graph.tensors.len()];
        for (index, &id) in self.graph.inputs.iter().enumerate() {
            let expected = self.graph.tensors[id].elements();
            let given = inputs.get(index).copied().unwrap_or_default();
            if given.len() != expected {
                return Err(FloatError::Input { index, expected, found: given.len() });
            }
            values[id] = self.rounded(id, given.to_vec());
        }
        for op in &self.graph.ops {
            let at = At { graph: self.graph, constants: &self.constants, values: &values, op };
            let y = self.rounded(op.outputs[0], at.run());
            values[op.outputs[0]] = y;
        }
        Ok(values)
    }

    /// A tensor's values as it can hold them.
    fn rounded(&self, id: TensorId, mut values: Vec<f32>) -> Vec<f32> {
        if let Some(rounding) = self.rounded[id] {
            values.iter_mut().for_each(|value| *value = rounding.of_value(*value));
        }
        values
    }

    /// The sum of all windows that a layer sees of its input, and how many there are.
    pub fn window_sum(&self, number: usize, input: &[f32]) -> (Vec<f64>, usize) {
        let op = &self.graph.ops[number];
        let mut values = vec![vec![]; self.graph.tensors.len()];
        if let Some(id) = op.input(0) {
            values[id] = self.rounded(id, input.to_vec());
        }
        At { graph: self.graph, constants: &self.constants, values: &values, op }.window_sum()
    }

    /// What a layer computes of one window, before the function behind it.
    pub fn of_window(&self, number: usize, window: &[f64]) -> Vec<f64> {
        let op = &self.graph.ops[number];
        let constant = |id: Option<TensorId>| id.map_or(&[][..], |id| &self.constants[id]);
        let (weights, bias) = (constant(op.weights()), constant(op.bias()));
        let is_depthwise = matches!(op.kind, OpKind::DepthwiseConv2d { .. });
        let outputs = self.graph.output(op).and_then(|y| y.shape.last().copied()).unwrap_or(0);
        // A depthwise output has the window's elements of one channel, and weights as far apart as there are outputs.
        let taps = weights.len().checked_div(outputs).unwrap_or(0);
        let depth = window.len().checked_div(taps).unwrap_or(0);
        let sum = |output: usize| -> f64 {
            let each = (0..taps).map(|tap| match is_depthwise {
                true => {
                    let channel = output * depth / outputs;
                    f64::from(weights[tap * outputs + output]) * window[tap * depth + channel]
                }
                false => f64::from(weights[output * taps + tap]) * window[tap],
            });
            each.sum::<f64>() + f64::from(bias.get(output).copied().unwrap_or_default())
        };
        (0..outputs).map(sum).collect()
    }

    /// The first output of one sample.
    ///
    /// # Errors
    ///
    /// As [`Float::run`].
    pub fn output(&self, inputs: &[&[f32]]) -> Result<Vec<f32>, FloatError> {
        let mut values = self.run(inputs)?;
        Ok(self
            .graph
            .outputs
            .first()
            .map(|&id| std::mem::take(&mut values[id]))
            .unwrap_or_default())
    }
}

impl At<'_> {
    fn run(&self) -> Vec<f32> {
        match self.op.kind {
            OpKind::Conv2d { padding, stride, dilation, activation } => {
                self.conv((padding, stride, dilation), activation)
            }
            OpKind::DepthwiseConv2d { padding, stride, dilation, activation, .. } => {
                self.depthwise((padding, stride, dilation), activation)
            }
            OpKind::FullyConnected { activation, .. } => self.fully_connected(activation),
            OpKind::AveragePool2d { padding, stride, filter, activation } => {
                self.average_pool((padding, stride, filter), activation)
            }
            OpKind::MaxPool2d { padding, stride, filter, activation } => {
                self.max_pool((padding, stride, filter), activation)
            }
            OpKind::Mean { .. } => self.mean(),
            OpKind::Add { activation } => self.both(|a, b| a + b, activation),
            OpKind::Mul { activation } => self.both(|a, b| a * b, activation),
            OpKind::Pad => self.pad(0.0),
            OpKind::PadV2 => self.pad(self.values(2).first().copied().unwrap_or_default()),
            OpKind::Concatenation { axis, activation } => self.concatenated(axis, activation),
            OpKind::Softmax { beta } => self.softmax(beta),
            OpKind::Logistic => self.each(|x| 1.0 / (1.0 + (-x).exp())),
            OpKind::Tanh => self.each(f32::tanh),
            OpKind::Relu => self.each(|x| cut(Activation::Relu, x)),
            OpKind::Relu6 => self.each(|x| cut(Activation::Relu6, x)),
            OpKind::Reshape | OpKind::Squeeze | OpKind::Quantize | OpKind::Dequantize => {
                self.values(0).to_vec()
            }
        }
    }

    fn id(&self, index: usize) -> Option<TensorId> {
        self.op.input(index)
    }

    /// The elements of an input; none where it is left out.
    fn values(&self, index: usize) -> &[f32] {
        let Some(id) = self.id(index) else { return &[] };
        if self.graph.tensors[id].is_constant() { &self.constants[id] } else { &self.values[id] }
    }

    fn tensor(&self, index: usize) -> &Tensor {
        &self.graph.tensors[self.op.inputs[index].unwrap_or_default()]
    }

    fn shape(&self, index: usize) -> &[usize] {
        &self.tensor(index).shape
    }

    fn output_shape(&self) -> &[usize] {
        &self.graph.tensors[self.op.outputs[0]].shape
    }
}

/// What is applied behind an operator.
fn cut(activation: Activation, y: f32) -> f32 {
    match activation {
        Activation::None => y,
        Activation::Relu => y.max(0.0),
        Activation::Relu6 => y.clamp(0.0, 6.0),
        Activation::ReluN1To1 => y.clamp(-1.0, 1.0),
    }
}
