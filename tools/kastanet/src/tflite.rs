//! `.tflite` files: read, patched, written.
//!
//! A `.tflite` file is a FlatBuffer that follows a public schema. From the bytes up:
//! `flatbuffer` walks it and trusts nothing; `schema` and `operators` hold the schema's
//! numbers; `model` finds the frame; `tensors` and `options` translate its two halves, and
//! `names` gives the operators names; [`import()`] puts them together. [`replace_constants`]
//! writes new weights into an existing file, and [`build()`] makes a file from a graph, whose padding [`spelled`] puts
//! into TFLite's words.

mod flatbuffer;

mod schema;

mod operators;

mod error;

mod model;

mod tensors;

mod options;

mod names;

mod import;

mod rewrite;

mod writer;

mod build;

mod padding;

#[cfg(test)]
mod tests;

pub use build::build;
pub use error::{Fault, ImportError, Precision};
pub use flatbuffer::FlatbufferError;
pub use import::import;
pub use padding::spelled;
pub use rewrite::replace_constants;
