//! `kastanet report`: a page about an image.

use super::{Answer, eval};
use crate::failure::Failure;
use crate::files;
use crate::output;
use crate::page::{Page, Written, recorded};
use crate::report::{Layers, bytes, number, percent, printable};
use crate::sweep::Sweep;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Show an image on one HTML page: layers, flash, RAM, accuracy, training
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet report model.kst -o report.html
      Bytes and weights of each layer, the flash map, the RAM plan. One file, which needs no network.
  kastanet report model.kst --data test.npz -o report.html
      Also accuracy and confusion; test.npz has `x`, one sample a row, and `y`, their classes from 0.
  kastanet report model.kst --weights tuned.safetensors --sweep sweep.json -o report.html
      Also the run that the weights come from, as `kastanet tune` has written it, and other sizes of the
      network, as `kastanet sweep` has.")]
pub struct Args {
    /// The image
    model: PathBuf,
    /// Samples and their classes to measure accuracy on: an archive with the arrays `x` and `y`, a folder of
    /// pictures by class, a .csv or an IDX file
    #[arg(long, value_name = "TEST")]
    data: Option<PathBuf>,
    /// What `kastanet tune` has written, for loss, accuracy and churn of the run
    #[arg(long, value_name = "W.safetensors")]
    weights: Option<PathBuf>,
    /// What `kastanet sweep` has written, for accuracy against size
    #[arg(long, value_name = "SWEEP.json")]
    sweep: Option<PathBuf>,
    /// Where the page goes
    #[arg(short, long, value_name = "REPORT.html")]
    output: PathBuf,
}

/// What is told about the page.
#[derive(Serialize)]
struct Report {
    page: String,
    page_bytes: usize,
    sections: Vec<&'static str>,
    /// Nothing without data.
    accuracy: Option<f64>,
    samples: Option<usize>,
    flash_bytes: usize,
    arena_bytes: usize,
    weights: usize,
    nonzeros: usize,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let more = [&args.data, &args.weights, &args.sweep].into_iter().flatten();
    let inputs: Vec<&Path> = [&args.model].into_iter().chain(more).map(PathBuf::as_path).collect();
    output::check(&[&args.output], &inputs)?;
    let sweep = args.sweep.as_deref().map(sweep).transpose()?;
    let history = args.weights.as_deref().map(|path| recorded(path, &files::read(path)?));
    let history = history.transpose()?.flatten();
    let read = files::read_image(&args.model)?;
    let image = files::check_image(&args.model, &read)?;
    let score = args.data.as_deref().map(|data| eval::scored(&args.model, image, data));
    let score = score.transpose()?;
    let name = args.model.file_name().unwrap_or_default().to_string_lossy();
    let (score, history, sweep) = (score.as_ref(), history.as_ref(), sweep.as_ref());
    let page = Page { name: &name, image, score, history, sweep };
    let Written { html, sections } = page.write().map_err(|error| undrawn(&args.output, error))?;
    output::write(&[(args.output.as_path(), html.as_bytes())])?;
    let all = Layers::of(image).all;
    let report = Report {
        page: args.output.display().to_string(),
        page_bytes: html.len(),
        sections,
        accuracy: score.map(|score| score.accuracy),
        samples: score.map(|score| score.samples),
        flash_bytes: image.bytes().len(),
        arena_bytes: image.arena_len(),
        weights: all.weights,
        nonzeros: all.nonzeros,
    };
    Ok(Answer::new(report, text))
}

/// A page that cannot be drawn.
pub(super) fn undrawn(output: &Path, error: impl std::fmt::Display) -> Failure {
    let failure = Failure::new(format!("cannot draw `{}`", output.display())).because(error);
    failure.help("leave --sweep or --weights away, and please report this")
}

/// Networks as `kastanet sweep` has written them.
fn sweep(path: &Path) -> Result<Sweep, Failure> {
    Sweep::read(&files::read(path)?).map_err(|why| {
        Failure::new(format!("cannot use the sweep `{}`", path.display()))
            .because(why)
            .help("give what `kastanet sweep` wrote")
    })
}

fn text(report: &Report) -> String {
    let mut text = format!("{}: {}\n", printable(&report.page), report.sections.join(", "));
    if let (Some(accuracy), Some(samples)) = (report.accuracy, report.samples) {
        text += &format!("accuracy {} of {} samples\n", percent(accuracy), number(samples));
    }
    let (weights, nonzeros) = (number(report.weights), number(report.nonzeros));
    text += &format!("flash {}, arena {}\n", bytes(report.flash_bytes), bytes(report.arena_bytes));
    text + &format!("{nonzeros} of {weights} weights are not zero\n")
}
