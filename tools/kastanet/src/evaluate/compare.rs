//! An image beside the checkpoints that it came from.

use super::{Session, argmax, element, floats};
use crate::arrays::{Array, Element};
use crate::data::{Data, Normalisation};
use crate::failure::Failure;
use crate::float::{Float, blocks};
use crate::graph::Graph;
use crate::quantise::{QuantiseError, Samples};
use kastanet::image::{Image, Op};
use kastanet::quant::dequantise;
use serde::Serialize;
use std::borrow::Cow;
use std::ops::Range;

/// What an image and some checkpoints answer to the same samples.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The class that the image finds in each sample.
    pub answers: Vec<usize>,
    /// Those that each checkpoint finds.
    pub checkpoints: Vec<Vec<usize>>,
    /// How near the image's operators are to those of the first float checkpoint that have the same names.
    pub layers: Vec<Fidelity>,
}

/// How near an operator's outputs are to those in float.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fidelity {
    /// The operator's name.
    pub layer: String,
    /// The mean square of the float values over that of what the image's differ from them by, in decibels; nothing
    /// where there is no difference.
    pub sqnr_db: Option<f64>,
}

/// An operator that image and checkpoint have, with squares of its outputs.
#[derive(Clone, Debug)]
struct Pair {
    name: String,
    /// Its number in the image.
    number: usize,
    /// The tensor of the checkpoint that it computes.
    tensor: usize,
    signal: f64,
    noise: f64,
}

/// A checkpoint and its samples.
struct Run<'a> {
    graph: &'a Graph,
    float: Float<'a>,
    samples: Samples<'a>,
}

/// Runs an image and `checkpoints` of the same network over samples; `after` is called once each. The answer is the
/// largest value of the first output.
///
/// # Errors
///
/// Samples that do not fit the networks.
pub fn compare(
    image: Image<'_>,
    data: &Data,
    checkpoints: &[(String, Graph)],
    after: impl Fn() + Sync,
) -> Result<Comparison, Failure> {
    let x = input(image, data);
    let session = Session::new(image, &[(data.name.clone(), &x)])?;
    let (real, normalisation) = match checkpoints {
        [] => (x.clone(), None),
        _ => real(image, &x),
    };
    let mut runs = vec![];
    for (file, graph) in checkpoints {
        let samples = Samples::new(graph, &real);
        let samples = samples.map(|samples| samples.normalised(normalisation.as_ref()));
        runs.push(Run::new(file, graph, &data.name, samples)?);
    }
    let pairs = runs.iter().find(|run| run.graph.is_float());
    let pairs = pairs.map_or(vec![], |run| pairs_of(image, run.graph));
    let part = |samples| part(&session, &runs, pairs.clone(), samples, &after);
    let mut all = pairs.clone();
    let mut comparison =
        Comparison { checkpoints: vec![vec![]; runs.len()], ..Comparison::default() };
    blocks(session.samples(), part, |(answers, checkpoints, pairs)| {
        comparison.answers.extend(answers);
        for (all, some) in comparison.checkpoints.iter_mut().zip(checkpoints) {
            all.extend(some);
        }
        for (all, some) in all.iter_mut().zip(pairs) {
            (all.signal, all.noise) = (all.signal + some.signal, all.noise + some.noise);
        }
    })?;
    comparison.layers = all.iter().map(Pair::fidelity).collect();
    Ok(comparison)
}

/// Samples as the image takes them: raw values that look like stored ones become floats.
pub(super) fn input<'d>(image: Image<'_>, data: &'d Data) -> Cow<'d, Array> {
    let stored = image.inputs().next().map(|tensor| element(tensor.dtype()));
    match data.is_raw && stored == Some(data.x.element) {
        true => Cow::Owned(data.x.to_real()),
        false => Cow::Borrowed(&data.x),
    }
}

/// What the same samples are for a checkpoint: the real numbers that stored values stand for, or raw values and what
/// they are normalised with.
fn real<'x>(image: Image<'_>, x: &'x Array) -> (Cow<'x, Array>, Option<Normalisation>) {
    let tensor = image.inputs().next();
    match tensor.filter(|tensor| x.element != Element::F32 && x.element == element(tensor.dtype()))
    {
        Some(tensor) => {
            let steps = x.integers().unwrap_or_default();
            let real = |step: i64| dequantise(step as i32, tensor.scale(), tensor.zero_point());
            let values: Vec<f32> = steps.into_iter().map(real).collect();
            (Cow::Owned(Array::from_f32(x.shape.clone(), &values)), None)
        }
        None => (Cow::Borrowed(x), Normalisation::of_image(image)),
    }
}

impl<'a> Run<'a> {
    fn new(
        file: &str,
        graph: &'a Graph,
        name: &str,
        samples: Result<Samples<'a>, QuantiseError>,
    ) -> Result<Self, Failure> {
        let failed = |error: QuantiseError| {
            let failure = Failure::new(format!("cannot run `{file}` on {name}"));
            failure.because(&error).help(error.help())
        };
        let samples = samples.map_err(failed)?;
        let float = Float::of(graph).map_err(|error| failed(error.into()))?;
        Ok(Run { graph, float, samples })
    }

    /// The values of all tensors.
    fn values(&self, sample: usize) -> Result<Vec<Vec<f32>>, QuantiseError> {
        Ok(self.float.run(&[&self.samples.get(sample)?])?)
    }

    fn answer(&self, values: &[Vec<f32>]) -> usize {
        let output = self.graph.outputs.first().and_then(|&id| values.get(id));
        argmax(output.into_iter().flatten().copied())
    }
}

/// The operators of both, by name.
fn pairs_of(image: Image<'_>, graph: &Graph) -> Vec<Pair> {
    let both = image.operators().zip(image.operator_names()).filter_map(|(op, name)| {
        let tensor = graph.op(name)?.outputs.first().copied()?;
        let same = op.output()?.elements() == graph.tensors[tensor].elements();
        let number = op.number().into();
        same.then(|| Pair { name: name.into(), number, tensor, signal: 0.0, noise: 0.0 })
    });
    both.collect()
}

impl Pair {
    fn add(&mut self, float: &[f32], image: &[f32]) {
        for (&float, &image) in float.iter().zip(image) {
            self.signal += f64::from(float).powi(2);
            self.noise += (f64::from(float) - f64::from(image)).powi(2);
        }
    }

    fn fidelity(&self) -> Fidelity {
        let ratio = self.signal / self.noise;
        let sqnr_db = (ratio.is_finite() && ratio > 0.0).then(|| 10.0 * ratio.log10());
        Fidelity { layer: self.name.clone(), sqnr_db }
    }
}

type Part = (Vec<usize>, Vec<Vec<usize>>, Vec<Pair>);

/// Some of the samples.
fn part(
    session: &Session<'_>,
    runs: &[Run<'_>],
    mut pairs: Vec<Pair>,
    samples: Range<usize>,
    after: impl Fn(),
) -> Result<Part, Failure> {
    let output = session.image.outputs().next();
    let output = output.ok_or_else(|| Failure::new("the network has no output"))?;
    let first = runs.iter().position(|run| run.graph.is_float());
    let (mut answers, mut checkpoints) = (vec![], vec![vec![]; runs.len()]);
    session.part(samples, !pairs.is_empty(), |sample, network, trace| {
        answers.push(argmax(floats(output, network.output(0).unwrap_or_default())));
        for (number, (run, answers)) in runs.iter().zip(&mut checkpoints).enumerate() {
            let values = run.values(sample).map_err(|error| {
                Failure::new("cannot run a checkpoint").because(&error).help(error.help())
            })?;
            answers.push(run.answer(&values));
            if first == Some(number) {
                for pair in &mut pairs {
                    pair.add(&values[pair.tensor], &trace[pair.number]);
                }
            }
        }
        after();
        Ok(())
    })?;
    Ok((answers, checkpoints, pairs))
}

/// The real numbers that an operator has put out.
pub(super) fn traced(op: &Op<'_>, bytes: &[u8]) -> Vec<f32> {
    op.output().map(|tensor| floats(tensor, bytes).collect()).unwrap_or_default()
}
