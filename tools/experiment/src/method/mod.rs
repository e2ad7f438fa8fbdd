//! Ways to train with few weights, one file each.
//!
//! Top-KAST is the crate's own, but where its sets are filled up by chance. The others are made from a network that is trained densely: after each step
//! the weights that are not in a mask, and what the optimizer keeps of them, are set to 0 from outside.

mod beside;
mod fixed;
mod gradual;
mod masked;
mod rigl;
mod set;

use crate::data::BATCH;
use crate::setup::{Fill, Setup, Way};
pub use beside::Beside;
use kastanet::train::Tuner;
use kastanet_cli::training::Layer;
use masked::Masked;

/// What trains: a batch at once.
pub type Trainer<'a, 'm> = Tuner<'a, 'm, f32, BATCH>;

/// A way to train with few weights.
pub trait Method {
    /// How a layer is trained whose weights are chosen.
    fn layer(&self) -> Layer {
        Layer::dense()
    }

    /// What happens before the first step.
    fn begin(&mut self, _trainer: &mut Trainer<'_, '_>) {}

    /// What happens once `steps` steps have been taken.
    fn after(&mut self, _steps: u32, _trainer: &mut Trainer<'_, '_>) {}
}

/// Nothing is chosen.
struct Dense;

impl Method for Dense {}

/// The crate's trainer chooses.
struct TopKast {
    forward: f64,
    backward: f64,
}

impl Method for TopKast {
    fn layer(&self) -> Layer {
        Layer::sparse(self.forward, self.backward)
    }
}

/// The method of a setup, for a run of so many steps.
pub fn of(setup: &Setup, steps: u32, seed: u64) -> Box<dyn Method> {
    let layers = setup.network.pruned();
    match setup.way {
        Way::Dense => Box::new(Dense),
        Way::Static { density } => Box::new(Masked::new(fixed::Static { density }, layers, seed)),
        Way::Set { density } => Box::new(Masked::new(set::Set { density, steps }, layers, seed)),
        Way::Rigl { density } => Box::new(Masked::new(rigl::Rigl { density, steps }, layers, seed)),
        Way::Gradual { density } => {
            Box::new(Masked::new(gradual::Gradual { density, steps }, layers, seed))
        }
        Way::TopKast(told) if told.beyond == Fill::Random => {
            Box::new(Beside::of(setup, told, steps, seed))
        }
        Way::TopKast(told) => Box::new(TopKast { forward: told.density, backward: told.backward }),
    }
}
