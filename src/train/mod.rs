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
mod loss;
mod memory;
mod operation;
mod operators;
mod overlay;
mod plain;
mod program;
mod random;
mod rank;
mod rebuild;
mod recipe;
pub mod record;
mod rule;
mod scan;
mod schedule;
mod search;
mod source;
mod tile;
mod tuner;
mod update;
mod value;
mod view;
mod weighted;
mod windows;

pub use grid::{Grid, Unit};
pub use lanes::Lanes;
pub use loss::{Loss, LossError, Target, predicted};
pub use memory::Bytes;
pub use operation::{Function, Kind, Shape};
pub use program::{Layer, Program, ProgramError, Training};
pub use recipe::{Beyond, Clip, Optimizer, Penalty, Recipe, RecipeError, Reserve};
pub use schedule::Schedule;
pub use source::Source;
pub use tuner::{Counters, Error, Outcome, Tuner};
pub use value::{Bf16, Value};
pub use view::LiveWeight;
