//! What can be wrong with an `.onnx` file, said so that one can act on it.

use super::operators;
use crate::graph::GraphError;
use crate::quantise::QuantiseError;
use std::borrow::Cow;
use thiserror::Error;

/// A file could not be read, and why.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct ImportError {
    /// The name of the file.
    pub file: String,
    /// What is wrong with it.
    pub fault: Box<Fault>,
}

/// One way for a file to be unusable; [`Fault::help`] says what to do.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum Fault {
    /// Its structure is damaged, or it is something else.
    #[error("not an ONNX model, or a damaged one: {0}")]
    Structure(String),
    /// It holds no network.
    #[error("not an ONNX model: it has no graph")]
    NoGraph,
    /// It uses a version of the operators that is not known.
    #[error("the model uses opset {found}, expected {} to {}", super::OPSETS.start(), super::OPSETS.end())]
    Opset { found: i64 },
    /// It holds more of something than any device could use.
    #[error(
        "the model has {found} {what}, expected at most {limit}: the file is damaged, or far too large"
    )]
    Count { what: &'static str, found: usize, limit: usize },
    /// It uses operators that cannot be imported.
    #[error("unsupported operators: {}", nodes.join(", "))]
    Operators { nodes: Vec<String> },
    /// An array's bytes are in another file.
    #[error("tensor {tensor:?} is stored in another file")]
    External { tensor: String },
    /// An array's sizes cannot be.
    #[error(
        "tensor {tensor:?} has the sizes {dims:?}, expected numbers from 0 on whose product is at most {}",
        super::constant::MAX_ELEMENTS
    )]
    Dims { tensor: String, dims: Vec<i64> },
    /// An array has too few or too many elements.
    #[error(
        "tensor {tensor:?} ({shape}) has {found} elements, expected {expected}: the file is damaged"
    )]
    Elements { tensor: String, shape: String, expected: usize, found: usize },
    /// An array's bytes are no whole number of elements.
    #[error(
        "tensor {tensor:?} has {found} bytes, expected a multiple of {size}: the file is damaged"
    )]
    Bytes { tensor: String, found: usize, size: usize },
    /// An array has elements of another type.
    #[error(
        "tensor {tensor:?} is {found}, expected float32, float64, float16, int8, uint8, int32, int64 or bool"
    )]
    Type { tensor: String, found: &'static str },
    /// An input has no fixed shape.
    #[error(
        "input {tensor:?} has the shape {shape}, expected fixed sizes (the first, the batch, may be open)"
    )]
    Dynamic { tensor: String, shape: String },
    /// An input takes several samples at once.
    #[error("input {tensor:?} has the shape {shape}: {found} samples at once, expected one")]
    Batch { tensor: String, shape: String, found: usize },
    /// A tensor is named that nothing sets.
    #[error(
        "node {node:?} ({kind}) reads {tensor:?}, but nothing before it sets that: the nodes are not in order, or the file is damaged"
    )]
    Unset { node: String, kind: String, tensor: String },
    /// A tensor is set twice.
    #[error("tensor {tensor:?} is set twice: the file is damaged")]
    SetTwice { tensor: String },
    /// An operator cannot be imported as it is used.
    #[error("node {node:?} ({kind}): {what}")]
    Node { node: String, kind: String, what: String },
    /// The model's output is known without its inputs.
    #[error("output {tensor:?} does not depend on the inputs")]
    Fixed { tensor: String },
    /// What it says of integers is not enough for a network of them.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
    /// Its network breaks a rule that holds for all importers.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Fault::Structure(_) | Fault::NoGraph => {
                "give a file written by torch.onnx.export or another exporter"
            }
            Fault::Opset { .. } => "export it again with opset_version=17",
            Fault::Operators { .. } => {
                let supported = operators::supported();
                return Cow::Owned(format!(
                    "change the model, or cut it so that they run outside; supported: {supported}"
                ));
            }
            Fault::External { .. } => "export it into one file (external_data=False)",
            Fault::Type { .. } => "export it in float32",
            Fault::Dynamic { .. } => "export it for an input of one size",
            Fault::Batch { .. } => {
                "export it with a batch of 1, or with an open one (dynamic_axes)"
            }
            Fault::Node { .. } => "change the model and export it again",
            Fault::Fixed { .. } => "export the network, not a constant",
            Fault::Count { .. }
            | Fault::Dims { .. }
            | Fault::Elements { .. }
            | Fault::Bytes { .. }
            | Fault::Unset { .. }
            | Fault::SetTwice { .. } => "export the file again",
            Fault::Quantise(error) => error.help(),
            Fault::Graph(error) => error.help(),
        })
    }
}
