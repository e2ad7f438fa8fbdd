//! How long steps take: densely, by Top-KAST with the same code, and densely in NumPy with OpenBLAS.
//!
//! They take turns on one thread, and each is judged by its fastest turn, so that what else a machine
//! does falls on all of them or on none. Milliseconds are this machine's; their ratios are what is told.

use crate::data::{BATCH, Batch, Data};
use crate::method::{self, Trainer};
use crate::run::{Memory, draw_weights};
use crate::setup::{Setup, TopKast, Way};
use anyhow::{Context, Result, ensure};
use kastanet::train::{Program, Source, Target};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

/// What the experiment is called by.
pub const NAME: &str = "speed";

/// Steps of a turn: sets are chosen as often in each.
const STEPS: usize = 100;

const TURNS: usize = 30;

/// Steps from one choice of both sets to the next, where they are chosen together.
const EVERY: u32 = 100;

/// The densities of both sets.
const DENSITIES: [f64; 2] = [0.1, 0.2];

/// How long a step of LeNet-300-100 takes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Speed {
    /// Milliseconds, densely.
    pub dense: f64,
    /// Milliseconds of Top-KAST, both sets chosen every 100 steps.
    pub together: f64,
    /// Milliseconds of Top-KAST, the forward set chosen at every step.
    pub two_rate: f64,
    /// Milliseconds in NumPy, densely.
    pub numpy: f64,
}

impl Speed {
    /// As a table in Markdown: milliseconds of a step, and ratios.
    pub fn table(&self) -> String {
        let Speed { dense, together, two_rate, numpy } = *self;
        let [d, b] = DENSITIES.map(|density| 100.0 * density);
        format!(
            "| a step on one thread | ms | ÷ NumPy | times as fast as dense |\n\
             | --- | --: | --: | --: |\n\
             | dense | {dense:.2} | {:.2} | 1 |\n\
             | Top-KAST, D = {d} %, B = {b} %, both sets every {EVERY} steps | {together:.2} | {:.2} | {:.2} |\n\
             | the same, D at every step | {two_rate:.2} | {:.2} | {:.2} |\n\
             | dense, NumPy with OpenBLAS | {numpy:.2} | 1 | {:.2} |\n",
            dense / numpy,
            together / numpy,
            dense / together,
            two_rate / numpy,
            dense / two_rate,
            dense / numpy,
        )
    }
}

/// Measures, with NumPy in this interpreter.
pub fn measure(data: &Data, python: &Path) -> Result<Speed> {
    let batches: Vec<Batch> = (0..STEPS).map(|number| batch(data, number)).collect();
    let [density, backward] = DENSITIES;
    let mut numpy = NumPy::start(python)?;
    let top_kast = |sets| Setup::new(Way::TopKast(sets));
    let together = top_kast(TopKast::together(density, backward, EVERY));
    let two_rate = top_kast(TopKast::two_rate(density, backward));
    let mut seconds = [const { Vec::new() }; 4];
    train(&Setup::new(Way::Dense), |dense| {
        train(&together, |together| {
            train(&two_rate, |two_rate| {
                for _ in 0..TURNS {
                    seconds[0].push(turn(dense, &batches)?);
                    seconds[1].push(turn(together, &batches)?);
                    seconds[2].push(turn(two_rate, &batches)?);
                    seconds[3].push(numpy.turn()?);
                }
                Ok(())
            })
        })
    })?;
    let best = |seconds: Vec<f64>| seconds.into_iter().fold(f64::INFINITY, f64::min);
    let step = |seconds| (1e6 * best(seconds) / STEPS as f64).round() / 1e3;
    let [dense, together, two_rate, numpy] = seconds.map(step);
    Ok(Speed { dense, together, two_rate, numpy })
}

fn batch(data: &Data, number: usize) -> Batch {
    let mut batch = Batch::default();
    let numbers: Vec<usize> = (number * BATCH..(number + 1) * BATCH).collect();
    data.train.take(&numbers, &mut batch);
    batch
}

/// Hands a trainer to `f`.
fn train(setup: &Setup, f: impl FnOnce(&mut Trainer<'_, '_>) -> Result<()>) -> Result<()> {
    let steps = (STEPS * TURNS) as u32;
    let method = method::of(setup, steps, 0);
    let program = setup.network.program(&method.layer())?;
    let program = Program::new_checked(&program)?;
    let recipe = setup.recipe(steps, BATCH as u32, 0);
    let mut memory = Memory::of(Trainer::bytes(&program, &recipe).all);
    let mut trainer = Trainer::new(program, Source::default(), recipe, memory.bytes())?;
    draw_weights(&mut trainer, &mut Xoshiro256PlusPlus::seed_from_u64(0))?;
    f(&mut trainer)
}

/// The seconds of a step on each batch.
fn turn(trainer: &mut Trainer<'_, '_>, batches: &[Batch]) -> Result<f64> {
    let start = Instant::now();
    for batch in batches {
        trainer.step(&batch.input, Target::Classes(&batch.classes))?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// A Python that trains on demand.
struct NumPy {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl NumPy {
    fn start(python: &Path) -> Result<Self> {
        let mut command = Command::new(python);
        command.args(["-c", include_str!("speed.py")]).env("OPENBLAS_NUM_THREADS", "1");
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = pipes.spawn().with_context(|| python.display().to_string())?;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("no output")?);
        Ok(NumPy { child, orders, answers })
    }

    fn turn(&mut self) -> Result<f64> {
        writeln!(self.orders.as_ref().context("no input")?, "{STEPS}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let seconds: f64 = answer.trim().parse().with_context(|| format!("Python: `{answer}`"))?;
        ensure!(seconds > 0.0, "Python took {seconds} s");
        Ok(seconds)
    }
}

impl Drop for NumPy {
    fn drop(&mut self) {
        // Without more orders it ends.
        self.orders = None;
        let _ = self.child.wait();
    }
}
