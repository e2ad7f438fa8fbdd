//! Weights by themselves, and a small TOML file that says how a network uses them.
//!
//! ```toml
//! weights = "model.safetensors"     # or .npz, beside this file
//! layout = "pytorch"
//! input = [28, 28, 1]               # height, width, channels
//!
//! [[layer]]
//! conv = "features.0"               # the arrays features.0.weight and features.0.bias
//! padding = 2
//! activation = "relu"
//!
//! [[layer]]
//! max_pool = 2
//! ```
//!
//! `file` declares what the file may say, `weights` holds the arrays, `order` knows what frameworks call them and how
//! they order axes, `arrays` takes those of a layer, `layers` and `windows` write each layer as nodes of ONNX, and
//! [`import()`] hands these to that importer: the same network gives the same graph, whichever file it comes from.
//! `docs/description.md` is for users.

mod arrays;
mod error;
mod file;
mod import;
mod layers;
mod order;
mod starter;
mod weights;
mod windows;

#[cfg(test)]
mod tests;

pub use error::{DescriptionError, Fault};
pub use file::Description;
pub use import::import;
pub use starter::{EXAMPLE, starter};
pub use weights::{Element, Stored, Weights};

/// The most layers of a description, and the most arrays of a file of weights.
pub const MOST: usize = 4096;
