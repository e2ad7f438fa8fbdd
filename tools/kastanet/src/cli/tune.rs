//! `kastanet tune`: from a dense float checkpoint to sparse weights.

mod budget;
mod interrupt;
mod text;

use super::Answer;
use super::data;
use super::normalise::Normalise;
use super::progress::Progress;
use crate::data::{Ask, Data, Wanted};
use crate::failure::Failure;
use crate::graph::Graph;
use crate::quantise::Samples;
use crate::tune::{History, Options, Prepared, Run, TuneError, Tuned, weights};
use crate::{files, output};
pub(super) use budget::size;
use serde::Serialize;
use std::path::{Path, PathBuf};
use text::text;

/// Train a float checkpoint at constant sparsity (Top-KAST)
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet tune model.onnx --data train.npz -o tuned.safetensors
      train.npz has `x`, one sample a row, and `y`, their classes as integers from 0. Ends with 10 % of the
      weights of each convolution and fully connected layer.
  kastanet tune model.onnx --data train/ --mean 33.3 --std 78.6 -o tuned.safetensors
      A folder of pictures for each class; .csv and IDX files do as well (`kastanet help eval` shows them).
      Give `pack` the same --mean and --std.
  kastanet tune model.onnx --data train.npz --recipe r.toml -o tuned.safetensors
  kastanet tune model.onnx --data train.npz --budget flash=64k -o tuned.safetensors
      As many weights as fit into an image of 65,536 bytes.
  kastanet tune model.onnx --data train.npz -o tuned.safetensors --resume
      Goes on where a run was interrupted (Ctrl-C), and ends with the same bits.
  kastanet pack model.onnx --weights tuned.safetensors --calibrate train.npz -o model.kst
      Packs the checkpoint with these weights; zeros are found.

A recipe is a TOML file; each key may be left out (these are the defaults):
  density = 0.1         share of the weights that are used
  spread = \"uniform\"    or \"erk\" (small layers denser), \"global\" (wherever the largest weights are)
  backward = 0.5        share that learns while sets are looked for
  unit = \"weight\"       or \"block4x1\", \"block1x4\"
  epochs = 3
  explore = 0.7         share of the steps after which sets stay as they are
  optimizer = \"momentum\"     or \"sgd\", \"adam\"
  rate = 0.01           falls along a cosine
  momentum = 0.9
  exploration = 1e-4    penalty of weights that learn and are not used
  batch = 64            a multiple of 32
  hold = 0.1            share of the samples held back; the epoch that knows most of them is kept
  patience = 0          epochs without a better one after which to end; 0: none
  quantised = 0         epochs at the end with weights rounded as int8 weights will be
  seed = 0
  [densities]           of layers that have another: conv_1 = 0.5")]
pub struct Args {
    /// The checkpoint: an .onnx, .tflite or .toml file with a float network
    checkpoint: PathBuf,
    /// Samples and their classes: an archive with the arrays `x` and `y`, a folder of pictures by class, a .csv
    /// or an IDX file
    #[arg(long, value_name = "DATA")]
    data: PathBuf,
    #[command(flatten)]
    normalise: Normalise,
    /// How to train, where not by default
    #[arg(long, value_name = "R.toml")]
    recipe: Option<PathBuf>,
    /// Where the weights go
    #[arg(short, long, value_name = "OUT.safetensors")]
    output: PathBuf,
    /// Look for the density at which the image takes at most so many bytes of flash, instead of the recipe's
    #[arg(long, value_name = "flash=BYTES", value_parser = budget::read)]
    budget: Option<usize>,
    /// Go on with the run that was interrupted
    #[arg(long)]
    resume: bool,
}

/// What is told about a run.
#[derive(Serialize)]
struct Report {
    weights: String,
    /// What each epoch did, and which was kept.
    history: History,
    skipped: u32,
    nonzeros: usize,
    all: usize,
    /// Of the image, where a budget was given.
    flash_bytes: Option<usize>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let standing = standing(&args.output);
    check_output(args, &standing)?;
    let options = options(args.recipe.as_deref())?;
    let (graph, _) = files::read_checkpoint(&args.checkpoint)?;
    let failed = || Failure::new(format!("cannot tune `{}`", args.checkpoint.display()));
    if !graph.is_float() {
        return Err(failed().because("it is quantised").help("give the float checkpoint"));
    }
    let normalisation = args.normalise.of(&graph, &args.checkpoint)?;
    let (data, classes) = labelled(&args.data, &graph)?;
    let x = (&data.x, normalisation.as_ref());
    let wrong = |error: TuneError| failed().because(&error).help(error.help());
    let samples = Samples::new(&graph, &data.x).map_err(|error| wrong(error.into()))?;
    let samples = samples.normalised(normalisation.as_ref());
    let options = match args.budget {
        None => options,
        Some(flash) => budget::spent(args, &graph, x, options, flash)?,
    };
    let prepared = Prepared::new(&graph, &samples, &classes, &options).map_err(wrong)?;
    let mut memory = prepared.memory().map_err(wrong)?;
    let run = match args.resume {
        false => prepared.start(&mut memory).map_err(wrong)?,
        true => resumed(&prepared, &mut memory, &standing)?,
    };
    let tuned = go(run, prepared.steps(), &standing, wrong)?;
    let flash_bytes = args.budget.map(|_| budget::taken(args, &tuned.graph, x)).transpose()?;
    let bytes = weights::write(&tuned.graph, Some(&tuned.history))
        .map_err(|error| failed().because(error).help("give layers other names"))?;
    output::write(&[(args.output.as_path(), &bytes)])?;
    output::remove(&standing)?;
    Ok(Answer::new(report(args, tuned, flash_bytes), text))
}

/// Nothing that is read is written over.
fn check_output(args: &Args, standing: &Path) -> Result<(), Failure> {
    let files = files::files_of(&args.checkpoint);
    let files = files.iter().chain([&args.data]).chain(&args.recipe);
    output::check(&[&args.output, standing], &files.map(PathBuf::as_path).collect::<Vec<_>>())
}

/// A run from where one was interrupted.
fn resumed<'r>(
    prepared: &'r Prepared<'r>,
    memory: &'r mut [u32],
    standing: &Path,
) -> Result<Run<'r>, Failure> {
    prepared.resume(memory, &files::read(standing)?).map_err(|error| {
        Failure::new(format!("cannot go on from `{}`", standing.display()))
            .because(&error)
            .help("leave --resume away to start anew")
    })
}

/// Where a run's standing is kept until its weights are written.
fn standing(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_os_string();
    name.push(".run");
    name.into()
}

/// Takes all steps, keeping the standing after each epoch and when interrupted.
fn go(
    mut run: Run<'_>,
    steps: u32,
    standing: &Path,
    wrong: impl Fn(TuneError) -> Failure,
) -> Result<Tuned, Failure> {
    let interrupted = interrupt::watch()?;
    let progress = Progress::new(steps as usize, "tuning");
    progress.at(run.steps() as usize);
    while !run.is_done() {
        run.batch().map_err(&wrong)?;
        let stop = interrupted.now() && !run.is_done();
        progress.step_with(|| text::standing(&run));
        if stop || run.is_between_epochs() && !run.is_done() {
            output::write(&[(standing, &run.saved().map_err(&wrong)?)])?;
        }
        if stop {
            return Err(Failure::new("interrupted")
                .because(format!("after {} of {steps} steps", run.steps()))
                .help("go on with the same command and --resume"));
        }
    }
    Ok(run.finish())
}

pub(super) fn options(recipe: Option<&Path>) -> Result<Options, Failure> {
    let Some(path) = recipe else { return Ok(Options::default()) };
    let failed = || Failure::new(format!("cannot use the recipe `{}`", path.display()));
    let text = String::from_utf8(files::read(path)?)
        .map_err(|_| failed().because("it is no text").help("write it as TOML"))?;
    toml::from_str(&text).map_err(|error| {
        failed().because(error.message()).help("see `kastanet help tune` for what there is to say")
    })
}

/// Samples, and their classes as the network's outputs are numbered.
pub(super) fn labelled(path: &Path, graph: &Graph) -> Result<(Data, Vec<u16>), Failure> {
    let data = data::open(path, &Wanted::of_graph(graph, Ask::Always))?;
    let outputs = graph.outputs.first().map_or(0, |&id| graph.tensors[id].elements());
    let classes = data.classes_of(&[], outputs)?;
    Ok((data, classes))
}

fn report(args: &Args, tuned: Tuned, flash_bytes: Option<usize>) -> Report {
    let [nonzeros, all] = counts(&tuned.graph);
    let Tuned { history, skipped, .. } = tuned;
    let weights = args.output.display().to_string();
    Report { weights, history, skipped, nonzeros, all, flash_bytes }
}

/// Weights that are not zero, and all.
fn counts(graph: &Graph) -> [usize; 2] {
    let weights = graph.ops.iter().filter_map(|op| graph.tensors[op.weights()?].to_f32());
    weights.fold([0; 2], |[nonzeros, all], weights| {
        let here = weights.iter().filter(|&&weight| weight != 0.0).count();
        [nonzeros + here, all + weights.len()]
    })
}
