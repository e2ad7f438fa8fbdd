//! Top-KAST beside other ways to train with few weights; `cargo xtask experiment` finds the data set.
//!
//! ```text
//! kastanet-experiment NAME --data DIR --results DIR [--seeds N] [--continue] [--json]
//! kastanet-experiment speed --data DIR --results DIR --python FILE [--json]
//! ```
//!
//! An experiment's runs are written into `RESULTS/NAME.jsonl`, drawn in `RESULTS/NAME.svg` and told in
//! `RESULTS/README.md`.

mod batch;
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
mod wearers;

use anyhow::{Context, Result, bail, ensure};
use data::Data;
use lexopt::prelude::*;
use plan::Plan;
use record::Record;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    let results = options.results.as_deref().context("--results is missing")?;
    let data = options.data.as_deref().context("--data is missing")?;
    if options.name == wearers::NAME {
        let records = wearers::run(data, results, options.seeds)?;
        match options.json {
            true => print!("{}", record::lines(&records)?),
            false => print!("{}", wearers::table(&records)),
        }
        return readme::write(results);
    }
    let data = Data::read(data)?;
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
        let names = plan::all().map(|plan| plan.name).join(", ");
        bail!("no experiment `{}`; there are {names}, {}", options.name, speed::NAME);
    };
    let known = if options.goes_on { recorded(results)? } else { vec![] };
    let write = |records: &[Record]| record::write(results, plan.name, records);
    let records = batch::run_all(&plan.setups(), options.seeds, data, known, write)?;
    match options.json {
        true => print!("{}", record::lines(&records)?),
        false => print!("{}\n{}", table::table(&plan, &records), table::order(&plan, &records)),
    }
    plot::draw(results, &plan, &records)
}

/// What is recorded, by any experiment: some setups are run by several.
fn recorded(results: &Path) -> Result<Vec<Record>> {
    let each = plan::all().map(|plan| record::read(results, plan.name));
    Ok(each.into_iter().collect::<Result<Vec<_>>>()?.concat())
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
    /// Setups that are recorded with as many seeds, by any experiment, are not run again.
    goes_on: bool,
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
                Long("continue") => options.goes_on = true,
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
