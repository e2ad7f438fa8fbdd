//! What raw values are normalised with.

use crate::graph::{Graph, shape_string};
use kastanet::image::Image;
use thiserror::Error;

/// Means and standard deviations of what enters a network, which takes (raw − mean) / std: one pair for each
/// channel, or one for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// Why raw values cannot be normalised so.
#[derive(Clone, Debug, Error, PartialEq)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum NormalisationError {
    /// A mean is NaN or infinite.
    #[error("a mean is {found}, expected a finite number")]
    Mean { found: f32 },
    /// A standard deviation is no size.
    #[error("a standard deviation is {found}, expected a finite number above 0")]
    Std { found: f32 },
    /// Neither one for all nor as many as the others.
    #[error(
        "there are {mean} means and {std} standard deviations, expected as many, or one of either"
    )]
    Counts { mean: usize, std: usize },
    /// There are several inputs.
    #[error("the network has {found} inputs, expected one")]
    Inputs { found: usize },
    /// The input has other channels.
    #[error(
        "there are {found} means or standard deviations, the input `{input}` of {shape} has {channels} channels"
    )]
    Channels { found: usize, input: String, shape: String, channels: usize },
}

impl NormalisationError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            NormalisationError::Inputs { .. } => {
                "leave --mean and --std away and normalise the samples themselves"
            }
            _ => "give --mean and --std one number for each channel, or one for all",
        }
    }
}

impl Normalisation {
    /// With these numbers; one stands for as many as there are of the other.
    ///
    /// # Errors
    ///
    /// Numbers that nothing can be normalised with.
    pub fn new(mean: &[f32], std: &[f32]) -> Result<Self, NormalisationError> {
        if let Some(&found) = mean.iter().find(|mean| !mean.is_finite()) {
            return Err(NormalisationError::Mean { found });
        }
        if let Some(&found) = std.iter().find(|std| !(std.is_finite() && **std > 0.0)) {
            return Err(NormalisationError::Std { found });
        }
        let count = mean.len().max(std.len());
        let all = |numbers: &[f32]| match *numbers {
            [one] => Some(vec![one; count]),
            _ => (count > 0 && numbers.len() == count).then(|| numbers.to_vec()),
        };
        match (all(mean), all(std)) {
            (Some(mean), Some(std)) => Ok(Normalisation { mean, std }),
            _ => Err(NormalisationError::Counts { mean: mean.len(), std: std.len() }),
        }
    }

    /// What an image holds.
    pub fn of_image(image: Image<'_>) -> Option<Self> {
        let it = image.normalisation()?;
        Some(Normalisation { mean: it.mean().collect(), std: it.std().collect() })
    }

    /// Whether it fits the only input of a graph.
    ///
    /// # Errors
    ///
    /// Several inputs, or another number of channels.
    pub fn check(&self, graph: &Graph) -> Result<(), NormalisationError> {
        let &[input] = graph.inputs.as_slice() else {
            return Err(NormalisationError::Inputs { found: graph.inputs.len() });
        };
        let input = &graph.tensors[input];
        let (found, channels) = (self.mean.len(), input.shape.last().copied().unwrap_or(1));
        if found == 1 || found == channels {
            return Ok(());
        }
        let (input, shape) = (input.name.clone(), shape_string(&input.shape));
        Err(NormalisationError::Channels { found, input, shape, channels })
    }

    /// Normalises a sample, its channels side by side, as the device does.
    pub fn apply(&self, sample: &mut [f32]) {
        let pairs = self.mean.iter().zip(&self.std).cycle();
        for (value, (&mean, &std)) in sample.iter_mut().zip(pairs) {
            *value = kastanet::quant::normalise(*value, mean, std);
        }
    }

    /// As the image has it: the means, then the standard deviations.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.mean.iter().chain(&self.std).flat_map(|number| number.to_le_bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stands_for_all() {
        let normalisation = Normalisation::new(&[1.0, 2.0], &[0.5]).unwrap();
        let mut sample = [1.0, 2.0, 2.0, 1.0];
        normalisation.apply(&mut sample);
        assert_eq!(sample, [0.0, 0.0, 2.0, -2.0]);
        let floats = [1.0_f32, 2.0, 0.5, 0.5].map(f32::to_le_bytes);
        assert_eq!(normalisation.to_bytes(), floats.as_flattened());
    }

    #[test]
    fn refuses_what_is_no_size() {
        for std in [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY] {
            let error = Normalisation::new(&[0.0], &[1.0, std]).unwrap_err();
            assert!(matches!(error, NormalisationError::Std { .. }), "{std}");
        }
        for mean in [f32::NAN, f32::NEG_INFINITY] {
            let error = Normalisation::new(&[mean], &[1.0]).unwrap_err();
            assert!(matches!(error, NormalisationError::Mean { .. }), "{mean}");
        }
        for (mean, std) in [(&[0.0; 3][..], &[1.0; 2][..]), (&[], &[1.0]), (&[], &[])] {
            let error = Normalisation::new(mean, std).unwrap_err();
            assert_eq!(error, NormalisationError::Counts { mean: mean.len(), std: std.len() });
        }
    }
}
