//! How a weight moves: the optimizer, the penalty, the clip.
//!
//! ```text
//!     g ← clip(g)
//!     v ← g                                   SGD
//!     v ← μ·v + g                             momentum
//!     m ← β₁·m + (1−β₁)·g                     Adam
//!     s ← β₂·s + (1−β₂)·g²
//!     v ← (m / (1−β₁ᵗ)) / (√(s / (1−β₂ᵗ)) + ε)
//!     θ ← θ − η·(v + c·r(θ) + d·θ)
//! ```
//!
//! r is the exploration penalty's, θ or its sign; c is λ in the forward set and λ/D in the rest of the
//! backward set; d is the weight decay. With r = θ, c and d are added beforehand.

use super::random;
use super::recipe::{Optimizer, Penalty, Recipe};
use super::value::Value;

/// What the optimizer keeps of some weights: empty where it keeps nothing.
pub(super) struct State<'s> {
    pub first: &'s mut [f32],
    pub second: &'s mut [f32],
}

/// A [`Recipe`] at one step, for one layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    optimizer: Optimizer,
    penalty: Penalty,
    /// Of a unit of the forward set, and of the rest.
    coefficients: [f32; 2],
    decay: f32,
    clip: f32,
    rate: f32,
    /// 1 − β₁ᵗ and 1 − β₂ᵗ.
    corrections: [f32; 2],
    /// Of the noise of this step.
    seed: u32,
}

impl Rule {
    /// At a step at which the learning rate is `rate` and Adam's βᵗ are `powers`, for a layer of which
    /// `density` is in the forward set.
    pub fn new(recipe: &Recipe, rate: f32, powers: [f32; 2], density: f32, seed: u32) -> Self {
        let mut coefficients = [recipe.exploration, recipe.exploration / density];
        if recipe.penalty == Penalty::L2 {
            coefficients = coefficients.map(|coefficient| coefficient + recipe.weight_decay);
        }
        Rule {
            optimizer: recipe.optimizer,
            penalty: recipe.penalty,
            coefficients,
            decay: recipe.weight_decay,
            clip: recipe.clip.value(),
            rate,
            corrections: powers.map(|power| 1.0 - power),
            seed,
        }
    }

    /// The same for biases, on which there is neither penalty nor decay.
    pub fn for_biases(self) -> Self {
        Rule { coefficients: [0.0; 2], decay: 0.0, ..self }
    }

    /// Whether it is the plain one: SGD, without clip, with an L2 penalty.
    pub fn is_plain(&self) -> bool {
        matches!(self.optimizer, Optimizer::Sgd) && self.is_bare()
    }

    /// Whether gradients are taken as they are and the penalty is θ's multiple.
    fn is_bare(&self) -> bool {
        self.penalty == Penalty::L2 && self.clip == f32::INFINITY
    }

    /// The coefficient of units in the forward set, or of the others.
    pub fn coefficient(&self, is_forward: bool) -> f32 {
        let [forward, rest] = self.coefficients;
        if is_forward { forward } else { rest }
    }

    /// The plain rule for units in the forward set, or for the others; also behind momentum.
    #[inline(always)]
    pub fn at(&self, is_forward: bool) -> Plain {
        let coefficient = self.coefficient(is_forward);
        Plain { rate: self.rate, coefficient, seed: self.seed }
    }

    /// Any rule. `first` and `second` are the optimizer's, where it keeps some.
    #[inline(always)]
    pub fn step(
        &self,
        coefficient: f32,
        weight: f32,
        gradient: f32,
        (first, second): (Option<&mut f32>, Option<&mut f32>),
    ) -> f32 {
        let gradient = clip(gradient, self.clip);
        let velocity = match (self.optimizer, first, second) {
            (Optimizer::Momentum { momentum }, Some(velocity), _) => {
                *velocity = momentum * *velocity + gradient;
                *velocity
            }
            (Optimizer::Adam { beta1, beta2, epsilon }, Some(mean), Some(square)) => {
                *mean = beta1 * *mean + (1.0 - beta1) * gradient;
                *square = beta2 * *square + (1.0 - beta2) * (gradient * gradient);
                let [first, second] = self.corrections;
                (*mean / first) / (libm::sqrtf(*square / second) + epsilon)
            }
            _ => gradient,
        };
        weight - self.rate * (velocity + self.penalty(coefficient, weight))
    }

    #[inline(always)]
    fn penalty(&self, coefficient: f32, weight: f32) -> f32 {
        match self.penalty {
            Penalty::L2 => coefficient * weight,
            Penalty::L1 if weight == 0.0 => 0.0,
            Penalty::L1 => coefficient * 1_f32.copysign(weight) + self.decay * weight,
        }
    }

    /// Any rule, for the weights of the units at `columns`, the first `forward` of which are in the forward set;
    /// weight number 0 of the segment is number `first` of its layer.
    #[inline(always)]
    pub fn steps<V: Value>(
        &self,
        forward: usize,
        weights: &mut [V],
        (columns, first): (&[u8], u32),
        gradients: &[f32],
        state: State<'_>,
    ) {
        let [near, rest] = [true, false].map(|is_forward| self.at(is_forward));
        let plain = |at: usize| if (at as u32) < forward as u32 { near } else { rest };
        let size = (weights.len() / columns.len().max(1)).max(1) as u32;
        let number = |at: usize| {
            let column = columns.get(at / size as usize).copied().unwrap_or_default();
            first + u32::from(column) * size + at as u32 % size
        };
        let all = weights.iter_mut().zip(gradients).enumerate();
        let keep = |moved: f32, at: usize| keep(moved, self.seed, || number(at));
        match (self.optimizer, self.is_bare()) {
            (Optimizer::Sgd, true) => {
                for (at, (weight, &gradient)) in all {
                    *weight = keep(plain(at).step(weight.get(), gradient), at);
                }
            }
            (Optimizer::Momentum { momentum }, true) => {
                for ((at, (weight, &gradient)), velocity) in all.zip(state.first) {
                    *velocity = momentum * *velocity + gradient;
                    *weight = keep(plain(at).step(weight.get(), *velocity), at);
                }
            }
            _ => {
                let (mut first, mut second) = (state.first.iter_mut(), state.second.iter_mut());
                for (at, (weight, &gradient)) in all {
                    let state = (first.next(), second.next());
                    let coefficient = plain(at).coefficient;
                    *weight = keep(self.step(coefficient, weight.get(), gradient, state), at);
                }
            }
        }
    }
}

/// The plain rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    rate: f32,
    coefficient: f32,
    seed: u32,
}

impl Plain {
    /// A weight's step.
    #[inline(always)]
    pub fn step(&self, weight: f32, gradient: f32) -> f32 {
        weight - self.rate * (gradient + self.coefficient * weight)
    }

    /// What is kept of a result: weight number `number` of its layer has noise of its own.
    #[inline(always)]
    pub fn keep<V: Value>(&self, result: f32, number: u32) -> V {
        keep(result, self.seed, || number)
    }
}

/// `number`, at most `most` away from 0. Comparisons, since `f32::min` is a call on some cores.
#[inline(always)]
fn clip(number: f32, most: f32) -> f32 {
    if number > most {
        most
    } else if number < -most {
        -most
    } else {
        number
    }
}

#[inline(always)]
fn keep<V: Value>(result: f32, seed: u32, number: impl Fn() -> u32) -> V {
    V::keep(result, if V::NOISY { random::bits(seed, number()) } else { 0 })
}
