//! Top-KAST.

mod lanes;
mod loss;
mod operation;
mod operators;
pub mod record;

pub use lanes::Lanes;
pub use loss::{Loss, LossError, Target, predicted};
pub use operation::{Function, Kind, Shape};
