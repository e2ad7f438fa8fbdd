//! The image's records, byte for byte: the reader casts flash to them, the writer casts them to
//! bytes. `FORMAT.md` draws each; the field order there and here is one order.

use zerocopy::little_endian::{F32, I32, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first four bytes of an image.
pub const MAGIC: [u8; 4] = *b"KAST";

/// The newest format version this crate reads and the only one the tool writes.
///
/// It goes up when a reader of the version before would misread an image: a record that changes
/// size or meaning, a rule that is dropped. It stays for what old readers skip or refuse by name:
/// a new optional section, operator, weight format or element type.
pub const VERSION: u16 = 1;

/// Alignment in bytes of the image, its sections, the arena and the tensors in it.
pub const ALIGN: usize = 16;

/// Alignment in bytes of each stream of weights, biases and multipliers in the data section.
pub const STREAM_ALIGN: usize = 8;

/// Sections of an image, at most.
pub const MAX_SECTIONS: u16 = 64;

/// Tensors of an image, at most; the check of the plan takes half the square of their number.
pub const MAX_TENSORS: u16 = 2048;

/// Operators of an image, at most.
pub const MAX_OPERATORS: u16 = 2048;

/// "No such tensor", "no weights".
pub const NONE: u16 = 0xffff;

/// Section kinds. A number is never used again for something else.
pub mod section {
    /// [`TensorRecord`](super::TensorRecord)s.
    pub const TENSORS: u16 = 1;
    /// Operators in the order they run, each an [`OpHead`](super::OpHead) and what follows it.
    pub const OPERATORS: u16 = 2;
    /// [`WeightsRecord`](super::WeightsRecord)s.
    pub const WEIGHTS: u16 = 3;
    /// Weights, biases, multipliers, tables, constants.
    pub const DATA: u16 = 4;
    /// Tensor numbers of the network's inputs, then of its outputs.
    pub const PORTS: u16 = 5;
    /// Names of operators and tensors; optional, strippable.
    pub const NAMES: u16 = 6;
    /// Names of the classes of the first output; optional.
    pub const LABELS: u16 = 7;
    /// Hash of the source and the tool's version; optional.
    pub const PROVENANCE: u16 = 8;
    /// Weights that training starts from, where the data section's do not serve; optional.
    pub const RESERVE: u16 = 9;
    /// What is trained on the device, see `train::record`; optional.
    pub const TRAINABLE: u16 = 10;
    /// A signature over the bytes before it. Reserved, not yet written.
    pub const SIGNATURE: u16 = 11;
    /// Means, then standard deviations, of the network's input, as 32-bit floats; optional.
    pub const NORMALISATION: u16 = 12;
}

/// The first 64 bytes of an image.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 4],
    /// [`VERSION`].
    pub version: U16,
    /// Number of entries in the directory, which follows the header.
    pub section_count: U16,
    /// Length of the whole image.
    pub total_len: U32,
    /// CRC-32 (ISO-HDLC) of the whole image but these four bytes.
    pub crc: U32,
    /// Bytes of RAM that inference needs.
    pub arena_len: U32,
    /// Bytes of RAM that training needs; zero: not planned.
    pub training_len: U32,
    /// Must be zero.
    pub reserved: [u8; 40],
}

/// One entry of the directory.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SectionRecord {
    /// One of [`section`].
    pub kind: U16,
    /// Bit 0: a reader that does not know the kind may skip it. Other bits must be zero.
    pub flags: U16,
    /// First byte, from the start of the image, a multiple of [`ALIGN`].
    pub offset: U32,
    /// Length in bytes, without padding.
    pub len: U32,
    /// Must be zero.
    pub reserved: U32,
}

/// [`SectionRecord::flags`]: the section may be skipped.
pub const OPTIONAL: u16 = 1;

/// A tensor: an activation in the arena, or a constant in the data section.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct TensorRecord {
    /// Element type, see [`DType`](super::DType).
    pub dtype: u8,
    /// 0 in the arena, 1 in the data section; 2 is kept for what outlives an inference.
    pub place: u8,
    /// Number of dimensions the source model gave it, 0 to 4.
    pub rank: u8,
    /// Must be zero.
    pub reserved: u8,
    /// Shape as batch, height, width, channels, filled with 1 at the front.
    pub dims: [U32; 4],
    /// First byte in the arena (a multiple of [`ALIGN`]) or in the data section (of
    /// [`STREAM_ALIGN`]).
    pub offset: U32,
    /// Real value of one step; 0 where the type is not quantised.
    pub scale: F32,
    /// The stored value that means zero.
    pub zero_point: I32,
    /// Time at which it is written: 0 for a network input, else 1 + the operator's number.
    pub first: U16,
    /// Last time at which it is read; 1 + the number of operators for a network output.
    pub last: U16,
    /// The input whose bytes the writing operator overwrites with this tensor, or [`NONE`].
    pub alias: U16,
    /// Must be zero.
    pub reserved2: U16,
}

/// What an operator record starts with; `inputs` tensor numbers (16 bits each, padded with zeros
/// to four bytes) and `params_len` bytes of parameters follow.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct OpHead {
    /// See [`OpKind`](super::OpKind).
    pub kind: u8,
    /// Number of input tensors.
    pub inputs: u8,
    /// Length of the parameters in bytes, a multiple of four.
    pub params_len: u8,
    /// Must be zero.
    pub reserved: u8,
    /// The output tensor.
    pub output: U16,
    /// The weight record, or [`NONE`].
    pub weights: U16,
    /// First byte of the scratch in the arena, a multiple of [`ALIGN`]; 0 where there is none.
    pub scratch_offset: U32,
    /// Length of the scratch.
    pub scratch_len: U32,
}

/// The weights of one convolution or fully connected layer.
///
/// Offsets are into the data section, each a multiple of [`STREAM_ALIGN`].
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WeightsRecord {
    /// See [`Format`](crate::sparse::Format).
    pub format: u8,
    /// Element type of the values, see [`DType`](super::DType).
    pub dtype: u8,
    /// Bytes of one entry of the row table, 1 or 2; of a format without one, what it needs to know:
    /// see [`Streams`](crate::sparse::Streams).
    pub parameter: u8,
    /// Bit 0: multipliers and shifts are per output channel, else one of each.
    pub flags: u8,
    /// Rows: output channels (filter taps for a depthwise filter).
    pub rows: U32,
    /// Columns: weights of one output channel (channels for a depthwise filter).
    pub cols: U32,
    /// Number of output channels.
    pub channels: U32,
    /// Weights that are not zero.
    pub nonzeros: U32,
    /// Row table: numbers of indices in the index stream.
    pub counts_offset: U32,
    /// Index stream.
    pub indices_offset: U32,
    /// Length of the index stream in bytes.
    pub indices_len: U32,
    /// Value stream.
    pub values_offset: U32,
    /// Length of the value stream in bytes.
    pub values_len: U32,
    /// 32-bit bias per channel, the input's zero point folded in.
    pub bias_offset: U32,
    /// 32-bit Q31 multipliers.
    pub multipliers_offset: U32,
    /// 8-bit shifts, to the left where positive.
    pub shifts_offset: U32,
    /// Must be zero.
    pub reserved: [u8; 12],
}

/// [`WeightsRecord::flags`]: one multiplier and shift per channel.
pub const PER_CHANNEL: u8 = 1;

/// Parameters of convolutions and poolings.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Window {
    /// Height and width of the window, before dilation.
    pub kernel: [U16; 2],
    /// Step between two windows, height and width.
    pub stride: [U16; 2],
    /// Step between two taps, height and width; 1 for poolings.
    pub dilation: [U16; 2],
    /// Rows of padding above and columns to the left.
    pub pad: [U16; 2],
    /// Output channels per input channel of a depthwise convolution, else 1.
    pub multiplier: U16,
    /// Smallest output.
    pub min: i8,
    /// Largest output.
    pub max: i8,
}

/// Parameters of FULLY_CONNECTED and CONCATENATION, and the end of others.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Clamp {
    /// Smallest output.
    pub min: i8,
    /// Largest output.
    pub max: i8,
    /// Dimension, 0 to 3, along which CONCATENATION joins; else zero.
    pub axis: u8,
    /// Must be zero.
    pub reserved: u8,
}

/// A Q31 multiplier and a shift, to the left where positive.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Scaling {
    /// Q31 multiplier, not negative; but for MEAN the tool writes 0 or one in [2^30, 2^31).
    pub multiplier: I32,
    /// Shift, −31 to 30.
    pub shift: I32,
}

/// Parameters of ADD.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct AddParams {
    /// Brings each input to twice the larger input scale, 20 bits up.
    pub inputs: [Scaling; 2],
    /// Brings the sum to the output's scale.
    pub output: Scaling,
    /// Range of the output.
    pub clamp: Clamp,
}

/// Parameters of MUL and MEAN.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ScaleParams {
    /// Brings the product, or the sum, to the output's scale.
    pub output: Scaling,
    /// Range of the output.
    pub clamp: Clamp,
    /// MEAN: bit d is set where dimension d is averaged over; else zero.
    pub axes: U32,
}

/// Parameters of PAD.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PadParams {
    /// Elements before, per dimension.
    pub before: [U16; 4],
    /// What the padding holds.
    pub value: i8,
    /// Must be zero.
    pub reserved: [u8; 3],
}

/// Parameters of SOFTMAX.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SoftmaxParams {
    /// Brings a difference of two inputs to Q5.26.
    pub input: Scaling,
    /// Differences below this give zero.
    pub diff_min: I32,
}

/// Parameters of TABLE.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct TableParams {
    /// 256 bytes in the data section: the output for each input byte, taken as unsigned.
    pub offset: U32,
}

/// A record as it lies in flash: plain little-endian bytes, any alignment, every bit pattern legal.
pub trait Record: FromBytes + Immutable + KnownLayout + Unaligned + Copy {}
impl<T: FromBytes + Immutable + KnownLayout + Unaligned + Copy> Record for T {}
