//! Float checkpoints: quantised with the samples they are calibrated on.

use super::Args;
use super::failures::failed;
use super::values::Switch;
use crate::cli::data;
use crate::cli::progress::Progress;
use crate::data::{Ask, Data, Normalisation, Wanted};
use crate::failure::Failure;
use crate::files;
use crate::graph::Graph;
use crate::quantise::{QuantiseError, Ranges, Samples, Shifts, quantise};
use crate::tune::weights;
use crate::{prune, tflite};
use std::path::Path;

/// The checkpoint in int8: as it is, or quantised.
pub(super) fn quantised(
    args: &Args,
    graph: Graph,
    normalisation: Option<&Normalisation>,
) -> Result<Graph, Failure> {
    let file = args.checkpoint.display();
    match (&args.calibrate, graph.is_float()) {
        (None, false) => Ok(graph),
        (None, true) => Err(Failure::new(format!("cannot pack `{file}`"))
            .because("it computes in float32")
            .help("give samples to quantise it with: --calibrate DATA.npz")),
        (Some(_), false) => Err(Failure::new(format!("cannot calibrate `{file}`"))
            .because("it is quantised already")
            .help("leave --calibrate away, or give the float checkpoint")),
        (Some(data), true) => {
            let graph = weighted(args.weights.as_deref(), graph)?;
            let samples = data::open(data, &Wanted::of_graph(&graph, Ask::Never))?;
            run(args, &graph, &samples, normalisation).map_err(|error| {
                let error = match error {
                    Error::Prune(error) => return failed(args, &error.into()),
                    Error::Quantise(error) => error,
                };
                let failure = match error {
                    QuantiseError::Samples { .. }
                    | QuantiseError::Empty
                    | QuantiseError::NotANumber { .. } => {
                        Failure::new(format!("cannot calibrate with `{}`", data.display()))
                    }
                    _ => Failure::new(format!("cannot quantise `{file}`")),
                };
                failure.because(&error).help(error.help())
            })
        }
    }
}

/// The checkpoint with other weights, where some are given.
pub(in crate::cli) fn weighted(path: Option<&Path>, mut graph: Graph) -> Result<Graph, Failure> {
    let Some(path) = path else { return Ok(graph) };
    weights::read(&mut graph, &files::read(path)?).map_err(|error| {
        Failure::new(format!("cannot use the weights `{}`", path.display()))
            .because(error)
            .help("give what `kastanet tune` wrote for this checkpoint")
    })?;
    Ok(graph)
}

/// Why a float checkpoint does not become int8.
enum Error {
    Prune(prune::Error),
    Quantise(QuantiseError),
}

impl From<QuantiseError> for Error {
    fn from(error: QuantiseError) -> Self {
        Error::Quantise(error)
    }
}

impl From<prune::Error> for Error {
    fn from(error: prune::Error) -> Self {
        Error::Prune(error)
    }
}

/// Quantises a network as it will be when it is pruned. Its weights are all there still: a device that trains may need
/// them.
fn run(
    args: &Args,
    graph: &Graph,
    data: &Data,
    normalisation: Option<&Normalisation>,
) -> Result<Graph, Error> {
    let samples = Samples::new(graph, &data.x)?.normalised(normalisation);
    let passes = 1 + usize::from(args.bias_correction == Switch::On);
    let progress = Progress::new(passes * samples.len(), "calibrating");
    let float = pruned(args, graph)?;
    let ranges = Ranges::watch(&float, &samples, args.ranges, || progress.step())?;
    let mut quantised = quantise(graph, &ranges)?;
    if args.bias_correction == Switch::On {
        let int8 = pruned(args, &quantised)?;
        Shifts::measure(&float, &int8, &samples, || progress.step())?.take_out(&mut quantised);
    }
    Ok(quantised)
}

fn pruned(args: &Args, graph: &Graph) -> Result<Graph, prune::Error> {
    let mut pruned = graph.clone();
    prune::prune(&mut pruned, &args.sparsity(), args.unit)?;
    Ok(pruned)
}

/// The quantised and pruned network as a new file.
pub(super) fn tflite(args: &Args, graph: &Graph) -> Result<Vec<u8>, Failure> {
    let spelled = tflite::spelled(graph).map_err(|op| {
        Failure::new(format!("cannot write `{}` as TFLite", args.checkpoint.display()))
            .because(format!(
                "operator `{}` ({}) pads in a way for which TFLite has no word",
                op.name,
                op.kind.name()
            ))
            .help("leave --write-tflite away, or pad by SAME or VALID in the model")
    })?;
    Ok(tflite::build(&spelled))
}
