//! What the files of a case hold: written beside them, read by the report.

use serde::{Deserialize, Serialize};

/// An image with its input and expected output, and what is known of it beforehand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Name of the network.
    pub case: String,
    /// Share of the weights that were pruned.
    pub sparsity: f64,
    /// What was pruned together.
    pub unit: String,
    /// The format asked for: `auto`, or a format's name.
    pub format: String,
    /// Weights that are not zero.
    pub nnz: usize,
    /// Bytes of weights, tables and padding included.
    pub weight_bytes: usize,
    /// Bytes of the image.
    pub flash_bytes: usize,
    /// Bytes of the arena.
    pub arena_bytes: usize,
    /// The layers with weights.
    pub layers: Vec<LayerEntry>,
}

/// A layer of an [`Entry`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LayerEntry {
    /// The number of its operator in the image.
    pub operator: usize,
    /// Kind and shape.
    pub name: String,
    /// The format it is stored in.
    pub format: String,
    /// Multiplications of a dense inference.
    pub macs: usize,
    /// Those of them by weights that are not zero.
    pub nonzero_macs: usize,
    /// Weights that are not zero.
    pub nnz: usize,
    /// Bytes of weights.
    pub weight_bytes: usize,
}
