//! Top-KAST beside other ways to train with few weights; `cargo xtask experiment` finds the data set.
//!
//! ```text
//! kastanet-experiment NAME --data DIR --results DIR [--seeds N] [--json]
//! kastanet-experiment speed --data DIR --results DIR --python FILE [--json]
//! ```
//!
//! An experiment's runs are written into `RESULTS/NAME.jsonl`, drawn in `RESULTS/NAME.svg` and told in
//! `RESULTS/README.md`.

mod data;
mod method;
mod network;
mod plan;
mod plot;
mod readme;
mod record;
mod run;
mod setup;
mod speed;
mod table;

use anyhow::{Context, Result, bail, ensure};
use data::{BATCH, Data};
use lexopt::prelude::*;
use plan::{ALL, Plan};
use rayon::prelude::*;
use record::Record;
use setup::Setup;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> ExitCode {
    match command(lexopt::Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the trace that `Debug` has, whatever the environment.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(args: lexopt::Parser) -> Result<()> {
    let options = Options::parse(args)?;
    let data = Data::read(options.data.as_deref().context("--data is missing")?)?;
    let results = options.results.as_deref().context("--results is missing")?;
    if options.name == speed::NAME {
        time(&options, &data, results)?;
    } else {
        compare(&options, &data, results)?;
    }
    readme::write(results)
}

/// Runs an experiment.
fn compare(options: &Options, data: &Data, results: &Path) -> Result<()> {
    let Some(plan) = Plan::named(&options.name) else {
        let names = ALL.map(|(name, _)| name).join(", ");
        bail!("no experiment `{}`; there are {names}, {}", options.name, speed::NAME);
    };
    let records = run_all(&plan, options.seeds, data)?;
    match options.json {
        true => print!("{}", record::lines(&records)?),
        false => print!("{}\n{}", table::table(&plan, &records), table::order(&plan, &records)),
    }
    record::write(results, plan.name, &records)?;
    plot::draw(results, &plan, &records)
}

/// Measures the time of steps.
fn time(options: &Options, data: &Data, results: &Path) -> Result<()> {
    let python = options.python.as_deref().context("--python is missing")?;
    let speeds = [speed::measure(data, python)?];
    match options.json {
        true => print!("{}", record::lines(&speeds)?),
        false => print!("{}", speeds[0].table()),
    }
    record::write(results, speed::NAME, &speeds)
}

#[derive(Default)]
struct Options {
    name: String,
    seeds: u64,
    json: bool,
    data: Option<PathBuf>,
    results: Option<PathBuf>,
    /// An interpreter that has NumPy.
    python: Option<PathBuf>,
}

impl Options {
    fn parse(mut args: lexopt::Parser) -> Result<Self> {
        let mut options = Options { seeds: 3, ..Options::default() };
        while let Some(arg) = args.next()? {
            match arg {
                Long("json") => options.json = true,
                Long("seeds") => options.seeds = args.value()?.parse()?,
                Long("data") => options.data = Some(args.value()?.into()),
                Long("python") => options.python = Some(args.value()?.into()),
                Long("results") => options.results = Some(args.value()?.into()),
                Value(name) if options.name.is_empty() => options.name = name.string()?,
                other => return Err(other.unexpected().into()),
            }
        }
        ensure!(options.seeds > 0, "--seeds: expected at least 1");
        Ok(options)
    }
}

/// Runs every setup of a plan with every seed, as many at a time as there are processors.
fn run_all(plan: &Plan, seeds: u64, data: &Data) -> Result<Vec<Record>> {
    let setups = plan.setups();
    let jobs: Vec<(&Setup, u64)> =
        setups.iter().flat_map(|setup| (0..seeds).map(move |seed| (setup, seed))).collect();
    let (done, count) = (AtomicUsize::new(0), jobs.len());
    let one = |&(setup, seed): &(&Setup, u64)| {
        let outcome = run::run(setup, seed, data)?;
        let (done, accuracy) = (done.fetch_add(1, Ordering::Relaxed) + 1, outcome.accuracy);
        eprintln!(
            "{done}/{count}: {accuracy:.2} by seed {seed} of {}",
            serde_json::to_string(setup)?
        );
        Ok(outcome)
    };
    let outcomes: Vec<_> = jobs.par_iter().with_max_len(1).map(one).collect::<Result<_>>()?;
    let of_setup = outcomes.chunks(seeds as usize).zip(&setups).map(|(outcomes, setup)| {
        let accuracies = outcomes.iter().map(|outcome| outcome.accuracy).collect();
        let skipped = outcomes.iter().map(|outcome| outcome.skipped).sum();
        Record::new(setup.clone(), BATCH, accuracies, skipped)
    });
    Ok(of_setup.collect())
}
