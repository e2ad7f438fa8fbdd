//! Arrays whose values the file holds, and what can be computed of them beforehand.

use super::error::Fault;
use super::proto::{self, element};
use crate::graph::{self, Quant, places, strides};

/// The most elements of an array, so that no file can ask for more memory than it has bytes.
pub const MAX_ELEMENTS: usize = 1 << 28;

/// An array in ONNX's order of elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    pub shape: Vec<usize>,
    pub values: Values,
    /// The type of the elements, as the file numbers types.
    pub element: i32,
    /// How real numbers were stored as integers, where they were.
    pub quant: Option<Quant>,
}

/// The elements, each type as the widest of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Real numbers.
    Real(Vec<f32>),
    /// Integers.
    Whole(Vec<i64>),
}

impl Values {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Values::Real(values) => values.len(),
            Values::Whole(values) => values.len(),
        }
    }

    /// Those at these places, each of which must be one.
    pub fn at(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Values::Real(values) => Values::Real(places.map(|place| values[place]).collect()),
            Values::Whole(values) => Values::Whole(places.map(|place| values[place]).collect()),
        }
    }
}

impl Constant {
    /// Elements of the widest type of their kind.
    pub fn new(shape: Vec<usize>, values: Values) -> Self {
        let element = match values {
            Values::Real(_) => element::FLOAT,
            Values::Whole(_) => element::INT64,
        };
        Constant { shape, values, element, quant: None }
    }

    /// Integers in a row.
    pub fn row(values: Vec<i64>) -> Self {
        Constant::new(vec![values.len()], Values::Whole(values))
    }

    /// The elements, if they are real numbers.
    pub fn reals(&self) -> Option<&[f32]> {
        match &self.values {
            Values::Real(values) => Some(values),
            Values::Whole(_) => None,
        }
    }

    /// The elements, if they are integers.
    pub fn wholes(&self) -> Option<&[i64]> {
        match &self.values {
            Values::Whole(values) => Some(values),
            Values::Real(_) => None,
        }
    }

    /// The only element, as a real number.
    pub fn scalar(&self) -> Option<f32> {
        match &self.values {
            Values::Real(values) => <[f32; 1]>::try_from(values.as_slice()).ok().map(|[v]| v),
            Values::Whole(values) => {
                <[i64; 1]>::try_from(values.as_slice()).ok().map(|[v]| v as f32)
            }
        }
    }

    /// Axis `i` of the result is axis `order[i]`; `order` is a permutation.
    pub fn transposed(&self, order: &[usize]) -> Self {
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        let strides = strides(&self.shape);
        let strides: Vec<usize> = order.iter().map(|&axis| strides[axis]).collect();
        let values = self.values.at(places(&shape, &strides));
        let mut quant = self.quant.clone();
        if let Some(quant) = &mut quant {
            let place = order.iter().position(|&axis| axis == quant.dimension);
            quant.dimension = place.unwrap_or_default();
        }
        Constant { shape, values, element: self.element, quant }
    }

    /// The same elements in another shape, which has as many.
    pub fn reshaped(&self, shape: Vec<usize>) -> Self {
        // Scales along an axis may have lost it.
        let quant = self.quant.clone().filter(|quant| quant.scales.len() == 1);
        Constant { shape, values: self.values.clone(), element: self.element, quant }
    }

    /// How the elements were stored, for weights whose axis `outputs` becomes `dimension`.
    pub fn quant_of(&self, outputs: usize, dimension: usize) -> Option<Quant> {
        let quant = self.quant.clone()?;
        let fits = quant.scales.len() == 1 || quant.dimension == outputs;
        fits.then_some(Quant { dimension, ..quant })
    }

    /// The same elements repeated along axes of 1, as NumPy does; `None` where the shapes do not allow it.
    pub fn broadcast(&self, shape: &[usize]) -> Option<Self> {
        let strides = graph::broadcast(&self.shape, shape)?;
        let values = self.values.at(places(shape, &strides));
        let quant = self.quant.clone().filter(|quant| quant.scales.len() == 1);
        Some(Constant { shape: shape.to_vec(), values, element: self.element, quant })
    }

    /// Reads an array of the file.
    pub fn read(tensor: &proto::Tensor) -> Result<Self, Fault> {
        if tensor.location != 0 || !tensor.external.is_empty() {
            return Err(Fault::External { tensor: tensor.name.clone() });
        }
        let shape = shape(tensor)?;
        let values = values(tensor)?;
        let (expected, found) = (shape.iter().product(), values.len());
        if expected != found {
            let (tensor, shape) = (tensor.name.clone(), graph::shape_string(&shape));
            return Err(Fault::Elements { tensor, shape, expected, found });
        }
        Ok(Constant { element: tensor.data_type, ..Constant::new(shape, values) })
    }
}

fn shape(tensor: &proto::Tensor) -> Result<Vec<usize>, Fault> {
    let bad = || Fault::Dims { tensor: tensor.name.clone(), dims: tensor.dims.clone() };
    let mut elements = 1_usize;
    let size = |&dim: &i64| {
        let size = usize::try_from(dim).map_err(|_| bad())?;
        // An array without elements is counted as if it had some: its other sizes are multiplied, too.
        let all = elements.checked_mul(size.max(1));
        elements = all.filter(|&all| all <= MAX_ELEMENTS).ok_or_else(bad)?;
        Ok(size)
    };
    tensor.dims.iter().map(size).collect()
}

/// The elements, which are in `raw` or in the field of their type.
fn values(tensor: &proto::Tensor) -> Result<Values, Fault> {
    let proto::Tensor { raw, floats, int32s, int64s, doubles, .. } = tensor;
    let is_raw = !raw.is_empty();
    let narrow = || int32s.iter().map(|&value| i64::from(value)).collect();
    Ok(match tensor.data_type {
        element::FLOAT if is_raw => Values::Real(each(tensor, f32::from_le_bytes)?),
        element::FLOAT => Values::Real(floats.clone()),
        element::DOUBLE if is_raw => {
            Values::Real(each(tensor, |bytes| f64::from_le_bytes(bytes) as f32)?)
        }
        element::DOUBLE => Values::Real(doubles.iter().map(|&value| value as f32).collect()),
        element::FLOAT16 if is_raw => {
            Values::Real(each(tensor, |bytes| half(u16::from_le_bytes(bytes)))?)
        }
        element::FLOAT16 => Values::Real(int32s.iter().map(|&bits| half(bits as u16)).collect()),
        element::INT64 if is_raw => Values::Whole(each(tensor, i64::from_le_bytes)?),
        element::INT64 => Values::Whole(int64s.clone()),
        element::INT32 if is_raw => {
            Values::Whole(each(tensor, |bytes| i32::from_le_bytes(bytes).into())?)
        }
        element::INT8 if is_raw => {
            Values::Whole(each(tensor, |bytes| i8::from_le_bytes(bytes).into())?)
        }
        element::UINT8 | element::BOOL if is_raw => {
            Values::Whole(each(tensor, |[byte]: [u8; 1]| byte.into())?)
        }
        element::INT32 | element::INT8 | element::UINT8 | element::BOOL => Values::Whole(narrow()),
        other => {
            let (tensor, found) = (tensor.name.clone(), element::name(other));
            return Err(Fault::Type { tensor, found });
        }
    })
}

fn each<const N: usize, T>(
    tensor: &proto::Tensor,
    value: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, Fault> {
    match tensor.raw.as_chunks() {
        (chunks, []) => Ok(chunks.iter().map(|&bytes| value(bytes)).collect()),
        _ => Err(Fault::Bytes { tensor: tensor.name.clone(), found: tensor.raw.len(), size: N }),
    }
}

/// A number in half precision.
pub fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (1, 2_f32.powi(-24)),
            (0x3555, 0.333_251_95),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits), value);
        }
        assert_eq!(half(0x7c00), f32::INFINITY);
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn sizes_are_bounded_beside_a_size_of_zero() {
        let read = |dims: &[i64]| {
            let (dims, data_type) = (dims.to_vec(), element::FLOAT);
            Constant::read(&proto::Tensor { dims, data_type, ..Default::default() })
        };
        assert_eq!(read(&[0, 3]).unwrap().transposed(&[1, 0]).shape, [3, 0]);
        assert!(matches!(read(&[0, 1 << 40, 1 << 40]), Err(Fault::Dims { .. })));
    }

    #[test]
    fn elements_move_with_their_axes() {
        let array = Constant::new(vec![2, 3], Values::Whole((0..6).collect()));
        assert_eq!(array.transposed(&[1, 0]).wholes().unwrap(), [0, 3, 1, 4, 2, 5]);
        let row = Constant::row(vec![7, 8]).broadcast(&[2, 2]).unwrap();
        assert_eq!(row.wholes().unwrap(), [7, 8, 7, 8]);
        assert_eq!(array.broadcast(&[3, 3]), None);
    }
}
