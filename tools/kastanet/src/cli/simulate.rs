//! `kastanet simulate`: a device that learns, before there is one.

use super::{Answer, data};
use crate::data::{Ask, Wanted};
use crate::failure::Failure;
use crate::files;
use crate::report::{number, percent};
use crate::simulate::{Board, Cost, Options, Ram, Samples, Simulated, bytes, simulate};
use kastanet_boards_common::adapt::{Known, Settings};
use serde::Serialize;
use std::path::PathBuf;

/// Let an image learn on the host as it would on a board: accuracy, RAM, flash, wear
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet simulate model.kst --stream new.npz --test new_test.npz --known train.npz --known-test test.npz \\
      --board nrf52840.toml
      The image, packed with `--trainable all`, learns from new.npz, while it learns some of train.npz again, and is
      judged by the other two before and after. It runs what boards run, so these are a board's bytes.

A board's profile:
  name = \"nRF52840\"
  ram = 262144
  flash = 1048576
  page = 4096
  endurance = 10000
  megahertz = 64.0
  cycles_per_instruction = 1.3
  nanojoules_per_instruction = 0.2
  microjoules_per_erase = 1500.0")]
pub struct Args {
    /// The image
    model: PathBuf,
    /// What it meets and learns from, as `--data` of `kastanet eval`
    #[arg(long, value_name = "DATA")]
    stream: PathBuf,
    /// What is judged by, of the same kind; without it, the stream
    #[arg(long, value_name = "DATA")]
    test: Option<PathBuf>,
    /// What it knew before, of which some is kept to be learned from again
    #[arg(long, value_name = "DATA")]
    known: Option<PathBuf>,
    /// What forgetting is judged by
    #[arg(long, value_name = "DATA")]
    known_test: Option<PathBuf>,
    /// The board's profile
    #[arg(long, value_name = "BOARD.toml")]
    board: PathBuf,
    /// How often the stream is gone through
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..1000))]
    epochs: u32,
    /// The rate of the first step; it falls to 0 along half a cosine
    #[arg(long, default_value_t = 0.02)]
    rate: f32,
    /// Of the order, and of what is kept
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// How many known samples are kept
    #[arg(long, default_value_t = 64, value_name = "N")]
    replay: usize,
    /// How often what was learned is committed to flash
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..10000))]
    commits: u32,
    /// Live weights in bf16, which takes less RAM
    #[arg(long)]
    bf16: bool,
    /// How often it adapts so, for the years that flash lasts
    #[arg(long, default_value_t = 1.0, value_name = "N")]
    per_day: f64,
}

/// What is said.
#[derive(Serialize)]
struct Said {
    board: String,
    /// Shares of the stream's kind that are known: by the shipped image, by the tuner, by the deployed image.
    accuracy: [f64; 3],
    /// The same of what was known before, where it is judged.
    known_accuracy: Option<[f64; 3]>,
    steps: u32,
    ram: Ram,
    ram_learning: usize,
    ram_all: usize,
    log_bytes: u32,
    deployed_bytes: u32,
    cost: Cost,
    pages_per_day: f64,
    years: f64,
    log: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let bytes = files::read_image(&args.model)?;
    let image = files::check_image(&args.model, &bytes)?;
    let cannot = || Failure::new(format!("cannot use the profile `{}`", args.board.display()));
    let text = String::from_utf8(files::read(&args.board)?);
    let text = text.map_err(|_| cannot().because("it is not text"))?;
    let board = Board::parse(&text)
        .map_err(|error| cannot().because(error).help("`kastanet help simulate` shows one"))?;
    let mut samples = read(args, image)?;
    let settings = Settings { epochs: args.epochs, rate: args.rate, seed: args.seed };
    let options = Options {
        settings,
        replayed: if samples.known.is_empty() { 0 } else { args.replay },
        commits: args.commits,
        bf16: args.bf16,
        cut: None,
    };
    let simulated = simulate(image, &mut samples, &board, &options).map_err(|failure| Failure {
        message: format!("`{}`: {}", args.model.display(), failure.message),
        ..failure
    })?;
    Ok(Answer::new(said(&board, simulated, args.per_day), text_of))
}

fn read(args: &Args, image: kastanet::image::Image<'_>) -> Result<Samples, Failure> {
    let wanted = Wanted::of_image(image, Ask::Always);
    let part = |path: &PathBuf| bytes(image, &data::open(path, &wanted)?);
    let optional = |path: &Option<PathBuf>| path.as_ref().map(part).transpose();
    let new = part(&args.stream)?;
    let new_test = optional(&args.test)?.unwrap_or_else(|| new.clone());
    let known = optional(&args.known)?.unwrap_or_default();
    let known_test = optional(&args.known_test)?.unwrap_or_default();
    Ok(Samples { new, new_test, known, known_test })
}

fn said(board: &Board, simulated: Simulated, per_day: f64) -> Said {
    let Simulated { outcome, log, ram, log_bytes, cost } = simulated;
    let share = |[right, all]: Known| f64::from(right) / f64::from(all.max(1));
    let is_judged = outcome.known[0][1] > 0;
    Said {
        board: board.name.clone(),
        accuracy: outcome.new.map(share),
        known_accuracy: is_judged.then(|| outcome.known.map(share)),
        steps: outcome.steps,
        ram,
        ram_learning: ram.learning(),
        ram_all: ram.all(),
        log_bytes,
        deployed_bytes: outcome.deployed,
        cost,
        pages_per_day: f64::from(cost.written[1]) * per_day,
        years: cost.years(per_day),
        log: log.lines().map(String::from).collect(),
    }
}

fn text_of(said: &Said) -> String {
    let [before, tuner, after] = said.accuracy.map(percent);
    let mut text =
        format!("new samples: {before} as shipped, {after} as deployed ({tuner} in floats)\n");
    if let Some([before, tuner, after]) = said.known_accuracy.map(|all| all.map(percent)) {
        text +=
            &format!("known ones:  {before} as shipped, {after} as deployed ({tuner} in floats)\n");
    }
    let Ram { tuner, replay, arena, deployed, rest } = said.ram;
    let [bytes, pages] = said.cost.written;
    text + &format!(
        "\n{} steps on {}, some {:.0} million instructions: {:.1} s, {:.2} J\n\
         RAM   {} bytes: learning {} (tuner {}, replay {}, rest {}), arena {}, deployed image {}\n\
         flash {} bytes of log; {} bytes written, {} pages erased; {:.1} pages a day, {:.0} years\n",
        number(said.steps as usize),
        said.board,
        said.cost.instructions_per_step * f64::from(said.steps) / 1e6,
        said.cost.seconds,
        said.cost.joules,
        number(said.ram_all),
        number(said.ram_learning),
        number(tuner),
        number(replay),
        number(rest),
        number(arena),
        number(deployed),
        number(said.log_bytes as usize),
        number(bytes as usize),
        number(pages as usize),
        said.pages_per_day,
        said.years,
    )
}
