//! Tensors: type, shape, quantisation, and the bytes of constants.

use std::fmt;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// IEEE 754 single precision.
    F32,
    /// One byte, zero or one.
    Bool,
}

impl DType {
    /// The size of one element in bytes.
    pub fn size(self) -> usize {
        match self {
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::I16 => 2,
            DType::I32 | DType::F32 => 4,
            DType::I64 => 8,
        }
    }

    /// The name as people write it: `int8`, `float32`.
    pub fn name(self) -> &'static str {
        match self {
            DType::I8 => "int8",
            DType::U8 => "uint8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::F32 => "float32",
            DType::Bool => "bool",
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Affine quantisation: `real = scale · (stored − zero_point)`.
///
/// One entry means one scale for the whole tensor; otherwise there is one entry for each index
/// along `dimension`.
#[derive(Debug, Clone, PartialEq)]
pub struct Quant {
    /// The scales, finite and above zero.
    pub scales: Vec<f32>,
    /// The stored values that mean zero, as many as there are scales.
    pub zero_points: Vec<i32>,
    /// The dimension the entries run along.
    pub dimension: usize,
}

/// A tensor: a constant of the model, or a value computed on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The name in the source file, unchanged.
    pub name: String,
    /// The type of the elements.
    pub dtype: DType,
    /// The dimensions, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// How integers map to real numbers, if they do.
    pub quant: Option<Quant>,
    /// The bytes of a constant, little-endian; `None` for a computed tensor.
    pub data: Option<Vec<u8>>,
}

impl Tensor {
    /// The number of elements (saturating, so that an unchecked shape cannot wrap round).
    pub fn elements(&self) -> usize {
        self.shape.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
    }

    /// The number of bytes the elements take (saturating).
    pub fn byte_len(&self) -> usize {
        self.elements().saturating_mul(self.dtype.size())
    }

    /// Whether the tensor's value is part of the model.
    pub fn is_constant(&self) -> bool {
        self.data.is_some()
    }

    /// The shape as people write it: `1×32×32×3`, or `scalar`.
    pub fn shape_string(&self) -> String {
        shape_string(&self.shape)
    }

    /// The elements of an int8 constant.
    pub fn to_i8(&self) -> Option<Vec<i8>> {
        let data = self.data_of(DType::I8)?;
        Some(data.iter().map(|&byte| byte as i8).collect())
    }

    /// The elements of an int32 constant, or of an int64 one whose values all fit.
    pub fn to_i32(&self) -> Option<Vec<i32>> {
        if let Some(data) = self.data_of(DType::I64) {
            let (values, _) = data.as_chunks();
            return values.iter().map(|&value| i64::from_le_bytes(value).try_into().ok()).collect();
        }
        let (values, _) = self.data_of(DType::I32)?.as_chunks();
        Some(values.iter().map(|&value| i32::from_le_bytes(value)).collect())
    }

    /// The elements of a float constant.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        let (values, _) = self.data_of(DType::F32)?.as_chunks();
        Some(values.iter().map(|&value| f32::from_le_bytes(value)).collect())
    }

    /// The real numbers that an int8 constant stands for; `None` where its scales do not fit it.
    pub fn to_real(&self) -> Option<Vec<f32>> {
        let (values, quant) = (self.to_i8()?, self.quant.as_ref()?);
        let inner: usize = match self.shape.get(quant.dimension + 1..) {
            Some(inner) if quant.scales.len() > 1 => inner.iter().product(),
            _ => values.len(),
        };
        let channel = |at: usize| at.checked_div(inner).map(|at| at % quant.scales.len().max(1));
        let real = |(at, value): (usize, &i8)| {
            let channel = channel(at)?;
            let steps = i32::from(*value) - quant.zero_points.get(channel)?;
            Some(steps as f32 * quant.scales.get(channel)?)
        };
        values.iter().enumerate().map(real).collect()
    }

    fn data_of(&self, dtype: DType) -> Option<&[u8]> {
        self.data.as_deref().filter(|_| self.dtype == dtype)
    }
}

/// The sizes that are not 1: where they are the same, two shapes lie alike in memory.
pub(crate) fn narrow(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|&size| size != 1).collect()
}

/// A shape as people write it: `1×32×32×3`, or `scalar`.
pub fn shape_string(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "scalar".into();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}
