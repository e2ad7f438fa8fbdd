//! The training program's records, byte for byte: in an image they lie in the section
//! [`TRAINABLE`](crate::image::record::section::TRAINABLE), on a host anywhere.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// "No such tensor", "no gradient", "no bias", "no stream".
pub const NOWHERE: u32 = u32::MAX;

/// What the section starts with: operations follow, then layers, then [`Header::data_len`] bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// Number of [`Operation`]s, in the order in which they run forward.
    pub operations: U16,
    /// Number of [`Layer`]s.
    pub layers: U16,
    /// The first operator of the image that is trained: those before it run as they are. 0 on a host.
    pub first: U16,
    /// The tensor of the image that is the training input, or [`NONE`](crate::image::record::NONE).
    pub boundary: U16,
    /// The function of the image's last operator, which the loss takes over: see
    /// [`Function`](super::Function); 0: none.
    pub last: u8,
    /// 0: gradients are kept until all are known; 1: a gradient is kept until its operation has gone back, and
    /// they are computed a second time while weights take their step.
    pub recompute: u8,
    /// The table of what weights have learned that left the backward set, as a share of that, in ten-thousandths;
    /// [`NONE`](crate::image::record::NONE): the backward set stays.
    pub table: U16,
    /// Floats of activations and their gradients, of one sample.
    pub floats: U32,
    /// The input: first float and number of floats.
    pub input: [U32; 2],
    /// The output: first float and number of floats, and the first float of its gradient.
    pub output: [U32; 3],
    /// Bytes behind the records: scales and biases.
    pub data_len: U32,
}

/// Where the values of a tensor and their gradients lie, in floats; [`NOWHERE`] where nothing is kept.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Slot {
    /// First float of the values.
    pub value: U32,
    /// First float of the gradients.
    pub gradient: U32,
}

/// One operation of the trained part.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Operation {
    /// See [`Kind`](super::Kind).
    pub kind: u8,
    /// What is applied to the output, see [`Function`](super::Function).
    pub function: u8,
    /// Bit 0: the output is cleared before it is written; bits 1 and 2: this operation is the first,
    /// on the way back, that adds to the gradient of its first and second input.
    pub flags: u8,
    /// Must be zero.
    pub reserved: u8,
    /// The layer, or [`NONE`](crate::image::record::NONE).
    pub layer: U16,
    /// Must be zero.
    pub reserved2: U16,
    /// First input.
    pub x: Slot,
    /// Second input.
    pub x2: Slot,
    /// Output.
    pub y: Slot,
    /// Height, width, channels of the first input.
    pub x_dims: [U16; 3],
    /// Height, width, channels of the second input.
    pub x2_dims: [U16; 3],
    /// Height, width, channels of the output.
    pub y_dims: [U16; 3],
    /// Height and width of the window.
    pub kernel: [U16; 2],
    /// Step between two windows.
    pub stride: [U16; 2],
    /// Step between two taps.
    pub dilation: [U16; 2],
    /// Rows above and columns to the left that are padding. PLACE: rows, columns and, in `dilation`'s
    /// first, channels before the input in the output.
    pub pad: [U16; 2],
    /// Must be zero.
    pub reserved3: [u8; 2],
}

/// The weights of one operation.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Layer {
    /// Outputs.
    pub rows: U32,
    /// Weights of one output, in the order (ky, kx, channel).
    pub cols: U32,
    /// 0 sparse, 1 dense, 2 frozen.
    pub kind: u8,
    /// What is chosen as one: 0 a weight, 1 a block of 4 × 1, 2 a block of 1 × 4, 3 weights of every
    /// `group` of a row.
    pub unit: u8,
    /// Unit 3: consecutive weights of a group, a power of two up to 16; else 0.
    pub group: u8,
    /// Must be zero.
    pub reserved: u8,
    /// Units of the forward set; of unit 3, weights of each group.
    pub forward: U32,
    /// Units of the backward set; of unit 3, weights of each group.
    pub backward: U32,
    /// The weight record of the image that holds the forward set, or [`NONE`](crate::image::record::NONE).
    pub weights: U16,
    /// Reserve: the format of its streams, see [`Format`](crate::sparse::Format); 0xff: none.
    pub format: u8,
    /// Reserve: see [`Streams`](crate::sparse::Streams).
    pub parameter: u8,
    /// Scales of the rows: f32 × rows, in the bytes behind the records.
    pub scales: U32,
    /// Biases: f32 × rows, in the bytes behind the records, or [`NOWHERE`].
    pub bias: U32,
    /// Reserve: row table, an offset in the section
    /// [`RESERVE`](crate::image::record::section::RESERVE) as those that follow.
    pub counts: U32,
    /// Reserve: index stream.
    pub indices: U32,
    /// Reserve: bytes of the index stream.
    pub indices_len: U32,
    /// Reserve: value stream.
    pub values: U32,
    /// Reserve: bytes of the value stream.
    pub values_len: U32,
}
