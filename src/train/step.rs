//! All weights take a step: by the samples' gradients at once, or by those that have been collected.

use super::lanes::Lanes;
use super::memory::Held;
use super::pass::apart;
use super::program::{Operation, Training};
use super::random;
use super::rank::key;
use super::recipe::{Clip, Optimizer};
use super::rule::Rule;
use super::schedule::power;
use super::tuner::{Tuner, density};
use super::update;
use super::value::Value;
use super::view::View;
use super::weighted::{Weighted, bias_gradient};
use crate::kernels::wide;
use core::ops::Range;

/// Gradients beyond this are taken for a run that diverges.
const LIMIT: f32 = 1e18;

impl<V: Value, const N: usize> Tuner<'_, '_, V, N> {
    /// Whether the gradient of no weight of an operation can be other than finite and below the limit. `input` is
    /// the largest magnitude of what is given.
    #[inline(never)]
    pub(super) fn is_finite(&self, operation: &Operation, input: f32) -> bool {
        let largest_of = |range: &Range<usize>| match *range == self.program.input() {
            true => input,
            false => largest(self.memory.activations.get(range.clone()).unwrap_or_default()),
        };
        let layer = operation.layer.and_then(|number| self.program.layer(number));
        let (Some(layer), Some(dy)) = (layer, &operation.y.gradient) else { return true };
        // Of all samples of a batch, N of which are seen.
        let terms = dy.len() as f32 * self.recipe.batch as f32;
        // Of a frozen layer only the bias moves, and its input need not be kept.
        let frozen = layer.training == Training::Frozen;
        let x = if frozen { 0.0 } else { largest_of(&operation.x.values) };
        let dy = largest_of(dy);
        terms * x * dy + terms * dy <= LIMIT
    }

    /// Gives up the samples of this step.
    #[inline(never)]
    pub(super) fn give_up(&mut self) {
        let Held { head, gradients, bias_gradients, .. } = &mut self.memory.held;
        gradients.fill(0.0);
        bias_gradients.fill(0.0);
        head.seen = 0;
        head.skipped = head.skipped.saturating_add(1);
        head.step = head.step.saturating_add(1);
    }

    /// Adds the samples' gradients to the buffers.
    #[inline(never)]
    pub(super) fn collect(&mut self) {
        self.each_weighted(self.program.recomputes(), |(weighted, _), view, x, dy| {
            let rows = if view.layer.has_bias() { view.biases.len() } else { 0 };
            for (row, sum) in view.bias_gradients.iter_mut().enumerate().take(rows) {
                *sum += bias_gradient(dy, row, rows);
            }
            if view.layer.training != Training::Frozen {
                weighted.collect(&mut view.live, (x, dy));
            }
        });
    }

    /// The step of all weights: from the samples at once, or from the buffers.
    #[inline(never)]
    pub(super) fn update(&mut self, is_whole: bool) {
        let (program, recipe, step) = (self.program, self.recipe, self.memory.held.head.step);
        let rate = recipe.schedule.at(step);
        let powers = match recipe.optimizer {
            Optimizer::Adam { beta1, beta2, .. } => {
                [beta1, beta2].map(|beta| power(beta, step.saturating_add(1)))
            }
            _ => [0.0; 2],
        };
        let scale = if is_whole { 1.0 } else { self.scale() };
        let goes_back = is_whole && program.recomputes();
        self.each_weighted(goes_back, |(weighted, number), view, x, dy| {
            let density = density(&program, &view.layer, recipe.scope);
            let seed = random::bits(recipe.seed ^ number as u32, step);
            let rule = Rule::new(&recipe, rate, powers, density, seed);
            let ends = (&rule, view.state.end());
            if view.layer.training != Training::Frozen {
                view.state.holding = match (is_whole, view.live.grid.unit.size()) {
                    (true, _) => weighted.step(&mut view.live, ends, (x, dy)),
                    (_, 1) => update::step_collected::<1, V>(&mut view.live, ends, scale),
                    _ => update::step_collected::<4, V>(&mut view.live, ends, scale),
                };
            }
            update_biases(view, &rule.for_biases(), dy, is_whole, scale);
        });
    }

    /// What gradients are multiplied by so that their norm is not above the clip's.
    #[inline(never)]
    fn scale(&self) -> f32 {
        let Clip::Norm(most) = self.recipe.clip else { return 1.0 };
        let Held { gradients, bias_gradients, .. } = &self.memory.held;
        let norm = |unit: f32| {
            let all = gradients.iter().chain(bias_gradients.iter());
            libm::sqrtf(all.map(|g| (g * unit) * (g * unit)).fold(0.0, |sum, square| sum + square))
        };
        match norm(1.0) {
            norm if norm <= most => 1.0,
            norm if norm < f32::INFINITY => most / norm,
            // The squares of gradients near the limit are beyond floats.
            _ => most / norm(1e-19) * 1e-19,
        }
    }

    /// Calls `f` with each operation that has weights and the number of its layer, that layer, its input and its
    /// output's gradient: the last first, as gradients are computed again where it `goes_back`.
    fn each_weighted(
        &mut self,
        goes_back: bool,
        mut f: impl FnMut((Weighted, usize), &mut View<'_, V>, &[Lanes<N>], &[Lanes<N>]),
    ) {
        for number in (0..self.program.operation_count()).rev() {
            let Some(operation) = self.program.operation(number) else { return };
            if goes_back {
                self.backward_one(&operation);
            }
            let Operation { kind, shape, layer: Some(layer), x, y, .. } = operation else {
                continue;
            };
            let (Some(weighted), Some(dy)) = (Weighted::of(kind, shape), y.gradient) else {
                continue;
            };
            let Some((mut view, activations)) = self.layer(layer) else { continue };
            if let Some([x, dy]) = apart(activations, [&x.values, &dy]) {
                f((weighted, layer), &mut view, x, dy);
            }
        }
    }
}

/// The largest magnitude; of numbers that are not, one that is not either.
pub(super) fn largest<const N: usize>(lanes: &[Lanes<N>]) -> f32 {
    if N > 1 { wide(|| largest_key(lanes)) } else { largest_key(lanes) }
}

#[inline(always)]
fn largest_key<const N: usize>(lanes: &[Lanes<N>]) -> f32 {
    let keys = lanes.as_flattened().iter().map(|&number| key(number));
    f32::from_bits(keys.max().unwrap_or_default())
}

#[inline(never)]
fn update_biases<V: Value, const N: usize>(
    view: &mut View<'_, V>,
    rule: &Rule,
    dy: &[Lanes<N>],
    is_whole: bool,
    scale: f32,
) {
    let rows = view.biases.len();
    if view.layer.has_bias() {
        for (row, bias) in view.biases.iter_mut().enumerate() {
            let gradient = match is_whole {
                true => bias_gradient(dy, row, rows),
                false => view.bias_gradients.get(row).map_or(0.0, |gradient| gradient * scale),
            };
            let state = (view.bias_first.get_mut(row), view.bias_second.get_mut(row));
            *bias = rule.step(0.0, *bias, gradient, state);
        }
    }
    view.bias_gradients.fill(0.0);
}
