//! The range of each tensor over some samples.

use super::histogram::Histogram;
use super::{QuantiseError, Samples};
use crate::float::{Float, blocks};
use crate::graph::{Graph, Op, OpKind, TensorId};
use std::fmt;
use std::str::FromStr;

/// Ranges of a graph's tensors; each holds 0, which every scale has to hit.
#[derive(Clone, Debug)]
pub struct Ranges(Vec<[f32; 2]>);

/// How a range is told from the values of a tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Method {
    /// From the smallest to the largest.
    MinMax,
    /// So many in a hundred are not beyond either end.
    Percentile(f64),
    /// Where the squared error of rounding and cutting is least.
    #[default]
    Mse,
}

impl Ranges {
    /// Runs the graph over the samples; `after` is called once each.
    ///
    /// # Errors
    ///
    /// A graph that does not compute in float, samples that do not fit, or no samples.
    pub fn watch(
        graph: &Graph,
        samples: &Samples<'_>,
        method: Method,
        after: impl Fn() + Sync,
    ) -> Result<Self, QuantiseError> {
        let float = Float::new(graph)?;
        let count = |block: std::ops::Range<usize>| {
            let mut counted: Vec<Option<Histogram>> = vec![None; graph.tensors.len()];
            for sample in block {
                let values = float.run(&[&samples.get(sample)?])?;
                for (histogram, values) in counted.iter_mut().zip(values) {
                    if !values.is_empty() {
                        let histogram = histogram.get_or_insert_default();
                        values.into_iter().for_each(|value| histogram.add(value));
                    }
                }
                after();
            }
            Ok::<_, QuantiseError>(counted)
        };
        let mut all: Vec<Option<Histogram>> = vec![None; graph.tensors.len()];
        blocks(samples.len(), count, |counted| {
            for (all, counted) in all.iter_mut().zip(counted) {
                if let Some(mut counted) = counted {
                    all.get_or_insert_default().merge(&mut counted);
                }
            }
        })?;
        let range = |(id, histogram): (TensorId, Option<Histogram>)| {
            let method = if is_border(graph, id) { Method::MinMax } else { method };
            histogram.map_or([0.0; 2], |histogram| histogram.range(method))
        };
        Ok(Ranges(all.into_iter().enumerate().map(range).collect()))
    }

    /// Of a tensor.
    pub fn of(&self, id: TensorId) -> [f32; 2] {
        self.0.get(id).copied().unwrap_or_default()
    }
}

/// Whether nothing of a tensor is cut: what enters is as wide as the samples say, and of what comes out, and of what a
/// softmax compares, the largest is what counts.
fn is_border(graph: &Graph, id: TensorId) -> bool {
    let is_compared =
        |op: &Op| matches!(op.kind, OpKind::Softmax { .. }) && op.input(0) == Some(id);
    graph.inputs.contains(&id) || graph.outputs.contains(&id) || graph.ops.iter().any(is_compared)
}

impl FromStr for Method {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "expected minmax, percentile:P with P from 50 to 100, or mse";
        match (text, text.strip_prefix("percentile:")) {
            ("minmax", _) => Ok(Method::MinMax),
            ("mse", _) => Ok(Method::Mse),
            (_, Some(percent)) => match percent.parse() {
                Ok(percent) if (50.0..=100.0).contains(&percent) => Ok(Method::Percentile(percent)),
                _ => Err(wrong),
            },
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::MinMax => f.write_str("minmax"),
            Method::Percentile(percent) => write!(f, "percentile:{percent}"),
            Method::Mse => f.write_str("mse"),
        }
    }
}
