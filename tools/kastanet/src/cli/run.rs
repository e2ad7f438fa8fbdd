//! `kastanet run`: an image over arrays.

use super::Answer;
use super::progress::Progress;
use crate::arrays::Array;
use crate::evaluate::Session;
use crate::failure::Failure;
use crate::{files, output};
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

Arrays of the model's own type hold stored values. Arrays of float32 hold real values: they are
quantised on the way in, and the outputs come out as float32.")]
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
    let session = Session::new(image, &names.zip(&arrays).collect::<Vec<_>>())?;
    let progress = Progress::new(session.samples(), "running");
    let results = session.collect(outputs.len(), || progress.step())?;
    let npys: Vec<Vec<u8>> = results.iter().map(Array::to_npy).collect();
    let written: Vec<_> = outputs.into_iter().zip(npys.iter().map(Vec::as_slice)).collect();
    output::write(&written)?;
    Ok(answer(args, session.samples(), &results))
}

fn check_outputs(args: &Args, image: Image<'_>) -> Result<(), Failure> {
    let (most, found) = (image.outputs().len(), args.output.len());
    match found <= most {
        true => Ok(()),
        false => {
            Err(Failure::new(format!("the network has {most} outputs, {found} were asked for"))
                .help("give --output once for each that you want"))
        }
    }
}

fn answer(args: &Args, samples: usize, results: &[Array]) -> Answer {
    let outputs = args.output.iter().zip(results).map(|(path, array)| Output {
        file: path.display().to_string(),
        dtype: array.element.to_string(),
        shape: array.shape.clone(),
    });
    let report = Report { samples, outputs: outputs.collect() };
    let lines = report.outputs.iter().zip(results).map(|(output, array)| {
        format!("{}: {} {}\n", output.file, output.dtype, array.shape_string())
    });
    Answer::new(format!("{samples} samples\n{}", lines.collect::<String>()), &report)
}
