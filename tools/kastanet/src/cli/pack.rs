//! `kastanet pack`: from a checkpoint to an image.

use super::Answer;
use crate::cost::{Aim, Core, Optimise};
use crate::failure::Failure;
use crate::graph::Graph;
use crate::pack::{Error, Options, Packed, pack};
use crate::prune::{self, Sparsity, Unit};
use crate::report::{Layers, bytes};
use crate::tflite::{Fault, ImportError};
use crate::{files, output, tflite, words};
use clap::ValueEnum;
use kastanet::sparse::Format;
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

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
  kastanet pack model.tflite -o model.kst --sparsity 0.8 --write-tflite pruned.tflite
      Also writes a checkpoint with the pruned weights, for other tools to read.")]
pub struct Args {
    /// The checkpoint: a .tflite file with int8 weights and activations
    checkpoint: PathBuf,
    /// Where the image goes
    #[arg(short, long, value_name = "MODEL.kst")]
    output: PathBuf,
    /// Share of the weights to zero, as 0.9 or 90%, in all layers or in one; may be repeated
    #[arg(long, value_name = "[LAYER=]S", value_parser = share, allow_negative_numbers = true)]
    sparsity: Vec<Share>,
    /// What to zero as one: weight, block4x1 (4 outputs), block1x4 (4 inputs), or nm:N:M
    ///
    /// With nm:1:16, nm:1:8, nm:1:4 or nm:2:4, the N largest of every M consecutive weights of an
    /// output stay, without --sparsity.
    #[arg(long, value_name = "U", default_value = "weight", value_parser = unit)]
    unit: Unit,
    /// How to store the weights of convolutions and fully connected layers
    #[arg(long, default_value = "auto")]
    format: FormatArg,
    /// The core whose measured instructions --format auto goes by (else m4):
    /// m0, m3, m4, m7, m33, m55, rv32 or rv32v
    #[arg(long, value_name = "CORE", value_parser = core)]
    target: Option<Core>,
    /// What --format auto and the RAM plan look for: without --target size, with it balanced
    #[arg(long)]
    optimise: Option<OptimiseArg>,
    /// Names of the classes, in order: a list with commas, or a file with one a line
    #[arg(long, value_name = "A,B,…|FILE")]
    labels: Option<String>,
    /// Leave the names of layers and tensors out
    #[arg(long)]
    strip: bool,
    /// Also write a checkpoint with the pruned weights
    #[arg(long, value_name = "OUT.tflite")]
    write_tflite: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    /// What --optimise says, layer by layer
    Auto,
    /// Every weight
    Dense,
    /// Nonzeros with 8-bit column steps: two bytes each
    Delta8,
    /// Nonzeros with 4-bit column steps: one and a half bytes each
    Delta4,
    /// Blocks of 4 outputs: one and a quarter bytes a weight of a block
    Block4x1,
    /// Blocks of 4 inputs: one and a quarter bytes a weight of a block
    Block1x4,
    /// 1:16, 1:8, 1:4 or 2:4 weights: one and a half bytes each, or one and a quarter
    Nm,
    /// Nonzeros with 8-bit columns: two bytes each
    Index8,
    /// Nonzeros with Rice-coded gaps: the smallest, and the slowest to read
    Rice,
}

impl FormatArg {
    fn format(self) -> Option<Format> {
        match self {
            FormatArg::Auto => None,
            FormatArg::Dense => Some(Format::Dense),
            FormatArg::Delta8 => Some(Format::Delta8),
            FormatArg::Delta4 => Some(Format::Delta4),
            FormatArg::Block4x1 => Some(Format::Block4x1),
            FormatArg::Block1x4 => Some(Format::Block1x4),
            FormatArg::Nm => Some(Format::Nm),
            FormatArg::Index8 => Some(Format::Index8),
            FormatArg::Rice => Some(Format::Rice),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum OptimiseArg {
    /// The fewest bytes of flash and RAM
    Size,
    /// The smallest product of bytes and instructions
    Balanced,
    /// The fewest instructions
    Speed,
}

impl OptimiseArg {
    fn optimise(self) -> Optimise {
        match self {
            OptimiseArg::Size => Optimise::Size,
            OptimiseArg::Balanced => Optimise::Balanced,
            OptimiseArg::Speed => Optimise::Speed,
        }
    }
}

fn core(text: &str) -> Result<Core, String> {
    text.parse()
}

fn unit(text: &str) -> Result<Unit, &'static str> {
    text.parse()
}

/// A share for one layer, or for all.
#[derive(Clone)]
struct Share {
    layer: Option<String>,
    share: f64,
}

/// Reads `0.9`, `90%`, `conv=0.9`, `conv=90%`.
fn share(text: &str) -> Result<Share, String> {
    let (layer, number) = match text.rsplit_once('=') {
        Some((layer, number)) => (Some(layer.to_string()), number),
        None => (None, text),
    };
    let (digits, unit) = match number.trim().strip_suffix('%') {
        Some(digits) => (digits.trim_end(), 100.0),
        None => (number.trim(), 1.0),
    };
    let share = digits.parse::<f64>().ok().map(|number| number / unit);
    match share.filter(|share| (0.0..=1.0).contains(share)) {
        Some(share) => Ok(Share { layer, share }),
        None => Err("expected a share from 0 to 1, or from 0% to 100%".into()),
    }
}

impl Args {
    /// Whether the options make sense together.
    ///
    /// # Errors
    ///
    /// Two shares for one layer, or for all; a share where N:M says it.
    pub(super) fn check(&self) -> Result<(), String> {
        if matches!(self.unit, Unit::Nm(_)) && !self.sparsity.is_empty() {
            return Err(
                "--sparsity does not go with --unit nm:N:M, which says how many stay".into()
            );
        }
        let mut known = HashSet::new();
        match self.sparsity.iter().find(|share| !known.insert(&share.layer)) {
            None => Ok(()),
            Some(Share { layer: None, .. }) => {
                Err("--sparsity for all layers is given twice".into())
            }
            Some(Share { layer: Some(layer), .. }) => {
                Err(format!("--sparsity for layer `{}` is given twice", words::short(layer)))
            }
        }
    }
}

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
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let outputs: Vec<&Path> =
        [&args.output].into_iter().chain(&args.write_tflite).map(|path| path.as_path()).collect();
    let labels = args.labels.as_deref().and_then(labels_file);
    let inputs: Vec<&Path> = [args.checkpoint.as_path()].into_iter().chain(labels).collect();
    output::check(&outputs, &inputs)?;
    let (graph, source) = files::read_checkpoint(&args.checkpoint)?;
    let options = options(args, &graph, source)?;
    let packed = pack(graph, &options).map_err(|error| failed(args, &error))?;
    let tflite = args.write_tflite.as_ref();
    let tflite = tflite.map(|_| rewritten(args, &options.source, &packed)).transpose()?;
    let contents = [Some(packed.image.as_slice()), tflite.as_deref()];
    let written: Vec<_> = outputs.into_iter().zip(contents.into_iter().flatten()).collect();
    let answer = answer(args, &packed)?;
    output::write(&written)?;
    Ok(answer)
}

fn options(args: &Args, graph: &Graph, source: Vec<u8>) -> Result<Options, Failure> {
    let mut sparsity = Sparsity::default();
    for Share { layer, share } in args.sparsity.iter().cloned() {
        match layer {
            Some(layer) => sparsity.layers.push((layer, share)),
            None => sparsity.uniform = share,
        }
    }
    let labels = match &args.labels {
        None => vec![],
        Some(text) => {
            let labels = labels(text)?;
            check_labels(args, text, &labels, graph)?;
            labels
        }
    };
    let (unit, format) = (args.unit, args.format.format());
    let otherwise = if args.target.is_some() { Optimise::Balanced } else { Optimise::Size };
    let optimise = args.optimise.map_or(otherwise, OptimiseArg::optimise);
    let aim = Aim { core: args.target.unwrap_or_default(), optimise };
    Ok(Options { sparsity, unit, format, aim, labels, strip: args.strip, source })
}

/// The file that `--labels` names; nothing where it is a list.
fn labels_file(text: &str) -> Option<&Path> {
    let path = Path::new(text);
    let names_file = !text.contains(',') && (path.extension().is_some() || text.contains('/'));
    (path.is_file() || names_file).then_some(path)
}

/// A list, or the lines of a file.
fn labels(text: &str) -> Result<Vec<String>, Failure> {
    let list = match labels_file(text) {
        Some(path) => String::from_utf8(files::read(path)?).map_err(|_| {
            Failure::new(format!("cannot read labels from `{text}`"))
                .because("it is not text in UTF-8")
                .help("give a text file with one label a line")
        })?,
        None => text.replace(',', "\n"),
    };
    // Editors on Windows put a mark before the text.
    let list = list.strip_prefix('\u{feff}').unwrap_or(&list);
    let labels = list.lines().map(|label| label.trim().to_string());
    let labels: Vec<String> = labels.filter(|label| !label.is_empty()).collect();
    match labels.is_empty() {
        false => Ok(labels),
        true => Err(Failure::new(format!("no labels in `{}`", words::short(text)))
            .help("give a list with commas, or a text file with one label a line")),
    }
}

/// As many labels as the first output has values.
fn check_labels(args: &Args, text: &str, labels: &[String], graph: &Graph) -> Result<(), Failure> {
    let output = graph.outputs.first().and_then(|&id| graph.tensors.get(id));
    let Some(output) = output else { return Ok(()) };
    let (expected, found) = (output.elements(), labels.len());
    if expected == found {
        return Ok(());
    }
    let (checkpoint, text) = (args.checkpoint.display(), words::short(text));
    let fit = if found == 1 { "does not fit" } else { "do not fit" };
    let found = words::count(found, "label");
    let mut failure = Failure::new(format!("{found} in `{text}` {fit} `{checkpoint}`")).because(
        format!("its first output `{}` has {expected} values", words::short(&output.name)),
    );
    if labels.len() == 1 && labels_file(&text).is_none() {
        failure = failure.because(format!("`{text}` was taken as a list, there is no such file"));
    }
    Err(failure.help("give one label for each, in order"))
}

fn failed(args: &Args, error: &Error) -> Failure {
    let failure = Failure::new(format!("cannot pack `{}`", args.checkpoint.display()));
    match error {
        Error::Prune(prune::Error::UnknownLayer { name, known }) => failure
            .because(format!("no convolution or fully connected layer is called `{name}`"))
            .help(format!("layers that can be pruned: {}", words::list(known))),
        Error::Prune(error) => failure.because(error).help("change --sparsity"),
        Error::Lower(error) => failure
            .because(error)
            .help("change the model, or cut it so that this part runs outside"),
        Error::TooLarge { .. } | Error::Arena { .. } => {
            failure.because(error).help("give a smaller model")
        }
        error => failure.because(error),
    }
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
    let report = Report {
        checkpoint: args.checkpoint.display().to_string(),
        image: args.output.display().to_string(),
        tflite: args.write_tflite.as_ref().map(|path| path.display().to_string()),
        weights: Layers::of(image),
        flash_bytes: packed.image.len(),
        arena_bytes: packed.plan.arena_len,
        arena_lower_bound: packed.plan.lower_bound,
    };
    Ok(Answer::new(report, text))
}

fn text(report: &Report) -> String {
    format!(
        "{}\nflash {}\narena {} (no plan needs less than {})\n",
        report.weights.table(),
        bytes(report.flash_bytes),
        bytes(report.arena_bytes),
        bytes(report.arena_lower_bound),
    )
}
