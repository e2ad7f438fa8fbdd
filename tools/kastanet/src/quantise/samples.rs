//! An array as samples of a float graph's input.

use super::QuantiseError;
use crate::arrays::{Array, Class, shape_string};
use crate::data::Normalisation;
use crate::graph::{Graph, narrow};

/// Samples, in the order of the graph's input.
pub struct Samples<'a> {
    array: &'a Array,
    normalisation: Option<&'a Normalisation>,
    /// Channels and places, where the array has channels first and the graph has them last.
    turn: Option<[usize; 2]>,
    size: usize,
}

impl<'a> Samples<'a> {
    /// Fits an array to the only input of a graph. Its first dimension counts samples; integers are taken as they
    /// are, and channels may be first or last.
    ///
    /// # Errors
    ///
    /// Several inputs, another shape, no samples.
    pub fn new(graph: &Graph, array: &'a Array) -> Result<Self, QuantiseError> {
        let &[input] = graph.inputs.as_slice() else {
            return Err(QuantiseError::Inputs { found: graph.inputs.len() });
        };
        let shape = &graph.tensors[input].shape;
        let found = array.shape.get(1..).unwrap_or_default();
        let (channels, places) = match shape.split_last() {
            Some((&channels, rest)) => (channels, rest),
            None => (1, &[][..]),
        };
        let first = [&[channels], places].concat();
        let turn = match () {
            () if narrow(shape) == narrow(found) => None,
            () if narrow(&first) == narrow(found) => Some([channels, places.iter().product()]),
            () => {
                let sample = shape.get(usize::from(shape.len() > 1)..).unwrap_or_default();
                let expected = format!("samples × {}", crate::graph::shape_string(sample));
                return Err(QuantiseError::Samples { expected, found: shape_string(&array.shape) });
            }
        };
        if array.shape.first().is_none_or(|&samples| samples == 0) {
            return Err(QuantiseError::Empty);
        }
        if array.element.class == Class::Float && array.element.size < 4 {
            return Err(QuantiseError::Element { found: array.element });
        }
        Ok(Samples { array, normalisation: None, turn, size: shape.iter().product() })
    }

    /// The same of raw values, which are normalised first.
    pub fn normalised(self, normalisation: Option<&'a Normalisation>) -> Self {
        Samples { normalisation, ..self }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.array.shape.first().copied().unwrap_or_default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A sample.
    ///
    /// # Errors
    ///
    /// Something in it that is no number.
    pub fn get(&self, sample: usize) -> Result<Vec<f32>, QuantiseError> {
        let start = sample * self.size;
        let values = self.array.reals(start..start + self.size);
        let values = values.ok_or(QuantiseError::NotANumber { sample })?;
        let mut values = match self.turn {
            None => values,
            Some([channels, places]) => (0..places * channels)
                .map(|at| values[at % channels * places + at / channels])
                .collect(),
        };
        if let Some(normalisation) = self.normalisation {
            normalisation.apply(&mut values);
        }
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(QuantiseError::NotANumber { sample }),
        }
    }
}
