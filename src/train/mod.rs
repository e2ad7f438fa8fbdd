//! Top-KAST.

mod lanes;
mod operation;
mod operators;
pub mod record;

pub use lanes::Lanes;
pub use operation::{Function, Kind, Shape};
