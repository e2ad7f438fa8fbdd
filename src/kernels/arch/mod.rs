//! The primitives of each core, and the one place that chooses among them.

mod portable;

#[cfg(test)]
mod tests;

pub use portable::Portable;

/// The primitives of the core this build is for.
pub type Native = Portable;
