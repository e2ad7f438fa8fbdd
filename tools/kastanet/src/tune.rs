//! Top-KAST on the host: from a dense float checkpoint to a sparse one, with the crate's own training code.
//!
//! ```text
//! program    the graph as a training program: layers that can be pruned are sparse, the others dense   layers
//! start      the checkpoint's weights and biases, in units that suit one learning rate                 balance
//! steps      batches of shuffled samples, two-rate refresh; after a while the sets stay                 run
//! last       epochs that compute with weights rounded as int8 weights will be                          rounding
//! end        the forward sets' weights of the best epoch go into the graph, all others are 0
//! ```
//!
//! A run is a function of checkpoint, samples and recipe; it can be saved between two batches and go on with the same
//! bits.

mod balance;
pub mod budget;
mod error;
mod history;
mod layers;
mod options;
mod prepared;
mod rounding;
mod run;
mod spread;
mod state;
pub mod weights;

#[cfg(test)]
mod tests;

pub use error::TuneError;
pub use history::{Epoch, History};
pub use options::{Chosen, Options, Rule, Spread};
pub use prepared::Prepared;
pub use run::{Fared, Run};
pub use spread::densities;
pub use state::StateError;
pub use weights::WeightsError;

use crate::graph::Graph;
use crate::quantise::Samples;

/// Samples side by side.
const LANES: usize = 32;

/// A tuned network.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// With the weights of the forward sets, after the epoch that was kept.
    pub graph: Graph,
    /// What happened.
    pub history: History,
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
    let prepared = Prepared::new(graph, samples, classes, options)?;
    let mut memory = prepared.memory()?;
    let mut run = prepared.start(&mut memory)?;
    while !run.is_done() {
        run.batch()?;
        after();
    }
    Ok(run.finish())
}
