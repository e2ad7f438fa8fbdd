//! What a sweep is made from.

use super::Args;
use crate::arrays::Array;
use crate::cli::{data, tune};
use crate::data::{Ask, Data, Normalisation, Wanted};
use crate::failure::Failure;
use crate::files;
use crate::graph::Graph;
use crate::quantise::Samples;
use crate::sweep::{Network, NetworkError, Source, Training};
use crate::tune::Options;
use crate::words;
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
    pub test: Data,
    normalisation: Option<Normalisation>,
    graph: Graph,
    bytes: Vec<u8>,
    training: Option<Arrays>,
}

/// What a float checkpoint is tuned with.
struct Arrays {
    x: Data,
    classes: Vec<u16>,
    calibration: Array,
    recipe: Options,
}

impl Inputs {
    /// Reads all files.
    pub fn read(args: &Args) -> Result<Self, Failure> {
        let (graph, bytes) = files::read_checkpoint(&args.checkpoint)?;
        let training = training(args, &graph)?;
        let name = args.checkpoint.file_name().unwrap_or_default().to_string_lossy().into();
        let normalisation = args.normalise.of(&graph, &args.checkpoint)?;
        let test = data::open(&args.test, &Wanted::of_graph(&graph, Ask::Always))?;
        let hash = String::new();
        let inputs = Inputs { name, hash, test, normalisation, graph, bytes, training };
        Ok(Inputs { hash: inputs.hash(args)?, ..inputs })
    }

    /// What networks are made of.
    pub fn source(&self, args: &Args) -> Result<Source<'_>, Failure> {
        let training = self.training.as_ref().map(|arrays| {
            let Some(data) = &args.data else { return Err(without_data(args)) };
            let fit = |array| {
                let samples = Samples::new(&self.graph, array);
                let samples =
                    samples.map(|samples| samples.normalised(self.normalisation.as_ref()));
                samples.map_err(|error| {
                    Failure::new(format!("cannot tune with `{}`", data.display()))
                        .because(&error)
                        .help(error.help())
                })
            };
            let (samples, calibration) = (fit(&arrays.x.x)?, fit(&arrays.calibration)?);
            let (classes, recipe) = (arrays.classes.clone(), arrays.recipe.clone());
            Ok(Training { samples, classes, calibration, recipe })
        });
        let (graph, bytes) = (&self.graph, self.bytes.as_slice());
        let normalisation = self.normalisation.as_ref();
        Ok(Source { graph, bytes, normalisation, training: training.transpose()? })
    }

    /// How many samples accuracy is measured on.
    pub fn test_samples(&self) -> usize {
        self.test.len()
    }

    /// A hash of checkpoint, samples, options and version: what has the same gives the same points.
    fn hash(&self, args: &Args) -> Result<String, Failure> {
        let recipe = args.recipe.as_ref().map(|path| files::read(path)).transpose()?;
        let normalisation = self.normalisation.as_ref().map(Normalisation::to_bytes);
        let training = self.training.as_ref().map(|arrays| &arrays.x);
        let mut parts = vec![
            env!("CARGO_PKG_VERSION").as_bytes().to_vec(),
            args.target.name().into(),
            self.bytes.clone(),
            recipe.unwrap_or_default(),
            normalisation.unwrap_or_default(),
        ];
        parts.extend([Some(&self.test), training].into_iter().flatten().map(hash_of));
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Ok(words::hex(&hash.finalize()))
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
    let (x, classes) = tune::labelled(data, graph)?;
    let recipe = tune::options(args.recipe.as_deref())?;
    let calibration = x.x.some(CALIBRATION);
    Ok(Some(Arrays { x, classes, calibration, recipe }))
}

/// A hash of samples and their classes.
fn hash_of(data: &Data) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(format!("{} {} {}", data.x.element, data.x.shape_string(), data.is_raw));
    hash.update(&data.x.bytes);
    let classes = data.classes.as_ref();
    hash.update(format!("{:?}", classes.map(|classes| (classes.numbers(), classes.names()))));
    hash.finalize().to_vec()
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
    failed(args)
        .because(format!("a network of density {density}, unit {unit}, cannot be made"))
        .because(error)
        .help(error.help())
}
