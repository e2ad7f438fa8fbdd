//! A run as it stands, as a file: to go on later with the same bits.
//!
//! ```text
//! tuner          what the trainer keeps
//! kept           the weights file so far
//! sets.0, …      the forward sets at the start of the epoch
//! __metadata__   kastanet.standing: of which run, the epoch's sums, and the history
//! ```

use super::prepared::Prepared;
use super::run::{Fared, Run};
use super::{History, TuneError, weights};
use crate::graph::Graph;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use thiserror::Error;
use zerocopy::IntoBytes;

/// The key of the file's metadata.
const KEY: &str = "kastanet.standing";

/// Why a run cannot go on.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// It is something else, or has suffered.
    #[error("it is no saved run, or a damaged one")]
    Damaged,
    /// It belongs to something else.
    #[error("it is of a run with another checkpoint, other samples or another recipe")]
    Other,
}

/// Where a run stands, beside what the trainer keeps.
#[derive(Clone, Debug)]
pub struct Standing {
    pub history: History,
    /// Batches of this epoch.
    pub batch: usize,
    /// Of this epoch.
    pub sums: Sums,
    /// The forward sets at the start of the epoch.
    pub sets: Vec<Vec<u32>>,
    /// The network to keep.
    pub kept: Graph,
}

/// Sums over the samples of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    pub loss: f64,
    pub right: usize,
    pub taken: usize,
}

impl Sums {
    pub fn mean(&self) -> Fared {
        let taken = self.taken.max(1) as f64;
        Fared { loss: self.loss / taken, known: self.right as f64 / taken }
    }
}

/// What is said in the metadata.
#[derive(Serialize, Deserialize)]
struct Said {
    of: String,
    batch: usize,
    sums: Sums,
    history: History,
}

/// A saved run.
pub struct State {
    pub run: Standing,
    pub tuner: Vec<u8>,
}

/// The file's bytes.
pub fn write(run: &mut Run<'_>) -> Result<Vec<u8>, TuneError> {
    let Standing { history, batch, sums, sets, kept } = run.state.clone();
    let of = run.prepared.fingerprint()?;
    let tuner = run.tuner.saved().ok_or(StateError::Damaged)?.collect::<Vec<_>>().concat();
    let kept = weights::write(&kept, None)?;
    let said = serde_json::to_string(&Said { of, batch, sums, history });
    let metadata = HashMap::from([(KEY.to_string(), said.map_err(|_| StateError::Damaged)?)]);
    let mut all = vec![("tuner".to_string(), tuner), ("kept".to_string(), kept)];
    let sets = sets.iter().enumerate();
    all.extend(sets.map(|(number, set)| (format!("sets.{number}"), set.as_bytes().to_vec())));
    let views = all.iter().map(|(name, bytes)| {
        Ok((name, TensorView::new(Dtype::U8, vec![bytes.len()], bytes).map_err(damaged)?))
    });
    let views = views.collect::<Result<Vec<_>, TuneError>>()?;
    Ok(safetensors::serialize(views, Some(metadata)).map_err(damaged)?)
}

fn damaged<E>(_: E) -> StateError {
    StateError::Damaged
}

impl State {
    /// Reads what [`write`] wrote of the same run.
    pub fn read(bytes: &[u8], prepared: &Prepared<'_>) -> Result<Self, TuneError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let said = metadata.metadata().as_ref().and_then(|said| said.get(KEY));
        let said: Said = serde_json::from_str(said.ok_or(StateError::Damaged)?).map_err(damaged)?;
        if said.of != prepared.fingerprint()? {
            return Err(StateError::Other.into());
        }
        let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let tensor =
            |name: &str| file.tensor(name).map(|view| view.data().to_vec()).map_err(damaged);
        let mut kept = prepared.graph.clone();
        weights::read(&mut kept, &tensor("kept")?)?;
        let sets = (0..said.history.layers.len()).map(|number| {
            let bytes = tensor(&format!("sets.{number}"))?;
            Ok(bytes.as_chunks::<4>().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect())
        });
        let sets = sets.collect::<Result<_, StateError>>()?;
        let Said { batch, sums, history, .. } = said;
        Ok(State { run: Standing { history, batch, sums, sets, kept }, tuner: tensor("tuner")? })
    }
}
