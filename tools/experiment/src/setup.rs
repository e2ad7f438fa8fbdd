//! What is run: a network, a method and what the method is told.

use crate::network::Network;
use kastanet::train::{Optimizer, Penalty, Recipe, Reserve, Schedule};
use serde::{Deserialize, Serialize};

/// What is run, but for its seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What is trained.
    pub network: Network,
    /// How its weights are chosen.
    #[serde(flatten)]
    pub way: Way,
    /// What draws weights to 0.
    pub penalty: Pull,
    /// How strongly: λ.
    pub lambda: f32,
    /// How often the pictures are gone through.
    pub epochs: u32,
    /// The learning rate at the start, which falls to 0 along half a cosine.
    pub rate: f32,
    /// Of the optimizer.
    pub momentum: f32,
}

/// How weights are chosen. Densities are shares of each layer's weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Way {
    /// Not at all.
    Dense,
    /// By chance, once.
    Static {
        /// Of the weights that are trained.
        density: f64,
    },
    /// Sparse evolutionary training.
    Set {
        /// Of the weights that are trained.
        density: f64,
    },
    /// The rigged lottery.
    Rigl {
        /// Of the weights that are trained.
        density: f64,
    },
    /// Gradual magnitude pruning.
    Gradual {
        /// At the end.
        density: f64,
    },
    /// Top-KAST.
    TopKast(TopKast),
}

/// What Top-KAST is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopKast {
    /// D: of the forward set.
    pub density: f64,
    /// B: of the backward set.
    pub backward: f64,
    /// Steps between two choices of the forward set.
    pub forward_every: u32,
    /// Steps between two choices of the backward set.
    pub backward_every: u32,
    /// The share of the run after which exploration ends.
    pub explore: f64,
    /// How the backward set is filled up.
    pub beyond: Fill,
}

/// A penalty's r.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pull {
    /// θ.
    L2,
    /// θ's sign.
    L1,
}

/// How a backward set is filled up beyond its forward set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// By magnitude.
    Largest,
    /// By chance.
    Random,
}

impl Setup {
    /// LeNet, three times through the pictures.
    pub fn new(way: Way) -> Self {
        let (network, penalty, lambda) = (Network::Lenet, Pull::L2, 1e-4);
        Setup { network, way, penalty, lambda, epochs: 3, rate: 0.05, momentum: 0.9 }
    }

    /// The recipe of a run of so many steps.
    pub fn recipe(&self, steps: u32, batch: u32, seed: u32) -> Recipe {
        let recipe = Recipe {
            optimizer: Optimizer::Momentum { momentum: self.momentum },
            schedule: Schedule::Cosine { rate: self.rate, steps },
            batch,
            exploration: self.lambda,
            penalty: if self.penalty == Pull::L1 { Penalty::L1 } else { Penalty::L2 },
            reserve: Reserve::Exact,
            seed,
            ..Recipe::default()
        };
        let Way::TopKast(told) = self.way else { return recipe };
        let explore = (told.explore * f64::from(steps)).round() as u32;
        Recipe {
            refresh_forward_every: told.forward_every,
            refresh_backward_every: told.backward_every,
            explore_until: if told.explore < 1.0 { explore } else { u32::MAX },
            ..recipe
        }
    }
}

impl TopKast {
    /// As published: both sets chosen together, every so many steps.
    pub fn together(density: f64, backward: f64, every: u32) -> Self {
        TopKast::at(density, backward, [every, every])
    }

    /// The forward set chosen at every step, the backward set every 100.
    pub fn two_rate(density: f64, backward: f64) -> Self {
        TopKast::at(density, backward, [1, 100])
    }

    /// Both sets chosen every so many steps.
    pub fn at(density: f64, backward: f64, every: [u32; 2]) -> Self {
        let [forward_every, backward_every] = every;
        let (explore, beyond) = (1.0, Fill::Largest);
        TopKast { density, backward, forward_every, backward_every, explore, beyond }
    }
}
