//! The operators: one file each, the same skeleton.
//!
//! Each file has an [`Operator`]: its kind, `check` (are the types, shapes, weights and
//! parameters such that `run` cannot fail, and how much scratch is needed) and `run`. A network
//! names the operators it may meet; what is not named is not linked.

mod add;
mod concatenation;
mod conv;
mod depthwise_conv;
mod elementwise;
mod fully_connected;
mod mean;
mod mul;
mod pad;
mod pool;
mod quantize;
mod reshape;
mod softmax;
mod table;
pub(crate) mod weights;
mod windows;

use crate::image::record::{Clamp, Record, Scaling, Window};
use crate::image::{Op, OpKind, Place, Tensor};
use crate::kernels::Geometry;
use crate::rolled::Rolled;
use crate::sparse;
use zerocopy::FromBytes;

pub use add::ADD;
pub use concatenation::CONCATENATION;
pub use conv::CONV_2D;
pub use depthwise_conv::DEPTHWISE_CONV_2D;
pub use fully_connected::FULLY_CONNECTED;
pub use mean::MEAN;
pub use mul::MUL;
pub use pad::PAD;
pub use pool::{AVERAGE_POOL_2D, MAX_POOL_2D};
pub use quantize::{DEQUANTIZE, QUANTIZE};
pub use reshape::RESHAPE;
pub use softmax::SOFTMAX;
pub use table::TABLE;
pub use weights::LayerWeights;
pub use windows::fast_scratch_len;

/// Every operator, in the order of [`OpKind::ALL`].
pub static ALL: [&Operator; 15] = [
    &CONV_2D,
    &DEPTHWISE_CONV_2D,
    &FULLY_CONNECTED,
    &AVERAGE_POOL_2D,
    &MAX_POOL_2D,
    &MEAN,
    &ADD,
    &MUL,
    &PAD,
    &CONCATENATION,
    &RESHAPE,
    &SOFTMAX,
    &TABLE,
    &QUANTIZE,
    &DEQUANTIZE,
];

/// What the network knows of an operator. What it does can only be called by a network, which has checked
/// the record before.
pub struct Operator {
    /// Which one it is.
    pub kind: OpKind,
    /// Whether its output may take over the bytes of an input.
    pub in_place: bool,
    /// Checks an operator record once, before the network runs; gives the scratch in bytes.
    pub(crate) check: fn(&Op<'_>) -> Result<usize, Error>,
    /// Runs it. `None` only where the image's bytes have changed since they were checked.
    pub(crate) run: fn(&Op<'_>, Memory<'_>) -> Option<()>,
}

/// Why an operator was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Too few or too many inputs.
    BadInputCount {
        /// How many there are.
        found: u8,
    },
    /// An input or the output is of a type that the operator does not take.
    BadType,
    /// The shapes of inputs, output, weights and window do not belong together.
    BadShape,
    /// The parameters are of the wrong length or out of range.
    BadParameters,
    /// There is no weight record, or one where there should be none.
    BadWeights,
    /// A stream of the weight record lies outside the data section or is misaligned.
    WeightsOutOfRange,
    /// The weights' format or element type is not known to this build.
    UnknownFormat {
        /// The code that was found.
        code: u8,
    },
    /// The weights are in a format that the operator does not run from.
    WrongFormat {
        /// The format that was found.
        found: sparse::Format,
    },
    /// The weight matrix is not well-formed.
    Matrix(sparse::Error),
    /// The output takes over an input's bytes where the operator cannot do that.
    NotInPlace,
    /// The scratch in the plan is too small for this build's kernels.
    ScratchTooSmall {
        /// Bytes that are needed.
        needed: u32,
        /// Bytes in the plan.
        given: u32,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::BadInputCount { found } => write!(f, "{found} inputs are not what it takes"),
            Error::BadType => write!(f, "an element type that it does not take"),
            Error::BadShape => write!(f, "shapes that do not belong together"),
            Error::BadParameters => write!(f, "parameters out of range"),
            Error::BadWeights => write!(f, "weights missing or out of place"),
            Error::WeightsOutOfRange => write!(f, "weights outside the data section or misaligned"),
            Error::UnknownFormat { code } => write!(f, "weight format {code} is unknown"),
            Error::WrongFormat { found } => {
                write!(f, "cannot run from weights in format `{}`", found.name())
            }
            Error::Matrix(error) => write!(f, "weights not well-formed: {error}"),
            Error::NotInPlace => write!(f, "cannot overwrite its input"),
            Error::ScratchTooSmall { needed, given } => {
                write!(f, "{needed} bytes of scratch needed, the plan has {given}")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<sparse::Error> for Error {
    fn from(error: sparse::Error) -> Self {
        Error::Matrix(error)
    }
}

/// The memory an operator works on.
pub struct Memory<'m> {
    /// The arena around the output and the scratch: where the inputs are.
    pub rest: [Segment<'m>; 3],
    /// The output's bytes. Where it takes over an input's bytes, they are still that input's.
    pub output: &'m mut [u8],
    /// The scratch's bytes.
    pub scratch: &'m mut [u8],
}

/// A part of the arena that nobody writes to while an operator runs.
#[derive(Clone, Copy, Default)]
pub struct Segment<'m> {
    /// Its first byte's place in the arena.
    pub start: usize,
    /// Its bytes.
    pub bytes: &'m [u8],
}

impl<'m> Memory<'m> {
    /// The bytes of a tensor in the arena or in the image; `None` for one that is being written.
    pub fn bytes(&self, op: &Op<'m>, tensor: Tensor<'_>) -> Option<&'m [u8]> {
        if tensor.place() == Place::Data {
            return op.image().constant(tensor);
        }
        let range = tensor.range();
        self.rest.iter().rolled().find_map(|segment| {
            let start = range.start.checked_sub(segment.start)?;
            segment.bytes.get(start..)?.get(..range.len())
        })
    }

    /// Input `index` as signed bytes; `None` for one that is being overwritten.
    pub fn input(&self, op: &Op<'m>, index: usize) -> Option<&'m [i8]> {
        signed(self.bytes(op, op.input(index)?)?)
    }
}

/// The same bytes, signed.
pub fn signed(bytes: &[u8]) -> Option<&[i8]> {
    <[i8]>::ref_from_bytes(bytes).ok()
}

/// The same bytes, signed.
pub fn signed_mut(bytes: &mut [u8]) -> Option<&mut [i8]> {
    <[i8]>::mut_from_bytes(bytes).ok()
}

/// The parameters of an operator.
fn params<'a, T: Record>(op: &Op<'a>) -> Result<&'a T, Error> {
    op.params().ok_or(Error::BadParameters)
}

/// `N` inputs, all int8, and an int8 output.
fn int8<'a, const N: usize>(op: &Op<'a>) -> Result<([Tensor<'a>; N], Tensor<'a>), Error> {
    let output = op.output().ok_or(Error::BadShape)?;
    let bad_count = Error::BadInputCount { found: op.input_count() as u8 };
    if op.input_count() != N {
        return Err(bad_count);
    }
    let mut inputs = [output; N];
    for (index, input) in inputs.iter_mut().enumerate().rolled() {
        *input = op.input(index).ok_or(bad_count)?;
    }
    let all = inputs.iter().chain([&output]).rolled().all(|t| t.dtype() == crate::image::DType::I8);
    if all { Ok((inputs, output)) } else { Err(Error::BadType) }
}

/// The input and the output of an operator that has one input and no weights, of any types.
fn unary<'a>(op: &Op<'a>) -> Result<(Tensor<'a>, Tensor<'a>), Error> {
    let one_input = op.input_count() == 1;
    ensure(one_input, Error::BadInputCount { found: op.input_count() as u8 })?;
    no_weights(op)?;
    op.input(0).zip(op.output()).ok_or(Error::BadShape)
}

/// No weight record.
fn no_weights(op: &Op<'_>) -> Result<(), Error> {
    ensure(op.weights_id().is_none(), Error::BadWeights)
}

/// Inputs and output mean zero by the same byte. The host gives them one scale too.
fn same_zero_point(op: &Op<'_>) -> Result<(), Error> {
    let output = op.output().ok_or(Error::BadShape)?;
    let same = op.inputs().rolled().all(|input| input.zero_point() == output.zero_point());
    ensure(same, Error::BadParameters)
}

/// A multiplier and a shift in the range of [`requantise`](crate::quant::requantise).
fn check_scaling(scaling: &Scaling) -> Result<(), Error> {
    let (multiplier, shift) = (scaling.multiplier.get(), scaling.shift.get());
    ensure(multiplier >= 0 && (-31..=30).contains(&shift), Error::BadParameters)
}

/// `Ok` where `condition` holds.
fn ensure(condition: bool, error: Error) -> Result<(), Error> {
    if condition { Ok(()) } else { Err(error) }
}

/// A clamp whose bounds are in order and that names no axis.
fn check_clamp(clamp: &Clamp) -> Result<(), Error> {
    let clean = clamp.axis == 0 && clamp.reserved == 0;
    ensure(clamp.min <= clamp.max && clean, Error::BadParameters)
}

/// A window that moves over `input` and gives `output`: batches agree, nothing is zero, no place
/// it reaches overflows, and one that is read in place stays inside.
fn check_window(window: &Window, input: Tensor<'_>, output: Tensor<'_>) -> Result<(), Error> {
    let geometry = Geometry::new(input.dims(), window);
    let sizes = geometry.kernel.iter().chain(&geometry.stride).chain(&geometry.dilation);
    let fits = sizes.rolled().all(|&size| size > 0) && window.min <= window.max;
    ensure(fits && window.multiplier.get() > 0, Error::BadParameters)?;
    let [batch, height, width, _] = output.dims();
    let reach = |outputs: usize, stride: usize, taps: usize, dilation: usize| {
        (outputs as u64 - 1) * stride as u64 + (taps as u64 - 1) * dilation as u64
    };
    let Geometry { kernel, stride, dilation, .. } = geometry;
    let rows = reach(height, stride[0], kernel[0], dilation[0]);
    let cols = reach(width, stride[1], kernel[1], dilation[1]);
    let inside = |reach: u64, size: usize| reach < size as u64 || !geometry.is_pointwise();
    let small = rows.max(cols) < u64::from(u32::MAX) && geometry.window_len() < 1 << 31;
    let reached = inside(rows, geometry.input[0]) && inside(cols, geometry.input[1]);
    ensure(batch == input.dims()[0] && small && reached, Error::BadShape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_operator() {
        assert_eq!(ALL.map(|operator| operator.kind), OpKind::ALL);
    }
}
