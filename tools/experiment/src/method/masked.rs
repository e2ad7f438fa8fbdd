//! Dense training whose weights are masked from outside.
//!
//! ```text
//! before the first step     mask ← round(density · n) weights of each layer, by chance
//! after each step           mask ← what the rule makes of it
//!                           θ, v ← 0 outside the mask
//! ```
//!
//! Since v is 0 outside the mask before a step, it is the dense gradient there after it: v = μ · 0 + g. So a
//! rule that looks at gradients finds them in v.

use super::{Method, Trainer};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cmp::Ordering;
use std::ops::Range;

/// How a mask changes.
pub trait Rule {
    /// The share of weights in the first mask.
    fn first(&self) -> f64;

    /// Changes a layer's mask once `steps` steps have been taken.
    fn change(&self, _steps: u32, _layer: &mut Pruned<'_>) {}
}

/// A layer between two steps.
pub struct Pruned<'l> {
    /// Which weights are let live.
    pub mask: &'l mut [bool],
    /// Weights, row after row.
    pub weights: &'l mut [f32],
    /// What the optimizer keeps of each; outside the mask, the step's gradient.
    pub velocity: &'l mut [f32],
    /// What decides by chance.
    pub random: &'l mut Xoshiro256PlusPlus,
}

impl Pruned<'_> {
    /// The numbers of the weights that are in the mask, or those of the others.
    pub fn members(&self, masked: bool) -> Vec<usize> {
        (0..self.mask.len()).filter(|&at| self.mask[at] == masked).collect()
    }

    /// Takes the `count` of smallest magnitude among `members` out of the mask.
    pub fn drop_smallest(&mut self, members: Vec<usize>, count: usize) {
        let weights = &*self.weights;
        let smaller =
            |a: &usize, b: &usize| weights[*a].abs().total_cmp(&weights[*b].abs()).then(a.cmp(b));
        for at in first(members, count, smaller) {
            self.mask[at] = false;
        }
    }

    /// Puts these into the mask, with value 0.
    pub fn grow(&mut self, members: impl IntoIterator<Item = usize>) {
        for at in members {
            self.mask[at] = true;
            (self.weights[at], self.velocity[at]) = (0.0, 0.0);
        }
    }

    fn clear(&mut self) {
        let both = self.weights.iter_mut().zip(self.velocity.iter_mut());
        for (&is_in, (weight, velocity)) in self.mask.iter().zip(both) {
            if !is_in {
                (*weight, *velocity) = (0.0, 0.0);
            }
        }
    }
}

/// The first `count` of `members` in the order of `by`.
pub fn first(
    mut members: Vec<usize>,
    count: usize,
    by: impl Fn(&usize, &usize) -> Ordering,
) -> Vec<usize> {
    if count < members.len() {
        members.select_nth_unstable_by(count, by);
        members.truncate(count);
    }
    members
}

/// Dense training under masks that a rule changes.
pub struct Masked<R> {
    rule: R,
    layers: Range<usize>,
    masks: Vec<Vec<bool>>,
    random: Xoshiro256PlusPlus,
}

impl<R> Masked<R> {
    /// Of the layers with these numbers.
    pub fn new(rule: R, layers: Range<usize>, seed: u64) -> Self {
        let random = Xoshiro256PlusPlus::seed_from_u64(seed);
        Masked { rule, layers, masks: vec![], random }
    }

    fn each(&mut self, trainer: &mut Trainer<'_, '_>, f: impl Fn(&R, &mut Pruned<'_>)) {
        for (number, mask) in self.layers.clone().zip(&mut self.masks) {
            let Some((weights, velocity)) = trainer.dense_mut(number) else { continue };
            let mut pruned = Pruned { mask, weights, velocity, random: &mut self.random };
            f(&self.rule, &mut pruned);
            pruned.clear();
        }
    }
}

impl<R: Rule> Method for Masked<R> {
    fn begin(&mut self, trainer: &mut Trainer<'_, '_>) {
        let sizes: Vec<usize> =
            trainer.program().layers().map(|layer| layer.grid.rows * layer.grid.cols).collect();
        for &size in &sizes[self.layers.clone()] {
            let mut mask = vec![false; size];
            let count = share(self.rule.first(), size);
            sample(&mut self.random, size, count).into_iter().for_each(|at| mask[at] = true);
            self.masks.push(mask);
        }
        self.each(trainer, |_, _| ());
    }

    fn after(&mut self, steps: u32, trainer: &mut Trainer<'_, '_>) {
        self.each(trainer, |rule, layer| rule.change(steps, layer));
    }
}

/// ⌊share · count + ½⌋
pub fn share(share: f64, count: usize) -> usize {
    (share * count as f64 + 0.5).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::super::{gradual::Gradual, rigl::Rigl, set::Set};
    use super::*;

    const LEN: usize = 200;

    /// A layer whose weights grow with their number, and whose gradients do so faster.
    struct Layer {
        mask: Vec<bool>,
        weights: Vec<f32>,
        velocity: Vec<f32>,
        random: Xoshiro256PlusPlus,
    }

    impl Layer {
        /// Every fourth weight is in the mask.
        fn new() -> Self {
            let mask: Vec<bool> = (0..LEN).map(|at| at % 4 == 0).collect();
            let weights = (0..LEN).map(|at| if mask[at] { at as f32 + 1.0 } else { 0.0 }).collect();
            let velocity = (0..LEN).map(|at| -((at * at) as f32) - 1.0).collect();
            Layer { mask, weights, velocity, random: Xoshiro256PlusPlus::seed_from_u64(0) }
        }

        /// Lets the rule change it; gives the numbers of those that were dropped and those that have grown.
        fn change(&mut self, rule: &impl Rule, steps: u32) -> [Vec<usize>; 2] {
            let old = self.mask.clone();
            let Layer { mask, weights, velocity, random } = self;
            let mut pruned = Pruned { mask, weights, velocity, random };
            rule.change(steps, &mut pruned);
            pruned.clear();
            let outside = (0..LEN).filter(|&at| !self.mask[at]);
            assert!(outside.clone().all(|at| self.weights[at] == 0.0 && self.velocity[at] == 0.0));
            [true, false]
                .map(|was| (0..LEN).filter(|&at| old[at] == was && self.mask[at] != was).collect())
        }
    }

    #[test]
    fn set_grows_by_chance_as_many_as_it_drops() {
        let rule = Set { density: 0.25, steps: 1000 };
        let mut layer = Layer::new();
        for steps in [1, 99, 101, 1000] {
            assert!(layer.change(&rule, steps).iter().all(Vec::is_empty));
        }
        let [dropped, grown] = Layer::new().change(&rule, 900);
        // 0.3 of 50.
        assert_eq!((dropped, grown.len()), ((0..60).step_by(4).collect(), 15));
    }

    #[test]
    fn rigl_grows_where_gradients_are_largest() {
        let rule = Rigl { density: 0.25, steps: 1000 };
        let mut layer = Layer::new();
        for steps in [50, 800, 1000] {
            assert!(layer.change(&rule, steps).iter().all(Vec::is_empty));
        }
        // 0.15 · (1 + cos(π · 0.4)) of 50.
        let mut layer = Layer::new();
        let [dropped, grown] = layer.change(&rule, 300);
        let largest: Vec<usize> = (186..200).filter(|at| at % 4 != 0).collect();
        assert_eq!((dropped.len(), &grown[..]), (10, &largest[largest.len() - 10..]));
        assert!(grown.iter().all(|&at| layer.weights[at] == 0.0 && layer.velocity[at] == 0.0));
        let kept = (0..LEN).filter(|at| at % 4 == 0 && !dropped.contains(at));
        assert!(kept.clone().all(|at| layer.velocity[at] != 0.0) && kept.count() == 40);
    }

    #[test]
    fn gradual_pruning_ends_at_its_density() {
        let rule = Gradual { density: 0.1, steps: 1000 };
        let mut layer = Layer::new();
        layer.mask.fill(true);
        layer.weights = (0..LEN).map(|at| at as f32 + 1.0).collect();
        let mut left = Vec::new();
        for steps in 1..=1000 {
            let [_, grown] = layer.change(&rule, steps);
            assert!(grown.is_empty());
            left.push(layer.mask.iter().filter(|is_in| **is_in).count());
        }
        assert_eq!(
            [1, 100, 149, 400, 700, 1000].map(|steps| left[steps - 1]),
            [200, 200, 200, 43, 20, 20]
        );
        assert!(layer.mask[180..].iter().all(|is_in| *is_in));
    }
}
