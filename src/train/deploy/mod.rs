//! What was learned as an int8 image: the network costs what the shipped one cost.
//!
//! ```text
//!     tensors    as they are, but scales that what is put out has outgrown
//!     weights    rows of the forward set: scale = max|α| / 127, values = round(α / scale)
//!                bias = round(b / (input scale · scale)) − zero point · Σ values
//!                multiplier = input scale · scale / output scale
//!     the rest   copied; what only training needs is left out
//! ```
//!
//! Sparse layers are written as [`Index8`](crate::sparse::Index8), which kernels read fastest, others dense. The image
//! goes to RAM, where it can be run in place; from there it may go to flash, as any update.
//!
//! # Ranges
//!
//! What a layer puts out may be larger after training than when the network was quantised. [`Tuner::observe`] runs the
//! network on real numbers and remembers each layer's [`Extremes`]; where they lie outside of what the tensor's scale can
//! say, [`Tuner::deploy`] makes the scale larger, with the same zero point, so that nothing but scales changes. It does
//! so where all that reads the tensor is a layer that was trained, a pooling, padding or reshaping (whose output then has
//! the same scale), or a softmax; elsewhere the scale stays, and what is too large is cut off, which
//! [`saturated`] counts.

mod error;
mod extremes;
mod matrix;
mod out;
mod rows;
mod scaling;
mod widen;
mod write;

pub use error::{DeployError, Deployed};
pub use extremes::{Extremes, saturated};
