//! An operator of the image: what it does, what it reads and writes, its parameters.

use super::record::{NONE, OpHead, Record, WeightsRecord};
use super::{Image, Tensor};
use crate::rolled::Rolled;
use zerocopy::FromBytes;
use zerocopy::little_endian::U16;

/// What an operator does. The names are TFLite's where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u8)]
#[allow(missing_docs)] // the variants are the operators' names
pub enum OpKind {
    Conv2d = 1,
    DepthwiseConv2d = 2,
    FullyConnected = 3,
    AveragePool2d = 4,
    MaxPool2d = 5,
    Mean = 6,
    Add = 7,
    Mul = 8,
    Pad = 9,
    Concatenation = 10,
    Reshape = 11,
    Softmax = 12,
    /// Any function of one byte: LOGISTIC, RELU, RELU6, QUANTIZE from int8, …
    Table = 13,
    /// Float to int8.
    Quantize = 14,
    /// Int8 to float.
    Dequantize = 15,
}

impl OpKind {
    /// Every kind, in the order of the codes 1, 2, 3, …
    pub const ALL: [OpKind; 15] = [
        OpKind::Conv2d,
        OpKind::DepthwiseConv2d,
        OpKind::FullyConnected,
        OpKind::AveragePool2d,
        OpKind::MaxPool2d,
        OpKind::Mean,
        OpKind::Add,
        OpKind::Mul,
        OpKind::Pad,
        OpKind::Concatenation,
        OpKind::Reshape,
        OpKind::Softmax,
        OpKind::Table,
        OpKind::Quantize,
        OpKind::Dequantize,
    ];

    /// The kind with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The name in messages and in the tool's tables.
    pub const fn name(self) -> &'static str {
        match self {
            OpKind::Conv2d => "CONV_2D",
            OpKind::DepthwiseConv2d => "DEPTHWISE_CONV_2D",
            OpKind::FullyConnected => "FULLY_CONNECTED",
            OpKind::AveragePool2d => "AVERAGE_POOL_2D",
            OpKind::MaxPool2d => "MAX_POOL_2D",
            OpKind::Mean => "MEAN",
            OpKind::Add => "ADD",
            OpKind::Mul => "MUL",
            OpKind::Pad => "PAD",
            OpKind::Concatenation => "CONCATENATION",
            OpKind::Reshape => "RESHAPE",
            OpKind::Softmax => "SOFTMAX",
            OpKind::Table => "TABLE",
            OpKind::Quantize => "QUANTIZE",
            OpKind::Dequantize => "DEQUANTIZE",
        }
    }
}

/// A view of one operator's record.
#[derive(Clone, Copy)]
pub struct Op<'a> {
    image: &'a Image<'a>,
    number: u16,
    head: &'a OpHead,
    inputs: &'a [U16],
    padding: &'a [u8],
    params: &'a [u8],
}

impl<'a> Op<'a> {
    /// Its place in the order of execution, from 0.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The code of its kind, known to this build or not.
    pub fn code(&self) -> u8 {
        self.head.kind
    }

    /// What it does; `None` for a code that this build does not know.
    pub fn kind(&self) -> Option<OpKind> {
        OpKind::from_code(self.head.kind)
    }

    /// The image it stands in.
    pub fn image(&self) -> &'a Image<'a> {
        self.image
    }

    /// Number of inputs.
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// Input `index`.
    pub fn input(&self, index: usize) -> Option<Tensor<'a>> {
        self.image.tensor(self.inputs.get(index)?.get())
    }

    /// All inputs.
    pub fn inputs(&self) -> impl Iterator<Item = Tensor<'a>> + use<'a> {
        let image = self.image;
        self.inputs.iter().filter_map(move |id| image.tensor(id.get()))
    }

    /// The output.
    pub fn output(&self) -> Option<Tensor<'a>> {
        self.image.tensor(self.head.output.get())
    }

    /// The input whose bytes the output takes over, if it does.
    pub fn in_place(&self) -> Option<usize> {
        let alias = self.output()?.alias()?;
        self.inputs.iter().rolled().position(|id| id.get() == alias)
    }

    /// The weight record, where it has one.
    pub fn weights(&self) -> Option<&'a WeightsRecord> {
        self.image.weights().get(usize::from(self.weights_id()?))
    }

    /// The weight record's number.
    pub fn weights_id(&self) -> Option<u16> {
        let id = self.head.weights.get();
        (id != NONE).then_some(id)
    }

    /// The parameters; `None` where their length is not that of `T`.
    pub fn params<T: Record>(&self) -> Option<&'a T> {
        T::ref_from_bytes(self.params).ok()
    }

    /// Where in the section of operators its parameters start.
    #[cfg(feature = "train")]
    pub(crate) fn params_offset(&self) -> Option<usize> {
        self.params.as_ptr().addr().checked_sub(self.image.operators.as_ptr().addr())
    }

    /// Its scratch in the arena.
    pub fn scratch(&self) -> core::ops::Range<usize> {
        let start = self.head.scratch_offset.get() as usize;
        start..start.saturating_add(self.head.scratch_len.get() as usize)
    }

    /// Its fields that must be zero, and where in the image they start.
    pub(super) fn reserved(&self) -> [(&'a [u8], usize); 2] {
        let fields = [core::slice::from_ref(&self.head.reserved), self.padding];
        let start = self.image.bytes().as_ptr().addr();
        fields.map(|field| (field, field.as_ptr().addr() - start))
    }

    /// Reads the record at the start of `bytes`; also gives what follows it.
    fn read(image: &'a Image<'a>, number: u16, bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = OpHead::ref_from_prefix(bytes).ok()?;
        let count = usize::from(head.inputs);
        let (inputs, rest) = <[U16]>::ref_from_prefix_with_elems(rest, count).ok()?;
        let (padding, rest) = rest.split_at_checked(count % 2 * size_of::<U16>())?;
        let (params, rest) = rest.split_at_checked(usize::from(head.params_len))?;
        let op = Op { image, number, head, inputs, padding, params };
        head.params_len.is_multiple_of(4).then_some((op, rest))
    }
}

/// The operators of an image, in the order in which they run.
#[derive(Clone)]
pub struct Operators<'a> {
    image: &'a Image<'a>,
    next: u16,
    rest: &'a [u8],
}

impl<'a> Operators<'a> {
    pub(super) fn new(image: &'a Image<'a>, bytes: &'a [u8]) -> Self {
        Operators { image, next: 0, rest: bytes }
    }

    /// Bytes that are not yet read; not empty after the last operator: a record is cut short.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Operators<'a> {
    type Item = Op<'a>;

    fn next(&mut self) -> Option<Op<'a>> {
        let (op, rest) = Op::read(self.image, self.next, self.rest)?;
        self.next = self.next.wrapping_add(1);
        self.rest = rest;
        Some(op)
    }
}
