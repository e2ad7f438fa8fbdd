//! Arrays as the inputs of a network: shapes and types are compared, real values quantised.

use super::{element, sample_shape};
use crate::arrays::{Array, Element, shape_string};
use crate::failure::Failure;
use crate::graph::narrow;
use kastanet::image::{DType, Image, Tensor};
use kastanet::network::{InputError, Network};

/// One input with the array it is read from.
pub struct Input<'a> {
    name: String,
    array: &'a Array,
    tensor: Tensor<'a>,
}

/// Fits `arrays`, each with the name it has in messages, to the inputs of `image`, in order.
///
/// # Errors
///
/// Too few or too many arrays, a shape or a type that does not fit, no samples, or different
/// numbers of them.
pub fn bind<'a>(
    image: Image<'a>,
    arrays: &[(String, &'a Array)],
) -> Result<Vec<Input<'a>>, Failure> {
    let (expected, found) = (image.inputs().len(), arrays.len());
    if expected != found {
        return Err(Failure::new(format!("the network has {expected} inputs, {found} were given"))
            .help(format!("give one array for each, in this order: {}", ports(image))));
    }
    let pairs = image.inputs().zip(arrays);
    let inputs = pairs.map(|(tensor, (name, array))| {
        let input = Input { name: name.clone(), array, tensor };
        input.check(image).map(|()| input)
    });
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    check_samples(&inputs)?;
    Ok(inputs)
}

/// The network's inputs, said in a line.
fn ports(image: Image<'_>) -> String {
    let one = |tensor| format!("{} {}", label(image, tensor), describe(tensor));
    image.inputs().map(one).collect::<Vec<_>>().join(", ")
}

fn describe(tensor: Tensor<'_>) -> String {
    format!("{} {}", tensor.dtype().name(), wanted(tensor))
}

/// The name of a tensor, or its number.
fn label(image: Image<'_>, tensor: Tensor<'_>) -> String {
    let number = || format!("tensor {}", tensor.id());
    let name = image.tensor_names().nth(tensor.id().into()).flatten();
    name.map_or_else(number, |name| format!("`{name}`"))
}

/// The shape of an array of samples.
fn wanted(tensor: Tensor<'_>) -> String {
    let dims = sample_shape(tensor).into_iter().map(|dim| dim.to_string());
    match std::iter::once("samples".to_string()).chain(dims).collect::<Vec<_>>().as_slice() {
        [one] => format!("({one},)"),
        several => format!("({})", several.join(", ")),
    }
}

fn check_samples(inputs: &[Input<'_>]) -> Result<(), Failure> {
    let Some((first, rest)) = inputs.split_first() else { return Ok(()) };
    if first.samples() == 0 {
        return Err(
            Failure::new(format!("{} has no samples", first.name)).help("give at least one")
        );
    }
    match rest.iter().find(|input| input.samples() != first.samples()) {
        None => Ok(()),
        Some(other) => Err(Failure::new(format!(
            "{} has {} samples, {} has {}",
            first.name,
            first.samples(),
            other.name,
            other.samples()
        ))
        .help("give as many samples for each input")),
    }
}

impl Input<'_> {
    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.array.shape.first().copied().unwrap_or(0)
    }

    /// Whether its real values become bytes here.
    pub fn is_quantised_here(&self) -> bool {
        self.tensor.dtype() != DType::F32 && !self.is_stored()
    }

    /// Whether the array holds the very bytes that the network takes.
    fn is_stored(&self) -> bool {
        self.array.element == element(self.tensor.dtype()) && self.array.element != Element::F32
    }

    fn check(&self, image: Image<'_>) -> Result<(), Failure> {
        let Input { name, array, tensor } = self;
        let input = label(image, *tensor);
        let shape = array.shape.split_first().map(|(_, sample)| narrow(sample));
        if shape != Some(narrow(&sample_shape(*tensor))) {
            let found = shape_string(&array.shape);
            return Err(Failure::new(format!("{name} does not fit input {input}"))
                .because(format!("expected the shape {}, found {found}", wanted(*tensor)))
                .help("reshape the array; its first dimension counts samples"));
        }
        let stored = element(tensor.dtype());
        match [stored, Element::F32, Element::U8].contains(&array.element) {
            true => Ok(()),
            false => Err(Failure::new(format!("{name} does not fit input {input}"))
                .because(format!("expected {}, found {}", types(stored), array.element))
                .help(conversion(*tensor))),
        }
    }

    /// Writes a sample to input `index` of the network.
    pub(super) fn write(
        &self,
        sample: usize,
        index: usize,
        network: &mut Network<'_, '_>,
    ) -> Result<(), Failure> {
        let elements = self.tensor.elements();
        if !self.is_stored() {
            let values = self.array.reals(sample * elements..(sample + 1) * elements);
            let written = network.write_input(index, &values.ok_or_else(|| self.lacks(sample))?);
            return written.map_err(|error| match error {
                InputError::NotANumber { .. } => {
                    Failure::new(format!("{} holds NaN in sample {sample}", self.name))
                        .help("replace values that are not numbers, numpy.nan_to_num does")
                }
                error => self.lacks(sample).because(error),
            });
        }
        let stored = self.array.bytes.get(sample * elements..).and_then(|b| b.get(..elements));
        let bytes = network.input_mut(index).filter(|bytes| bytes.len() == elements);
        let (Some(stored), Some(bytes)) = (stored, bytes) else { return Err(self.lacks(sample)) };
        bytes.copy_from_slice(stored);
        Ok(())
    }

    /// The array is shorter than its shape says.
    fn lacks(&self, sample: usize) -> Failure {
        Failure::new(format!("{} lacks sample {sample}", self.name))
            .because(format!("it has {} bytes", self.array.bytes.len()))
            .help("write the array again")
    }
}

fn types(stored: Element) -> String {
    match stored {
        Element::F32 => stored.to_string(),
        _ => format!("{stored} or float32"),
    }
}

fn conversion(tensor: Tensor<'_>) -> String {
    let floats = "give real values as x.astype(numpy.float32), or as uint8";
    match tensor.dtype() {
        DType::F32 => floats.into(),
        dtype => format!(
            "{floats}; or give {} values stored with scale {} and zero point {}",
            dtype.name(),
            tensor.scale(),
            tensor.zero_point()
        ),
    }
}
