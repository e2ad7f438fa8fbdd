//! Arrays by their names, of a `.safetensors` file or of a `.npz` archive.

use super::MOST;
use super::error::Fault;
use crate::arrays::{Archive, Array, Class};
use crate::failure::Failure;
use crate::onnx::half;
use safetensors::{Dtype, SafeTensors};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// All arrays of a file.
pub struct Weights<'a> {
    arrays: BTreeMap<String, Stored<'a>>,
}

/// One array.
pub struct Stored<'a> {
    /// The type of its elements.
    pub element: Element,
    /// Its sizes, the outermost first.
    pub shape: Vec<usize>,
    /// The elements, little-endian.
    bytes: Cow<'a, [u8]>,
}

/// The type of an array's elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// Half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// No real numbers; its name.
    Other(String),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Element::F16 => "float16",
            Element::Bf16 => "bfloat16",
            Element::F32 => "float32",
            Element::F64 => "float64",
            Element::Other(name) => name,
        })
    }
}

impl<'a> Weights<'a> {
    /// Those of a `.safetensors` file.
    ///
    /// # Errors
    ///
    /// What is no such file, or a damaged one; far too many arrays.
    pub fn safetensors(bytes: &'a [u8]) -> Result<Self, Fault> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| Fault::Weights(crate::words::short(&error.to_string())))?;
        if file.len() > MOST {
            return Err(Fault::Arrays { found: file.len() });
        }
        let stored = |view: safetensors::tensor::TensorView<'a>| Stored {
            element: element(view.dtype()),
            shape: view.shape().to_vec(),
            bytes: Cow::Borrowed(view.data()),
        };
        let arrays = file.tensors().into_iter().map(|(name, view)| (name, stored(view)));
        Ok(Weights { arrays: arrays.collect() })
    }

    /// Those of an archive, which is called `name` in messages.
    ///
    /// # Errors
    ///
    /// What is no such archive, or a damaged one; far too many arrays.
    pub fn npz(name: &str, bytes: &'a [u8]) -> Result<Weights<'static>, Failure> {
        let archive = Archive::new(name, bytes.into())?;
        let keys = archive.keys(MOST)?;
        let array = |key: String| Ok((key.clone(), Stored::from(archive.array(&key)?)));
        Ok(Weights { arrays: keys.into_iter().map(array).collect::<Result<_, Failure>>()? })
    }

    /// An array.
    pub fn get(&self, name: &str) -> Option<&Stored<'a>> {
        self.arrays.get(name)
    }

    /// All of them, where numbers in names count as numbers.
    pub fn all(&self) -> Vec<(&str, &Stored<'a>)> {
        let mut all: Vec<_> = self.arrays.iter().map(|(name, array)| (&**name, array)).collect();
        all.sort_by_cached_key(|(name, _)| natural(name));
        all
    }
}

/// The pieces of a name: words, and numbers by their length and digits.
fn natural(name: &str) -> Vec<(String, usize, String)> {
    let mut pieces = vec![];
    let mut rest = name;
    while !rest.is_empty() {
        let word = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word);
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let (digits, behind) = behind.split_at(digits);
        let digits = digits.trim_start_matches('0');
        pieces.push((word.to_owned(), digits.len(), digits.to_owned()));
        rest = behind;
    }
    pieces
}

fn element(dtype: Dtype) -> Element {
    match dtype {
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        other => {
            let name = format!("{other:?}").to_lowercase();
            let (kind, bits) = name.split_at(usize::from(!name.is_empty()));
            Element::Other(match kind {
                "i" => format!("int{bits}"),
                "u" => format!("uint{bits}"),
                _ => name,
            })
        }
    }
}

impl From<Array> for Stored<'static> {
    fn from(array: Array) -> Self {
        let element = match (array.element.class, array.element.size) {
            (Class::Float, 2) => Element::F16,
            (Class::Float, 4) => Element::F32,
            (Class::Float, 8) => Element::F64,
            _ => Element::Other(array.element.to_string()),
        };
        Stored { element, shape: array.shape, bytes: Cow::Owned(array.bytes) }
    }
}

impl Stored<'_> {
    /// The elements in single precision; `None` where they are no real numbers.
    pub fn reals(&self) -> Option<Vec<f32>> {
        match self.element {
            Element::F16 => Some(self.each(|bytes| half(u16::from_le_bytes(bytes)))),
            Element::Bf16 => {
                Some(self.each(|bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)))
            }
            Element::F32 => Some(self.each(f32::from_le_bytes)),
            Element::F64 => Some(self.each(|bytes| f64::from_le_bytes(bytes) as f32)),
            Element::Other(_) => None,
        }
    }

    fn each<const N: usize>(&self, real: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        let (values, _) = self.bytes.as_chunks();
        values.iter().map(|&bytes| real(bytes)).collect()
    }
}
