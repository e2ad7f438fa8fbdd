//! `kastanet demo`: a dense and a sparse network for a wrist sensor, with data that comes along.

mod windows;

use super::Answer;
use super::progress::Progress;
use crate::data::Data;
use crate::evaluate::score;
use crate::failure::Failure;
use crate::pack::{AlignedBytes, Options, pack};
use crate::report::{Column, Layers, Table, number, percent};
use crate::{files, output, tflite};
use serde::Serialize;
use std::path::{Path, PathBuf};
use windows::{Protocol, Recordings};

static DENSE: &[u8] = include_bytes!("../../demo/watch_dense.tflite");
static SPARSE: &[u8] = include_bytes!("../../demo/watch_sparse.tflite");

/// Pack and compare two networks for a wrist sensor; needs no files
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet demo
  kastanet demo --write .     also writes what other commands can be tried with

Written are the two checkpoints (watch_dense.tflite, watch_sparse.tflite), their images (.kst), to flash, inspect or
report, and windows with their classes: train.npz, test.npz and stranger.npz, those of the new wrist.

Ten people did seven shoulder exercises with a watch on each wrist. Both networks learned from the
right wrists of nine of them.")]
pub struct Args {
    /// A directory to write the checkpoints, their images and the data to
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

/// What is written.
const FILES: [&str; 7] = [
    "watch_dense.tflite",
    "watch_sparse.tflite",
    "watch_dense.kst",
    "watch_sparse.kst",
    "train.npz",
    "test.npz",
    "stranger.npz",
];

#[derive(Serialize)]
struct Report {
    windows: usize,
    windows_stranger: usize,
    accuracy_dense: f64,
    accuracy_sparse: f64,
    accuracy_dense_stranger: f64,
    accuracy_sparse_stranger: f64,
    weights: usize,
    nonzeros_dense: usize,
    nonzeros_sparse: usize,
    weight_bytes_dense: usize,
    weight_bytes_sparse: usize,
    dense_flash_bytes: usize,
    flash_bytes: usize,
    dense_arena_bytes: usize,
    arena_bytes: usize,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let paths = args.write.as_deref().map(|at| FILES.map(|name| at.join(name)));
    let places: Vec<&Path> = paths.iter().flatten().map(PathBuf::as_path).collect();
    output::check(&places, &[])?;
    let protocol = Protocol::read()?;
    let recordings = Recordings::read()?;
    let windows = [recordings.test(&protocol)?, recordings.stranger(&protocol)?];
    let [test, stranger] = [windows[0].data()?, windows[1].data()?];
    let progress = Progress::new(2 * (test.len() + stranger.len()), "evaluating");
    let dense = Network::evaluate(FILES[0], DENSE, &protocol, [&test, &stranger], &progress)?;
    let sparse = Network::evaluate(FILES[1], SPARSE, &protocol, [&test, &stranger], &progress)?;
    drop(progress);
    if !places.is_empty() {
        let train = recordings.train(&protocol)?.to_npz()?;
        let [test, stranger] = [windows[0].to_npz()?, windows[1].to_npz()?];
        let contents = [DENSE, SPARSE, &dense.image, &sparse.image, &train, &test, &stranger];
        output::write(&places.into_iter().zip(contents).collect::<Vec<_>>())?;
    }
    let report = report(&dense, &sparse, [test.len(), stranger.len()]);
    Ok(Answer::new(report, text))
}

/// A packed network and how well it does.
struct Network {
    image: Vec<u8>,
    arena_len: usize,
    layers: Layers,
    /// On the test windows, on the stranger's.
    accuracy: [f64; 2],
}

impl Network {
    fn evaluate(
        name: &str,
        source: &[u8],
        protocol: &Protocol,
        parts: [&Data; 2],
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let options = Options {
            labels: protocol.class_names.clone(),
            source: source.to_vec(),
            ..Options::default()
        };
        let packed = pack(tflite::import(name, source)?, &options);
        let packed = packed.map_err(|error| Failure::new("cannot pack").because(error))?;
        let bytes = AlignedBytes::new(&packed.image);
        let image = files::check_image(Path::new(name), &bytes)?;
        let accuracy =
            |windows: &Data| score(image, windows, || progress.step()).map(|score| score.accuracy);
        let [test, stranger] = parts.map(accuracy);
        Ok(Network {
            layers: Layers::of(image),
            accuracy: [test?, stranger?],
            arena_len: image.arena_len(),
            image: packed.image,
        })
    }
}

fn report(dense: &Network, sparse: &Network, windows: [usize; 2]) -> Report {
    Report {
        windows: windows[0],
        windows_stranger: windows[1],
        accuracy_dense: dense.accuracy[0],
        accuracy_sparse: sparse.accuracy[0],
        accuracy_dense_stranger: dense.accuracy[1],
        accuracy_sparse_stranger: sparse.accuracy[1],
        weights: dense.layers.all.weights,
        nonzeros_dense: dense.layers.all.nonzeros,
        nonzeros_sparse: sparse.layers.all.nonzeros,
        weight_bytes_dense: dense.layers.all.bytes,
        weight_bytes_sparse: sparse.layers.all.bytes,
        dense_flash_bytes: dense.image.len(),
        flash_bytes: sparse.image.len(),
        dense_arena_bytes: dense.arena_len,
        arena_bytes: sparse.arena_len,
    }
}

fn text(report: &Report) -> String {
    let mut table =
        Table::new(&[Column::Left(""), Column::Right("dense"), Column::Right("sparse")]);
    let mut row = |name: String, dense: String, sparse: String| {
        table.row([name, dense, sparse]);
    };
    row("right answers".into(), percent(report.accuracy_dense), percent(report.accuracy_sparse));
    row(
        "right answers, a new wrist".into(),
        percent(report.accuracy_dense_stranger),
        percent(report.accuracy_sparse_stranger),
    );
    for (name, dense, sparse) in [
        ("weights", report.weights, report.weights),
        ("weights that are not zero", report.nonzeros_dense, report.nonzeros_sparse),
        ("bytes of weights", report.weight_bytes_dense, report.weight_bytes_sparse),
        ("bytes of flash", report.dense_flash_bytes, report.flash_bytes),
        ("bytes of RAM", report.dense_arena_bytes, report.arena_bytes),
    ] {
        row(name.into(), number(dense), number(sparse));
    }
    format!(
        "Seven shoulder exercises, told apart by a watch: six channels at 50 Hz, windows of 2 s.\n\
         {} windows that training has not seen, of nine wearers' right wrists;\n\
         {} of a tenth wearer's left wrist, which training has not seen either.\n\n{table}\n\
         A left wrist mirrors a right one, so there both networks fail, as they should.\n",
        number(report.windows),
        number(report.windows_stranger),
    )
}
