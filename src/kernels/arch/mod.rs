//! The primitives of each core, and the one place that chooses among them.

mod portable;

pub use portable::Portable;

/// The primitives of the core this build is for.
pub type Native = Portable;
