//! `kastanet pack`: from a checkpoint to an image.

mod args;
mod calibrate;
mod failures;
mod labels;
mod values;

pub(super) use args::Args;
pub(super) use calibrate::weighted;

use super::Answer;
use crate::cost::{Aim, Optimise};
use crate::data::Normalisation;
use crate::failure::Failure;
use crate::files::{self, Kind};
use crate::graph::Graph;
use crate::lower::Formats;
use crate::pack::{Options, Packed, pack};
use crate::report::{Layers, bytes, number, printable};
use crate::tflite::{Fault, ImportError};
use crate::{output, tflite};
use failures::failed;
use serde::Serialize;
use std::path::{Path, PathBuf};
use values::{ByLayer, OptimiseArg};

/// What is told about the image.
#[derive(Serialize)]
struct Report {
    checkpoint: String,
    image: String,
    tflite: Option<String>,
    #[serde(flatten)]
    weights: Layers,
    flash_bytes: usize,
    arena_bytes: usize,
    arena_lower_bound: usize,
    /// What training takes of RAM, and of flash beside the weights; nothing where nothing is trained.
    training_bytes: Option<usize>,
    reserve_bytes: Option<usize>,
    /// Real numbers of a sample, and the tensor that they are the values of.
    training_inputs: Option<usize>,
    training_tensor: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let outputs: Vec<&Path> =
        [&args.output].into_iter().chain(&args.write_tflite).map(|path| path.as_path()).collect();
    let labels = args.labels.as_deref().and_then(labels::file);
    let files = files::files_of(&args.checkpoint);
    let more = [labels, args.weights.as_deref(), args.calibrate.as_deref()].into_iter().flatten();
    output::check(&outputs, &files.iter().map(PathBuf::as_path).chain(more).collect::<Vec<_>>())?;
    let (graph, source) = files::read_checkpoint(&args.checkpoint)?;
    let normalisation = args.normalise.of(&graph, &args.checkpoint)?;
    let graph = calibrate::quantised(args, graph, normalisation.as_ref())?;
    let options = options(args, &graph, source, normalisation)?;
    let packed = pack(graph, &options).map_err(|error| failed(args, &error))?;
    let tflite = args.write_tflite.as_ref();
    let tflite = tflite.map(|_| {
        match Kind::of(&options.source) == Kind::Tflite && args.calibrate.is_none() {
            true => rewritten(args, &options.source, &packed),
            false => calibrate::tflite(args, &packed.graph),
        }
    });
    let tflite = tflite.transpose()?;
    let contents = [Some(packed.image.as_slice()), tflite.as_deref()];
    let written: Vec<_> = outputs.into_iter().zip(contents.into_iter().flatten()).collect();
    let answer = answer(args, &packed)?;
    output::write(&written)?;
    Ok(answer)
}

fn options(
    args: &Args,
    graph: &Graph,
    source: Vec<u8>,
    normalisation: Option<Normalisation>,
) -> Result<Options, Failure> {
    let labels = match &args.labels {
        None => vec![],
        Some(text) => {
            let labels = labels::read(text)?;
            labels::check(&args.checkpoint, text, &labels, graph)?;
            labels
        }
    };
    let sparsity = args.sparsity();
    let (uniform, layers) = ByLayer::parted(&args.format, None);
    let formats = Formats { uniform, layers };
    let otherwise = if args.target.is_some() { Optimise::Balanced } else { Optimise::Size };
    let optimise = args.optimise.map_or(otherwise, OptimiseArg::optimise);
    let aim = Aim { core: args.target.unwrap_or_default(), optimise };
    let (unit, strip) = (args.unit, args.strip);
    let trainable = args.trainable();
    Ok(Options { sparsity, unit, formats, aim, labels, strip, normalisation, trainable, source })
}

/// The checkpoint with the pruned weights in it.
fn rewritten(args: &Args, source: &[u8], packed: &Packed) -> Result<Vec<u8>, Failure> {
    let weights = packed.pruned.iter().filter_map(|&id| {
        let data = packed.graph.tensors.get(id)?.data.clone()?;
        Some((id, data))
    });
    let replaced = tflite::replace_constants(source, &weights.collect::<Vec<_>>());
    replaced.map_err(|ImportError { fault, .. }| {
        let failure =
            Failure::new(format!("cannot prune `{}` in place", args.checkpoint.display()));
        let help = match *fault {
            Fault::Shared { .. } => "give both layers the same --sparsity".into(),
            _ => fault.help(),
        };
        failure.because(&fault).help(help)
    })
}

fn answer(args: &Args, packed: &Packed) -> Result<Answer, Failure> {
    let bytes_of = crate::pack::AlignedBytes::new(&packed.image);
    let image = files::check_image(&args.output, &bytes_of)?;
    let training = packed.training.as_ref();
    let report = Report {
        checkpoint: args.checkpoint.display().to_string(),
        image: args.output.display().to_string(),
        tflite: args.write_tflite.as_ref().map(|path| path.display().to_string()),
        weights: Layers::of(image),
        flash_bytes: packed.image.len(),
        arena_bytes: packed.plan.arena_len,
        arena_lower_bound: packed.plan.lower_bound,
        training_bytes: training.map(|training| training.ram),
        reserve_bytes: training.map(|training| training.reserve),
        training_inputs: training.map(|training| training.inputs.0),
        training_tensor: training.map(|training| training.inputs.1.clone()),
    };
    Ok(Answer::new(report, text))
}

fn text(report: &Report) -> String {
    let memory = format!(
        "{}\nflash {}\narena {} (no plan with this scratch needs less than {})\n",
        report.weights.table(),
        bytes(report.flash_bytes),
        bytes(report.arena_bytes),
        bytes(report.arena_lower_bound),
    );
    let (Some(ram), Some(reserve)) = (report.training_bytes, report.reserve_bytes) else {
        return memory;
    };
    let (inputs, tensor) = (report.training_inputs, report.training_tensor.as_deref());
    format!(
        "{memory}training {} of RAM, by plain SGD; {} of the flash are its reserve\n\
         a sample of it: {} real numbers, the values of tensor `{}`\n",
        bytes(ram),
        bytes(reserve),
        number(inputs.unwrap_or_default()),
        printable(tensor.unwrap_or_default())
    )
}
