//! What a sweep is made from.

use super::Args;
use crate::arrays::{Archive, Array};
use crate::cli::tune;
use crate::failure::Failure;
use crate::files;
use crate::graph::Graph;
use crate::quantise::Samples;
use crate::sweep::{Network, NetworkError, Source, Test, Training};
use crate::tune::Options;
use sha2::{Digest, Sha256};

/// Samples that show ranges, at most.
const CALIBRATION: usize = 500;

/// Everything that is read.
pub struct Inputs {
    /// The checkpoint's file name.
    pub name: String,
    /// A hash of everything that points follow from.
    pub hash: String,
    /// What accuracy is measured on.
    pub test: Test,
    graph: Graph,
    bytes: Vec<u8>,
    training: Option<Arrays>,
}

/// What a float checkpoint is tuned with.
struct Arrays {
    x: Array,
    y: Array,
    calibration: Array,
    recipe: Options,
}

impl Inputs {
    /// Reads all files.
    pub fn read(args: &Args) -> Result<Self, Failure> {
        let (graph, bytes) = files::read_checkpoint(&args.checkpoint)?;
        let training = training(args, &graph)?;
        let name = args.checkpoint.file_name().unwrap_or_default().to_string_lossy().into();
        let archive = Archive::open(&args.test)?;
        let called = |key| format!("array `{key}` of `{}`", args.test.display());
        let test =
            Test { x: (called("x"), archive.array("x")?), y: (called("y"), archive.array("y")?) };
        Ok(Inputs { name, hash: hash(args)?, test, graph, bytes, training })
    }

    /// What networks are made of.
    pub fn source(&self, args: &Args) -> Result<Source<'_>, Failure> {
        let training = self.training.as_ref().map(|arrays| {
            let Some(data) = &args.data else { return Err(without_data(args)) };
            let classes = tune::classes(data, arrays.y.integers())?;
            let fit = |array| {
                Samples::new(&self.graph, array).map_err(|error| {
                    Failure::new(format!("cannot tune with `{}`", data.display()))
                        .because(&error)
                        .help(error.help())
                })
            };
            let (samples, calibration) = (fit(&arrays.x)?, fit(&arrays.calibration)?);
            Ok(Training { samples, classes, calibration, recipe: arrays.recipe.clone() })
        });
        Ok(Source { graph: &self.graph, bytes: &self.bytes, training: training.transpose()? })
    }

    /// How many samples accuracy is measured on.
    pub fn test_samples(&self) -> usize {
        self.test.x.1.shape.first().copied().unwrap_or_default()
    }
}

fn training(args: &Args, graph: &Graph) -> Result<Option<Arrays>, Failure> {
    let Some(data) = &args.data else {
        return if graph.is_float() { Err(without_data(args)) } else { Ok(None) };
    };
    if !graph.is_float() {
        return Err(failed(args)
            .because("it is quantised, so that it is pruned without training")
            .help("leave --data away, or give the float checkpoint"));
    }
    let archive = Archive::open(data)?;
    let (x, y) = (archive.array("x")?, archive.array("y")?);
    let recipe = tune::options(args.recipe.as_deref())?;
    let calibration = x.first(CALIBRATION);
    Ok(Some(Arrays { x, y, calibration, recipe }))
}

/// A hash of files, target and version: what has the same gives the same points.
fn hash(args: &Args) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(args.target.name());
    let files =
        [Some(&args.checkpoint), Some(&args.test), args.data.as_ref(), args.recipe.as_ref()];
    for file in files {
        let bytes = file.map(|path| files::read(path)).transpose()?.unwrap_or_default();
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn failed(args: &Args) -> Failure {
    Failure::new(format!("cannot sweep `{}`", args.checkpoint.display()))
}

fn without_data(args: &Args) -> Failure {
    failed(args)
        .because("it computes in float32, so that it is tuned and quantised")
        .help("give samples and their classes: --data TRAIN.npz")
}

/// A network that cannot be made.
pub fn unmade(args: &Args, network: &Network, error: &NetworkError) -> Failure {
    let Network { density, unit } = network;
    let failure = failed(args)
        .because(format!("a network of density {density}, unit {unit}, cannot be made"))
        .because(error);
    failure.help(match error {
        NetworkError::Tune(error) => tune::advice(error),
        NetworkError::Quantise(error) => error.help(),
        NetworkError::Prune(_) => "change --densities",
    })
}
