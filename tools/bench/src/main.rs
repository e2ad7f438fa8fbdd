//! The benchmark's networks and its report; `cargo xtask bench` runs the boards in between.
//!
//! ```text
//! kastanet-bench cases DIR --board B… [--case C]… [--sparsity S]… [--format F]… [--unit U]…
//! kastanet-bench report DIR --board B… [--case C]… [--json] [--layers]
//!     [--record RESULTS]
//! kastanet-bench plot RESULTS --board B…
//! kastanet-bench probes DIR
//! kastanet-bench costs DIR --board B… --table FILE
//! kastanet-bench peer-layers DIR
//! kastanet-bench peer DIR --board B… --table FILE
//! kastanet-bench train DIR
//! kastanet-bench train-report DIR --board B… [--json]
//! ```
//!
//! `cases` writes the files of the networks into DIR and prints the networks' names; then each
//! board runs `BOARD-CASE.list` and its output is put in `BOARD-CASE.out`; `report` reads all of it. `plot`
//! draws what was recorded. `probes` writes the networks that tell what formats cost, `costs.list`; `costs`
//! reads the boards' output, `BOARD-costs.out`, and writes the table. `peer-layers` and `peer` do the same
//! for a peer that is built from `peer.h`. `train` writes the images that boards train, `train.kst`, and
//! prints the memory they need; `train-report` reads the boards' output, `BOARD-train-NAME-STORAGE.out`.

mod cases;
mod costs;
mod crossover;
mod layers;
mod manifest;
mod mask;
mod peers;
mod plot;
mod readme;
mod record;
mod results;
mod selection;
mod table;
mod train;
mod write;

use anyhow::{Context, Result, bail};
use cases::Case;
use lexopt::prelude::*;
use selection::Selection;
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

fn command(mut args: lexopt::Parser) -> Result<()> {
    let Some(Value(command)) = args.next()? else { bail!("cases, report or plot?") };
    let dir: PathBuf = args.value().context("a directory is missing")?.into();
    let options = Options::parse(args)?;
    match &*command.to_string_lossy() {
        "cases" => cases(&dir, &options),
        "probes" => costs::write(&dir),
        "costs" => costs::write_table(&dir, &options.boards, &options.table()?),
        "peer-layers" => peers::live::write(&dir),
        "peer" => peer(&dir, &options),
        "train" => train::write(&dir),
        "train-report" => train::print(&dir, &options.boards, options.json),
        "report" => report(&dir, &options),
        "plot" => {
            readme::write(&dir, &options.boards)?;
            plot::draw(&dir, &options.boards)
        }
        other => bail!("no command `{other}`"),
    }
}

#[derive(Default)]
struct Options {
    selection: Selection,
    boards: Vec<String>,
    json: bool,
    /// A row for each layer.
    layers: bool,
    /// Where results are recorded, if they are.
    record: Option<PathBuf>,
    /// The table of formats' costs.
    table: Option<PathBuf>,
}

impl Options {
    fn parse(mut args: lexopt::Parser) -> Result<Self> {
        let mut options = Options::default();
        while let Some(arg) = args.next()? {
            match arg {
                Long("json") => options.json = true,
                Long("layers") => options.layers = true,
                Long("record") => options.record = Some(args.value()?.into()),
                Long("table") => options.table = Some(args.value()?.into()),
                Long("board") => options.boards.push(args.value()?.string()?),
                Long(name @ ("case" | "sparsity" | "format" | "unit")) => {
                    let name = name.to_string();
                    options.selection.add(&name, &args.value()?.string()?)?;
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }

    fn table(&self) -> Result<PathBuf> {
        self.table.clone().context("--table is missing")
    }
}

/// Writes the files of all networks, as many at a time as there are processors.
fn cases(dir: &Path, options: &Options) -> Result<()> {
    let Options { selection, boards, .. } = options;
    let cases = selection.cases();
    std::thread::scope(|scope| {
        let write = |&case: &Case| scope.spawn(move || write::case(dir, case, selection, boards));
        let threads: Vec<_> = cases.iter().map(write).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })?;
    cases.iter().for_each(|case| println!("{}", case.name()));
    Ok(())
}

fn peer(dir: &Path, options: &Options) -> Result<()> {
    let layers: Vec<Vec<_>> =
        options.boards.iter().map(|board| peers::live::read(dir, board)).collect::<Result<_>>()?;
    peers::recorded::write(&options.table()?, &layers.concat())
}

fn report(dir: &Path, options: &Options) -> Result<()> {
    let mut rows = Vec::new();
    for board in &options.boards {
        for case in options.selection.cases() {
            rows.extend(results::read(dir, board, case.name(), options.layers)?);
        }
    }
    match options.json {
        true => rows.iter().try_for_each(|row| {
            println!("{}", serde_json::to_string(row)?);
            anyhow::Ok(())
        })?,
        false => table::print(&rows),
    }
    options.record.as_ref().map_or(Ok(()), |results| record::write(results, &rows))
}
