//! `kastanet tune`: from a dense float checkpoint to sparse weights.

use super::Answer;
use super::progress::Progress;
use crate::arrays::Archive;
use crate::failure::Failure;
use crate::quantise::Samples;
use crate::report::percent;
use crate::tune::{Options, TuneError, Tuned, tune, write_weights};
use crate::{files, output};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Train a float checkpoint at constant sparsity (Top-KAST)
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet tune model.onnx --data train.npz -o tuned.safetensors
      train.npz has `x`, one sample a row, and `y`, their classes as integers from 0. Ends with 10 % of the
      weights of each convolution and fully connected layer.
  kastanet tune model.onnx --data train.npz --recipe r.toml -o tuned.safetensors
      With r.toml: density = 0.05, backward = 0.5, epochs = 5, rate = 0.02, momentum = 0.9,
      exploration = 1e-4, batch = 64, seed = 0, and [densities] with layers' names; each may be left out.
  kastanet pack model.onnx --weights tuned.safetensors --calibrate train.npz -o model.kst
      Packs the checkpoint with these weights; zeros are found.")]
pub struct Args {
    /// The checkpoint: an .onnx or .tflite file with a float network
    checkpoint: PathBuf,
    /// An archive with the arrays `x` and `y`
    #[arg(long, value_name = "D.npz")]
    data: PathBuf,
    /// How to train, where not by default
    #[arg(long, value_name = "R.toml")]
    recipe: Option<PathBuf>,
    /// Where the weights go
    #[arg(short, long, value_name = "OUT.safetensors")]
    output: PathBuf,
}

/// What is told about a run.
#[derive(Serialize)]
struct Report {
    weights: String,
    /// The mean loss of each epoch, and the share of its samples that were known.
    losses: Vec<f32>,
    known: Vec<f64>,
    skipped: u32,
    nonzeros: usize,
    all: usize,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let inputs: Vec<&Path> = [&args.checkpoint, &args.data]
        .into_iter()
        .chain(&args.recipe)
        .map(PathBuf::as_path)
        .collect();
    output::check(&[&args.output], &inputs)?;
    let options = options(args.recipe.as_deref())?;
    let (graph, _) = files::read_checkpoint(&args.checkpoint)?;
    let failed = || Failure::new(format!("cannot tune `{}`", args.checkpoint.display()));
    if !graph.is_float() {
        return Err(failed().because("it is quantised").help("give the float checkpoint"));
    }
    let archive = Archive::open(&args.data)?;
    let (x, y) = (archive.array("x")?, archive.array("y")?);
    let classes = classes(args, y.integers())?;
    let wrong = |error: TuneError| failed().because(&error).help(advice(&error));
    let samples = Samples::new(&graph, &x).map_err(|error| wrong(error.into()))?;
    let steps = samples.len() / options.batch.max(1) * options.epochs;
    let progress = Progress::new(steps, "tuning");
    let tuned = tune(&graph, &samples, &classes, &options, || progress.step()).map_err(wrong)?;
    drop(progress);
    let bytes = write_weights(&tuned.graph)
        .map_err(|error| failed().because(error).help("give layers other names"))?;
    output::write(&[(args.output.as_path(), &bytes)])?;
    Ok(Answer::new(report(args, tuned), text))
}

fn options(recipe: Option<&Path>) -> Result<Options, Failure> {
    let Some(path) = recipe else { return Ok(Options::default()) };
    let failed = || Failure::new(format!("cannot use the recipe `{}`", path.display()));
    let text = String::from_utf8(files::read(path)?)
        .map_err(|_| failed().because("it is no text").help("write it as TOML"))?;
    toml::from_str(&text).map_err(|error| {
        failed().because(error.message()).help("see `kastanet help tune` for what there is to say")
    })
}

/// Classes as the trainer has them.
fn classes(args: &Args, integers: Option<Vec<i64>>) -> Result<Vec<u16>, Failure> {
    let failed = || Failure::new(format!("cannot use array `y` of `{}`", args.data.display()));
    let integers = integers
        .ok_or_else(|| failed().because("it has no integers").help("give classes from 0"))?;
    let classes = integers.iter().map(|&class| u16::try_from(class).ok());
    classes.collect::<Option<Vec<u16>>>().ok_or_else(|| {
        failed().because("a class is below 0 or above 65535").help("number classes from 0")
    })
}

fn advice(error: &TuneError) -> &'static str {
    match error {
        TuneError::Density { .. } | TuneError::UnknownLayer { .. } | TuneError::Batch { .. } => {
            "change the recipe"
        }
        TuneError::Classes { .. } => "give one class a sample",
        TuneError::TooFew { .. } => "give more samples, or change `batch` and `epochs`",
        TuneError::Weights { .. } => "export the checkpoint with its weights in float32",
        TuneError::Samples(error) => error.help(),
        TuneError::Loss(_) => "give classes that the network has outputs for",
        TuneError::Network(_) => "change the model, or cut it so that this part runs outside",
        _ => "change the recipe or the model",
    }
}

fn report(args: &Args, tuned: Tuned) -> Report {
    let weights = tuned.graph.ops.iter().filter_map(|op| op.weights());
    let weights = weights.filter_map(|id| tuned.graph.tensors[id].to_f32());
    let (mut nonzeros, mut all) = (0, 0);
    for weights in weights {
        nonzeros += weights.iter().filter(|&&weight| weight != 0.0).count();
        all += weights.len();
    }
    let Tuned { losses, known, skipped, .. } = tuned;
    Report { weights: args.output.display().to_string(), losses, known, skipped, nonzeros, all }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for (epoch, (loss, known)) in (1..).zip(report.losses.iter().zip(&report.known)) {
        text +=
            &format!("epoch {epoch}: loss {loss:.4}, {} of the samples known\n", percent(*known));
    }
    let share = percent(report.nonzeros as f64 / report.all.max(1) as f64);
    text +=
        &format!("{}: {} of {} weights ({share})\n", report.weights, report.nonzeros, report.all);
    match report.skipped {
        0 => text,
        skipped => {
            text + &format!("{skipped} steps were given up: gradients ran away, lower the rate\n")
        }
    }
}
