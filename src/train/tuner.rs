//! The tuner: its memory, one step, and what can be read of it.

use super::choose::SETTLED;
use super::error::Error;
use super::global;
use super::lanes::Lanes;
use super::loss::{LossError, Target};
use super::memory::{Bytes, Memory};
use super::program::{Layer, Program, Training};
use super::recipe::{Recipe, Reserve, Scope};
use super::source::{self, Source};
use super::step::largest;
use super::value::Value;
use super::view::{LiveWeight, View};

/// Trains a network in memory of its caller's.
///
/// V is how live weights are stored: `f32` or [`Bf16`](super::Bf16). N samples are taken at once: 1 on a
/// device.
pub struct Tuner<'a, 'm, V, const N: usize> {
    pub(super) program: Program<'a>,
    pub(super) source: Source<'a>,
    pub(super) recipe: Recipe,
    pub(super) memory: Memory<'m, V, N>,
}

/// What came of N samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome<const N: usize> {
    /// The loss of each.
    pub losses: Lanes<N>,
    /// The largest output of each, as [`predicted`](super::predicted()) gives it.
    pub predicted: [u16; N],
    /// The samples' step was given up, because an input, a loss or a gradient was not finite, or a gradient beyond
    /// 10¹⁸; no weight has moved.
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
        let needed = Self::bytes(&program, &recipe).all;
        memory.iter_mut().take(needed).for_each(|byte| *byte = 0);
        let mut tuner = Self::over(program, source, recipe, memory)?;
        tuner.lay();
        tuner.load();
        Ok(tuner)
    }

    /// A tuner over memory that is all 0, or starts with what was saved.
    pub(super) fn over(
        program: Program<'a>,
        source: Source<'a>,
        recipe: Recipe,
        memory: &'m mut [u8],
    ) -> Result<Self, Error> {
        let densities = program.layers().map(|layer| density(&program, &layer, recipe.scope));
        recipe.check(N as u32, densities.fold(1.0, f32::min))?;
        global::check(&program, recipe.scope)?;
        let (needed, given) = (Self::bytes(&program, &recipe).all, memory.len());
        if given < needed {
            return Err(Error::MemoryTooSmall { needed, given });
        }
        if !memory.as_ptr().addr().is_multiple_of(4) {
            return Err(Error::MemoryMisaligned);
        }
        for (number, layer) in program.layers().enumerate() {
            let is_optional = match layer.training {
                Training::Sparse => recipe.reserve == Reserve::Exact,
                _ => !layer.is_in_place(),
            };
            let is_absent = source.stored(&program, &layer).is_none();
            let stored = source.check(&program, &layer);
            let units = stored.map(|stored| source::count::<V>(stored, layer.grid));
            let serves = units.is_some_and(|units| is_optional || units >= layer.stored());
            if !(serves || is_optional && is_absent) {
                return Err(Error::BadReserve { layer: number as u16 });
            }
        }
        let memory = Memory::new(&program, &recipe, memory)
            .ok_or(Error::MemoryTooSmall { needed, given })?;
        Ok(Tuner { program, source, recipe, memory })
    }

    /// Layer number `number`, and the activations.
    pub(super) fn layer(&mut self, number: usize) -> Option<(View<'_, V>, &mut [Lanes<N>])> {
        let Tuner { program, source, recipe, memory } = self;
        memory.layer((program, source, recipe.reserve), number)
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

    /// Calls `f` with row, column and value of every weight that is known: of all in the reserve, then of those in
    /// the table, then of those that are live. What it was called with last for a weight is its value.
    pub fn weights(&mut self, number: usize, mut f: impl FnMut(usize, usize, f32)) {
        self.prepare();
        if let Some((view, _)) = self.layer(number) {
            view.each_weight(&mut f);
        }
    }

    /// The biases of layer `number`, one a row; none of a layer that is not there.
    pub fn biases(&mut self, number: usize) -> &[f32] {
        self.layer(number).map_or(&[], |(view, _)| view.biases)
    }

    /// The weights of a dense layer, row after row, and what the optimizer keeps first of each: for hosts that
    /// prune by a rule of their own. `None` of other layers.
    pub fn dense_mut(&mut self, number: usize) -> Option<(&mut [V], &mut [f32])> {
        let (view, _) = self.layer(number)?;
        let arrays = view.live.arrays;
        (view.layer.training == Training::Dense).then_some((arrays.values, arrays.first))
    }

    /// Gives each live weight of a layer the value that `f` makes of it, where that is finite: for hosts that round
    /// weights while they train. `None`, and `f` is not called, of a layer whose sets may still change, or that is
    /// frozen.
    ///
    /// ```
    /// # use kastanet::train::{Lanes, Tuner};
    /// fn round(tuner: &mut Tuner<'_, '_, f32, 1>) -> Option<()> {
    ///     tuner.change_settled(0, |weight| (weight.value * 64.0).round() / 64.0)
    /// }
    /// ```
    pub fn change_settled(
        &mut self,
        number: usize,
        f: impl FnMut(LiveWeight) -> f32,
    ) -> Option<()> {
        self.prepare();
        let is_settled = self.memory.held.head.phase == SETTLED;
        let (view, _) = self.layer(number)?;
        let is_open = match view.layer.training {
            Training::Sparse => is_settled,
            Training::Dense => true,
            Training::Frozen => false,
        };
        is_open.then(|| view.change(f))
    }

    /// Whether weights have taken a step since the last sample: what was learned from a batch that is not yet whole
    /// is not [saved](Tuner::saved).
    pub fn is_between_steps(&self) -> bool {
        self.memory.held.head.seen == 0
    }

    /// What is to be kept to go on later, as it lies in the memory: [`Bytes::saved`] bytes in all, for
    /// [`Tuner::resume`]. The last four are the checksum of the others, as [`crc32`](crate::image::crc32) gives it.
    /// `None` where this is not [between steps](Tuner::is_between_steps).
    pub fn saved(&mut self) -> Option<impl Iterator<Item = &[u8]> + Clone> {
        if !self.is_between_steps() {
            return None;
        }
        self.memory.held.seal();
        Some(self.memory.held.saved())
    }

    /// What has been counted so far.
    pub fn counters(&self) -> Counters {
        let head = &self.memory.held.head;
        let (steps, skipped) = (head.step, head.skipped);
        Counters { steps, skipped, entered: head.entered, fallen: head.fallen }
    }

    /// Outputs for `input`, [`Program::inputs`] of them, with the forward sets as they are: what a deployed network
    /// computes, before [`Program::last`] is applied. None where the inputs are not as many.
    pub fn infer(&mut self, input: &[Lanes<N>]) -> &[Lanes<N>] {
        self.infer_with(input, |_, _| ())
    }

    /// The same; `f` is called with the number and the outputs of each layer.
    pub(super) fn infer_with(
        &mut self,
        input: &[Lanes<N>],
        f: impl FnMut(usize, &[Lanes<N>]),
    ) -> &[Lanes<N>] {
        if input.len() != self.program.inputs() {
            return &[];
        }
        self.infer_filled(|place| copy(place, input), f)
    }

    /// The same, of what `fill` writes.
    pub(super) fn infer_filled(
        &mut self,
        fill: impl FnOnce(&mut [Lanes<N>]),
        mut f: impl FnMut(usize, &[Lanes<N>]),
    ) -> &[Lanes<N>] {
        self.prepare();
        fill(self.memory.activations.get_mut(self.program.input()).unwrap_or_default());
        for number in 0..self.program.operation_count() {
            let Some(operation) = self.program.operation(number) else { break };
            self.forward_one(&operation);
            if let Some(layer) = operation.layer {
                f(layer, self.memory.activations.get(operation.y.values).unwrap_or_default());
            }
        }
        self.memory.activations.get(self.program.output().values).unwrap_or_default()
    }

    /// Learns from N samples, of [`Program::inputs`] real numbers each; every `batch` samples weights take a step.
    ///
    /// # Errors
    ///
    /// An input or a target that does not fit: nothing has changed but the sets that were due.
    pub fn step(
        &mut self,
        input: &[Lanes<N>],
        target: Target<'_, N>,
    ) -> Result<Outcome<N>, LossError> {
        let (expected, found) = (self.program.inputs(), input.len());
        if expected != found {
            let [expected, found] =
                [expected, found].map(|count| count.min(u32::MAX as usize) as u32);
            return Err(LossError::WrongInput { expected, found });
        }
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
        if self.memory.held.head.seen == 0 {
            self.refresh();
        }
        let input = self.memory.activations.get_mut(self.program.input()).unwrap_or_default();
        fill(input);
        let largest = largest(input);
        self.forward();
        let outcome = self.loss(target)?;
        let is_finite =
            largest < f32::INFINITY && outcome.losses.iter().all(|loss| loss.is_finite());
        if !(is_finite && self.backward(largest)) {
            self.give_up();
            return Ok(Outcome { skipped: true, ..outcome });
        }
        if self.program.recomputes() {
            self.loss(target)?;
        }
        let is_whole = !self.recipe.collects(N);
        if !is_whole {
            self.collect();
        }
        self.memory.held.head.seen += N as u32;
        if self.memory.held.head.seen == self.recipe.batch {
            self.update(is_whole);
            self.memory.held.head.seen = 0;
            self.memory.held.head.step = self.memory.held.head.step.saturating_add(1);
        }
        Ok(outcome)
    }
}

/// The share of its weights that a layer's forward set has, or that all forward sets have together.
pub(super) fn density(program: &Program<'_>, layer: &Layer<'_>, scope: Scope) -> f32 {
    let [forward, _, units] = match (scope, layer.training) {
        (Scope::Network, Training::Sparse) => program.chosen(),
        _ => [layer.forward, layer.backward, layer.grid.units()],
    };
    forward as f32 / units.max(1) as f32
}

fn copy<const N: usize>(to: &mut [Lanes<N>], from: &[Lanes<N>]) {
    to.as_flattened_mut().iter_mut().zip(from.as_flattened()).for_each(|(to, from)| *to = *from);
}
