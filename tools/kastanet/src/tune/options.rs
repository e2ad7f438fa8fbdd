//! How a network is tuned, as a recipe says it.

use super::{LANES, TuneError};
use crate::prune;
use kastanet::train::{
    Clip, Function, Loss, Optimizer, Program, Recipe, Reserve, Schedule, Scope, Unit,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a network is tuned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Share of the weights that are used, of those in layers that can be pruned.
    pub density: f64,
    /// How these are spread over the layers.
    pub spread: Spread,
    /// Shares of layers that have another, by name.
    pub densities: BTreeMap<String, f64>,
    /// Share of the weights that learn while sets are looked for: at least the share that is used.
    pub backward: f64,
    /// What is chosen as one.
    pub unit: Chosen,
    /// Passes over the samples.
    pub epochs: usize,
    /// The share of the steps after which sets stay as they are; 1: never.
    pub explore: f64,
    /// How gradients become steps.
    pub optimizer: Rule,
    /// The learning rate at the start, from which it falls along a cosine.
    pub rate: f32,
    /// μ of `momentum`.
    pub momentum: f32,
    /// λ, the coefficient of the exploration penalty.
    pub exploration: f32,
    /// Samples of a step, a multiple of 32.
    pub batch: usize,
    /// The share of the samples that is held back to see what is known.
    pub hold: f64,
    /// Epochs without a better result after which a run ends; 0: none.
    pub patience: usize,
    /// Epochs at the end that compute with weights rounded as int8 weights will be.
    pub quantised: usize,
    /// Of the order of samples.
    pub seed: u64,
}

/// How nonzeros are spread over layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// One density for all.
    #[default]
    Uniform,
    /// In proportion to the sum of a layer's dimensions over their product (Erdős–Rényi kernel; Evci et al., ICML
    /// 2020): small layers are denser.
    Erk,
    /// Wherever the largest weights are.
    Global,
}

/// What is chosen as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chosen {
    /// A weight.
    #[default]
    Weight,
    /// Four outputs of an input.
    Block4x1,
    /// Four inputs of an output.
    Block1x4,
}

/// How gradients become steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Stochastic gradient descent.
    Sgd,
    /// The same with momentum.
    #[default]
    Momentum,
    /// Adam, with β of 0.9 and 0.999.
    Adam,
}

impl Default for Options {
    /// 90 % sparse, with half of the weights learning.
    fn default() -> Self {
        Options {
            density: 0.1,
            spread: Spread::Uniform,
            densities: BTreeMap::new(),
            backward: 0.5,
            unit: Chosen::Weight,
            epochs: 3,
            explore: 0.7,
            optimizer: Rule::Momentum,
            rate: 0.01,
            momentum: 0.9,
            exploration: 1e-4,
            batch: 64,
            hold: 0.1,
            patience: 0,
            quantised: 0,
            seed: 0,
        }
    }
}

impl Options {
    /// Checks what can be checked without a network.
    ///
    /// # Errors
    ///
    /// The first value out of its range.
    pub fn check(&self) -> Result<(), TuneError> {
        let shares = self.densities.values().copied().chain([self.density, self.backward]);
        if let Some(found) = shares.into_iter().find(|share| !(*share > 0.0 && *share <= 1.0)) {
            return Err(TuneError::Density { found });
        }
        for (name, found, most) in [("hold", self.hold, 0.9), ("explore", self.explore, 1.0)] {
            if !(0.0..=most).contains(&found) {
                return Err(TuneError::Share { name, found, most });
            }
        }
        if self.batch == 0 || !self.batch.is_multiple_of(LANES) {
            return Err(TuneError::Batch { found: self.batch, lanes: LANES });
        }
        if self.quantised > self.epochs || (self.quantised > 0 && self.settled() > self.exact()) {
            return Err(TuneError::Quantised { quantised: self.quantised, epochs: self.epochs });
        }
        Ok(())
    }

    /// Epochs before those that compute with rounded weights.
    pub(super) fn exact(&self) -> usize {
        self.epochs - self.quantised.min(self.epochs)
    }

    /// Epochs after which sets stay.
    fn settled(&self) -> usize {
        (self.explore * self.epochs as f64).ceil() as usize
    }

    pub(super) fn recipe(&self, program: &Program<'_>, steps: u32) -> Recipe {
        let until = (self.explore * f64::from(steps)).ceil() as u32;
        Recipe {
            optimizer: match self.optimizer {
                Rule::Sgd => Optimizer::Sgd,
                Rule::Momentum => Optimizer::Momentum { momentum: self.momentum },
                Rule::Adam => Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
            },
            // Classes are learned, whether the network ends with a softmax or before it.
            loss: match program.last() {
                Function::Logistic => Loss::LogisticCrossEntropy,
                _ => Loss::SoftmaxCrossEntropy,
            },
            schedule: Schedule::Cosine { rate: self.rate, steps },
            batch: self.batch as u32,
            exploration: self.exploration,
            clip: Clip::Norm(10.0),
            explore_until: if self.explore < 1.0 { until } else { u32::MAX },
            scope: if self.spread == Spread::Global { Scope::Network } else { Scope::Layer },
            reserve: Reserve::Exact,
            seed: self.seed as u32,
            ..Recipe::of(program)
        }
    }
}

impl Chosen {
    pub(super) fn unit(self) -> Unit {
        match self {
            Chosen::Weight => Unit::Weight,
            Chosen::Block4x1 => Unit::Block4x1,
            Chosen::Block1x4 => Unit::Block1x4,
        }
    }

    /// The same for pruning.
    pub(super) fn pruned(self) -> prune::Unit {
        match self {
            Chosen::Weight => prune::Unit::Weight,
            Chosen::Block4x1 => prune::Unit::Block4x1,
            Chosen::Block1x4 => prune::Unit::Block1x4,
        }
    }
}
