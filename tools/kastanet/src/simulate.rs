//! A device that learns, on the host: the boards' own scenario, the data of its user, and what a board can bear.
//!
//! The bytes, the losses and the flash are those that the board would have
//! ([`adapt::live`](kastanet_boards_common::adapt::live) runs on both); what they cost there is told from the board's
//! profile.

mod board;
mod cost;
mod windows;

pub use board::{Board, BoardError};
pub use cost::Cost;
pub use windows::{Samples, bytes};

use crate::failure::Failure;
use crate::pack::AlignedBytes;
use kastanet::continual::Buffer;
use kastanet::image::Image;
use kastanet::image::record::section;
use kastanet::persist::{CHUNK, index_len};
use kastanet::train::{Bf16, Extremes, Program, Tuner, Value};
use kastanet_boards_common::adapt::{Cut, Outcome, Plan, Room, Settings, live};
use kastanet_boards_common::nor::Nor;
use serde::Serialize;

/// How a device learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How often it goes through the new samples, the first rate, the seed.
    pub settings: Settings,
    /// How many known samples it keeps to learn from again.
    pub replayed: usize,
    /// How often it commits what it has learned.
    pub commits: u32,
    /// Whether live weights are bf16.
    pub bf16: bool,
    /// When power is cut, if it is.
    pub cut: Option<Cut>,
}

/// Bytes of RAM, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ram {
    /// The tuner's memory: live weights, table, activations.
    pub tuner: usize,
    /// The replay buffer.
    pub replay: usize,
    /// The arena that inference runs in.
    pub arena: usize,
    /// The image that is deployed.
    pub deployed: usize,
    /// The log's index, a sample, ranges.
    pub rest: usize,
}

impl Ram {
    /// Of learning: all but what inference and the deployed image take.
    pub fn learning(&self) -> usize {
        self.tuner + self.replay + self.rest
    }

    /// All.
    pub fn all(&self) -> usize {
        self.learning() + self.arena + self.deployed
    }
}

/// What came of a simulation.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// What came of the device's life.
    pub outcome: Outcome,
    /// What it told meanwhile.
    pub log: String,
    /// Its RAM.
    pub ram: Ram,
    /// Bytes of flash that the log has.
    pub log_bytes: u32,
    /// What it costs on the board.
    pub cost: Cost,
}

/// The most samples that are kept.
const MOST: usize = 4096;

/// The most classes.
const CLASSES: usize = 256;

/// Lives a device's life on the host.
///
/// # Errors
///
/// An image of which not all learns, samples that do not fit, a board that is too small, training that runs away.
pub fn simulate(
    image: Image<'_>,
    samples: &mut Samples,
    board: &Board,
    options: &Options,
) -> Result<Simulated, Failure> {
    match options.bf16 {
        false => run::<f32>(image, samples, board, options),
        true => run::<Bf16>(image, samples, board, options),
    }
}

fn run<V: Value>(
    image: Image<'_>,
    samples: &mut Samples,
    board: &Board,
    options: &Options,
) -> Result<Simulated, Failure> {
    let program = program(image)?;
    let outputs = program.outputs();
    let len = program.inputs();
    let mut buffer: Box<Buffer<0, MOST, CLASSES>> = Box::new(Buffer::new(0));
    let mut bytes = vec![0; options.replayed.min(MOST) * len];
    let replay = buffer.view_over(len, outputs.min(CLASSES), &mut bytes);
    let recipe = options.settings.recipe(&program, 1);
    let needed = Tuner::<V, 1>::bytes(&program, &recipe);
    let state = needed.saved + replay.saved_len();
    let log_bytes = board.log(state, CHUNK);
    let mut memory = AlignedBytes::zeroed(needed.all);
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    let mut deployed = AlignedBytes::zeroed(image.bytes().len());
    let (mut index, mut window) = (vec![0; index_len(state)], vec![0; len]);
    let mut extremes = vec![Extremes::default(); program.layer_count()];
    let rest = index.len() * 4 + len + size_of_val(&extremes[..]);
    let mut ram = Ram {
        tuner: needed.all,
        replay: replay.saved_len(),
        arena: image.arena_len(),
        deployed: 0,
        rest,
    };
    board.check(&ram, image.bytes().len() as u64 + u64::from(log_bytes))?;
    let mut room = Room {
        memory: &mut memory,
        replay,
        arena: &mut arena,
        deployed: &mut deployed,
        index: &mut index,
        window: &mut window,
        extremes: &mut extremes,
    };
    let plan = Plan { settings: options.settings, commits: options.commits, cut: options.cut };
    let (mut text, mut flash) = (String::new(), vec![0xff; log_bytes as usize]);
    let told = (plan, &mut text as &mut dyn std::fmt::Write);
    macro_rules! on {
        ($($page:literal)*) => {
            match board.page {
                $($page => {
                    let flash = (Nor::<$page>::new(&mut flash), 0..log_bytes);
                    live::<V>(image, samples, flash, &mut room, told)
                })*
                page => return Err(board.no_page(page)),
            }
        };
    }
    let lived = on!(256 512 1024 2048 4096 8192 16384 32768 65536 131072 262144);
    let outcome = lived.map_err(|error| {
        Failure::new("the device did not live to its end").because(error).help(
            "a smaller rate keeps training from running away; samples must be those of the image",
        )
    })?;
    ram.deployed = outcome.deployed as usize;
    let cost = Cost::of(&program, image, board, &outcome);
    Ok(Simulated { outcome, log: text, ram, log_bytes, cost })
}

/// The trained part of an image, all of which learns.
fn program(image: Image<'_>) -> Result<Program<'_>, Failure> {
    let refused = |what: String| {
        Failure::new("the image cannot learn here")
            .because(what)
            .help("pack it with `--trainable all`, as a classifier with int8 at its ends")
    };
    let bytes = image.section(section::TRAINABLE).unwrap_or_default();
    let program = Program::new_checked(bytes).map_err(|error| refused(error.to_string()))?;
    let input = image.inputs().next().map(|tensor| tensor.id());
    match program.boundary() == input && image.inputs().len() == 1 {
        true => Ok(program),
        false => Err(refused("its first layers do not learn".into())),
    }
}
