//! The options of `pack`.

use super::values::{
    ByLayer, OptimiseArg, Switch, core, format, part, reserve, share, table, unit, which,
};
use crate::cli::normalise::Normalise;
use crate::cost::Core;
use crate::prune::{Sparsity, Unit};
use crate::quantise::Method;
use crate::trainable::{Reserve, Trainable, Which};
use crate::words;
use kastanet::sparse::Format;
use std::path::PathBuf;

/// Prune a checkpoint and write it as a flash image
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet pack model.tflite -o model.kst
      Every layer in its smallest format; zeros that training left are found.
  kastanet pack model.onnx -o model.kst --calibrate train.npz
      Quantises a float checkpoint to int8 first, with ranges that these samples show, of the network as
      it is when it is pruned.
  kastanet pack model.onnx -o model.kst --calibrate train/ --mean 33.3 --std 78.6
      The same with pictures, one folder a class; .csv and IDX files do as well. What enters the network is
      (raw − mean) / std, here and on the device: the image says so.
  kastanet pack model.onnx -o model.kst --calibrate train.npz --ranges percentile:99.99
      The same, but ranges leave out the outermost values, one in 10,000 at either end.
  kastanet pack model_int8.onnx -o model.kst
      What onnxruntime has quantised stays as it is.
  kastanet pack model.toml -o model.kst --calibrate train.npz
      Weights (.safetensors, .npz), and in model.toml how a network uses them: see docs/description.md;
      `kastanet inspect model.safetensors` begins one.
  kastanet pack model.tflite -o model.kst --sparsity 90%
      Zeroes the smallest 90 % of the weights of each convolution and fully connected layer.
  kastanet pack model.tflite -o model.kst --sparsity 0.9 --sparsity dense_1=0.5
      The same, but 50 % in the layer called `dense_1` (`kastanet inspect` shows the names).
  kastanet pack model.tflite -o model.kst --sparsity 75% --unit block4x1
      Zeroes blocks of 4 outputs: 75 % of them, those with the smallest sums.
  kastanet pack model.tflite -o model.kst --format index8 --format conv_1=dense
      Every layer in one format, but for the layer called `conv_1`.
  kastanet pack model.tflite -o model.kst --sparsity 0.8 --write-tflite pruned.tflite
      Also writes a checkpoint with the pruned weights, for other tools to read.
  kastanet pack model.tflite -o model.kst --sparsity 0.9 --trainable last:2 --backward 0.2
      The device can train the last two layers: 10 % of their weights are used, 20 % learn.")]
pub struct Args {
    /// The checkpoint: a .tflite or .onnx file, or a .toml file that describes how a network uses weights
    pub(super) checkpoint: PathBuf,
    /// Where the image goes
    #[arg(short, long, value_name = "MODEL.kst")]
    pub(super) output: PathBuf,
    /// Quantises a float checkpoint to int8, with ranges as these samples have them: the array `x` of an
    /// archive, or an array, whose first dimension counts samples; a folder of pictures, a .csv or an IDX
    /// file; some hundred are enough
    #[arg(long, value_name = "DATA")]
    pub(super) calibrate: Option<PathBuf>,
    #[command(flatten)]
    pub(super) normalise: Normalise,
    /// How ranges are told from the samples: mse (the least squared error), minmax (the smallest and the
    /// largest value), or percentile:P (P in a hundred values are not beyond either end)
    #[arg(long, value_name = "METHOD", default_value_t, requires = "calibrate")]
    pub(super) ranges: Method,
    /// Whether biases make up for the mean that rounding adds to each output of a layer
    #[arg(long, value_enum, value_name = "on|off", default_value_t, requires = "calibrate")]
    pub(super) bias_correction: Switch,
    /// Weights that `kastanet tune` has written, in place of the float checkpoint's own
    #[arg(long, value_name = "W.safetensors", requires = "calibrate")]
    pub(super) weights: Option<PathBuf>,
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
    /// Layers that the device can train: all, last:N (the N last), or a name; names may be repeated
    ///
    /// The network from the first of them on is trained in real numbers; its other layers learn their
    /// biases. Weights that were pruned are trained at constant sparsity, others as they are.
    #[arg(long, value_name = "LAYER|all|last:N", value_parser = which)]
    pub(super) trainable: Vec<Which>,
    /// Share of the weights that learn, used or not, in all layers or in one; may be repeated; without
    /// it, twice those that are used. With --unit nm, rounded to whole weights of each group
    #[arg(long, value_name = "[LAYER=]D", value_parser = part, requires = "trainable")]
    #[arg(allow_negative_numbers = true)]
    pub(super) backward: Vec<ByLayer<f64>>,
    /// What the image holds of pruned weights, for them to learn from: full (all), top:R (the share R of
    /// the largest weights), or none (no weight takes the place of another)
    #[arg(long, value_name = "full|top:R|none", value_parser = reserve, requires = "trainable")]
    pub(super) reserve: Option<Reserve>,
    /// How much RAM there is for what weights have learned that no longer learn, as a share of those
    /// that do [default: 0.05]
    #[arg(long, value_name = "SHARE", value_parser = table, requires = "trainable")]
    pub(super) table: Option<f32>,
    /// Compute gradients of activations twice where that takes less RAM: a step takes longer, and learns
    /// the same
    #[arg(long, requires = "trainable")]
    pub(super) recompute: bool,
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
        if self.reserve == Some(Reserve::None)
            && !(self.backward.is_empty() && self.table.is_none())
        {
            return Err(
                "--backward and --table do not go with --reserve none, by which the weights \
                that are used are those that learn"
                    .into(),
            );
        }
        if self.trainable.len() > 1 && !self.trainable.iter().all(|w| matches!(w, Which::Named(_)))
        {
            return Err("--trainable all and last:N do not go with another --trainable".into());
        }
        once("--backward", &self.backward)?;
        once("--sparsity", &self.sparsity)?;
        once("--format", &self.format)
    }
}

impl Args {
    /// How much is pruned.
    pub(super) fn sparsity(&self) -> Sparsity {
        let (uniform, layers) = ByLayer::parted(&self.sparsity, 0.0);
        Sparsity { uniform, layers }
    }

    /// What is trained on the device.
    pub(super) fn trainable(&self) -> Option<Trainable> {
        let names = self.trainable.iter().flat_map(|which| match which {
            Which::Named(names) => names.clone(),
            _ => vec![],
        });
        let layers = match self.trainable.first()? {
            Which::Named(_) => Which::Named(names.collect()),
            which => which.clone(),
        };
        let all = self
            .backward
            .iter()
            .map(|one| ByLayer { layer: one.layer.clone(), value: Some(one.value) });
        let (backward, backward_of) = ByLayer::parted(&all.collect::<Vec<_>>(), None);
        let backward_of =
            backward_of.into_iter().filter_map(|(layer, d)| Some((layer, d?))).collect();
        let standard = Trainable::default();
        let reserve = self.reserve.unwrap_or(standard.reserve);
        let table = self.table.unwrap_or(standard.table);
        let recompute = self.recompute;
        Some(Trainable { layers, backward, backward_of, reserve, table, recompute })
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
