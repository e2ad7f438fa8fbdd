//! What formats cost on each core, measured: the table by which the tool chooses them.
//!
//! Small networks of fully connected layers and of convolutions are stored in every format at several
//! sparsities and run on every board; [`fit`] finds what a unit, a line and a further tile take.

mod fit;
mod probes;
mod table;

pub use probes::write;

use crate::results::{self, Measured};
use anyhow::{Context, Result, ensure};
use fit::{Fit, Sample};
use kastanet_cli::cost::{Kernel, STORED};
use probes::Probe;
use std::fs;
use std::path::Path;

/// The files' name.
pub const NAME: &str = "costs";

/// Fits what the boards have printed and writes it to the table; boards that were not run stay.
pub fn write_table(dir: &Path, boards: &[String], path: &Path) -> Result<()> {
    let probes = probes::read(dir)?;
    let mut rows = Vec::new();
    for board in boards {
        let measured = results::output(dir, board, NAME, probes.len())?;
        let fits = [Kernel::Vector, Kernel::Tile].map(|kernel| {
            let samples = samples(&probes, &measured, kernel);
            let fit = fit::fit(&samples);
            print_errors(board, kernel, &fit, &samples);
            fit
        });
        ensure!(fits.iter().all(Fit::is_sound), "{board}: the measurements fit no line");
        rows.extend(table::rows(board, &fits));
    }
    let old = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    fs::write(path, table::merged(&old, &rows)).with_context(|| path.display().to_string())
}

/// Says by how much the samples of each way to store are off, on average and at most.
fn print_errors(board: &str, kernel: Kernel, fit: &Fit, samples: &[Sample]) {
    let formats = STORED.into_iter().enumerate().map(|(number, stored)| {
        let own = samples.iter().filter(|sample| sample.stored == number);
        let errors: Vec<f64> = own.map(|sample| 100.0 * fit.error(sample)).collect();
        let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        let most = errors.iter().copied().fold(0.0, f64::max);
        format!("{stored} {mean:.1}/{most:.0}")
    });
    let formats = formats.collect::<Vec<_>>().join(", ");
    println!("{board} {kernel:?}, off by %, mean/most: {formats}");
}

/// The layers that a kernel ran, with what they took.
fn samples(probes: &[Probe], measured: &[Measured], kernel: Kernel) -> Vec<Sample> {
    let layers = probes.iter().zip(measured).flat_map(|(probe, measured)| {
        probe.layers.iter().map(move |layer| (layer, measured.instructions.get(layer.operator)))
    });
    layers
        .filter(|(layer, _)| layer.vector == (kernel == Kernel::Vector))
        .filter_map(|(layer, instructions)| {
            Some(Sample {
                stored: layer.stored,
                work: layer.work,
                shared: layer.shared,
                instructions: *instructions? as f64 / layer.walks as f64,
            })
        })
        .collect()
}
