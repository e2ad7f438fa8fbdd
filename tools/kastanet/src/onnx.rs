//! `.onnx` files: read into graphs, of float32 or of int8.
//!
//! ONNX counts channels before rows and columns; a graph here has them last. Weights are put in that order as they
//! are read, and values are looked at through a `layout`, so that neither transposes nor reshapes remain.
//! From the bytes up: `proto` declares the messages, `constant` holds arrays of known elements, `node` reads a node's
//! parameters, `values` holds what is known so far, `integer` writes operators on integers as others between
//! changes of type, `fold` computes what depends on nothing, `operators` translates the others one by one, and
//! [`import()`] puts them together.

mod proto;

mod constant;

mod layout;

mod node;

mod error;

mod values;

mod fold;

mod integer;

mod operators;

mod assembly;

mod import;

#[cfg(test)]
mod tests;

pub use error::{Fault, ImportError};
pub use import::import;

pub(crate) use assembly::Assembly;
pub(crate) use constant::{Constant, Values, half};
pub(crate) use proto::{Attribute, Node as ProtoNode};

/// The versions of the operators that can be read.
pub const OPSETS: std::ops::RangeInclusive<i64> = 7..=23;

/// The most nodes of a model.
const MAX_NODES: usize = 1 << 13;

/// The most inputs of a model that are no constants.
const MAX_INPUTS: usize = 64;

/// The most elements of a value that the network computes: more than any device holds.
const MAX_VALUES: usize = 1 << 24;

/// The most elements of all values together.
const MAX_ALL: usize = 1 << 25;

/// The most elements of all constants together that are computed as a model is read.
const MAX_FOLDED: usize = 1 << 27;
