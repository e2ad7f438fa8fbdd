//! Top-KAST on the host: from a dense float checkpoint to a sparse one, with the crate's own training code.
//!
//! ```text
//! program    the graph as a training program: layers that can be pruned are sparse, the others dense
//! start      the checkpoint's weights and biases
//! steps      batches of shuffled samples, momentum, the rate along a cosine, two-rate refresh
//! end        the forward sets' weights go back into the graph, all others are 0
//! ```
//!
//! A run is a function of checkpoint, samples, recipe and seed.

mod balance;

mod error;

mod history;

mod layers;

mod weights;

pub use error::TuneError;
pub use history::{Epoch, History};
pub use weights::{WeightsError, read, write as write_weights};

use crate::graph::Graph;
use crate::quantise::Samples;
use crate::training::{Gradients, plan, write};
use balance::Units;
use kastanet::train::{
    Clip, Function, Lanes, Loss, Optimizer, Program, Recipe, Reserve, Schedule, Source, Target,
    Tuner,
};
use layers::Layers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zerocopy::IntoBytes;

/// Samples side by side.
const LANES: usize = 32;

/// How a network is tuned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Share of the weights that are used, of each layer that can be pruned.
    pub density: f64,
    /// Shares of layers that have another, by name.
    pub densities: BTreeMap<String, f64>,
    /// Share of the weights that learn: at least that.
    pub backward: f64,
    /// Passes over the samples.
    pub epochs: usize,
    /// The learning rate at the start, from which it falls along a cosine.
    pub rate: f32,
    /// μ.
    pub momentum: f32,
    /// λ, the coefficient of the exploration penalty.
    pub exploration: f32,
    /// Samples of a step, a multiple of 32.
    pub batch: usize,
    /// Of the order of samples.
    pub seed: u64,
}

impl Default for Options {
    /// 90 % sparse, with half of the weights learning.
    fn default() -> Self {
        Options {
            density: 0.1,
            densities: BTreeMap::new(),
            backward: 0.5,
            epochs: 3,
            rate: 0.01,
            momentum: 0.9,
            exploration: 1e-4,
            batch: 64,
            seed: 0,
        }
    }
}

/// A tuned network.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// With the weights of the forward sets.
    pub graph: Graph,
    /// The mean loss of each epoch.
    pub losses: Vec<f32>,
    /// The share of each epoch's samples that were known, before the step they were in.
    pub known: Vec<f64>,
    /// Steps that were given up.
    pub skipped: u32,
}

/// Tunes a classifier on samples with their classes; `after` is called once a step.
///
/// # Errors
///
/// Options out of range, samples or classes that do not fit, operators that cannot be trained through.
pub fn tune(
    graph: &Graph,
    samples: &Samples<'_>,
    classes: &[u16],
    options: &Options,
    mut after: impl FnMut(),
) -> Result<Tuned, TuneError> {
    let steps = options.check(samples.len(), classes.len())?;
    let layers = Layers::of(graph);
    let program = layers.program(graph, options)?;
    let bytes = write(&program, &plan(&program, Gradients::Kept))?;
    let program = Program::new_checked(&bytes)?;
    let recipe = options.recipe(&program, steps);
    let mut memory = vec![0_u32; Tuner::<f32, LANES>::bytes(&program, &recipe).all.div_ceil(4)];
    let mut tuner =
        Tuner::<f32, LANES>::new(program, Source::default(), recipe, memory.as_mut_bytes())?;
    let units = Units::of(graph, samples)?;
    layers.load(graph, &units, &mut tuner)?;
    let (mut losses, mut known) = (vec![], vec![]);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let mut random = options.seed;
    for _ in 0..options.epochs {
        shuffle(&mut order, &mut random);
        let (mut loss, mut right, mut taken) = (0.0_f64, 0, 0);
        for batch in order.chunks_exact(options.batch) {
            for numbers in batch.as_chunks::<LANES>().0 {
                let (input, truth) = (
                    lanes(samples, numbers, units.input(graph))?,
                    numbers.map(|number| classes[number]),
                );
                let outcome = tuner.step(&input, Target::Classes(&truth))?;
                loss += outcome.losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
                let pairs = outcome.predicted.iter().zip(&truth);
                right += pairs.filter(|(found, truth)| found == truth).count();
                taken += LANES;
            }
            after();
        }
        losses.push((loss / taken as f64) as f32);
        known.push(right as f64 / taken as f64);
    }
    let mut tuned = graph.clone();
    layers.store(&mut tuned, &units, &mut tuner);
    Ok(Tuned { graph: tuned, losses, known, skipped: tuner.counters().skipped })
}

impl Options {
    /// The number of steps.
    fn check(&self, samples: usize, classes: usize) -> Result<u32, TuneError> {
        let shares = self.densities.values().copied().chain([self.density, self.backward]);
        if let Some(found) = shares.into_iter().find(|share| !(*share > 0.0 && *share <= 1.0)) {
            return Err(TuneError::Density { found });
        }
        if self.batch == 0 || !self.batch.is_multiple_of(LANES) {
            return Err(TuneError::Batch { found: self.batch, lanes: LANES });
        }
        if samples != classes {
            return Err(TuneError::Classes { samples, classes });
        }
        let steps = (samples / self.batch).saturating_mul(self.epochs);
        match u32::try_from(steps) {
            Ok(steps) if steps > 0 => Ok(steps),
            _ => Err(TuneError::TooFew { samples, batch: self.batch, epochs: self.epochs }),
        }
    }

    fn recipe(&self, program: &Program<'_>, steps: u32) -> Recipe {
        Recipe {
            optimizer: Optimizer::Momentum { momentum: self.momentum },
            // Classes are learned, whether the network ends with a softmax or before it.
            loss: match program.last() {
                Function::Logistic => Loss::LogisticCrossEntropy,
                _ => Loss::SoftmaxCrossEntropy,
            },
            schedule: Schedule::Cosine { rate: self.rate, steps },
            batch: self.batch as u32,
            exploration: self.exploration,
            clip: Clip::Norm(10.0),
            reserve: Reserve::Exact,
            seed: self.seed as u32,
            ..Recipe::of(program)
        }
    }
}

/// Samples side by side.
fn lanes(
    samples: &Samples<'_>,
    numbers: &[usize; LANES],
    unit: f32,
) -> Result<Vec<Lanes<LANES>>, TuneError> {
    let mut input = vec![];
    for (lane, &number) in numbers.iter().enumerate() {
        let values = samples.get(number)?;
        input.resize(values.len(), [0.0; LANES]);
        input.iter_mut().zip(values).for_each(|(lanes, value)| lanes[lane] = value / unit);
    }
    Ok(input)
}

/// Puts numbers in another order (Fisher and Yates), drawn by SplitMix64.
fn shuffle(numbers: &mut [usize], state: &mut u64) {
    for last in (1..numbers.len()).rev() {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = *state;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        numbers.swap(last, ((bits ^ bits >> 31) % (last as u64 + 1)) as usize);
    }
}
