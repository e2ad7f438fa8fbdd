//! Why a network cannot be trained on a device.

use crate::{training, words};

/// Why a network cannot be trained on a device.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No such layer.
    #[error("no layer with weights is called `{name}`; there are {}", words::list(known))]
    UnknownLayer {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Fewer layers than asked for.
    #[error("{} to be trained, there are {found}", words::count(*asked, "layer"))]
    TooFewLayers {
        /// How many were asked for.
        asked: usize,
        /// How many there are.
        found: usize,
    },
    /// No part of the network with one way in holds all trainable layers.
    #[error(
        "the trained part has more than one input: {}; training needs a single int8 tensor to start from",
        words::list(tensors)
    )]
    Entrances {
        /// What enters.
        tensors: Vec<String>,
    },
    /// Not one output.
    #[error("the network has {found} outputs, training needs one")]
    Outputs {
        /// How many there are.
        found: usize,
    },
    /// Operators that training does not know, all of them.
    #[error("training does not go through {}", words::list(operators))]
    Unsupported {
        /// Their names, kinds, and what is wrong.
        operators: Vec<String>,
    },
    /// A weight that stands for "none".
    #[error("layer `{layer}`: a weight is -128, where the symmetric range is -127 to 127")]
    Weight {
        /// The layer.
        layer: String,
    },
    /// A layer that is not as its neighbours say.
    #[error("layer `{layer}`: {what}")]
    Layer {
        /// The layer.
        layer: String,
        /// What is wrong.
        what: String,
    },
    /// A share is asked for of a layer that has no backward set.
    #[error("layer `{layer}` has no share of weights that learn: {why}")]
    NoBackward {
        /// The layer.
        layer: String,
        /// Why it has none.
        why: &'static str,
    },
    /// A share is asked for, and no layer has a backward set.
    #[error("no trained layer is pruned, so that all of their weights learn, and no share of them")]
    NoneBackward,
    /// A reserve that is smaller than the backward set.
    #[error(
        "layer `{layer}`: the reserve holds {held} of {units} units that are not 0, the backward set needs {backward}"
    )]
    Reserve {
        /// The layer.
        layer: String,
        /// Units in the reserve.
        held: usize,
        /// Units that there are.
        units: usize,
        /// Units of the backward set.
        backward: usize,
    },
    /// Something that the training program cannot hold.
    #[error(transparent)]
    Training(#[from] training::Error),
}
