//! From the neutral graph to the image's terms: final parameters, folded biases, encoded weights.
//!
//! Everything that needs floating point or a search happens here, on the host, so that the device
//! is left with integers. Multipliers are computed as TFLite Micro's reference kernels compute
//! them, in the same precision, so that the outputs are its bytes.

mod choice;
mod elementwise;
mod program;
mod scaling;
mod shape;
mod tables;
mod weights;
mod windows;

use crate::graph::{self, Graph, OpKind, TensorId};
use crate::words;
use kastanet::image::{DType, OpKind as Code};
use std::collections::HashMap;
use zerocopy::{Immutable, IntoBytes};

pub(crate) use shape::axis_of;

pub use choice::{Choice, Formats};
pub use program::{Op, Params, Program, Tensor, Weights};

/// Why a graph cannot become an image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tensor of a type that images do not hold.
    #[error(
        "tensor `{tensor}` is {found}; an image holds int8 activations, and uint8 or float32 only where QUANTIZE or DEQUANTIZE turns them into int8"
    )]
    Type {
        /// The tensor.
        tensor: String,
        /// Its type.
        found: graph::DType,
    },
    /// An operator whose operands or parameters are not supported.
    #[error("operator `{op}` ({kind}): {what}")]
    Operator {
        /// The operator.
        op: String,
        /// Its kind.
        kind: &'static str,
        /// What is wrong and what would be right.
        what: String,
    },
    /// A format for a layer that is not there.
    #[error(
        "no convolution or fully connected layer is called `{name}`; there are {}",
        words::list(known)
    )]
    UnknownLayer {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A network input or output that the network does not compute.
    #[error("network output `{0}` is a constant; remove it from the outputs")]
    ConstantOutput(String),
}

/// Lowers `graph`.
///
/// # Errors
///
/// Tensors or operators that an image cannot hold, or a format for a layer that is not there.
pub fn lower(graph: &Graph, choice: &Choice) -> Result<Program, Error> {
    choice.formats.check(graph)?;
    let mut lowering = Lowering { graph, choice, program: Program::default(), ids: HashMap::new() };
    for &input in &graph.inputs {
        let id = lowering.tensor(input)?;
        lowering.program.inputs.push(id);
    }
    for op in &graph.ops {
        lowering.operator(op)?;
    }
    for &output in &graph.outputs {
        if graph.tensors[output].is_constant() {
            return Err(Error::ConstantOutput(graph.tensors[output].name.clone()));
        }
        let id = lowering.tensor(output)?;
        lowering.program.outputs.push(id);
    }
    Ok(lowering.program)
}

struct Lowering<'a> {
    graph: &'a Graph,
    choice: &'a Choice,
    program: Program,
    ids: HashMap<TensorId, usize>,
}

/// A result whose error is a sentence about the operator at hand.
type Said<T> = Result<T, String>;

impl Lowering<'_> {
    fn operator(&mut self, op: &graph::Op) -> Result<(), Error> {
        self.dispatch(op).map_err(|failure| match failure {
            Failure::Said(what) => {
                Error::Operator { op: op.name.clone(), kind: op.kind.name(), what }
            }
            Failure::Error(error) => error,
        })
    }

    fn dispatch(&mut self, op: &graph::Op) -> Result<(), Failure> {
        match op.kind {
            OpKind::Conv2d { .. } | OpKind::DepthwiseConv2d { .. } => self.convolution(op),
            OpKind::FullyConnected { .. } => self.fully_connected(op),
            OpKind::AveragePool2d { .. } | OpKind::MaxPool2d { .. } => self.pool(op),
            OpKind::Add { activation } => self.add(op, activation),
            OpKind::Mul { activation } => self.mul(op, activation),
            OpKind::Mean { .. } => self.mean(op),
            OpKind::Pad | OpKind::PadV2 => self.pad(op),
            OpKind::Concatenation { axis, activation } => self.concatenation(op, axis, activation),
            OpKind::Reshape | OpKind::Squeeze => {
                self.emit(op, Code::Reshape, 1, Params::Bytes(vec![]))
            }
            OpKind::Softmax { beta } => self.softmax(op, beta),
            OpKind::Logistic | OpKind::Tanh | OpKind::Relu | OpKind::Relu6 => self.table(op),
            OpKind::Quantize => match self.operand(op, 0)?.dtype {
                graph::DType::F32 => self.emit(op, Code::Quantize, 1, Params::Bytes(vec![])),
                _ => self.table(op),
            },
            OpKind::Dequantize => self.emit(op, Code::Dequantize, 1, Params::Bytes(vec![])),
        }
    }

    /// Appends an operator without weights that reads its first `inputs` operands.
    fn emit(
        &mut self,
        op: &graph::Op,
        kind: Code,
        inputs: usize,
        params: Params,
    ) -> Result<(), Failure> {
        self.emit_with(op, kind, inputs, params, None, 0)
    }

    fn emit_with(
        &mut self,
        op: &graph::Op,
        kind: Code,
        inputs: usize,
        params: Params,
        weights: Option<Weights>,
        scratch: usize,
    ) -> Result<(), Failure> {
        let ids: Vec<TensorId> = op.inputs.iter().take(inputs).flatten().copied().collect();
        let inputs = ids.into_iter().map(|id| self.tensor(id)).collect::<Result<_, _>>()?;
        let output = *op.outputs.first().ok_or("it has no output")?;
        let output = self.tensor(output)?;
        let weights = weights.map(|weights| {
            self.program.weights.push(weights);
            self.program.weights.len() - 1
        });
        let name = op.name.clone();
        self.program.ops.push(Op { name, kind, inputs, output, weights, params, scratch });
        Ok(())
    }

    /// The image's number of a graph tensor.
    fn tensor(&mut self, id: TensorId) -> Result<usize, Error> {
        if let Some(&known) = self.ids.get(&id) {
            return Ok(known);
        }
        let tensor = image_tensor(&self.graph.tensors[id])?;
        self.program.tensors.push(tensor);
        let new = self.program.tensors.len() - 1;
        self.ids.insert(id, new);
        Ok(new)
    }

    /// Input `index` of `op`, which must be there.
    fn operand(&self, op: &graph::Op, index: usize) -> Said<&graph::Tensor> {
        self.graph.input(op, index).ok_or_else(|| format!("input {index} is missing"))
    }

    /// Input 0 and the output, both int8 with one scale each.
    fn unary(&self, op: &graph::Op) -> Said<(Quantised<'_>, Quantised<'_>)> {
        Ok((self.int8(op, 0)?, self.int8_output(op)?))
    }

    fn int8(&self, op: &graph::Op, index: usize) -> Said<Quantised<'_>> {
        Quantised::int8(self.operand(op, index)?)
    }

    fn int8_output(&self, op: &graph::Op) -> Said<Quantised<'_>> {
        Quantised::int8(self.graph.output(op).ok_or("it has no output")?)
    }
}

/// Either a sentence about the operator at hand or a finished error.
enum Failure {
    Said(String),
    Error(Error),
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Failure::Said(what)
    }
}

impl From<&str> for Failure {
    fn from(what: &str) -> Self {
        Failure::Said(what.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

/// A tensor with one scale and zero point.
#[derive(Clone, Copy)]
struct Quantised<'a> {
    tensor: &'a graph::Tensor,
    scale: f32,
    zero_point: i32,
}

impl<'a> Quantised<'a> {
    fn int8(tensor: &'a graph::Tensor) -> Said<Self> {
        match tensor.dtype {
            graph::DType::I8 => Self::of(tensor),
            other => Err(format!("tensor `{}` is {other}, expected int8", tensor.name)),
        }
    }

    fn of(tensor: &'a graph::Tensor) -> Said<Self> {
        let quant = tensor.quant.as_ref();
        match quant.map(|quant| (quant.scales.as_slice(), quant.zero_points.as_slice())) {
            Some((&[scale], &[zero_point])) => Ok(Quantised { tensor, scale, zero_point }),
            Some(_) => {
                Err(format!("tensor `{}` has a scale per channel, expected one", tensor.name))
            }
            None => Err(format!("tensor `{}` has no scale", tensor.name)),
        }
    }

    fn dims(&self) -> [usize; 4] {
        dims(&self.tensor.shape)
    }
}

/// A shape as batch, height, width, channels, filled with 1 at the front.
pub(crate) fn dims(shape: &[usize]) -> [usize; 4] {
    let mut dims = [1; 4];
    for (dim, &size) in dims.iter_mut().rev().zip(shape.iter().rev()) {
        *dim = size;
    }
    dims
}

fn image_tensor(tensor: &graph::Tensor) -> Result<Tensor, Error> {
    let unfit = || Error::Type { tensor: tensor.name.clone(), found: tensor.dtype };
    let dtype = match tensor.dtype {
        graph::DType::I8 => DType::I8,
        graph::DType::U8 => DType::U8,
        graph::DType::F32 => DType::F32,
        _ => return Err(unfit()),
    };
    let (scale, zero_point) = match dtype {
        DType::F32 => (0.0, 0),
        _ => Quantised::of(tensor).map(|q| (q.scale, q.zero_point)).map_err(|_| unfit())?,
    };
    Ok(Tensor {
        name: tensor.name.clone(),
        dtype,
        rank: tensor.shape.len() as u8,
        dims: dims(&tensor.shape).map(|dim| dim as u32),
        scale,
        zero_point,
        data: tensor.data.clone(),
    })
}

/// A parameter record as bytes.
fn bytes(record: &(impl IntoBytes + Immutable)) -> Params {
    Params::Bytes(record.as_bytes().to_vec())
}
