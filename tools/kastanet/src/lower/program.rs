//! What an image says, before anything has a place in it.

use crate::encode::Encoded;
use kastanet::image::{DType, OpKind};

/// A graph in the image's terms: operators with final parameters, weights encoded, biases folded.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Tensors that operators or the caller touch.
    pub tensors: Vec<Tensor>,
    /// Operators in execution order.
    pub ops: Vec<Op>,
    /// Weights, each of one operator.
    pub weights: Vec<Weights>,
    /// Network inputs, indices into `tensors`.
    pub inputs: Vec<usize>,
    /// Network outputs.
    pub outputs: Vec<usize>,
}

/// A tensor in the image's terms.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its name in the source.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// Number of dimensions in the source.
    pub rank: u8,
    /// Batch, height, width, channels.
    pub dims: [u32; 4],
    /// Real value of one step; 0 for floats.
    pub scale: f32,
    /// The stored value that means zero.
    pub zero_point: i32,
    /// Bytes of a constant.
    pub data: Option<Vec<u8>>,
}

impl Tensor {
    /// Length in bytes.
    pub fn byte_len(&self) -> usize {
        self.dims.iter().map(|&dim| dim as usize).product::<usize>() * self.dtype.size()
    }
}

/// An operator in the image's terms.
#[derive(Clone, Debug)]
pub struct Op {
    /// Its name in the source.
    pub name: String,
    /// What it does.
    pub kind: OpKind,
    /// Indices into [`Program::tensors`].
    pub inputs: Vec<usize>,
    /// Index into [`Program::tensors`].
    pub output: usize,
    /// Index into [`Program::weights`].
    pub weights: Option<usize>,
    /// Its parameters.
    pub params: Params,
    /// Bytes of scratch.
    pub scratch: usize,
}

/// The parameters of an operator.
#[derive(Clone, Debug)]
pub enum Params {
    /// A record of the image, as bytes.
    Bytes(Vec<u8>),
    /// 256 bytes that go to the data section; the parameters name their place.
    Table(Box<[u8; 256]>),
}

/// The weights of one layer.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Number of output channels.
    pub channels: usize,
    /// The matrix.
    pub matrix: Encoded,
    /// One a channel, the input's zero point folded in.
    pub bias: Vec<i32>,
    /// One a channel, or one for all.
    pub multipliers: Vec<i32>,
    /// As many as multipliers.
    pub shifts: Vec<i8>,
}
