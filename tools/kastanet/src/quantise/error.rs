//! Why a network cannot be quantised.

use crate::arrays::Element;
use crate::float::FloatError;
use crate::graph::GraphError;
use thiserror::Error;

/// One way for a network not to be quantised.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum QuantiseError {
    /// Values run out of floats.
    #[error("tensor {tensor:?} has values from {low} to {high}, expected finite ones")]
    Range { tensor: String, low: f32, high: f32 },
    /// Weights are no numbers.
    #[error("layer {layer:?} has {what} that are NaN or infinite")]
    Constant { layer: String, what: &'static str },
    /// Of other tensors it is said how they are stored.
    #[error("nothing says how tensor {tensor:?} is stored in int8, as it is said of others")]
    Unsaid { tensor: String },
    /// Samples do not fit the input.
    #[error("samples have the shape {found}, expected {expected}")]
    Samples { expected: String, found: String },
    /// Samples are of another type.
    #[error("samples are {found}, expected integers, float32 or float64")]
    Element { found: Element },
    /// There is nothing to calibrate on.
    #[error("there are no samples")]
    Empty,
    /// A sample holds something that is no number.
    #[error("sample {sample} holds NaN or infinity")]
    NotANumber { sample: usize },
    /// The network has several inputs.
    #[error("the network has {found} inputs, expected one")]
    Inputs { found: usize },
    /// The network does not compute in float.
    #[error(transparent)]
    Float(#[from] FloatError),
    /// What comes out breaks a rule.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl QuantiseError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            QuantiseError::Range { .. } => "check the samples: are they normalised as in training?",
            QuantiseError::Constant { .. } => "train the network again, with a lower learning rate",
            QuantiseError::Unsaid { .. } => {
                "quantise the whole network: onnxruntime's quant_pre_process first, then quantize_static, no node left out; or give the float model"
            }
            QuantiseError::Samples { .. } => {
                "give an array whose first dimension counts samples; channels may be first or last"
            }
            QuantiseError::Element { .. } => "give real values as x.astype(numpy.float32)",
            QuantiseError::Empty => "give some hundred samples of what the network will see",
            QuantiseError::NotANumber { .. } => {
                "replace values that are not numbers, numpy.nan_to_num does"
            }
            QuantiseError::Inputs { .. } => "export the network with one input",
            QuantiseError::Float(_) => "give a float checkpoint",
            QuantiseError::Graph(error) => error.help(),
        }
    }
}
