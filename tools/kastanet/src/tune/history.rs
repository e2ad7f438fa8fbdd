//! What happened in a run, as it lies with the weights that came of it.

use super::Options;
use serde::{Deserialize, Serialize};

/// A run, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// How the network was tuned.
    pub recipe: Options,
    /// The layers that are sparse, by name.
    pub layers: Vec<String>,
    /// What each epoch did.
    pub epochs: Vec<Epoch>,
    /// The number of epochs after which the weights were kept.
    pub kept: usize,
}

/// A pass over the samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The mean loss.
    pub loss: f32,
    /// The share of the samples that were known, before the step they were in.
    pub known: f64,
    /// The share of held-back samples that are known after it, where some are held back.
    pub accuracy: Option<f64>,
    /// Of each layer in `layers`, the share of the forward set that was not in it an epoch before.
    pub churn: Vec<f64>,
}
