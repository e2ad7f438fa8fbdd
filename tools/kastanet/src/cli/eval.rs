//! `kastanet eval`: how often a classifier is right.

mod beside;

use super::Answer;
use super::data;
use super::progress::Progress;
use crate::arrays::shape_string;
use crate::data::{Ask, Wanted};
use crate::evaluate::{Score, sample_shape, score};
use crate::failure::Failure;
use crate::report::{Column, Table, number, percent, title};
use crate::{files, words};
use kastanet::image::Image;
use std::path::{Path, PathBuf};

/// Compare an image's answers with the true classes
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet eval model.kst --data test.npz
      test.npz has `x`, one sample a row, and `y`, their classes as integers from 0:
      numpy.savez('test.npz', x=x.astype(numpy.float32), y=y)
  kastanet eval model.kst --data test/
      A folder of pictures for each class: test/cat/1.png, test/dog/2.jpg, … Their names go by the image's
      labels, or, sorted, by its outputs. Pictures have the network's size, and values from 0 to 255; they are
      read as grey or as red, green and blue, as many channels as the network takes.
  kastanet eval model.kst --data test.csv
      A sample a row, its values in the order of the network's input; the class in the column `y`, `class` or
      `label`, else in the last; with or without a header.
  kastanet eval model.kst --data t10k-images-idx3-ubyte.gz
      MNIST's form; t10k-labels-idx1-ubyte.gz lies beside it.
  kastanet eval model.kst --data test.npz --checkpoint model.onnx
      Also how often the float network is right, and how often the image answers as it does. Without `y`,
      the latter alone.
  kastanet eval model.kst --data test.npz --checkpoint model.onnx --checkpoint int8.tflite --layers
      Also what `pack --write-tflite` has written, and which layer loses most.

The answer is the largest value of the first output; the lower class where two are equal. Real values
(float32 or uint8; pictures, tables, IDX) are normalised, where the image was packed with --mean and --std, and
quantised on the way in; arrays of int8, or of the model's own type, hold what it stores.")]
pub struct Args {
    /// The image
    model: PathBuf,
    /// Samples and their classes: an archive with the arrays `x` and `y`, a folder of pictures by class, a .csv
    /// or an IDX file
    #[arg(long, value_name = "DATA")]
    data: PathBuf,
    /// A checkpoint to compare with, float or int8; may be repeated
    #[arg(long, value_name = "MODEL.onnx")]
    checkpoint: Vec<PathBuf>,
    /// Weights that `kastanet tune` has written, in place of those of the float checkpoints
    #[arg(long, value_name = "W.safetensors", requires = "checkpoint")]
    weights: Option<PathBuf>,
    /// How far the image's layers are off those of the first float checkpoint: the ratio of signal to
    /// quantisation noise
    #[arg(long, requires = "checkpoint")]
    layers: bool,
}

/// The confusion of more classes is not printed.
const MOST_PRINTED: usize = 24;

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let bytes = files::read_image(&args.model)?;
    let image = files::check_image(&args.model, &bytes)?;
    if !args.checkpoint.is_empty() {
        check(&args.model, image)?;
        return beside::run(args, image);
    }
    Ok(Answer::new(scored(&args.model, image, &args.data)?, text))
}

/// How often an image is right about some samples.
pub(super) fn scored(model: &Path, image: Image<'_>, data: &Path) -> Result<Score, Failure> {
    check(model, image)?;
    let data = data::open(data, &Wanted::of_image(image, Ask::Always))?;
    let progress = Progress::new(data.len(), "evaluating");
    score(image, &data, || progress.step())
}

/// One input, and one row of values in the first output.
fn check(model: &Path, image: Image<'_>) -> Result<(), Failure> {
    let failed = |cause: String| {
        Err(Failure::new(format!("cannot evaluate `{}`", model.display()))
            .because(cause)
            .help("use `kastanet run` and compare its outputs"))
    };
    let inputs = image.inputs().len();
    if inputs != 1 {
        return failed(format!("it has {}, a classifier has one", words::count(inputs, "input")));
    }
    let output = image.outputs().next().map(sample_shape).unwrap_or_default();
    match output.iter().filter(|&&dim| dim > 1).count() {
        0 | 1 => Ok(()),
        _ => failed(format!(
            "its first output has the shape {} a sample, a classifier's has one dimension",
            shape_string(&output)
        )),
    }
}

fn text(score: &Score) -> String {
    let (correct, samples) = (number(score.correct), number(score.samples));
    let accuracy = percent(score.accuracy);
    format!("accuracy {accuracy} ({correct} of {samples})\n{}", confusion_of(score))
}

/// The confusion, of not too many classes.
fn confusion_of(score: &Score) -> String {
    match score.classes.len() <= MOST_PRINTED {
        true => format!("{}{}", title("True class, and classes found"), confusion(score)),
        false => String::new(),
    }
}

fn confusion(score: &Score) -> Table {
    let numbers: Vec<String> = (0..score.classes.len()).map(|class| class.to_string()).collect();
    let counts = numbers.iter().map(|number| Column::Right(number));
    let columns = [Column::Right(""), Column::Left("class")].into_iter().chain(counts);
    let mut table = Table::new(&columns.chain([Column::Right("right")]).collect::<Vec<_>>());
    for (class, (name, row)) in score.classes.iter().zip(score.confusion.rows()).enumerate() {
        let (right, all) = (row.get(class).copied().unwrap_or(0), row.iter().sum::<usize>());
        let share = if all == 0 { "–".into() } else { percent(right as f64 / all as f64) };
        let counts = row.iter().map(usize::to_string);
        table.row([class.to_string(), name.clone()].into_iter().chain(counts).chain([share]));
    }
    table
}
