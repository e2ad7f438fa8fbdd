//! The options of `pack`.

use super::values::{ByLayer, OptimiseArg, core, format, share, unit};
use crate::cost::Core;
use crate::prune::Unit;
use crate::words;
use kastanet::sparse::Format;
use std::path::PathBuf;

/// Prune a checkpoint and write it as a flash image
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet pack model.tflite -o model.kst
      Every layer in its smallest format; zeros that training left are found.
  kastanet pack model.tflite -o model.kst --sparsity 90%
      Zeroes the smallest 90 % of the weights of each convolution and fully connected layer.
  kastanet pack model.tflite -o model.kst --sparsity 0.9 --sparsity dense_1=0.5
      The same, but 50 % in the layer called `dense_1` (`kastanet inspect` shows the names).
  kastanet pack model.tflite -o model.kst --sparsity 75% --unit block4x1
      Zeroes blocks of 4 outputs: 75 % of them, those with the smallest sums.
  kastanet pack model.tflite -o model.kst --format index8 --format conv_1=dense
      Every layer in one format, but for the layer called `conv_1`.
  kastanet pack model.tflite -o model.kst --sparsity 0.8 --write-tflite pruned.tflite
      Also writes a checkpoint with the pruned weights, for other tools to read.")]
pub struct Args {
    /// The checkpoint: a .tflite file with int8 weights and activations
    pub(super) checkpoint: PathBuf,
    /// Where the image goes
    #[arg(short, long, value_name = "MODEL.kst")]
    pub(super) output: PathBuf,
    /// Share of the weights to zero, as 0.9 or 90%, in all layers or in one; may be repeated
    #[arg(long, value_name = "[LAYER=]S", value_parser = share, allow_negative_numbers = true)]
    pub(super) sparsity: Vec<ByLayer<f64>>,
    /// What to zero as one: weight, block4x1 (4 outputs), block1x4 (4 inputs), or nm:N:M
    ///
    /// With nm:1:16, nm:1:8, nm:1:4 or nm:2:4, the N largest of every M consecutive weights of an
    /// output stay, without --sparsity.
    #[arg(long, value_name = "U", default_value = "weight", value_parser = unit)]
    pub(super) unit: Unit,
    /// How to store the weights of convolutions and fully connected layers, of all or of one; may be
    /// repeated
    ///
    /// - auto: what --optimise says, layer by layer
    /// - dense: every weight
    /// - delta8: nonzeros with 8-bit column steps, two bytes each
    /// - delta4: nonzeros with 4-bit column steps, one and a half bytes each
    /// - block4x1, block1x4: blocks of 4 outputs or of 4 inputs, one and a quarter bytes a weight
    /// - nm: 1:16, 1:8, 1:4 or 2:4 weights, one and a half bytes each, or one and a quarter
    /// - index8: nonzeros with 8-bit columns, two bytes each
    /// - rice: nonzeros with Rice-coded gaps, the smallest and the slowest to read
    #[arg(long, value_name = "[LAYER=]F", value_parser = format, verbatim_doc_comment)]
    pub(super) format: Vec<ByLayer<Option<Format>>>,
    /// The core whose measured instructions --format auto goes by (else m4):
    /// m0, m3, m4, m7, m33, m55, rv32 or rv32v
    #[arg(long, value_name = "CORE", value_parser = core)]
    pub(super) target: Option<Core>,
    /// What --format auto and the RAM plan look for: without --target size, with it balanced
    #[arg(long)]
    pub(super) optimise: Option<OptimiseArg>,
    /// Names of the classes, in order: a list with commas, or a file with one a line
    #[arg(long, value_name = "A,B,…|FILE")]
    pub(super) labels: Option<String>,
    /// Leave the names of layers and tensors out
    #[arg(long)]
    pub(super) strip: bool,
    /// Also write a checkpoint with the pruned weights
    #[arg(long, value_name = "OUT.tflite")]
    pub(super) write_tflite: Option<PathBuf>,
}

impl Args {
    /// Whether the options make sense together.
    ///
    /// # Errors
    ///
    /// Two shares or formats for one layer, or for all; a share where N:M says it.
    pub(in crate::cli) fn check(&self) -> Result<(), String> {
        if matches!(self.unit, Unit::Nm(_)) && !self.sparsity.is_empty() {
            return Err(
                "--sparsity does not go with --unit nm:N:M, which says how many stay".into()
            );
        }
        once("--sparsity", &self.sparsity)?;
        once("--format", &self.format)
    }
}

/// No layer has two values.
fn once<T: Clone>(option: &str, all: &[ByLayer<T>]) -> Result<(), String> {
    match ByLayer::twice(all) {
        None => Ok(()),
        Some(None) => Err(format!("{option} for all layers is given twice")),
        Some(Some(layer)) => {
            Err(format!("{option} for layer `{}` is given twice", words::short(layer)))
        }
    }
}
