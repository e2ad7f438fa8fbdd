//! One step of training, and what surrounds it.

use super::backward_set::{self, Choice};
use super::base::Base;
use super::forward_set;
use super::lanes::Lanes;
use super::live::Segment;
use super::loss::{LossError, Target, predicted};
use super::memory::{Bytes, Counts, Memory};
use super::operators;
use super::program::{Operation, Program, Training};
use super::rank::{Threshold, key};
use super::rebuild::put_back;
use super::recipe::{Clip, Optimizer, Recipe, RecipeError, Reserve};
use super::rule::Rule;
use super::schedule::power;
use super::source::Source;
use super::update;
use super::value::Value;
use super::view::{LiveWeight, View};
use super::weighted::{Weighted, bias_gradient};
use super::{random, source};
use core::ops::Range;

/// Trains a network in memory of its caller's.
///
/// V is how live weights are stored: `f32` or [`Bf16`](super::Bf16). N samples are taken at once: 1 on a
/// device.
pub struct Tuner<'a, 'm, V, const N: usize> {
    program: Program<'a>,
    source: Source<'a>,
    recipe: Recipe,
    memory: Memory<'m, V, N>,
}

/// Why there is no tuner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The memory has too few bytes.
    MemoryTooSmall {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// The memory does not start at a multiple of 4.
    MemoryMisaligned,
    /// The recipe is not one.
    Recipe(RecipeError),
    /// A layer's reserve is missing, or not well-formed, or has too few units.
    BadReserve {
        /// The layer.
        layer: u16,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::MemoryTooSmall { needed, given } => {
                write!(f, "training needs {needed} bytes, {given} were given")
            }
            Error::MemoryMisaligned => write!(f, "the memory must start at a multiple of 4 bytes"),
            Error::Recipe(error) => write!(f, "recipe: {error}"),
            Error::BadReserve { layer } => {
                write!(f, "training layer {layer}: no reserve with enough weights")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<RecipeError> for Error {
    fn from(error: RecipeError) -> Self {
        Error::Recipe(error)
    }
}

/// What came of N samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome<const N: usize> {
    /// The loss of each.
    pub losses: Lanes<N>,
    /// The largest output of each.
    pub predicted: [usize; N],
    /// The samples' step was given up, because a gradient was not finite or beyond 10¹⁸; no weight has moved.
    pub skipped: bool,
}

/// Counters of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Counters {
    /// Steps taken, those given up included.
    pub steps: u32,
    /// Steps given up.
    pub skipped: u32,
    /// Units that entered backward sets after the first choice.
    pub entered: u32,
    /// Units that fell back to their reserve because the table was full.
    pub fallen: u32,
}

/// Sets are still to be chosen; they are being explored; they stay.
const NEW: u32 = 0;
const EXPLORING: u32 = 1;
const SETTLED: u32 = 2;

/// Gradients beyond this are taken for a run that diverges.
const LIMIT: f32 = 1e18;

impl<'a, 'm, V: Value, const N: usize> Tuner<'a, 'm, V, N> {
    /// The bytes of memory that training takes, known before there is any.
    pub fn bytes(program: &Program<'_>, recipe: &Recipe) -> Bytes {
        Memory::<V, N>::bytes(program, recipe)
    }

    /// A tuner at step 0, with the source's weights.
    ///
    /// # Errors
    ///
    /// One [`Error`] for each way in which it cannot be.
    pub fn new(
        program: Program<'a>,
        source: Source<'a>,
        recipe: Recipe,
        memory: &'m mut [u8],
    ) -> Result<Self, Error> {
        let mut tuner = Self::resume(program, source, recipe, memory)?;
        tuner.clear();
        tuner.load();
        Ok(tuner)
    }

    /// A tuner whose memory starts with what was saved.
    fn resume(
        program: Program<'a>,
        source: Source<'a>,
        recipe: Recipe,
        memory: &'m mut [u8],
    ) -> Result<Self, Error> {
        let sparse = program.layers().filter(|layer| layer.training == Training::Sparse);
        let densities = sparse.map(|layer| layer.forward as f32 / layer.grid.units() as f32);
        recipe.check(N as u32, densities.fold(1.0, f32::min))?;
        for (number, layer) in program.layers().enumerate() {
            let is_optional =
                recipe.reserve == Reserve::Exact || layer.training != Training::Sparse;
            let stored = source.check(&program, &layer);
            let units = stored.map(|stored| source::count::<V>(stored, layer.grid));
            if !is_optional && units.is_none_or(|units| units < layer.backward) {
                return Err(Error::BadReserve { layer: number as u16 });
            }
        }
        let (needed, given) = (Self::bytes(&program, &recipe).all, memory.len());
        if given < needed {
            return Err(Error::MemoryTooSmall { needed, given });
        }
        if !memory.as_ptr().addr().is_multiple_of(4) {
            return Err(Error::MemoryMisaligned);
        }
        let memory = Memory::new(&program, &recipe, memory)
            .ok_or(Error::MemoryTooSmall { needed, given })?;
        Ok(Tuner { program, source, recipe, memory })
    }

    fn clear(&mut self) {
        let Memory {
            head,
            states,
            first,
            second,
            segments,
            gradients,
            bias_first,
            bias_second,
            bias_gradients,
            ..
        } = &mut self.memory;
        **head = Default::default();
        for state in [first, second, gradients, bias_first, bias_second, bias_gradients] {
            state.fill(0.0);
        }
        segments.fill(Segment::default());
        let mut counts = Counts::default();
        for (state, layer) in states.iter_mut().zip(self.program.layers()) {
            *state = counts.state();
            state.live = layer.backward as u32;
            counts = counts.plus(Counts::of(&layer, &self.recipe));
        }
    }

    /// Layer number `number`, and the activations.
    fn layer(&mut self, number: usize) -> Option<(View<'_, V>, &mut [Lanes<N>])> {
        let Tuner { program, source, recipe, memory } = self;
        memory.layer((program, source, recipe.reserve), number)
    }

    /// Takes over biases, the weights of dense layers and, where they are kept in RAM, all θ.
    fn load(&mut self) {
        for number in 0..self.program.layer_count() {
            let (program, source) = (self.program, self.source);
            let Some((view, _)) = self.layer(number) else { return };
            source::load_biases(&program, &view.layer, view.biases);
            let Some(stored) = source.stored(&program, &view.layer) else { continue };
            let grid = view.layer.grid;
            match (view.layer.training, view.base) {
                (Training::Sparse, Base::Exact(theta)) => {
                    source::each::<V>(stored, grid, |at, weight| put(theta, at, weight));
                }
                (Training::Sparse, _) => (),
                _ => source::each::<V>(stored, grid, |at, weight| {
                    put(view.live.arrays.values, at, V::nearest(weight));
                }),
            }
        }
    }

    /// Gives a layer its first weights, row after row, and its biases, before the first step: for hosts, where
    /// all θ are in RAM.
    ///
    /// # Errors
    ///
    /// `None` where there is no such layer, θ are not in RAM, or the numbers are not as many as it has.
    pub fn set_weights(&mut self, number: usize, weights: &[f32], biases: &[f32]) -> Option<()> {
        let (view, _) = self.layer(number)?;
        let grid = view.layer.grid;
        if weights.len() != grid.rows * grid.cols || biases.len() != view.biases.len() {
            return None;
        }
        view.biases.copy_from_slice(biases);
        let size = grid.unit.size();
        let mut base = view.base;
        for at in 0..grid.units() * size {
            let (line, unit) = (at / size / grid.width(), at / size % grid.width());
            let weight = grid.weight(line, unit, at % size);
            let weight = weight.and_then(|(row, col)| weights.get(row * grid.cols + col));
            let weight = weight.copied().unwrap_or_default();
            match &mut base {
                Base::Exact(theta) => put(theta, at, weight),
                _ if view.layer.training == Training::Sparse => return None,
                _ => put(view.live.arrays.values, at, V::nearest(weight)),
            }
        }
        Some(())
    }

    /// The program.
    pub fn program(&self) -> &Program<'a> {
        &self.program
    }

    /// The live weights of layer number `number`, as of the sets' last choice: segment after segment, the
    /// forward set's first.
    pub fn live_weights(&mut self, number: usize) -> impl Iterator<Item = LiveWeight> {
        self.prepare();
        let view = self.layer(number).map(|(view, _)| view);
        view.into_iter().flat_map(View::into_weights)
    }

    /// Calls `f` with row, column and value of every weight that is known: live, else in the table, else in
    /// the reserve.
    pub fn weights(&mut self, number: usize, mut f: impl FnMut(usize, usize, f32)) {
        self.prepare();
        if let Some((view, _)) = self.layer(number) {
            view.each_weight(&mut f);
        }
    }

    /// The weights of a dense layer, row after row, and what the optimizer keeps first of each: for hosts that
    /// prune by a rule of their own. `None` of other layers.
    pub fn dense_mut(&mut self, number: usize) -> Option<(&mut [V], &mut [f32])> {
        let (view, _) = self.layer(number)?;
        let arrays = view.live.arrays;
        (view.layer.training == Training::Dense).then_some((arrays.values, arrays.first))
    }

    /// What is to be kept to go on later, but for the recipe: see [`Tuner::resume`].
    pub fn saved(&self) -> impl Iterator<Item = &[u8]> {
        self.memory.saved()
    }

    /// What has been counted so far.
    pub fn counters(&self) -> Counters {
        let head = &self.memory.head;
        let (steps, skipped) = (head.step, head.skipped);
        Counters { steps, skipped, entered: head.entered, fallen: head.fallen }
    }

    /// Outputs for `input`, with the forward sets as they are: what a deployed network computes.
    pub fn infer(&mut self, input: &[Lanes<N>]) -> &[Lanes<N>] {
        self.prepare();
        copy(self.memory.activations.get_mut(self.program.input()).unwrap_or_default(), input);
        self.forward();
        self.memory.activations.get(self.program.output().values).unwrap_or_default()
    }

    /// Learns from N samples; every `batch` samples weights take a step.
    ///
    /// # Errors
    ///
    /// A target that does not fit: nothing has changed but the sets that were due.
    pub fn step(
        &mut self,
        input: &[Lanes<N>],
        target: Target<'_, N>,
    ) -> Result<Outcome<N>, LossError> {
        self.step_with(|place| copy(place, input), Some(target))
    }

    /// The same, with inputs that `fill` writes where they are read, whatever was there before; without a
    /// target, outputs are to be as the inputs are.
    ///
    /// # Errors
    ///
    /// As [`Tuner::step`].
    pub fn step_with(
        &mut self,
        fill: impl FnOnce(&mut [Lanes<N>]),
        target: Option<Target<'_, N>>,
    ) -> Result<Outcome<N>, LossError> {
        self.prepare();
        if self.memory.head.seen == 0 {
            self.refresh();
        }
        fill(self.memory.activations.get_mut(self.program.input()).unwrap_or_default());
        self.forward();
        let outcome = self.loss(target)?;
        self.backward();
        if !self.is_finite() {
            self.give_up();
            return Ok(Outcome { skipped: true, ..outcome });
        }
        let is_whole = self.recipe.batch as usize == N;
        if !is_whole {
            self.collect();
        }
        self.memory.head.seen += N as u32;
        if self.memory.head.seen == self.recipe.batch {
            self.update(is_whole);
            self.memory.head.seen = 0;
            self.memory.head.step = self.memory.head.step.saturating_add(1);
        }
        Ok(outcome)
    }

    /// Chooses the first sets.
    fn prepare(&mut self) {
        if self.memory.head.phase == NEW {
            self.choose_backward(true);
            self.memory.head.phase = EXPLORING;
        }
    }

    /// Chooses the sets that are due.
    fn refresh(&mut self) {
        let step = self.memory.head.step;
        if self.memory.head.phase != EXPLORING {
            return;
        }
        if step > 0 && step.is_multiple_of(self.recipe.refresh_backward_every) {
            self.choose_backward(false);
        } else if step.is_multiple_of(self.recipe.refresh_forward_every) {
            self.choose_forward();
        }
        if step >= self.recipe.explore_until {
            self.settle();
        }
    }

    fn sparse_layers(&self) -> impl Iterator<Item = usize> + use<'a, V, N> {
        let layers = self.program.layers().enumerate();
        layers.filter(|(_, layer)| layer.training == Training::Sparse).map(|(number, _)| number)
    }

    /// Chooses backward sets anew, and forward sets in them.
    fn choose_backward(&mut self, first: bool) {
        if self.recipe.reserve == Reserve::None && !first {
            return self.choose_forward();
        }
        for number in self.sparse_layers() {
            let Some((view, activations)) = self.layer(number) else { continue };
            let chosen = choose_backward(view, activations, first);
            let head = &mut self.memory.head;
            head.fallen = head.fallen.saturating_add(chosen.0);
            head.entered = head.entered.saturating_add(if first { 0 } else { chosen.1 });
        }
    }

    /// Chooses forward sets in the backward sets.
    fn choose_forward(&mut self) {
        for number in self.sparse_layers() {
            let Some((mut view, activations)) = self.layer(number) else { continue };
            let Some((buckets, _)) = Memory::<V, N>::scratch(activations) else { continue };
            let wanted = view.layer.forward as u32;
            let held = (view.state.end(), view.state.holding);
            view.state.ends(forward_set::choose(&mut view.live, held, wanted, buckets), wanted);
        }
    }

    /// Ends exploration: backward sets become forward sets.
    fn settle(&mut self) {
        for number in self.sparse_layers() {
            let Some((mut view, _)) = self.layer(number) else { continue };
            if let Base::Exact(theta) = &mut view.base {
                match view.live.grid.unit.size() {
                    1 => put_back::<1, V>(theta, &view.live, |is_forward, _, _| !is_forward),
                    _ => put_back::<4, V>(theta, &view.live, |is_forward, _, _| !is_forward),
                }
            }
            view.state.live = view.live.keep_forward() as u32;
        }
        self.memory.head.phase = SETTLED;
    }

    fn forward(&mut self) {
        for number in 0..self.program.operation_count() {
            let Some(operation) = self.program.operation(number) else { return };
            self.forward_one(&operation);
        }
    }

    fn forward_one(&mut self, operation: &Operation) -> Option<()> {
        let Operation { kind, function, clears, layer, shape, x, x2, y } = operation;
        if let Some(number) = *layer {
            let (view, activations) = self.layer(number)?;
            let [x, y] = apart(activations, [&x.values, &y.values])?;
            Weighted::of(*kind, *shape)?.forward(&view.live, view.biases, x, y);
            operators::apply(*function, y);
            return Some(());
        }
        let none = y.values.end..y.values.end;
        let x2 = x2.as_ref().map_or(&none, |x2| &x2.values);
        let [x, x2, y] = apart(self.memory.activations, [&x.values, x2, &y.values])?;
        if clears[0] {
            y.fill([0.0; N]);
        }
        operators::forward(*kind, shape, [x, x2], y);
        operators::apply(*function, y);
        Some(())
    }

    /// The losses, and the gradient of the output: its share in the batch's.
    fn loss(&mut self, target: Option<Target<'_, N>>) -> Result<Outcome<N>, LossError> {
        let (input, output) = (self.program.input(), self.program.output());
        let gradient = output.gradient.unwrap_or_default();
        let tensors = [&input, &output.values, &gradient];
        let [input, values, gradient] =
            apart(self.memory.activations, tensors).ok_or(LossError::NoOutputs)?;
        let target = target.unwrap_or(Target::Values(input));
        let losses = self.recipe.loss.gradient(values, target, gradient)?;
        if self.recipe.batch > 1 {
            let share = 1.0 / self.recipe.batch as f32;
            gradient.as_flattened_mut().iter_mut().for_each(|gradient| *gradient *= share);
        }
        Ok(Outcome { losses, predicted: predicted(values), skipped: false })
    }

    /// The gradients of all activations that need one.
    fn backward(&mut self) {
        for number in (0..self.program.operation_count()).rev() {
            if let Some(operation) = self.program.operation(number) {
                self.backward_one(&operation);
            }
        }
    }

    fn backward_one(&mut self, operation: &Operation) -> Option<()> {
        let Operation { kind, function, clears, layer, shape, x, x2, y } = operation;
        let dy = y.gradient.as_ref()?;
        let [values, gradient] = apart(self.memory.activations, [&y.values, dy])?;
        operators::apply_back(*function, values, gradient);
        if let Some(number) = *layer {
            let dx = x.gradient.as_ref()?;
            let (view, activations) = self.layer(number)?;
            let [dy, dx] = apart(activations, [dy, dx])?;
            if clears[1] {
                dx.fill([0.0; N]);
            }
            Weighted::of(*kind, *shape)?.back(&view.live, dy, dx);
            return Some(());
        }
        let none = y.values.end..y.values.end;
        let inputs = [Some(x), x2.as_ref()];
        let other = x2.as_ref().map_or(&none, |x2| &x2.values);
        for (index, input) in inputs.into_iter().enumerate() {
            let Some(dx) = input.and_then(|input| input.gradient.as_ref()) else { continue };
            let [x, x2, dy, dx] = apart(self.memory.activations, [&x.values, other, dy, dx])?;
            if clears.get(index + 1) == Some(&true) {
                dx.fill([0.0; N]);
            }
            operators::backward((*kind, shape), [x, x2], dy, index, dx);
        }
        Some(())
    }

    /// Whether no weight's gradient can be other than finite and below the limit.
    fn is_finite(&self) -> bool {
        let largest = |range: &Range<usize>| {
            let lanes = self.memory.activations.get(range.clone()).unwrap_or_default();
            let keys = lanes.as_flattened().iter().map(|&number| key(number));
            f32::from_bits(keys.max().unwrap_or_default())
        };
        let operations =
            (0..self.program.operation_count()).map_while(|n| self.program.operation(n));
        operations.filter(|operation| operation.layer.is_some()).all(|operation| {
            let Some(dy) = &operation.y.gradient else { return true };
            let terms = (dy.len() * N) as f32;
            terms * largest(&operation.x.values) * largest(dy) + terms * largest(dy) <= LIMIT
        })
    }

    /// Gives up the samples of this step.
    fn give_up(&mut self) {
        let Memory { head, gradients, bias_gradients, .. } = &mut self.memory;
        gradients.fill(0.0);
        bias_gradients.fill(0.0);
        head.seen = 0;
        head.skipped = head.skipped.saturating_add(1);
        head.step = head.step.saturating_add(1);
    }

    /// Adds the samples' gradients to the buffers.
    fn collect(&mut self) {
        self.each_weighted(|weighted, view, x, dy| {
            let rows = view.biases.len();
            for (row, sum) in view.bias_gradients.iter_mut().enumerate() {
                *sum += bias_gradient(dy, row, rows);
            }
            if view.layer.training != Training::Frozen {
                weighted.collect(&mut view.live, (x, dy));
            }
        });
    }

    /// The step of all weights: from the samples at once, or from the buffers.
    fn update(&mut self, is_whole: bool) {
        let (recipe, step) = (self.recipe, self.memory.head.step);
        let rate = recipe.schedule.at(step);
        let powers = match recipe.optimizer {
            Optimizer::Adam { beta1, beta2, .. } => {
                [beta1, beta2].map(|beta| power(beta, step.saturating_add(1)))
            }
            _ => [0.0; 2],
        };
        let scale = if is_whole { 1.0 } else { self.scale() };
        let mut number = 0;
        self.each_weighted(|weighted, view, x, dy| {
            let density = view.layer.forward as f32 / view.layer.grid.units().max(1) as f32;
            let seed = random::bits(recipe.seed ^ number, step);
            number += 1;
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
    fn scale(&self) -> f32 {
        let Clip::Norm(most) = self.recipe.clip else { return 1.0 };
        let Memory { gradients, bias_gradients, .. } = &self.memory;
        let squares =
            gradients.iter().chain(bias_gradients.iter()).map(|gradient| gradient * gradient);
        let norm = libm::sqrtf(squares.fold(0.0, |sum, square| sum + square));
        if norm > most { most / norm } else { 1.0 }
    }

    /// Calls `f` with each operation that has weights, its layer, its input and its output's gradient.
    fn each_weighted(
        &mut self,
        mut f: impl FnMut(Weighted, &mut View<'_, V>, &[Lanes<N>], &[Lanes<N>]),
    ) {
        for number in 0..self.program.operation_count() {
            let Some(operation) = self.program.operation(number) else { return };
            let Operation { kind, shape, layer: Some(layer), x, y, .. } = operation else {
                continue;
            };
            let (Some(weighted), Some(dy)) = (Weighted::of(kind, shape), y.gradient) else {
                continue;
            };
            let Some((mut view, activations)) = self.layer(layer) else { continue };
            if let Some([x, dy]) = apart(activations, [&x.values, &dy]) {
                f(weighted, &mut view, x, dy);
            }
        }
    }
}

/// Chooses a layer's backward set, and its forward set in it; gives how many units fell back and entered.
fn choose_backward<V: Value, const N: usize>(
    view: View<'_, V>,
    activations: &mut [Lanes<N>],
    first: bool,
) -> (u32, u32) {
    let Some((buckets, space)) = Memory::<V, N>::scratch(activations) else { return (0, 0) };
    let View { layer, state, mut live, mut overlay, mut base, .. } = view;
    let guess = (!first).then_some(state.backward_key);
    let (wanted, size) = (layer.backward as u32, live.grid.unit.size());
    let mut choice =
        Choice { live: &mut live, overlay: &mut overlay, base: &mut base, buckets, space };
    let chosen = match size {
        1 => backward_set::choose::<1, V>(&mut choice, wanted, guess),
        _ => backward_set::choose::<4, V>(&mut choice, wanted, guess),
    };
    state.entries = overlay.len as u32;
    let wanted = layer.forward as u32;
    let end = if first { Threshold::ALL } else { state.end() };
    let holding = forward_set::count(&mut live, end);
    state.ends(forward_set::choose(&mut live, (end, holding), wanted, buckets), wanted);
    let Some(chosen) = chosen else { return (0, 0) };
    state.backward_key = chosen.end.key;
    (chosen.fallen, chosen.entered)
}

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

/// Parts of the activations that do not meet.
fn apart<'f, const N: usize, const K: usize>(
    activations: &'f mut [Lanes<N>],
    ranges: [&Range<usize>; K],
) -> Option<[&'f mut [Lanes<N>]; K]> {
    activations.get_disjoint_mut(ranges.map(|range| range.clone())).ok()
}

fn copy<const N: usize>(to: &mut [Lanes<N>], from: &[Lanes<N>]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

fn put<T>(slice: &mut [T], at: usize, value: T) {
    slice.iter_mut().skip(at).take(1).zip([value]).for_each(|(place, value)| *place = value);
}
