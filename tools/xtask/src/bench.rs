//! `cargo xtask bench`: instructions, bytes and stack of networks on the boards.
//!
//! The networks are made and the results reported by the package `kastanet-bench`, whose options
//! are passed on; here the boards run, two at a time.

mod peer;

use crate::process::{capture, run, run_for};
use crate::qemu::{BOARDS, Bench, Board, train};
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

/// A network's images all take less.
const LIMIT: Duration = Duration::from_secs(300);

/// Where results are under git.
const RESULTS: &str = "docs/results/bench";

/// What formats cost, under git.
const COSTS: &str = "tools/kastanet/src/cost/table.txt";

/// Emulators that run at a time.
const AT_A_TIME: usize = 2;

/// `cargo xtask bench`.
pub fn command(tree: &Tree, args: lexopt::Parser) -> Result<()> {
    let mut options = Options::parse(args)?;
    if options.boards.is_empty() {
        options.boards.extend(&BOARDS);
    }
    let dir = tree.target.join("bench");
    let bench = Bench::new(tree, dir)?;
    build_tool(tree)?;
    if options.peer {
        return peer::count(&bench, &options.boards);
    }
    if options.costs {
        return costs(&bench, &options);
    }
    if options.train {
        let all = train::images(&bench)?;
        options.boards.iter().try_for_each(|board| train::measure(&bench, board, &all))?;
        let mut report = bench_tool(&bench, "train-report");
        return run(report.args(options.boards()).args(&options.report));
    }
    let cases = options.cases(&bench)?;
    run_all(jobs(&bench, &options.boards, &cases)?)?;
    options.report(&bench)?;
    if options.plot { plot(tree) } else { Ok(()) }
}

#[derive(Default)]
struct Options {
    boards: Vec<&'static Board>,
    /// What `kastanet-bench cases` is given.
    selection: Vec<OsString>,
    /// What `kastanet-bench report` is given besides.
    report: Vec<OsString>,
    record: bool,
    plot: bool,
    peer: bool,
    costs: bool,
    /// `--case train`: not inference but training.
    train: bool,
}

impl Options {
    fn parse(mut args: lexopt::Parser) -> Result<Self> {
        let mut options = Options::default();
        while let Some(arg) = args.next()? {
            match arg {
                Long("board") => options.boards.push(Board::named(&args.value()?.string()?)?),
                Long(name @ ("case" | "sparsity" | "format" | "unit")) => {
                    let name = format!("--{name}").into();
                    options.selection.extend([name, args.value()?]);
                    options.train |= options.selection.last().is_some_and(|value| value == "train");
                }
                Long(name @ ("json" | "layers")) => {
                    options.report.push(format!("--{name}").into());
                }
                Long("record") => options.record = true,
                Long("costs") => options.costs = true,
                Long("peer") => options.peer = true,
                Long("plot") => options.plot = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }

    /// Has the networks written; gives their names.
    fn cases(&self, bench: &Bench<'_>) -> Result<Vec<String>> {
        let mut cases = bench_tool(bench, "cases");
        let names = capture(cases.args(self.boards()).args(&self.selection))?;
        Ok(String::from_utf8(names)?.lines().map(String::from).collect())
    }

    fn boards(&self) -> impl Iterator<Item = &'static str> {
        self.boards.iter().flat_map(|board| ["--board", board.name])
    }

    fn report(&self, bench: &Bench<'_>) -> Result<()> {
        let mut report = bench_tool(bench, "report");
        report.args(self.boards()).args(&self.selection).args(&self.report);
        if self.record {
            report.arg("--record").arg(bench.tree.root.join(RESULTS));
        }
        run(&mut report)
    }
}

/// Measures what formats cost and writes the table that they are chosen by.
fn costs(bench: &Bench<'_>, options: &Options) -> Result<()> {
    run(&mut bench_tool(bench, "probes"))?;
    let mut jobs = Vec::new();
    for board in &options.boards {
        let elf = built(bench, board)?;
        jobs.push(job(bench, board, &elf, "costs", "costs.list"));
    }
    run_all(jobs)?;
    let table = bench.tree.root.join(COSTS);
    run(bench_tool(bench, "costs").args(options.boards()).arg("--table").arg(table))
}

/// Draws what is recorded of every board.
fn plot(tree: &Tree) -> Result<()> {
    let boards = BOARDS.iter().flat_map(|board| ["--board", board.name]);
    run(tool(tree, "plot").arg(tree.root.join(RESULTS)).args(boards))
}

/// Builds the tool once, so that what a run began with is what ends it.
fn build_tool(tree: &Tree) -> Result<()> {
    run(&mut tree.cargo(&["build", "--quiet", "--release", "-p", "kastanet-bench"]))
}

fn tool(tree: &Tree, command: &str) -> Command {
    let name = format!("kastanet-bench{}", std::env::consts::EXE_SUFFIX);
    let mut tool = Command::new(tree.target.join("release").join(name));
    tool.arg(command);
    tool
}

fn bench_tool(bench: &Bench<'_>, command: &str) -> Command {
    let mut tool = tool(bench.tree, command);
    tool.arg(&bench.dir);
    tool
}

/// An emulator to start, and where its output goes.
struct RunOne {
    command: Command,
    output: PathBuf,
}

/// Builds the program for every board; one job a board and network.
fn jobs(bench: &Bench<'_>, boards: &[&'static Board], cases: &[String]) -> Result<Vec<RunOne>> {
    let mut jobs = Vec::new();
    for board in boards {
        let elf = built(bench, board)?;
        let list = |case| format!("{}-{case}.list", board.name);
        jobs.extend(cases.iter().map(|case| job(bench, board, &elf, case, &list(case))));
    }
    Ok(jobs)
}

/// The program that measures, built.
fn built(bench: &Bench<'_>, board: &Board) -> Result<PathBuf> {
    board.build(bench.tree, &["bench"], None)?;
    Ok(board.elf(bench.tree, "bench"))
}

fn job(bench: &Bench<'_>, board: &Board, elf: &Path, name: &str, list: &str) -> RunOne {
    let output = bench.dir.join(format!("{}-{name}.out", board.name));
    RunOne { command: board.counted(bench, elf, list), output }
}

/// Runs the jobs, some at a time; the first that fails is the error.
fn run_all(jobs: Vec<RunOne>) -> Result<()> {
    let queue = Mutex::new(jobs.into_iter());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    std::thread::scope(|scope| {
        let work = || std::iter::from_fn(next).try_for_each(run_one);
        let threads: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

fn run_one(mut job: RunOne) -> Result<()> {
    let code = run_for(&mut job.command, LIMIT, &job.output)?;
    let output = std::fs::read(&job.output).with_context(|| job.output.display().to_string())?;
    let text = String::from_utf8_lossy(&output);
    let name = crate::qemu::file_name(&job.output);
    ensure!(
        code == 0,
        "{name}: exit code {code}: {}",
        text.lines().rev().take(3).collect::<Vec<_>>().join("\n")
    );
    Ok(())
}
