//! The smallest and largest value of each tensor over some samples.

use super::{QuantiseError, Samples};
use crate::float::Float;
use crate::graph::{Graph, TensorId};

/// Ranges of a graph's tensors; each holds 0, which every scale has to hit.
#[derive(Clone, Debug)]
pub struct Ranges(Vec<[f32; 2]>);

impl Ranges {
    /// Runs the graph over the samples; `after` is called once each.
    ///
    /// # Errors
    ///
    /// A graph that does not compute in float, samples that do not fit, or no samples.
    pub fn watch(
        graph: &Graph,
        samples: &Samples<'_>,
        mut after: impl FnMut(),
    ) -> Result<Self, QuantiseError> {
        let float = Float::new(graph)?;
        let mut ranges = vec![[0.0_f32; 2]; graph.tensors.len()];
        for sample in 0..samples.len() {
            let input = samples.get(sample)?;
            for ([low, high], values) in ranges.iter_mut().zip(float.run(&[&input])?) {
                for value in values {
                    // What is no number becomes the range, to be refused.
                    *low = if value.is_nan() { value } else { low.min(value) };
                    *high = high.max(value);
                }
            }
            after();
        }
        Ok(Ranges(ranges))
    }

    /// Of a tensor.
    pub fn of(&self, id: TensorId) -> [f32; 2] {
        self.0.get(id).copied().unwrap_or_default()
    }
}
