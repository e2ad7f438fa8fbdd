//! `kastanet inspect`: what is in an image or a checkpoint.

use super::Answer;
use crate::failure::Failure;
use crate::files::{self, Kind, Model};
use crate::report::{CheckpointReport, ImageReport, WeightsReport};
use std::path::PathBuf;

/// Show what is in an image or a checkpoint
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet inspect model.kst       header, sections, tensors, operators, weights, memory
  kastanet inspect model.tflite    operators, tensors, and the layers' names and zeros
  kastanet inspect model.onnx      the same, channels last and batch normalisation folded
  kastanet inspect model.safetensors  names, types and shapes of weights (.npz too), and the
                                   beginning of a description of the network that uses them
  kastanet inspect model.toml      a network by its description and weights
  kastanet inspect model.kst --json | jq .pruned.share

Pruned layers are convolutions and fully connected layers that are stored in a compressed format
or have at least a quarter of their weights zero; depthwise filters never count. Dense bytes are
one a weight; what a layer takes has values, columns, row table and padding.")]
pub struct Args {
    /// An image (.kst), a checkpoint (.tflite, .onnx, .toml) or weights (.safetensors, .npz); told apart
    /// by content
    file: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    match files::read_model(&args.file)? {
        Model::Image(bytes) => {
            let report = ImageReport::of(files::check_image(&args.file, &bytes)?);
            Ok(Answer::new(report, ToString::to_string))
        }
        Model::Checkpoint(graph, bytes) => {
            let format = match Kind::of_file(&args.file, &bytes) {
                Kind::Tflite => "TFLite",
                Kind::Description => "Described",
                _ => "ONNX",
            };
            Ok(Answer::new(CheckpointReport::of(&graph, format), ToString::to_string))
        }
        Model::Weights(bytes, kind) => {
            let weights = files::weights(&args.file, kind, &bytes)?;
            let format = if kind == Kind::Zip { "NumPy" } else { "safetensors" };
            let name = args.file.file_name().unwrap_or_default().to_string_lossy();
            Ok(Answer::new(WeightsReport::of(&weights, &name, format), ToString::to_string))
        }
    }
}
