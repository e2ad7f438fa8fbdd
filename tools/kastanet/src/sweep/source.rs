//! The checkpoint that a sweep's networks are made of.

use crate::data::Normalisation;
use crate::graph::Graph;
use crate::prune::{self, Sparsity, Unit, prune};
use crate::quantise::{QuantiseError, Samples, calibrated};
use crate::tune::{Chosen, Options, TuneError, tune};

/// A checkpoint, and what its networks are trained on.
pub struct Source<'a> {
    /// The network, float or int8.
    pub graph: &'a Graph,
    /// The checkpoint's bytes.
    pub bytes: &'a [u8],
    /// What raw values are normalised with, and the images say.
    pub normalisation: Option<&'a Normalisation>,
    /// What a float network is tuned on; nothing for an int8 one.
    pub training: Option<Training<'a>>,
}

/// What a float network is tuned and quantised with.
pub struct Training<'a> {
    /// Samples.
    pub samples: Samples<'a>,
    /// Their classes.
    pub classes: Vec<u16>,
    /// Samples that show ranges.
    pub calibration: Samples<'a>,
    /// How it is tuned; the density is each point's.
    pub recipe: Options,
}

/// Why a network of the checkpoint cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// It cannot be tuned.
    #[error(transparent)]
    Tune(#[from] TuneError),
    /// It cannot be quantised.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
    /// It cannot be pruned.
    #[error(transparent)]
    Prune(#[from] prune::Error),
}

impl NetworkError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            NetworkError::Tune(error) => error.help(),
            NetworkError::Quantise(error) => error.help(),
            NetworkError::Prune(_) => "change --densities",
        }
    }
}

impl Source<'_> {
    /// The int8 network of which a share of the weights stays: tuned and quantised, or pruned by magnitude. `after`
    /// is called once a step.
    ///
    /// # Errors
    ///
    /// What the recipe, the samples or the graph are not fit for.
    pub fn network(
        &self,
        density: f64,
        unit: Unit,
        after: impl Fn() + Sync,
    ) -> Result<Graph, NetworkError> {
        let Some(Training { samples, classes, calibration, recipe }) = &self.training else {
            let mut graph = self.graph.clone();
            prune(&mut graph, &Sparsity::uniform(1.0 - density), unit)?;
            return Ok(graph);
        };
        let unit = match unit {
            Unit::Block4x1 => Chosen::Block4x1,
            Unit::Block1x4 => Chosen::Block1x4,
            Unit::Weight | Unit::Nm(_) => Chosen::Weight,
        };
        let recipe = Options { density, unit, ..recipe.clone() };
        let tuned = tune(self.graph, samples, classes, &recipe, &after)?;
        Ok(calibrated(&tuned.graph, calibration, after)?)
    }

    /// Steps that one network takes, for a progress bar.
    pub fn steps(&self) -> usize {
        let training = self.training.as_ref();
        training.map_or(0, |training| {
            let batches = training.samples.len() / training.recipe.batch.max(1);
            batches.saturating_mul(training.recipe.epochs) + 2 * training.calibration.len()
        })
    }
}
