//! `kastanet eval --checkpoint`: an image beside the checkpoints that it came from.

use super::super::{Answer, data, pack, progress::Progress};
use super::{Args, confusion_of};
use crate::data::{Ask, Wanted};
use crate::evaluate::{Comparison, Fidelity, Score, Truth, compare};
use crate::failure::Failure;
use crate::files;
use crate::graph::Graph;
use crate::report::{Column, Table, number, short_name, title};
use kastanet::image::Image;
use serde::Serialize;
use std::path::Path;

/// What is told; of samples without classes only how many there are.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    score: Head,
    checkpoints: Vec<Checkpoint>,
    layers: Vec<Fidelity>,
    #[serde(skip)]
    image: String,
    #[serde(skip)]
    shows_layers: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Head {
    Score(Score),
    Unknown { samples: usize },
}

/// How a checkpoint does.
#[derive(Serialize)]
struct Checkpoint {
    file: String,
    computes_in: &'static str,
    correct: Option<usize>,
    accuracy: Option<f64>,
    /// The share of the samples in which the image finds the same class.
    agreement: f64,
}

pub(super) fn run(args: &Args, image: Image<'_>) -> Result<Answer, Failure> {
    let data = data::open(&args.data, &Wanted::of_image(image, Ask::IfThere))?;
    let is_known = data.classes.is_some();
    let truth = is_known.then(|| Truth::new(image, &data)).transpose()?;
    let checkpoints = args.checkpoint.iter().map(|path| checkpoint(args, path, image));
    let checkpoints = checkpoints.collect::<Result<Vec<_>, _>>()?;
    let progress = Progress::new(data.len(), "evaluating");
    let compared = compare(image, &data, &checkpoints, || progress.step())?;
    drop(progress);
    Ok(Answer::new(report(args, &checkpoints, truth.as_ref(), compared), text))
}

/// A checkpoint whose first output has as many values as the image's, with its name.
fn checkpoint(args: &Args, path: &Path, image: Image<'_>) -> Result<(String, Graph), Failure> {
    let (mut graph, _) = files::read_checkpoint(path)?;
    if graph.is_float() {
        graph = pack::weighted(args.weights.as_deref(), graph)?;
    }
    let (file, model) = (path.display().to_string(), args.model.display());
    let found = graph.outputs.first().map_or(0, |&id| graph.tensors[id].elements());
    let expected = image.outputs().next().map_or(0, |output| output.elements());
    match found == expected {
        true => Ok((file, graph)),
        false => Err(Failure::new(format!("cannot compare `{model}` with `{file}`"))
            .because(format!("its first output has {found} values, the image's has {expected}"))
            .help("give the checkpoint that the image was packed from")),
    }
}

fn report(
    args: &Args,
    checkpoints: &[(String, Graph)],
    truth: Option<&Truth>,
    compared: Comparison,
) -> Report {
    let Comparison { answers, checkpoints: found, layers } = compared;
    let samples = answers.len();
    let share = |count: usize| count as f64 / samples.max(1) as f64;
    let one = |((file, graph), found): (&(String, Graph), &Vec<usize>)| {
        let correct = truth.map(|truth| truth.correct(found));
        Checkpoint {
            file: file.clone(),
            computes_in: if graph.is_float() { "float32" } else { "int8" },
            correct,
            accuracy: correct.map(share),
            agreement: share(found.iter().zip(&answers).filter(|(a, b)| a == b).count()),
        }
    };
    Report {
        score: match truth {
            Some(truth) => Head::Score(truth.score(&answers)),
            None => Head::Unknown { samples },
        },
        checkpoints: checkpoints.iter().zip(&found).map(one).collect(),
        layers,
        image: args.model.display().to_string(),
        shows_layers: args.layers,
    }
}

fn text(report: &Report) -> String {
    let samples = match &report.score {
        Head::Score(score) => score.samples,
        Head::Unknown { samples } => *samples,
    };
    let mut text = format!("{} samples\n{}", number(samples), networks(report));
    if report.shows_layers {
        text += &format!("{}{}", title("Signal to quantisation noise"), layers(&report.layers));
    }
    match &report.score {
        Head::Score(score) => text + &confusion_of(score),
        Head::Unknown { .. } => text,
    }
}

/// Hundredths of a per cent tell networks apart that are nearly as good.
fn percent(share: Option<f64>) -> String {
    share.map_or("–".into(), |share| format!("{:.2} %", share * 100.0))
}

fn networks(report: &Report) -> Table {
    let columns = ["right", "accuracy", "answers as the image"].map(Column::Right);
    let names = ["network", "computes in"].map(Column::Left);
    let mut table = Table::new(&[&names[..], &columns].concat());
    let right = |count: Option<usize>| count.map_or("–".into(), number);
    for one in &report.checkpoints {
        let (file, kind) = (one.file.clone(), one.computes_in.into());
        let accuracy = percent(one.accuracy);
        table.row([file, kind, right(one.correct), accuracy, percent(Some(one.agreement))]);
    }
    let (correct, accuracy) = match &report.score {
        Head::Score(score) => (Some(score.correct), Some(score.accuracy)),
        Head::Unknown { .. } => (None, None),
    };
    let image = report.image.clone();
    table.row([image, "int8, packed".into(), right(correct), percent(accuracy), String::new()]);
    table
}

fn layers(layers: &[Fidelity]) -> Table {
    let mut table = Table::new(&[Column::Left("layer"), Column::Right("dB"), Column::Right("")]);
    let least = layers.iter().filter_map(|layer| layer.sqnr_db).fold(f64::INFINITY, f64::min);
    for Fidelity { layer, sqnr_db } in layers {
        let db = sqnr_db.map_or("–".into(), |db| format!("{db:.1}"));
        let mark = if *sqnr_db == Some(least) { "least" } else { "" };
        table.row([short_name(layer), db, mark.into()]);
    }
    table
}
