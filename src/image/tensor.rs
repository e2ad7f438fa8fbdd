//! A tensor of the image: type, shape, quantisation, place and lifetime.

use super::record::{NONE, TensorRecord};

/// The type of a tensor's elements or of a weight.
///
/// Codes 4 (int16) and 5 (int4) are kept for those types and are not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum DType {
    /// Signed bytes, quantised.
    I8 = 1,
    /// Unsigned bytes, quantised; only at the network's border.
    U8 = 2,
    /// Floats; only at the network's border.
    F32 = 3,
}

impl DType {
    /// The type with this code.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(DType::I8),
            2 => Some(DType::U8),
            3 => Some(DType::F32),
            _ => None,
        }
    }

    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            DType::I8 | DType::U8 => 1,
            DType::F32 => 4,
        }
    }

    /// The name in the tool's tables.
    pub const fn name(self) -> &'static str {
        match self {
            DType::I8 => "int8",
            DType::U8 => "uint8",
            DType::F32 => "float32",
        }
    }
}

/// Where a tensor's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Place {
    /// In the arena, while it lives.
    Arena,
    /// In the image's data section, always.
    Data,
}

/// A view of one tensor's record.
#[derive(Clone, Copy)]
pub struct Tensor<'a> {
    pub(super) id: u16,
    pub(super) record: &'a TensorRecord,
}

impl Tensor<'_> {
    /// Its number.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Its element type.
    pub fn dtype(&self) -> DType {
        DType::from_code(self.record.dtype).unwrap_or(DType::I8)
    }

    /// Where its bytes are.
    pub fn place(&self) -> Place {
        if self.record.place == 0 { Place::Arena } else { Place::Data }
    }

    /// Batch, height, width, channels; 1 where the source model had fewer dimensions.
    pub fn dims(&self) -> [usize; 4] {
        self.record.dims.map(|dim| dim.get() as usize)
    }

    /// Number of dimensions that the source model gave it, at most 4.
    pub fn rank(&self) -> usize {
        usize::from(self.record.rank)
    }

    /// Number of elements. The check has seen that its bytes are fewer than 2^32.
    pub fn elements(&self) -> usize {
        self.dims().into_iter().fold(1, usize::wrapping_mul)
    }

    /// Length in bytes.
    pub fn byte_len(&self) -> usize {
        self.elements().wrapping_mul(self.dtype().size())
    }

    /// First byte in the arena or in the data section.
    pub fn offset(&self) -> usize {
        self.record.offset.get() as usize
    }

    /// Its bytes in the arena or in the data section.
    pub fn range(&self) -> core::ops::Range<usize> {
        self.offset()..self.offset().saturating_add(self.byte_len())
    }

    /// Real value of one step.
    pub fn scale(&self) -> f32 {
        self.record.scale.get()
    }

    /// The stored value that means zero.
    pub fn zero_point(&self) -> i32 {
        self.record.zero_point.get()
    }

    /// When it is written: 0 for a network input, else 1 + the operator's number.
    pub fn first(&self) -> u16 {
        self.record.first.get()
    }

    /// When it is read last; 1 + the number of operators for a network output.
    pub fn last(&self) -> u16 {
        self.record.last.get()
    }

    /// The tensor whose bytes it takes over when it is written.
    pub fn alias(&self) -> Option<u16> {
        let alias = self.record.alias.get();
        (alias != NONE).then_some(alias)
    }
}
