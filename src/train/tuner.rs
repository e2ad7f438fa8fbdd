//! One step of training, and what surrounds it.

use super::backward_set::{self, Choice};
use super::base::{Base, Stored};
use super::forward_set;
use super::lanes::Lanes;
use super::live::{Arrays, Live, Segment};
use super::loss::{LossError, Target, predicted};
use super::memory::{Bytes, Counts, Memory, State};
use super::operators::{self, function};
use super::overlay::Overlay;
use super::program::{Layer, Operation, Program, Training};
use super::rank::{Threshold, key};
use super::recipe::{Clip, Optimizer, Recipe, RecipeError, Reserve};
use super::rule::Rule;
use super::schedule::power;
use super::source::Source;
use super::update;
use super::value::Value;
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
            let exact = recipe.reserve == Reserve::Exact;
            if !exact && !source.serves(&program, &layer) {
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
        let memory =
            Memory::new(&program, &recipe, memory).ok_or(Error::MemoryTooSmall { needed, given })?;
        Ok(Tuner { program, source, recipe, memory })
    }

    fn clear(&mut self) {
        let Memory { head, states, first, second, segments, gradients, .. } = &mut self.memory;
        **head = Default::default();
        for state in [first, second, gradients] {
            state.fill(0.0);
        }
        let Memory { bias_first, bias_second, bias_gradients, .. } = &mut self.memory;
        for state in [bias_first, bias_second, bias_gradients] {
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

    /// Takes over biases, the weights of dense layers and, where they are kept in RAM, all θ.
    fn load(&mut self) {
        for number in 0..self.program.layer_count() {
            let (program, source) = (self.program, self.source);
            let Some(mut view) = self.view(number) else { return };
            source::load_biases(&program, &view.layer, view.biases);
            match (view.layer.training, &mut view.base) {
                (Training::Sparse, Base::Exact(theta)) => {
                    source.each::<V>(&program, &view.layer, |at, weight| {
                        theta.iter_mut().skip(at).take(1).for_each(|to| *to = weight);
                    });
                }
                (Training::Sparse, _) => (),
                _ => source.each::<V>(&program, &view.layer, |at, weight| {
                    let values = view.live.arrays.values.iter_mut();
                    values.skip(at).take(1).for_each(|to| *to = V::nearest(weight));
                }),
            }
        }
    }
}
