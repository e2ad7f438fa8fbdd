//! What can be wrong with a `.tflite` file, said so that one can act on it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use thiserror::Error;

use super::flatbuffer::FlatbufferError;
use super::operators;
use crate::graph::GraphError;

/// A file could not be read, and why.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct ImportError {
    /// The name of the file.
    pub file: String,
    /// What is wrong with it.
    pub fault: Box<Fault>,
}

impl ImportError {
    pub(super) fn new(file: &str, fault: Fault) -> Self {
        ImportError { file: file.into(), fault: Box::new(fault) }
    }
}

/// Operators that are not supported, by name, and how many there are of each.
pub type Counts = BTreeMap<String, usize>;

/// One way for a file to be unusable; [`Fault::help`] says what to do.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum Fault {
    /// It is something else.
    #[error("not a TFLite model: bytes 4 to 7 should be \"TFL3\", they are {found}")]
    NotTflite { found: String },
    /// Its structure is damaged.
    #[error(transparent)]
    Structure(#[from] FlatbufferError),
    /// It follows another version of the schema.
    #[error("the model follows version {found} of the TFLite schema, expected 3")]
    Version { found: u32 },
    /// It holds no network, or several.
    #[error("the model has {found} subgraphs, expected one")]
    Subgraphs { found: usize },
    /// It holds more of something than any device could use.
    #[error(
        "the model has {found} {what}, expected at most {limit}: the file is damaged, or far too large"
    )]
    Count { what: &'static str, found: usize, limit: usize },
    /// It uses operators that cannot be imported.
    #[error("unsupported operators: {}", list(counts))]
    Operators { counts: Counts },
    /// Tensors have element types that cannot be imported.
    #[error("unsupported element types: {}", tensors.join(", "))]
    Types { tensors: Vec<String> },
    /// The network does not compute in int8.
    #[error(transparent)]
    Precision(Precision),
    /// A tensor keeps its value between runs.
    #[error(
        "tensor {tensor:?} is a variable that lives from one run to the next, which is not supported"
    )]
    Variable { tensor: String },
    /// A tensor's bytes are stored in TFLite's own sparse form.
    #[error("tensor {tensor:?} is stored in TFLite's sparse form, expected plain values")]
    Sparse { tensor: String },
    /// A tensor's size is known only when it runs.
    #[error("tensor {tensor:?} has the shape {shape:?}, expected fixed sizes")]
    Dynamic { tensor: String, shape: Vec<i32> },
    /// A tensor's quantisation is not affine.
    #[error(
        "tensor {tensor:?} has a custom or blockwise quantisation (details type {found}), expected per-tensor or per-channel scales"
    )]
    Quantisation { tensor: String, found: u8 },
    /// An index points to nothing.
    #[error("{owner} names {what} {index}, but there are {count}: the file is damaged")]
    Index { owner: String, what: &'static str, index: i64, count: usize },
    /// An operator carries another one's options.
    #[error(
        "operator {op:?} ({kind}) has options of type {found}, expected {expected}: the file is damaged"
    )]
    Options { op: String, kind: &'static str, expected: u8, found: u8 },
    /// An operator's parameter cannot be used.
    #[error("operator {op:?} ({kind}) has {what} {found}, expected {expected}")]
    Parameter {
        op: String,
        kind: &'static str,
        what: &'static str,
        found: String,
        expected: &'static str,
    },
    /// Its network breaks a rule that holds for all importers.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A tensor whose bytes are to be replaced has none.
    #[error("tensor {id} cannot be replaced: it is no constant of the model ({count} tensors)")]
    NoConstant { id: usize, count: usize },
    /// The new bytes do not fit in place of the old ones.
    #[error(
        "tensor {tensor:?} cannot be replaced: it has {expected} bytes, the replacement {found}"
    )]
    ReplacementLength { tensor: String, expected: usize, found: usize },
    /// Two tensors share their bytes and would no longer be the same.
    #[error(
        "tensor {tensor:?} cannot be replaced alone: its bytes in the file also belong to {other}"
    )]
    Shared { tensor: String, other: String },
}

const DAMAGED: &str = "copy or export the file again";
const INT8: &str = "convert with full-integer int8 quantisation";
const OTHER_BYTES: &str = "replace constants of this model, each by as many bytes";

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Fault::NotTflite { .. } => "give a file written by the TFLite converter",
            Fault::Structure(_) | Fault::Index { .. } | Fault::Options { .. } => DAMAGED,
            Fault::Version { .. } => "convert it again with a current TFLite converter",
            Fault::Subgraphs { .. } => {
                "export a single inference function; control flow (IF, WHILE, CALL_ONCE) is not \
                 supported"
            }
            Fault::Count { .. } => "export the file again, or give a smaller model",
            Fault::Operators { .. } => {
                let supported = operators::supported();
                return Cow::Owned(format!(
                    "change the model, or cut it so that they run outside; supported: {supported}"
                ));
            }
            Fault::Types { .. } => {
                "convert with full-integer int8 quantisation; supported: int8, with int32 bias, \
                 and float32 or uint8 at a QUANTIZE or DEQUANTIZE"
            }
            Fault::Precision(_) => {
                "convert it with full-integer post-training quantisation: in \
                 tf.lite.TFLiteConverter set optimizations = [tf.lite.Optimize.DEFAULT], a \
                 representative_dataset, target_spec.supported_ops = \
                 [tf.lite.OpsSet.TFLITE_BUILTINS_INT8], and inference_input_type = \
                 inference_output_type = tf.int8"
            }
            Fault::Variable { .. } => "export the model without state",
            Fault::Sparse { .. } => {
                "convert without the EXPERIMENTAL_SPARSITY optimisation; zeros are found and \
                 packed here anyway"
            }
            Fault::Dynamic { .. } => {
                "convert with an input of a fixed shape (the first dimension, the batch, may be \
                 left open)"
            }
            Fault::Quantisation { .. } => INT8,
            Fault::Parameter { .. } => "change the layer and convert again",
            Fault::Graph(error) => error.help(),
            Fault::NoConstant { .. } | Fault::ReplacementLength { .. } => OTHER_BYTES,
            Fault::Shared { .. } => {
                "replace all of them with the same bytes, or convert without sharing"
            }
        })
    }
}

/// The arithmetic of a network that does not compute in int8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Precision {
    /// Part of the network is quantised.
    #[error(
        "the model is quantised in part: {ops} of {total} operators compute in float32, expected int8 throughout"
    )]
    Mixed {
        /// The number of operators on float activations.
        ops: usize,
        /// The number of all that compute.
        total: usize,
    },
    /// The older quantisation.
    #[error(
        "the model is quantised to uint8, the older scheme: {ops} operators compute in uint8, expected int8"
    )]
    Uint8 {
        /// The number of operators on uint8 activations.
        ops: usize,
    },
    /// 16-bit activations.
    #[error("the model has int16 activations: {ops} operators compute in int16, expected int8")]
    Int16 {
        /// The number of operators on int16 activations.
        ops: usize,
    },
}

fn list(counts: &Counts) -> String {
    let one = |(name, count): (&String, &usize)| match count {
        1 => name.clone(),
        _ => format!("{name} ×{count}"),
    };
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}
