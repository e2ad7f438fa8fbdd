//! Why a network cannot be tuned.

use super::{StateError, WeightsError};
use crate::quantise::QuantiseError;
use crate::{trainable, training};
use kastanet::train::{Error, LossError, ProgramError};
use thiserror::Error;

/// One way for a network not to be tuned.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum TuneError {
    /// A share is none.
    #[error("a density is {found}, expected above 0 and at most 1")]
    Density { found: f64 },
    /// Another share is none.
    #[error("`{name}` is {found}, expected 0 to {most}")]
    Share { name: &'static str, found: f64, most: f64 },
    /// Weights would be rounded while sets change, or in more epochs than there are.
    #[error(
        "the last {quantised} of {epochs} epochs round weights, which have to be epochs in which sets stay as they are"
    )]
    Quantised { quantised: usize, epochs: usize },
    /// A density is given for a layer that is not there.
    #[error("no layer with weights is called {name:?}")]
    UnknownLayer { name: String },
    /// A batch is no whole number of lanes.
    #[error("a batch has {found} samples, expected a multiple of {lanes}")]
    Batch { found: usize, lanes: usize },
    /// There are not as many classes as samples.
    #[error("there are {samples} samples and {classes} classes, expected as many")]
    Classes { samples: usize, classes: usize },
    /// No step can be taken, or too many are asked for.
    #[error("{samples} samples in batches of {batch}, {epochs} times, make no run")]
    TooFew { samples: usize, batch: usize, epochs: usize },
    /// A layer has no real numbers.
    #[error("layer {layer:?} has weights or biases that are no float32 constants")]
    Weights { layer: String },
    /// A run cannot go on.
    #[error(transparent)]
    State(#[from] StateError),
    /// Weights cannot be written, or read.
    #[error(transparent)]
    File(#[from] WeightsError),
    /// Samples do not fit.
    #[error(transparent)]
    Samples(#[from] QuantiseError),
    /// The network cannot be trained.
    #[error(transparent)]
    Network(#[from] trainable::Error),
    /// Its sets cannot be.
    #[error(transparent)]
    Training(#[from] training::Error),
    /// The program is refused.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The recipe is refused.
    #[error(transparent)]
    Recipe(#[from] Error),
    /// A class is out of range.
    #[error(transparent)]
    Loss(#[from] LossError),
}

impl TuneError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            TuneError::Density { .. }
            | TuneError::Share { .. }
            | TuneError::Quantised { .. }
            | TuneError::UnknownLayer { .. }
            | TuneError::Batch { .. } => "change the recipe",
            TuneError::Classes { .. } => "give one class for each sample",
            TuneError::TooFew { .. } => "give more samples, or change `batch`, `hold` and `epochs`",
            TuneError::Weights { .. } => "export the checkpoint with its weights in float32",
            TuneError::Samples(error) => error.help(),
            TuneError::Loss(_) => "give classes that the network has outputs for",
            TuneError::Network(_) => "change the model, or cut it so that this part runs outside",
            _ => "change the recipe or the model",
        }
    }
}
