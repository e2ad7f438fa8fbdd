//! What a run works on: the training program, its memory, and which samples are held back.

use super::balance::Units;
use super::layers::Layers;
use super::run::Run;
use super::state::{State, StateError};
use super::{LANES, Options, TuneError};
use crate::graph::Graph;
use crate::quantise::Samples;
use crate::training::{Gradients, plan, write};
use crate::words;
use kastanet::train::{Program, Recipe, Source, Tuner};
use sha2::{Digest, Sha256};
use zerocopy::IntoBytes;

/// A network, samples and a recipe that fit.
pub struct Prepared<'a> {
    pub(super) graph: &'a Graph,
    pub(super) samples: &'a Samples<'a>,
    pub(super) classes: &'a [u16],
    pub(super) options: &'a Options,
    pub(super) layers: Layers,
    pub(super) units: Units,
    /// Numbers of the samples to learn from.
    pub(super) taught: Vec<usize>,
    /// Numbers of those that are held back.
    pub(super) held: Vec<usize>,
    /// Steps of all epochs.
    pub(super) steps: u32,
    program: Vec<u8>,
}

impl<'a> Prepared<'a> {
    /// Checks that a classifier can be tuned on samples with their classes.
    ///
    /// # Errors
    ///
    /// Options out of range, samples or classes that do not fit, operators that cannot be trained through.
    pub fn new(
        graph: &'a Graph,
        samples: &'a Samples<'a>,
        classes: &'a [u16],
        options: &'a Options,
    ) -> Result<Self, TuneError> {
        options.check()?;
        if samples.len() != classes.len() {
            return Err(TuneError::Classes { samples: samples.len(), classes: classes.len() });
        }
        let (held, taught) = parted(samples.len(), options);
        let steps = (taught.len() / options.batch).saturating_mul(options.epochs);
        let steps = u32::try_from(steps).ok().filter(|&steps| steps > 0);
        let steps = steps.ok_or(TuneError::TooFew {
            samples: taught.len(),
            batch: options.batch,
            epochs: options.epochs,
        })?;
        let layers = Layers::of(graph);
        let network = layers.program(graph, options)?;
        let program = write(&network, &plan(&network, Gradients::Kept))?;
        let units = Units::of(graph, samples)?;
        Ok(Prepared {
            graph,
            samples,
            classes,
            options,
            layers,
            units,
            taught,
            held,
            steps,
            program,
        })
    }

    /// The steps of all epochs.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// The memory that a run needs.
    ///
    /// # Errors
    ///
    /// A program that is refused.
    pub fn memory(&self) -> Result<Vec<u32>, TuneError> {
        let (program, recipe) = self.parts()?;
        Ok(vec![0; Tuner::<f32, LANES>::bytes(&program, &recipe).all.div_ceil(4)])
    }

    /// A run from the checkpoint's weights.
    ///
    /// # Errors
    ///
    /// A recipe that is refused, weights that are no numbers.
    pub fn start<'r>(&'r self, memory: &'r mut [u32]) -> Result<Run<'r>, TuneError> {
        let (program, recipe) = self.parts()?;
        let memory = memory.as_mut_bytes();
        let mut tuner = Tuner::<f32, LANES>::new(program, Source::default(), recipe, memory)?;
        self.layers.load(self.graph, &self.units, &mut tuner)?;
        Ok(Run::new(self, tuner))
    }

    /// A run from where another stood that was [saved](Run::saved): it ends with the same bits.
    ///
    /// # Errors
    ///
    /// Bytes that are damaged, or of a run with another checkpoint, other samples or another recipe.
    pub fn resume<'r>(&'r self, memory: &'r mut [u32], saved: &[u8]) -> Result<Run<'r>, TuneError> {
        let saved = State::read(saved, self)?;
        let (program, recipe) = self.parts()?;
        let memory = memory.as_mut_bytes();
        let bytes = memory.get_mut(..saved.tuner.len()).ok_or(StateError::Damaged)?;
        bytes.copy_from_slice(&saved.tuner);
        let tuner = Tuner::<f32, LANES>::resume(program, Source::default(), recipe, memory)?;
        let mut run = Run::new(self, tuner);
        run.state = saved.run;
        Ok(run)
    }

    fn parts(&self) -> Result<(Program<'_>, Recipe), TuneError> {
        let program = Program::new_checked(&self.program)?;
        Ok((program, self.options.recipe(&program, self.steps)))
    }

    /// What tells this run from others.
    pub(super) fn fingerprint(&self) -> Result<String, TuneError> {
        let mut hash = Sha256::new();
        hash.update(&self.program);
        hash.update(serde_json::to_vec(self.options).unwrap_or_default());
        for tensor in &self.graph.tensors {
            hash.update(tensor.data.as_deref().unwrap_or_default());
        }
        for sample in 0..self.samples.len() {
            hash.update(self.samples.get(sample)?.as_bytes());
        }
        hash.update(self.classes.as_bytes());
        Ok(words::hex(&hash.finalize()))
    }
}

/// The numbers of the samples that are held back, and of the others.
fn parted(samples: usize, options: &Options) -> (Vec<usize>, Vec<usize>) {
    let mut numbers: Vec<usize> = (0..samples).collect();
    shuffle(&mut numbers, options.seed);
    let taught = numbers.split_off((options.hold * samples as f64) as usize);
    (numbers, taught)
}

/// Puts numbers in another order (Fisher and Yates), drawn by SplitMix64.
pub(super) fn shuffle(numbers: &mut [usize], seed: u64) {
    let mut state = seed;
    for last in (1..numbers.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        numbers.swap(last, ((bits ^ bits >> 31) % (last as u64 + 1)) as usize);
    }
}
