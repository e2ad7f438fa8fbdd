//! NumPy arrays: `.npy` files and `.npz` archives.
//!
//! Nothing is allocated for what a header promises: an array takes the memory of the bytes that are
//! there, at most [`files::MAX_BYTES`]. Elements may be stored in either byte order, rows or columns
//! first.

mod npy;
mod npz;

pub use npz::{Archive, to_npz};

use crate::failure::Failure;
use crate::files;
use std::ops::Range;
use std::path::Path;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// What it is.
    pub class: Class,
    /// Bytes of one: 1, 2, 4 or 8.
    pub size: usize,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A signed integer.
    Signed,
    /// An unsigned integer.
    Unsigned,
    /// A truth value.
    Bool,
    /// A float.
    Float,
}

impl Element {
    /// Signed bytes.
    pub const I8: Element = Element { class: Class::Signed, size: 1 };
    /// Unsigned bytes.
    pub const U8: Element = Element { class: Class::Unsigned, size: 1 };
    /// Floats of 32 bits.
    pub const F32: Element = Element { class: Class::Float, size: 4 };

    /// The integer that these bytes are, if it fits.
    fn integer(self, bytes: &[u8]) -> Option<i64> {
        let is_signed = self.class == Class::Signed;
        let negative = is_signed && bytes.last().is_some_and(|&high| high >= 128);
        let mut wide = [if negative { 0xff } else { 0 }; 9];
        wide.iter_mut().zip(bytes).for_each(|(wide, &byte)| *wide = byte);
        let [low @ .., sign] = wide;
        let value = i64::from_le_bytes(low);
        ((value < 0) == (sign != 0)).then_some(value)
    }

    /// The number that these bytes are, as the nearest float of 32 bits; nothing for floats of 16 bits, and integers
    /// that do not fit 64 bits.
    fn real(self, bytes: &[u8]) -> Option<f32> {
        match (self.class, bytes) {
            (Class::Float, &[a, b, c, d]) => Some(f32::from_le_bytes([a, b, c, d])),
            (Class::Float, _) => Some(f64::from_le_bytes(bytes.try_into().ok()?) as f32),
            _ => Some(self.integer(bytes)? as f32),
        }
    }
}

/// NumPy's name: `int8`, `float32`.
impl std::fmt::Display for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let class = match self.class {
            Class::Signed => "int",
            Class::Unsigned => "uint",
            Class::Bool => return f.write_str("bool"),
            Class::Float => "float",
        };
        write!(f, "{class}{}", self.size * 8)
    }
}

/// An array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The dimensions, outermost first.
    pub shape: Vec<usize>,
    /// The type of the elements.
    pub element: Element,
    /// The elements, little-endian, the last dimension first.
    pub bytes: Vec<u8>,
}

impl Array {
    /// As many of the rows, from all parts of the array alike: samples may be sorted by class.
    pub fn some(&self, rows: usize) -> Array {
        let all = self.shape.first().copied().unwrap_or_default();
        let (rows, row) = (rows.min(all), self.bytes.len() / all.max(1));
        let starts = (0..rows).map(|at| (at as u128 * all as u128 / rows as u128) as usize * row);
        let shape = [&[rows], self.shape.get(1..).unwrap_or_default()].concat();
        let bytes = starts.flat_map(|start| self.bytes.get(start..start + row).unwrap_or_default());
        Array { shape, element: self.element, bytes: bytes.copied().collect() }
    }

    /// An array of floats.
    pub fn from_f32(shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Array { shape, element: Element::F32, bytes }
    }

    /// The elements as floats, if they are.
    pub fn f32s(&self) -> Option<Vec<f32>> {
        let (values, _) = self.bytes.as_chunks();
        let floats = || values.iter().map(|&value| f32::from_le_bytes(value)).collect();
        (self.element == Element::F32).then(floats)
    }

    /// Whether the elements are integers or truth values.
    pub fn is_integer(&self) -> bool {
        self.element.class != Class::Float
    }

    /// The elements as integers, if they are and fit.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let integers = self.bytes.chunks_exact(self.element.size.max(1));
        let integers = integers.map(|bytes| self.element.integer(bytes));
        if self.is_integer() { integers.collect() } else { None }
    }

    /// The same with floats of 32 bits; of elements of another kind that do not become such, NaN.
    pub fn to_real(&self) -> Self {
        let all = self.bytes.chunks_exact(self.element.size.max(1));
        let values: Vec<f32> = all.map(|one| self.element.real(one).unwrap_or(f32::NAN)).collect();
        Array::from_f32(self.shape.clone(), &values)
    }

    /// Some elements as the nearest floats of 32 bits; nothing where they are not there, or one is a float of 16 bits
    /// or an integer that does not fit 64.
    pub fn reals(&self, elements: Range<usize>) -> Option<Vec<f32>> {
        let size = self.element.size;
        let bytes = elements.start.checked_mul(size)?..elements.end.checked_mul(size)?;
        let values = self.bytes.get(bytes)?.chunks_exact(size.max(1));
        values.map(|one| self.element.real(one)).collect()
    }

    /// The shape as NumPy writes it: `(10, 49)`.
    pub fn shape_string(&self) -> String {
        shape_string(&self.shape)
    }

    /// Reads a `.npy` file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is no array of numbers.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        Self::parse(files::read(path)?, &format!("`{}`", path.display()))
    }

    /// Reads the bytes of a `.npy` file, which is called `name` in messages.
    ///
    /// # Errors
    ///
    /// Bytes that are no array of numbers.
    pub fn parse(bytes: Vec<u8>, name: &str) -> Result<Self, Failure> {
        npy::parse(bytes).map_err(|fault| fault.of(name))
    }

    /// The bytes of a `.npy` file.
    pub fn to_npy(&self) -> Vec<u8> {
        npy::build(self)
    }
}

/// A shape as NumPy writes it: `(10, 49)`, `(5,)`.
pub fn shape_string(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Why some bytes are no array, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    what: String,
    help: &'static str,
}

impl Fault {
    fn of(self, whose: &str) -> Failure {
        Failure::new(format!("cannot use {whose}")).because(self.what).help(self.help)
    }
}
