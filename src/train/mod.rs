//! Top-KAST.
#![allow(dead_code)]

mod backward_set;
mod base;
mod candidates;
mod forward_set;
mod fully_connected;
mod grid;
mod lanes;
mod live;
mod operation;
mod operators;
mod overlay;
mod random;
mod rank;
mod rebuild;
mod recipe;
pub mod record;
mod rule;
mod schedule;
mod search;
mod tile;
mod update;
mod value;
mod weighted;
mod windows;
mod loss {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    /** . */
    pub enum Loss {
        /** . */
        SoftmaxCrossEntropy,
    }
}

pub use grid::{Grid, Unit};
pub use lanes::Lanes;
pub use operation::{Function, Kind, Shape};
pub use recipe::{Beyond, Clip, Optimizer, Penalty, Recipe, RecipeError};
pub use schedule::Schedule;
pub use value::{Bf16, Value};
