//! What can be wrong with a description or its weights, said so that one can act on it.

use super::MOST;
use crate::onnx;
use std::borrow::Cow;
use thiserror::Error;

/// A description could not be read, and why.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct DescriptionError {
    /// The name of the file.
    pub file: String,
    /// What is wrong with it.
    pub fault: Box<Fault>,
}

/// One way for a description not to make a network; [`Fault::help`] says what to do.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum Fault {
    /// It is no TOML, or has a key that is not known.
    #[error("line {line}: {what}")]
    Syntax { line: usize, what: String },
    /// There are no layers, or too many.
    #[error("it has {found} layers, expected 1 to {MOST}")]
    Layers { found: usize },
    /// The input's sizes cannot be.
    #[error(
        "its input is {found:?}, expected [height, width, channels], [length, channels] or [numbers], none of them 0 or far too large"
    )]
    Input { found: Vec<usize> },
    /// A layer does nothing, or several things.
    #[error("layer {number} says {}, expected one thing to do", said(keys))]
    Kinds { number: usize, keys: Vec<&'static str> },
    /// A layer has a key that is not for it.
    #[error(
        "layer {number} ({kind}) says `{key}`; it may have {}name, from, activation",
        among(others)
    )]
    Key { number: usize, kind: &'static str, key: &'static str, others: String },
    /// Two layers have one name.
    #[error("two layers are called {name:?}")]
    Twice { name: String },
    /// A layer reads another one that is not before it.
    #[error("layer {layer:?} reads {from:?}, but no layer before it is called that")]
    From { layer: String, from: String },
    /// Nothing reads a layer.
    #[error("no layer reads {layer:?}, and it is not the last")]
    Unread { layer: String },
    /// Weights that are damaged, or something else.
    #[error("no safetensors file, or a damaged one: {0}")]
    Weights(String),
    /// There are far too many arrays.
    #[error("it holds {found} arrays, expected at most {MOST}")]
    Arrays { found: usize },
    /// An array is not there.
    #[error("layer {layer:?} ({kind}): the weights hold no {tensor:?}")]
    Missing { layer: String, kind: &'static str, tensor: String },
    /// An array has another shape.
    #[error("layer {layer:?} ({kind}): {tensor:?} is {found}, expected {expected}")]
    Shape { layer: String, kind: &'static str, tensor: String, found: String, expected: String },
    /// An array has no real numbers.
    #[error(
        "layer {layer:?} ({kind}): {tensor:?} holds {found}, expected float32, float16, bfloat16 or float64"
    )]
    Type { layer: String, kind: &'static str, tensor: String, found: String },
    /// An array holds what is no number.
    #[error("layer {layer:?} ({kind}): {tensor:?} holds {found} at {place}")]
    NotFinite { layer: String, kind: &'static str, tensor: String, found: f32, place: usize },
    /// Arrays are left over.
    #[error("no layer uses {}", crate::words::list(tensors))]
    Unused { tensors: Vec<String> },
    /// A layer cannot be as it is said.
    #[error("layer {layer:?} ({kind}): {what}")]
    Layer { layer: String, kind: &'static str, what: String },
    /// The network breaks a rule that holds for all importers.
    #[error(transparent)]
    Network(#[from] onnx::Fault),
}

fn said(keys: &[&str]) -> String {
    if keys.is_empty() { "nothing".into() } else { keys.join(" and ") }
}

fn among(others: &str) -> String {
    if others.is_empty() { String::new() } else { format!("{others}, ") }
}

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Fault::Syntax { .. } => "write it as docs/description.md says",
            Fault::Layers { .. } => "add the layers, each under a line [[layer]]",
            Fault::Input { .. } => "say the sizes of one sample, channels last",
            Fault::Kinds { .. } => {
                "give each layer one of conv, depthwise, linear, batch_norm, max_pool, average_pool, global_average_pool, flatten, add, concat, activation"
            }
            Fault::Key { .. } => "leave it away",
            Fault::Twice { .. } => "give one of them another `name`",
            Fault::From { .. } => "name a layer that stands before it, or \"input\"",
            Fault::Unread { .. } => "take it out, or name it in `from`, `add` or `concat`",
            Fault::Weights(_) | Fault::Arrays { .. } => "save the weights again",
            Fault::Missing { .. } => {
                "`kastanet inspect` on the weights shows what there is; `weight`, `bias`, `mean` and `variance` name arrays"
            }
            Fault::Shape { .. } => {
                "check the layer, those before it, and `layout`: pytorch, keras or tflite"
            }
            Fault::Type { .. } => "save the weights of the float model",
            Fault::NotFinite { .. } => "train the network again, with a lower learning rate",
            Fault::Unused { .. } => "add their layers, or name them in `unused = [\"…\"]`",
            Fault::Layer { .. } => "change the layer, or those before it",
            Fault::Network(fault) => return fault.help(),
        })
    }
}
