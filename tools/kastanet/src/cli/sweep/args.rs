//! The options of `sweep`.

use crate::cli::normalise::Normalise;
use crate::cli::tune;
use crate::cost::Core;
use crate::files;
use crate::prune::Unit;
use crate::sweep::{Network, Wish};
use std::path::PathBuf;

/// Try a checkpoint in many sizes, and pick the one that is wanted
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kastanet sweep model.onnx --data train.npz --test test.npz --min-accuracy 0.98 -o sweep.json --best model.kst
      Tunes the float checkpoint at each share of weights, quantises and packs it for size and for speed, and
      writes the smallest image that is right about 98 % of the test samples.
  kastanet sweep model.onnx --data train.npz --test test.npz --recipe r.toml --densities 0.02,0.05 -o sweep.json
      Other shares, by another recipe (see `kastanet help tune`). Points that the file has are kept.
  kastanet sweep model.tflite --test test.npz --units weight,block4x1 --max-flash 64k -o sweep.json --report s.html
      An int8 checkpoint is pruned by magnitude, without training, in two kinds of units; also writes a page.

A network is marked `*` where no other is at least as accurate, as small and as fast. Instructions are predicted: those
of the layers' products, from what formats were measured to take on the target. Windows that convolutions gather are
left out, so that a convolutional network takes up to twice as many. What is picked by its accuracy on the
test samples does a little worse on others.")]
pub struct Args {
    /// The checkpoint, float or int8: .onnx, .tflite or a .toml description
    pub(super) checkpoint: PathBuf,
    /// What a float checkpoint is tuned and quantised with: an archive with the arrays `x` and `y`, a folder of
    /// pictures by class, a .csv or an IDX file
    #[arg(long, value_name = "TRAIN")]
    pub(super) data: Option<PathBuf>,
    /// What accuracy is measured on, likewise
    #[arg(long, value_name = "TEST")]
    pub(super) test: PathBuf,
    #[command(flatten)]
    pub(super) normalise: Normalise,
    /// Shares of the weights that stay, as 0.1 or 10%
    #[arg(long, value_name = "D,…", value_delimiter = ',', value_parser = density)]
    #[arg(default_values = ["0.05", "0.1", "0.2", "0.5"])]
    pub(super) densities: Vec<f64>,
    /// What stays or goes as one: weight, block4x1 (4 outputs), block1x4 (4 inputs)
    #[arg(long, value_name = "U,…", value_delimiter = ',', value_parser = unit)]
    #[arg(default_values = ["weight"])]
    pub(super) units: Vec<Unit>,
    /// The core that formats are chosen and instructions predicted for:
    /// m0, m3, m4, m7, m33, m55, rv32 or rv32v
    #[arg(long, value_name = "CORE", value_parser = core, default_value = "m4")]
    pub(super) target: Core,
    /// How to tune, where not by default; its density and its unit are not used
    #[arg(long, value_name = "R.toml", requires = "data")]
    pub(super) recipe: Option<PathBuf>,
    /// Pick the smallest network that is right at least so often, as 0.98 or 98%
    #[arg(long, value_name = "A", value_parser = share, conflicts_with = "max_flash")]
    pub(super) min_accuracy: Option<f64>,
    /// Pick the most accurate network whose image is at most so large: bytes, or as 64k
    #[arg(long, value_name = "BYTES", value_parser = size)]
    pub(super) max_flash: Option<usize>,
    /// Where the points go, each as soon as it is known; those of the same inputs that are there are kept
    #[arg(short, long, value_name = "SWEEP.json")]
    pub(super) output: PathBuf,
    /// Also write a page with plots
    #[arg(long, value_name = "SWEEP.html")]
    pub(super) report: Option<PathBuf>,
    /// Also write the image that is picked, by --min-accuracy or --max-flash
    #[arg(long, value_name = "MODEL.kst")]
    pub(super) best: Option<PathBuf>,
}

impl Args {
    /// Whether the options make sense together.
    ///
    /// # Errors
    ///
    /// An image to pick, and nothing to pick it by.
    pub(in crate::cli) fn check(&self) -> Result<(), String> {
        match self.best.is_some() && self.wish().is_none() {
            true => Err("--best needs --min-accuracy or --max-flash to pick by".into()),
            false => Ok(()),
        }
    }

    /// What is to be picked.
    pub(super) fn wish(&self) -> Option<Wish> {
        let accuracy = self.min_accuracy.map(Wish::MinAccuracy);
        accuracy.or(self.max_flash.map(Wish::MaxFlash))
    }

    /// The files that are read.
    pub(super) fn inputs(&self) -> Vec<PathBuf> {
        let more = [Some(&self.test), self.data.as_ref(), self.recipe.as_ref()];
        let files = files::files_of(&self.checkpoint).into_iter();
        files.chain(more.into_iter().flatten().cloned()).collect()
    }

    /// The networks that are asked for, each once.
    pub(super) fn networks(&self) -> Vec<(Network, Unit)> {
        let mut all: Vec<(Network, Unit)> = vec![];
        for &unit in &self.units {
            for &density in &self.densities {
                let network = Network { density, unit: unit.to_string() };
                if !all.iter().any(|(other, _)| *other == network) {
                    all.push((network, unit));
                }
            }
        }
        all
    }
}

/// Reads `0.1` or `10%`.
fn share(text: &str) -> Result<f64, &'static str> {
    let (digits, unit) = match text.strip_suffix('%') {
        Some(digits) => (digits, 100.0),
        None => (text, 1.0),
    };
    let share = digits.trim().parse::<f64>().ok().map(|number| number / unit);
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share.ok_or("expected a share from 0 to 1, or from 0% to 100%")
}

fn density(text: &str) -> Result<f64, &'static str> {
    share(text).ok().filter(|&density| density > 0.0).ok_or("expected shares above 0, up to 1")
}

/// Reads a unit that a share is of.
fn unit(text: &str) -> Result<Unit, &'static str> {
    match text.parse() {
        Ok(Unit::Nm(_)) | Err(_) => Err("expected weight, block4x1 or block1x4"),
        unit => unit,
    }
}

fn core(text: &str) -> Result<Core, String> {
    text.parse()
}

/// Reads `65536`, `64k`, `1M`.
fn size(text: &str) -> Result<usize, &'static str> {
    tune::size(text).ok_or("expected a number of bytes, as 65536, 64k or 1M")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!((share("0.98"), share("98%"), density("5%")), (Ok(0.98), Ok(0.98), Ok(0.05)));
        assert!(["", "2", "-1", "NaN", "%"].iter().all(|text| share(text).is_err()));
        assert!(density("0").is_err() && unit("nm:2:4").is_err() && unit("row").is_err());
        assert_eq!((size("64k"), size("64kB").is_err()), (Ok(65_536), true));
    }
}
