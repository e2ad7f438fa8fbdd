//! Reading files, and telling by their content what they are.

mod kind;

pub use kind::Kind;

use crate::description::{Description, DescriptionError, EXAMPLE, Weights};
use crate::failure::Failure;
use crate::graph::Graph;
use crate::pack::AlignedBytes;
use crate::{description, onnx, tflite};
use kastanet::image::{Error, Image};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 2 << 30;

/// The bytes of a file that is there and not empty.
///
/// # Errors
///
/// A missing file, a directory, an empty file, a file that cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = || Failure::new(format!("cannot read `{}`", path.display()));
    let unread = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => failed().because("there is no such file").help("check the path"),
        ErrorKind::PermissionDenied => failed().because(error).help("check its permissions"),
        _ => failed().because(error),
    };
    let file = File::open(path).map_err(unread)?;
    let metadata = file.metadata().map_err(unread)?;
    if metadata.is_dir() {
        return Err(failed().because("it is a directory").help("name a file in it"));
    }
    // One byte more tells that the end is reached; a pipe's length is not known.
    let (len, mut bytes) = (metadata.len().min(MAX_BYTES) as usize + 1, vec![]);
    bytes
        .try_reserve_exact(len)
        .map_err(|error| failed().because(error).help("free some memory"))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    match bytes.len() as u64 {
        0 => Err(failed().because("the file is empty").help("write it again")),
        1..=MAX_BYTES => Ok(bytes),
        _ => Err(failed().because(format!("it has more than {MAX_BYTES} bytes"))),
    }
}

/// A file that holds a network.
pub enum Model {
    /// A flash image, not yet checked.
    Image(AlignedBytes),
    /// A checkpoint, as read.
    Checkpoint(Graph, Vec<u8>),
    /// Weights by themselves, as read, and what they are.
    Weights(Vec<u8>, Kind),
}

/// Reads an image or a checkpoint, by content.
///
/// # Errors
///
/// As [`read`], and for files that are neither, or a checkpoint that cannot be imported.
pub fn read_model(path: &Path) -> Result<Model, Failure> {
    let bytes = read(path)?;
    match Kind::of_file(path, &bytes) {
        Kind::Image => check_len(path, &bytes).map(|()| Model::Image(AlignedBytes::new(&bytes))),
        kind @ (Kind::Tflite | Kind::Onnx) => {
            let graph = import(path, kind, &bytes)?;
            Ok(Model::Checkpoint(graph, bytes))
        }
        Kind::Description => {
            described(path, &bytes).map(|(graph, bytes)| Model::Checkpoint(graph, bytes))
        }
        kind @ Kind::Safetensors => Ok(Model::Weights(bytes, kind)),
        // PyTorch and Keras write ZIP files of their own.
        kind @ Kind::Zip if path.extension().is_some_and(|extension| extension == "npz") => {
            Ok(Model::Weights(bytes, kind))
        }
        kind => Err(not_a_model(path, kind)),
    }
}

/// Compares a file's length with the one that its header states.
fn check_len(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    match Image::len_of(bytes) {
        Some(len) if len != bytes.len() => {
            let cut = if bytes.len() < len { "it is cut short: " } else { "" };
            Err(Failure::new(format!("cannot use `{}`", path.display()))
                .because(format!("{cut}its header says {len} bytes, the file has {}", bytes.len()))
                .help("copy the file again, or pack the checkpoint again"))
        }
        _ => Ok(()),
    }
}

/// Imports a checkpoint; only its file's name, not where it lies, goes into the graph.
fn import(path: &Path, kind: Kind, bytes: &[u8]) -> Result<Graph, Failure> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let file = path.display().to_string();
    match kind {
        Kind::Onnx => {
            onnx::import(&name, bytes).map_err(|error| onnx::ImportError { file, ..error }.into())
        }
        _ => tflite::import(&name, bytes)
            .map_err(|error| tflite::ImportError { file, ..error }.into()),
    }
}

/// The network that a description says, and the bytes that it came from.
fn described(path: &Path, bytes: &[u8]) -> Result<(Graph, Vec<u8>), Failure> {
    let file = path.display().to_string();
    let failed = |fault| DescriptionError { file: file.clone(), fault: Box::new(fault) };
    let text = str::from_utf8(bytes).map_err(|_| {
        Failure::new(format!("cannot use `{file}`"))
            .because("it is no text")
            .help("write it as TOML: docs/description.md says how")
    })?;
    let said = Description::parse(text).map_err(failed)?;
    let source = path.parent().unwrap_or(Path::new("")).join(&said.weights);
    let stored = read(&source)?;
    let weights = weights(&source, Kind::of_file(&source, &stored), &stored)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let graph = description::import(&name, &said, &weights)
        .map_err(|DescriptionError { fault, .. }| DescriptionError { file, fault })?;
    drop(weights);
    Ok((graph, [bytes, &stored].concat()))
}

/// The arrays of a file of weights.
///
/// # Errors
///
/// A file that is no such, or a damaged one.
pub fn weights<'a>(path: &Path, kind: Kind, bytes: &'a [u8]) -> Result<Weights<'a>, Failure> {
    let file = path.display().to_string();
    match kind {
        Kind::Safetensors => Weights::safetensors(bytes)
            .map_err(|fault| DescriptionError { file, fault: Box::new(fault) }.into()),
        Kind::Zip => Weights::npz(&file, bytes),
        _ => Err(Failure::new(format!("cannot use `{file}`"))
            .because(format!("it is {}, expected weights", kind.name()))
            .help("name a .safetensors or .npz file in `weights`")),
    }
}

/// The files that a checkpoint is read from, so that nothing is written over them: itself, and the weights that a
/// description names.
pub fn files_of(checkpoint: &Path) -> Vec<PathBuf> {
    [checkpoint.to_path_buf()].into_iter().chain(weights_of(checkpoint)).collect()
}

fn weights_of(path: &Path) -> Option<PathBuf> {
    path.extension().filter(|extension| *extension == "toml")?;
    let text = String::from_utf8(read(path).ok()?).ok()?;
    Some(path.parent()?.join(Description::parse(&text).ok()?.weights))
}

/// Weights by themselves are no network.
fn undescribed(path: &Path) -> Failure {
    let file = path.display();
    Failure::new(format!("cannot use `{file}`"))
        .because("it holds arrays by themselves, not how a network uses them")
        .help(format!(
            "describe the network in a .toml file and give that; `kastanet inspect {file}` begins one, of this form:"
        ))
        .example(EXAMPLE)
}

fn not_a_model(path: &Path, kind: Kind) -> Failure {
    let failure = Failure::new(format!("cannot use `{}`", path.display()));
    let wanted = "give an image written by `kastanet pack`, a .tflite or .onnx checkpoint, or a .toml description";
    match kind {
        Kind::Hdf5 => failure
            .because(format!("it is {}, which is not supported yet", kind.name()))
            .help("convert the model to TFLite with full-integer int8 quantisation and give the .tflite file"),
        Kind::Unknown => failure
            .because("it has neither `KAST` at byte 0, as an image, nor `TFL3` at byte 4, as a TFLite checkpoint")
            .help(wanted),
        _ => failure
            .because(format!("it is {}, not a model", kind.name()))
            .help(wanted),
    }
}

/// Reads a checkpoint.
///
/// # Errors
///
/// As [`read_model`], and for an image.
pub fn read_checkpoint(path: &Path) -> Result<(Graph, Vec<u8>), Failure> {
    match read_model(path)? {
        Model::Checkpoint(graph, bytes) => Ok((graph, bytes)),
        Model::Weights(..) => Err(undescribed(path)),
        Model::Image(_) => Err(Failure::new(format!("cannot use `{}`", path.display()))
            .because("it is an image already, expected a checkpoint")
            .help("give the checkpoint it was packed from")),
    }
}

/// Reads an image.
///
/// # Errors
///
/// As [`read_model`], and for a checkpoint.
pub fn read_image(path: &Path) -> Result<AlignedBytes, Failure> {
    match read_model(path)? {
        Model::Image(bytes) => Ok(bytes),
        Model::Weights(_, kind) => Err(not_a_model(path, kind)),
        Model::Checkpoint(..) => Err(Failure::new(format!("cannot use `{}`", path.display()))
            .because("it is a checkpoint, expected an image")
            .help(format!("first `kastanet pack {} -o MODEL.kst`", path.display()))),
    }
}

/// Checks an image that was read from `path`.
///
/// # Errors
///
/// Every way an image can be wrong.
pub fn check_image<'a>(path: &Path, bytes: &'a [u8]) -> Result<Image<'a>, Failure> {
    Image::new_checked(bytes).map_err(|error| {
        let failure = Failure::new(format!("cannot use `{}`", path.display())).because(error);
        failure.help(match error {
            Error::Truncated { .. } => "copy the file again, or pack the checkpoint again",
            Error::UnsupportedVersion { .. } | Error::UnknownSection { .. } => {
                "use the version of kastanet that packed it, or pack the checkpoint again"
            }
            _ => "pack the checkpoint again",
        })
    })
}
