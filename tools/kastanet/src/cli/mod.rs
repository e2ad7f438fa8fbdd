//! The command line: `kastanet COMMAND …`, one module a command.
//!
//! A command returns an answer, which is printed as text or, with `--json`, as one JSON object
//! and nothing else; or a [`Failure`], which is printed on standard error. The exit code is 0, 1
//! for a failure, 2 for a command line that makes no sense.

mod data;
mod demo;
mod eval;
mod inspect;
mod normalise;
mod pack;
mod progress;
mod report;
mod run;
mod simulate;
mod sweep;
mod tune;

use crate::failure::Failure;
use clap::error::ErrorKind as UsageError;
use clap::{CommandFactory, Parser, Subcommand};
use serde::Serialize;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// Sparse int8 neural networks for microcontrollers: pack, inspect, run.
#[derive(Parser)]
#[command(name = "kastanet", version, arg_required_else_help = true)]
#[command(after_help = "Start with `kastanet demo`, which needs no files. \
    `kastanet help COMMAND` has examples.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    Tune(tune::Args),
    Pack(pack::Args),
    Inspect(inspect::Args),
    Run(run::Args),
    Eval(eval::Args),
    Report(report::Args),
    Sweep(sweep::Args),
    Simulate(simulate::Args),
    Demo(demo::Args),
}

/// What a command has to say.
struct Answer {
    say: Box<dyn Fn(bool) -> Result<String, serde_json::Error>>,
}

impl Answer {
    /// What is said as JSON, and the text that says the same; only what is asked for is made.
    fn new<T: Serialize + 'static>(report: T, text: impl Fn(&T) -> String + 'static) -> Self {
        let say = move |json| match json {
            true => serde_json::to_string(&report).map(|text| text + "\n"),
            false => Ok(text(&report)),
        };
        Answer { say: Box::new(say) }
    }
}

/// Runs the command that the program was called with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    check(&cli);
    let answer = match &cli.command {
        Command::Tune(args) => tune::run(args),
        Command::Pack(args) => pack::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Run(args) => run::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Report(args) => report::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Demo(args) => demo::run(args),
    };
    match answer.and_then(|answer| print(&answer, cli.json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Ends the program where options contradict each other.
fn check(cli: &Cli) {
    let (name, checked) = match &cli.command {
        Command::Pack(args) => ("pack", args.check()),
        Command::Sweep(args) => ("sweep", args.check()),
        _ => return,
    };
    if let Err(what) = checked {
        let mut command = Cli::command();
        command.build();
        let found = command.find_subcommand_mut(name);
        let error = found.map(|command| command.error(UsageError::ArgumentConflict, &what));
        error.unwrap_or_else(|| Cli::command().error(UsageError::ArgumentConflict, &what)).exit();
    }
}

/// Prints on standard output. A reader that has seen enough is no failure.
fn print(answer: &Answer, json: bool) -> Result<(), Failure> {
    let text = (answer.say)(json)
        .map_err(|error| Failure::new("cannot write the answer as JSON").because(error))?;
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let failure = Failure::new("cannot write to standard output").because(error);
            Err(failure.help("write to another place, or free some space"))
        }
        _ => Ok(()),
    }
}

/// Prints a failure on standard error; if that cannot be written to, the exit code has to do.
fn complain(failure: &Failure) {
    let _ = try_complain(failure);
}

fn try_complain(failure: &Failure) -> io::Result<()> {
    use anstyle::{AnsiColor, Style};
    let (red, blue) = (AnsiColor::Red.on_default().bold(), AnsiColor::Cyan.on_default().bold());
    let plain = Style::new();
    let mut err = anstream::stderr().lock();
    writeln!(err, "{red}error{red:#}: {plain}{}", failure.message)?;
    for cause in &failure.causes {
        writeln!(err, "  cause: {cause}")?;
    }
    match &failure.help {
        Some(help) => writeln!(err, "{blue}help{blue:#}: {help}")?,
        None => return Ok(()),
    }
    failure
        .example
        .iter()
        .try_for_each(|line| writeln!(err, "{}", format!("    {line}").trim_end()))
}
