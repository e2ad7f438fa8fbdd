//! Samples and their classes, in the forms in which people have them.
//!
//! [`open`] tells by content which it is, and gives one array with a sample after the other:
//!
//! ```text
//! .npz      the arrays `x` and `y`                                        arrays
//! .npy      samples alone                                                 arrays
//! a folder  a folder of pictures for each class, or pictures              pictures
//! .csv      a sample a row, the class in a column                         table
//! IDX       MNIST's form, packed by gzip or not; labels in a file beside  idx
//! ```
//!
//! What a file claims about itself is held against what the network takes before memory is taken for it.
//! A [`Normalisation`] is what raw values are made the network's input with.

mod classes;
mod idx;
mod normalisation;
mod pictures;
mod table;

pub use classes::Classes;
pub use normalisation::{Normalisation, NormalisationError};

use crate::arrays::{Archive, Array};
use crate::evaluate::sample_shape;
use crate::failure::Failure;
use crate::files;
use crate::graph::{Graph, narrow, shape_string};
use kastanet::image::Image;
use std::path::Path;

/// The most bytes that samples may take.
pub const MAX_BYTES: usize = 1 << 30;

/// What is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The shape of one sample, channels last.
    pub shape: Vec<usize>,
    /// Whether each is to have a class.
    pub classes: Ask,
}

/// Whether samples are to have classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// They are not looked at.
    Never,
    /// Where there are any.
    IfThere,
    /// There have to be.
    Always,
}

impl Wanted {
    /// Samples of a graph's first input.
    pub fn of_graph(graph: &Graph, classes: Ask) -> Self {
        let input = graph.inputs.first().and_then(|&id| graph.tensors.get(id));
        let shape = input.map_or(&[][..], |tensor| &tensor.shape);
        // The first of several dimensions is a batch, of one.
        let shape = shape.get(usize::from(shape.len() > 1)..).unwrap_or_default().to_vec();
        Wanted { shape, classes }
    }

    /// Samples of an image's first input.
    pub fn of_image(image: Image<'_>, classes: Ask) -> Self {
        Wanted { shape: image.inputs().next().map(sample_shape).unwrap_or_default(), classes }
    }

    /// Values of a sample.
    fn size(&self) -> usize {
        self.shape.iter().fold(1, |size: usize, &dim| size.saturating_mul(dim))
    }

    /// Whether a sample has but one dimension that counts.
    fn is_vector(&self) -> bool {
        narrow(&self.shape).len() <= 1
    }

    /// The shape in messages.
    fn said(&self) -> String {
        shape_string(&self.shape)
    }
}

/// Samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// What they are called in messages.
    pub name: String,
    /// All of them; the first dimension counts them.
    pub x: Array,
    /// Whether they are real values whatever their type: integers of a NumPy array may also be a network's stored
    /// values.
    pub is_raw: bool,
    /// Their classes, where they are wanted.
    pub classes: Option<Classes>,
}

impl Data {
    /// Samples called `name`, with a class each in `y`.
    ///
    /// # Errors
    ///
    /// Classes that are none, or not as many.
    pub fn new(name: &str, x: Array, y: &Array) -> Result<Self, Failure> {
        let classes = Classes::of_array(&format!("the classes of {name}"), y, samples(&x))?;
        Ok(Data { name: name.into(), x, is_raw: false, classes: Some(classes) })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        samples(&self.x)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their classes, as the network's outputs are numbered: by `labels`, the names of its classes, where there are
    /// names on both sides, else as they are.
    ///
    /// # Errors
    ///
    /// No classes, or classes that the network does not have.
    pub fn classes_of(&self, labels: &[&str], outputs: usize) -> Result<Vec<u16>, Failure> {
        let none = || Failure::new(format!("{} has no classes", self.name));
        self.classes.as_ref().ok_or_else(none)?.numbers_of(labels, outputs)
    }
}

/// Reads samples; `after` is called once each with their number, where that takes long.
///
/// # Errors
///
/// What is none of the forms, is damaged or empty, or does not fit what is wanted.
pub fn open(path: &Path, wanted: &Wanted, after: &mut dyn FnMut(usize)) -> Result<Data, Failure> {
    if path.is_dir() {
        return pictures::read(path, wanted, after);
    }
    let bytes = files::read(path)?;
    match Form::of(&bytes) {
        Form::Npy => array(path, bytes, wanted),
        Form::Zip => archive(path, bytes, wanted),
        Form::Idx => idx::read(path, &bytes, wanted),
        Form::Text => table::read(path, &bytes, wanted, after),
        Form::Picture => Err(unusable(path)
            .because("it is one picture")
            .help("give the folder of folders that it is in, one for each class")),
        Form::Unknown => Err(unusable(path)
            .because("it holds samples in no form that is known here")
            .help("give an .npz archive, an .npy array, a .csv file, an IDX file, or a folder of pictures")),
    }
}

/// A form of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Npy,
    Zip,
    Idx,
    Text,
    Picture,
    Unknown,
}

impl Form {
    /// Tells by the first bytes.
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Form::Npy,
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Form::Zip,
            [0, 0, 8..=14, 1..=8, ..] | [0x1f, 0x8b, ..] => Form::Idx,
            _ if is_text(bytes) => Form::Text,
            _ if image::guess_format(bytes).is_ok() => Form::Picture,
            _ => Form::Unknown,
        }
    }
}

/// Whether the beginning has nothing that text does not have.
fn is_text(bytes: &[u8]) -> bool {
    let is_space = |byte: u8| byte.is_ascii_whitespace();
    bytes.iter().take(4096).all(|&byte| !byte.is_ascii_control() || is_space(byte))
}

fn unusable(path: &Path) -> Failure {
    Failure::new(format!("cannot use `{}`", path.display()))
}

fn array(path: &Path, bytes: Vec<u8>, wanted: &Wanted) -> Result<Data, Failure> {
    if wanted.classes == Ask::Always {
        return Err(unusable(path)
            .because("it is one array, so it has samples but no classes")
            .help("save both in an archive, numpy.savez('d.npz', x=x, y=y)"));
    }
    let name = format!("`{}`", path.display());
    let x = Array::parse(bytes, &name)?;
    Ok(Data { name, x, is_raw: false, classes: None })
}

fn archive(path: &Path, bytes: Vec<u8>, wanted: &Wanted) -> Result<Data, Failure> {
    let archive = Archive::new(path.display().to_string(), bytes.into())?;
    let whose = |key| format!("array `{key}` of `{}`", path.display());
    let x = archive.array("x")?;
    let asks = match wanted.classes {
        Ask::Never => false,
        Ask::IfThere => archive.has("y"),
        Ask::Always => true,
    };
    let classes = || Classes::of_array(&whose("y"), &archive.array("y")?, samples(&x));
    let classes = asks.then(classes).transpose()?;
    Ok(Data { name: whose("x"), x, is_raw: false, classes })
}

/// Number of samples in an array.
fn samples(x: &Array) -> usize {
    x.shape.first().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_forms_apart() {
        for (bytes, form) in [
            (&b"\x93NUMPY\x01\0"[..], Form::Npy),
            (b"PK\x03\x04", Form::Zip),
            (b"PKT,y\n1,2\n", Form::Text),
            (b"\0\0\x08\x03\0\0", Form::Idx),
            (b"\x1f\x8b\x08\0", Form::Idx),
            (b"P1,P2\r\n\xe9;", Form::Text),
            (b"\x89PNG\r\n\x1a\n", Form::Picture),
            (b"P5 1 1 255 \0", Form::Picture),
            (b"KAST\x01\0", Form::Unknown),
        ] {
            assert_eq!(Form::of(bytes), form, "{bytes:?}");
        }
    }
}
