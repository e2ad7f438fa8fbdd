//! NumPy arrays: `.npy` files and `.npz` archives.
//!
//! Nothing is allocated for what a header promises: an array takes the memory of the bytes that are
//! there, at most [`files::MAX_BYTES`]. Elements may be stored in either byte order, rows or columns
//! first.

mod npy;

mod npz;

pub use npz::Archive;

use crate::failure::Failure;
use crate::files;
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
    /// The first so many rows.
    pub fn first(&self, rows: usize) -> Array {
        let all = self.shape.first().copied().unwrap_or_default();
        let (rows, row) = (rows.min(all), self.bytes.len() / all.max(1));
        let shape = [&[rows], self.shape.get(1..).unwrap_or_default()].concat();
        let bytes = self.bytes.get(..rows * row).unwrap_or_default().to_vec();
        Array { shape, element: self.element, bytes }
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
        let Element { class, size } = self.element;
        let value = |bytes: &[u8]| {
            let negative = class == Class::Signed && bytes.last().is_some_and(|&high| high >= 128);
            let mut wide = [if negative { 0xff } else { 0 }; 9];
            wide.iter_mut().zip(bytes).for_each(|(wide, &byte)| *wide = byte);
            let [low @ .., sign] = wide;
            let value = i64::from_le_bytes(low);
            ((value < 0) == (sign != 0)).then_some(value)
        };
        let integers = self.bytes.chunks_exact(size.max(1)).map(value);
        if self.is_integer() { integers.collect() } else { None }
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
        let bytes = files::read(path)?;
        npy::parse(bytes).map_err(|fault| fault.of(&format!("`{}`", path.display())))
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
