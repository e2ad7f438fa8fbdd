//! IDX, the form of MNIST: two zeros, a type, the number of dimensions, these, then the elements; big-endian. With
//! or without gzip around it. Samples and labels are files of their own.

use super::{Ask, Classes, Data, MAX_BYTES, Wanted, unusable};
use crate::arrays::{Array, Class, Element, shape_string};
use crate::failure::Failure;
use crate::files;
use crate::graph::{self, narrow};
use flate2::read::MultiGzDecoder;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Reads a file of samples, and the labels beside it where classes are wanted.
pub(super) fn read(path: &Path, bytes: &[u8], wanted: &Wanted) -> Result<Data, Failure> {
    let file = File::open(path, bytes)?;
    let (&count, sample) = match file.shape.split_first() {
        Some((_, [])) | None => return Err(labels_alone(path)),
        Some((count, sample)) => (count, sample),
    };
    if count == 0 {
        return Err(unusable(path).because("there are no samples in it").help("give at least one"));
    }
    let size = sample.iter().try_fold(1_usize, |size, &dim| size.checked_mul(dim));
    if size != Some(wanted.size()) {
        return Err(unusable(path)
            .because(format!(
                "its samples are {}, the network takes {}",
                graph::shape_string(sample),
                wanted.said()
            ))
            .help("give samples as the network was trained on"));
    }
    // Rows of one colour, one behind the other.
    let is_flat = wanted.is_vector() && narrow(sample).len() <= 2;
    let mut x = file.array()?;
    if is_flat {
        x.shape = [&[count][..], &wanted.shape].concat();
    }
    if x.element != Element::U8 {
        let values = x.reals(0..count * wanted.size()).unwrap_or_default();
        x = Array::from_f32(x.shape, &values);
    }
    let asks = match wanted.classes {
        Ask::Never => false,
        Ask::IfThere => label_names(path).is_some_and(|names| names.iter().any(|n| n.is_file())),
        Ask::Always => true,
    };
    let classes = asks.then(|| labels(path, count)).transpose()?;
    Ok(Data { name: format!("`{}`", path.display()), x, is_raw: true, classes })
}

/// A file whose header has been read.
struct File<'f> {
    path: &'f Path,
    element: Element,
    shape: Vec<usize>,
    rest: Box<dyn Read + 'f>,
}

impl<'f> File<'f> {
    fn open(path: &'f Path, bytes: &'f [u8]) -> Result<Self, Failure> {
        let mut rest: Box<dyn Read + 'f> = match bytes {
            [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(bytes)),
            _ => Box::new(bytes),
        };
        let mut number = || {
            let mut number = [0; 4];
            rest.read_exact(&mut number).map(|()| number)
        };
        let [zero, zero_too, code, dims] = number().map_err(|error| unread(path, error))?;
        let element = element(code).filter(|_| (zero, zero_too) == (0, 0) && dims > 0);
        let element = element.ok_or_else(|| {
            unusable(path).because("there is no IDX file in it, as MNIST's are").help("unpack it")
        })?;
        let shape = (0..dims).map(|_| Ok(u32::from_be_bytes(number()?) as usize));
        let shape = shape.collect::<Result<_, _>>().map_err(|error| unread(path, error))?;
        Ok(File { path, element, shape, rest })
    }

    /// The elements, which have to be as many as the header says; memory is taken for those that are there.
    fn array(self) -> Result<Array, Failure> {
        let File { path, element, shape, rest } = self;
        let len = shape.iter().try_fold(element.size, |len, &dim| len.checked_mul(dim));
        let said = format!("its header says {element} {}", shape_string(&shape));
        let len = len.filter(|&len| len <= MAX_BYTES).ok_or_else(|| {
            unusable(path)
                .because(format!("{said}, at most {MAX_BYTES} bytes are read"))
                .help("give fewer samples, or write the file again")
        })?;
        let mut bytes = vec![];
        let read = rest.take(len as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| unread(path, error))?;
        if bytes.len() != len {
            let found = if bytes.len() < len { bytes.len().to_string() } else { "more".into() };
            return Err(unusable(path)
                .because(format!("{said}, which is {len} bytes, {found} follow"))
                .help("the file is cut short or damaged: get it again"));
        }
        bytes.chunks_exact_mut(element.size).for_each(<[u8]>::reverse);
        Ok(Array { shape, element, bytes })
    }
}

/// The type of a code.
fn element(code: u8) -> Option<Element> {
    let (class, size) = match code {
        8 => (Class::Unsigned, 1),
        9 => (Class::Signed, 1),
        11 => (Class::Signed, 2),
        12 => (Class::Signed, 4),
        13 => (Class::Float, 4),
        14 => (Class::Float, 8),
        _ => return None,
    };
    Some(Element { class, size })
}

/// The labels of so many samples.
fn labels(samples: &Path, count: usize) -> Result<Classes, Failure> {
    let names = label_names(samples).ok_or_else(|| {
        unusable(samples)
            .because("its name has no `images` in it, by which the labels' file is found")
            .help("call the files as MNIST's: train-images-idx3-ubyte, train-labels-idx1-ubyte")
    })?;
    let path = names.iter().find(|path| path.is_file()).ok_or_else(|| {
        unusable(samples)
            .because(format!("there is no file of labels beside it, `{}`", names[0].display()))
            .help("put it there, called like that")
    })?;
    let bytes = files::read(path)?;
    let file = File::open(path, &bytes)?;
    if file.shape.len() != 1 {
        return Err(unusable(path)
            .because(format!("it is {}, expected one label a sample", shape_string(&file.shape)))
            .help("give the file of labels, train-labels-idx1-ubyte"));
    }
    Classes::of_array(&format!("`{}`", path.display()), &file.array()?, count)
}

/// Where the labels of these samples may be: packed as they are, or not.
fn label_names(samples: &Path) -> Option<[PathBuf; 2]> {
    let name = samples.file_name()?.to_str()?;
    let (plain, is_packed) = match name.strip_suffix(".gz") {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    let (before, after) = plain.rsplit_once("images")?;
    let digit =
        |at: usize| after.get(at + 3..at + 4).is_some_and(|d| d.as_bytes()[0].is_ascii_digit());
    let after = match after.find("idx").filter(|&at| digit(at)) {
        Some(at) => format!("{}idx1{}", &after[..at], &after[at + 4..]),
        None => after.into(),
    };
    let plain = format!("{before}labels{after}");
    let [plain, packed] = [plain.clone(), plain + ".gz"].map(|name| samples.with_file_name(name));
    Some(if is_packed { [packed, plain] } else { [plain, packed] })
}

fn labels_alone(path: &Path) -> Failure {
    unusable(path)
        .because("it has one number a sample: labels, not samples")
        .help("give the file of samples, train-images-idx3-ubyte; its labels are found beside it")
}

fn unread(path: &Path, error: std::io::Error) -> Failure {
    let failure = unusable(path).help("the file is damaged: get it again");
    match error.kind() {
        ErrorKind::UnexpectedEof => failure.because("it is cut short"),
        _ => failure.because(format!("it does not unpack: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_beside_samples() {
        for (samples, labels) in [
            ("d/train-images-idx3-ubyte.gz", "d/train-labels-idx1-ubyte.gz"),
            ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
            ("images-idx4", "labels-idx1"),
            ("images", "labels"),
            ("images-idx", "labels-idx"),
            ("images-idxé", "labels-idxé"),
        ] {
            let [found, other] = label_names(Path::new(samples)).unwrap();
            assert_eq!(found, Path::new(labels));
            assert_ne!(
                found.extension() == Some("gz".as_ref()),
                other.extension() == Some("gz".as_ref())
            );
        }
        assert_eq!(label_names(Path::new("x-idx3-ubyte")), None);
    }
}
