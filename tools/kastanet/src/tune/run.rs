//! A run, batch by batch.

use super::prepared::{Prepared, shuffle};
use super::rounding::Rounded;
use super::state::{self, Standing};
use super::{Epoch, History, LANES, TuneError, Tuned};
use kastanet::train::{Lanes, Target, Tuner, predicted};

/// A run between two batches.
pub struct Run<'r> {
    pub(super) prepared: &'r Prepared<'r>,
    pub(super) tuner: Tuner<'r, 'r, f32, LANES>,
    pub(super) state: Standing,
    /// The samples of an epoch in their order, and which epoch that is.
    order: (usize, Vec<usize>),
}

/// How the samples of this epoch fared so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fared {
    /// The mean loss.
    pub loss: f64,
    /// The share that was known, before the step they were in.
    pub known: f64,
}

impl<'r> Run<'r> {
    pub(super) fn new(prepared: &'r Prepared<'r>, tuner: Tuner<'r, 'r, f32, LANES>) -> Self {
        let names = prepared.layers.sparse(prepared.graph, prepared.options);
        let history =
            History { recipe: prepared.options.clone(), layers: names, ..History::default() };
        let kept = prepared.graph.clone();
        let (batch, sums, sets) = (0, state::Sums::default(), vec![]);
        let state = Standing { history, batch, sums, sets, kept };
        let mut run = Run { prepared, tuner, state, order: (usize::MAX, vec![]) };
        run.state.sets = run.sets();
        run
    }

    /// What happened so far.
    pub fn history(&self) -> &History {
        &self.state.history
    }

    /// How the samples of this epoch fared so far.
    pub fn fared(&self) -> Fared {
        self.state.sums.mean()
    }

    /// Steps taken.
    pub fn steps(&self) -> u32 {
        self.tuner.counters().steps
    }

    /// Whether all epochs are done, or nothing has become better for as long as the recipe allows.
    pub fn is_done(&self) -> bool {
        let options = self.prepared.options;
        let done = self.state.history.epochs.len();
        let waited = done.saturating_sub(self.state.history.kept);
        done >= options.epochs || options.patience > 0 && done > 0 && waited >= options.patience
    }

    /// Whether an epoch has just ended.
    pub fn is_between_epochs(&self) -> bool {
        self.state.batch == 0
    }

    /// Learns from the next batch; nothing happens once all are done.
    ///
    /// # Errors
    ///
    /// A sample that is no number, a class that the network does not have.
    pub fn batch(&mut self) -> Result<(), TuneError> {
        if self.is_done() {
            return Ok(());
        }
        let Prepared { options, layers, .. } = self.prepared;
        let (epoch, batch) = (self.state.history.epochs.len(), self.state.batch);
        if self.order.0 != epoch {
            self.order = (epoch, self.prepared.taught.clone());
            shuffle(&mut self.order.1, options.seed ^ (epoch as u64 + 1) << 32);
        }
        let numbers = self.order.1.chunks_exact(options.batch).nth(batch);
        let numbers = numbers.unwrap_or_default().to_vec();
        let rounded = self.is_rounded(epoch).then(|| Rounded::round(&mut self.tuner, layers.len()));
        let learned = self.learn(&numbers);
        rounded.into_iter().for_each(|rounded| rounded.put_back(&mut self.tuner));
        learned?;
        self.state.batch += 1;
        if self.state.batch >= self.prepared.taught.len() / options.batch {
            self.end_epoch()?;
        }
        Ok(())
    }

    /// Whether an epoch computes with rounded weights.
    fn is_rounded(&self, epoch: usize) -> bool {
        epoch >= self.prepared.options.exact()
    }

    fn learn(&mut self, numbers: &[usize]) -> Result<(), TuneError> {
        for numbers in numbers.as_chunks::<LANES>().0 {
            let input = self.input(numbers)?;
            let truth = numbers.map(|number| self.prepared.classes[number]);
            let outcome = self.tuner.step(&input, Target::Classes(&truth))?;
            let pairs = outcome.predicted.iter().zip(&truth);
            let sums = &mut self.state.sums;
            sums.loss += outcome.losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
            sums.right += pairs.filter(|(found, truth)| found == truth).count();
            sums.taken += LANES;
        }
        Ok(())
    }

    /// Samples side by side.
    fn input(&self, numbers: &[usize]) -> Result<Vec<Lanes<LANES>>, TuneError> {
        let unit = self.prepared.units.input(self.prepared.graph);
        let mut input = vec![];
        for (lane, &number) in numbers.iter().enumerate() {
            let values = self.prepared.samples.get(number)?;
            input.resize(values.len(), [0.0; LANES]);
            input.iter_mut().zip(values).for_each(|(lanes, value)| lanes[lane] = value / unit);
        }
        Ok(input)
    }

    fn end_epoch(&mut self) -> Result<(), TuneError> {
        let epoch = self.state.history.epochs.len();
        let accuracy = self.accuracy(self.is_rounded(epoch))?;
        let after = self.sets();
        let before = std::mem::replace(&mut self.state.sets, after);
        let churn =
            before.iter().zip(&self.state.sets).map(|(before, after)| new_in(before, after));
        let Fared { loss, known } = self.fared();
        let (loss, churn) = (loss as f32, churn.collect());
        self.state.history.epochs.push(Epoch { loss, known, accuracy, churn });
        (self.state.batch, self.state.sums) = (0, state::Sums::default());
        if self.is_best() {
            self.state.history.kept = epoch + 1;
            let Prepared { layers, units, .. } = self.prepared;
            layers.store(&mut self.state.kept, units, &mut self.tuner);
        }
        Ok(())
    }

    /// Whether the last epoch is the one to keep: none of its kind was better, or it is the first of its kind.
    fn is_best(&self) -> bool {
        let epochs = &self.state.history.epochs;
        let Some((last, before)) = epochs.split_last() else { return false };
        let Some(accuracy) = last.accuracy else { return true };
        let exact = self.prepared.options.exact();
        let first = if epochs.len() > exact { exact } else { 0 };
        let before = before.get(first..).unwrap_or_default();
        before.iter().all(|epoch| epoch.accuracy.is_none_or(|before| accuracy > before))
    }

    /// The share of held-back samples that are known; none where none is held back.
    fn accuracy(&mut self, is_rounded: bool) -> Result<Option<f64>, TuneError> {
        let Prepared { held, layers, .. } = self.prepared;
        if held.is_empty() {
            return Ok(None);
        }
        let rounded = is_rounded.then(|| Rounded::round(&mut self.tuner, layers.len()));
        let mut right = 0;
        for numbers in held.chunks(LANES) {
            let input = self.input(numbers)?;
            let found = predicted(self.tuner.infer(&input));
            let pairs = numbers.iter().zip(found);
            right +=
                pairs.filter(|&(&number, found)| self.prepared.classes[number] == found).count();
        }
        rounded.into_iter().for_each(|rounded| rounded.put_back(&mut self.tuner));
        Ok(Some(right as f64 / held.len() as f64))
    }

    /// The forward set of each sparse layer, in ascending order.
    fn sets(&mut self) -> Vec<Vec<u32>> {
        let Prepared { layers, graph, options, .. } = self.prepared;
        let sparse = layers.sparse_numbers(graph, options);
        sparse.map(|layer| forward(&mut self.tuner, layer)).collect()
    }

    /// The run as it stands, for [`Prepared::resume`].
    ///
    /// # Errors
    ///
    /// Samples that are no numbers.
    pub fn saved(&mut self) -> Result<Vec<u8>, TuneError> {
        state::write(self)
    }

    /// What came of it.
    pub fn finish(self) -> Tuned {
        let skipped = self.tuner.counters().skipped;
        Tuned { graph: self.state.kept, history: self.state.history, skipped }
    }
}

/// The forward set of a layer, in ascending order.
fn forward(tuner: &mut Tuner<'_, '_, f32, LANES>, layer: usize) -> Vec<u32> {
    let cols = tuner.program().layer(layer).map_or(0, |layer| layer.grid.cols);
    let live = tuner.live_weights(layer).filter(|live| live.is_forward);
    let mut set: Vec<u32> = live.map(|live| (live.row * cols + live.col) as u32).collect();
    set.sort_unstable();
    set
}

/// The share of `after` that is not in `before`, both ascending.
fn new_in(before: &[u32], after: &[u32]) -> f64 {
    let new = after.iter().filter(|index| before.binary_search(index).is_err()).count();
    new as f64 / after.len().max(1) as f64
}
