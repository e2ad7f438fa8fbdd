//! Many runs, as many at a time as there are processors.

use crate::data::{BATCH, Data};
use crate::record::Record;
use crate::run::{Outcome, run};
use crate::setup::Setup;
use anyhow::Result;
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Runs every setup with every seed, but those that are known with as many; `write` is given what there is
/// whenever a setup is finished.
pub fn run_all(
    setups: &[Setup],
    seeds: u64,
    data: &Data,
    known: Vec<Record>,
    write: impl Fn(&[Record]) -> Result<()> + Sync,
) -> Result<Vec<Record>> {
    let is_known = |record: &&Record| record.accuracies.len() as u64 == seeds;
    let found = |setup: &Setup| known.iter().filter(is_known).find(|record| record.setup == *setup);
    let setups = setups.iter().map(|setup| (setup, found(setup).cloned()));
    let pending: Vec<Pending<'_>> =
        setups.map(|(setup, record)| Pending { setup, record, outcomes: vec![] }).collect();
    let jobs = pending.iter().enumerate().filter(|(_, pending)| pending.record.is_none());
    let jobs: Vec<(usize, u64)> =
        jobs.flat_map(|(at, _)| (0..seeds).map(move |seed| (at, seed))).collect();
    let (pending, all) = (Mutex::new(pending), jobs.len());
    // One after the other in their order, so that setups are finished one by one.
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let next = || lock(&queue).next();
    let work = |_| {
        std::iter::from_fn(next).try_for_each(|(number, (at, seed))| {
            let setup = lock(&pending)[at].setup;
            let outcome = run(setup, seed, data)?;
            let text = serde_json::to_string(setup)?;
            let Outcome { accuracy, loss, .. } = outcome;
            eprintln!("{}/{all}: {accuracy:.2}, loss {loss:.3}, seed {seed} of {text}", number + 1);
            let mut pending = lock(&pending);
            if pending[at].add(seed, outcome, seeds) {
                write(&records(&pending))?;
            }
            anyhow::Ok(())
        })
    };
    (0..rayon::current_num_threads()).into_par_iter().with_max_len(1).try_for_each(work)?;
    let records = records(&lock(&pending));
    write(&records)?;
    Ok(records)
}

/// A setup and what has come of it so far.
struct Pending<'s> {
    setup: &'s Setup,
    record: Option<Record>,
    outcomes: Vec<(u64, Outcome)>,
}

impl Pending<'_> {
    /// Notes what has come of a seed; gives whether it was the last of them.
    fn add(&mut self, seed: u64, outcome: Outcome, seeds: u64) -> bool {
        self.outcomes.push((seed, outcome));
        if self.outcomes.len() as u64 == seeds {
            self.outcomes.sort_by_key(|(seed, _)| *seed);
            let accuracies = self.outcomes.iter().map(|(_, outcome)| outcome.accuracy).collect();
            let skipped = self.outcomes.iter().map(|(_, outcome)| outcome.skipped).sum();
            self.record = Some(Record::new(self.setup.clone(), BATCH, accuracies, skipped));
        }
        self.record.is_some()
    }
}

fn records(pending: &[Pending<'_>]) -> Vec<Record> {
    pending.iter().filter_map(|pending| pending.record.clone()).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
