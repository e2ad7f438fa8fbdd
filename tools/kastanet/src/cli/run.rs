//! `kastanet run`: an image over arrays.

use super::Answer;
use super::progress::Progress;
use crate::arrays::{Array, shape_string};
use crate::evaluate::Session;
use crate::failure::Failure;
use crate::{files, output, words};
use kastanet::image::Image;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Run an image over the samples of an array
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet run model.kst --input x.npy --output y.npy
      x has the shape (samples, …); so has y.
  kastanet run model.kst --input a.npy --input b.npy --output y.npy
      A network with two inputs, in its order (`kastanet inspect` shows them).

Arrays of the model's own type hold stored values. Others, of float32 or uint8, hold real values: they are
normalised, where the image was packed with --mean and --std, and quantised on the way in, and the outputs
come out as float32.")]
pub struct Args {
    /// The image
    model: PathBuf,
    /// An array for each input, in the network's order
    #[arg(long, required = true, value_name = "X.npy")]
    input: Vec<PathBuf>,
    /// Where the outputs go, in the network's order; outputs at the end may be left out
    #[arg(long, required = true, value_name = "Y.npy")]
    output: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    samples: usize,
    outputs: Vec<Output>,
}

#[derive(Serialize)]
struct Output {
    file: String,
    dtype: String,
    shape: Vec<usize>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let outputs: Vec<&Path> = args.output.iter().map(PathBuf::as_path).collect();
    let inputs = [&args.model].into_iter().chain(&args.input).map(|path| path.as_path());
    output::check(&outputs, &inputs.collect::<Vec<_>>())?;
    let bytes = files::read_image(&args.model)?;
    let image = files::check_image(&args.model, &bytes)?;
    check_outputs(args, image)?;
    let arrays = args.input.iter().map(|path| Array::read(path)).collect::<Result<Vec<_>, _>>()?;
    let names = args.input.iter().map(|path| format!("`{}`", path.display()));
    let session = Session::new(image, &names.zip(&arrays).collect::<Vec<_>>());
    let session = session.map_err(|failure| match image.inputs().len() == arrays.len() {
        true => failure,
        // Not one array is wrong, but their number for this image.
        false => Failure {
            message: format!("cannot run `{}`", args.model.display()),
            causes: vec![failure.message],
            ..failure
        },
    })?;
    let progress = Progress::new(session.samples(), "running");
    let results = session.collect(outputs.len(), || progress.step())?;
    drop(progress);
    let report = report(args, session.samples(), &results);
    let npys: Vec<Vec<u8>> = results.into_iter().map(|array| array.to_npy()).collect();
    let written: Vec<_> = outputs.into_iter().zip(npys.iter().map(Vec::as_slice)).collect();
    output::write(&written)?;
    Ok(Answer::new(report, text))
}

fn check_outputs(args: &Args, image: Image<'_>) -> Result<(), Failure> {
    let (most, found) = (image.outputs().len(), args.output.len());
    match found <= most {
        true => Ok(()),
        false => Err(Failure::new(format!("cannot run `{}`", args.model.display()))
            .because(format!(
                "the network has {}, {found} were asked for",
                words::count(most, "output")
            ))
            .help("give --output once for each that you want")),
    }
}

fn report(args: &Args, samples: usize, results: &[Array]) -> Report {
    let outputs = args.output.iter().zip(results).map(|(path, array)| Output {
        file: path.display().to_string(),
        dtype: array.element.to_string(),
        shape: array.shape.clone(),
    });
    Report { samples, outputs: outputs.collect() }
}

fn text(report: &Report) -> String {
    let lines = report.outputs.iter().map(|output| {
        format!("{}: {} {}\n", output.file, output.dtype, shape_string(&output.shape))
    });
    let samples = words::count(report.samples, "sample");
    format!("{samples}\n{}", lines.collect::<String>())
}
