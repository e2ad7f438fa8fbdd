//! Top-KAST beside a dense network: its sets may be filled up as one likes, at the price of everything dense.
//!
//! ```text
//! the network's weights are α; θ is kept here
//! after each step, in each layer
//!     θ ← α + Δα                         in the forward set A
//!     θ ← θ + Δα − η · λ/D · θ           in the rest of the backward set B; Δα has no penalty there, since α = 0
//!     B ← A and others, by chance or by magnitude      where it is due
//!     A ← the largest of B                             where it is due
//!     α ← θ in A, 0 outside; v ← 0 outside B
//! ```

use super::masked::{first, share};
use super::{Method, Trainer};
use crate::data::BATCH;
use crate::setup::{Fill, Setup, TopKast};
use kastanet::train::Schedule;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// Top-KAST, from outside.
pub struct Beside {
    told: TopKast,
    lambda: f32,
    schedule: Schedule,
    numbers: Range<usize>,
    layers: Vec<Layer>,
    random: Xoshiro256PlusPlus,
}

/// A layer, in the order of its weights.
#[derive(Default)]
struct Layer {
    theta: Vec<f32>,
    is_live: Vec<bool>,
    is_forward: Vec<bool>,
}

impl Beside {
    /// For a run of so many steps of a setup with an L2 penalty.
    pub fn of(setup: &Setup, told: TopKast, steps: u32, seed: u64) -> Self {
        let (lambda, numbers) = (setup.lambda, setup.network.pruned());
        let schedule = setup.recipe(steps, BATCH as u32, 0).schedule;
        let random = Xoshiro256PlusPlus::seed_from_u64(seed);
        Beside { told, lambda, schedule, numbers, layers: vec![], random }
    }

    /// What is due before step number `step`, and α.
    fn choose(&mut self, step: u32, trainer: &mut Trainer<'_, '_>) {
        let Beside { told, numbers, layers, random, .. } = self;
        for (number, layer) in numbers.clone().zip(layers) {
            let Some((alpha, velocity)) = trainer.dense_mut(number) else { continue };
            if step.is_multiple_of(told.backward_every) {
                layer.choose_backward(told, random);
            }
            if step.is_multiple_of(told.forward_every) {
                layer.is_forward = layer.largest(told.density, &layer.is_live);
            }
            for (at, (alpha, velocity)) in alpha.iter_mut().zip(velocity).enumerate() {
                *alpha = if layer.is_forward[at] { layer.theta[at] } else { 0.0 };
                *velocity = if layer.is_live[at] { *velocity } else { 0.0 };
            }
        }
    }
}

impl Layer {
    /// Whether each weight is one of the share of largest magnitude, of those that `are_asked`.
    fn largest(&self, density: f64, are_asked: &[bool]) -> Vec<bool> {
        let theta = &self.theta;
        let asked = (0..theta.len()).filter(|&at| are_asked[at]).collect();
        let larger =
            |a: &usize, b: &usize| theta[*b].abs().total_cmp(&theta[*a].abs()).then(a.cmp(b));
        let mut chosen = vec![false; theta.len()];
        let all = first(asked, share(density, theta.len()), larger);
        all.into_iter().for_each(|at| chosen[at] = true);
        chosen
    }

    fn choose_backward(&mut self, told: &TopKast, random: &mut Xoshiro256PlusPlus) {
        let all = vec![true; self.theta.len()];
        if told.beyond == Fill::Largest {
            self.is_live = self.largest(told.backward, &all);
            return;
        }
        self.is_live = self.largest(told.density, &all);
        let mut others: Vec<usize> = (0..all.len()).filter(|&at| !self.is_live[at]).collect();
        others.shuffle(random);
        let more = share(told.backward, all.len()) - (all.len() - others.len());
        others[..more].iter().for_each(|&at| self.is_live[at] = true);
    }

    /// Takes over how the network's weights have moved.
    fn follow(&mut self, alpha: &[f32], decay: f32) {
        for (at, theta) in self.theta.iter_mut().enumerate() {
            match (self.is_forward[at], self.is_live[at]) {
                (true, _) => *theta = alpha[at],
                (_, true) => *theta += alpha[at] - decay * *theta,
                _ => (),
            }
        }
    }
}

impl Method for Beside {
    fn begin(&mut self, trainer: &mut Trainer<'_, '_>) {
        for number in self.numbers.clone() {
            let theta = trainer.dense_mut(number).map(|(weights, _)| weights.to_vec());
            let theta = theta.unwrap_or_default();
            self.layers.push(Layer { theta, ..Layer::default() });
        }
        self.choose(0, trainer);
    }

    fn after(&mut self, steps: u32, trainer: &mut Trainer<'_, '_>) {
        let decay = self.schedule.at(steps - 1) * (self.lambda / self.told.density as f32);
        for (number, layer) in self.numbers.clone().zip(&mut self.layers) {
            if let Some((alpha, _)) = trainer.dense_mut(number) {
                layer.follow(alpha, decay);
            }
        }
        self.choose(steps, trainer);
    }
}
