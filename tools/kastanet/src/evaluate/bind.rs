//! Arrays as the inputs of a network: shapes and types are compared, floats quantised.

use super::{element, sample_shape};
use crate::arrays::{Array, Element, shape_string};
use crate::failure::Failure;
use kastanet::image::{DType, Image, Tensor};
use kastanet::quant;

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

    /// Whether its floats become bytes here.
    pub fn is_quantised_here(&self) -> bool {
        self.tensor.dtype() != DType::F32 && self.array.element == Element::F32
    }

    fn check(&self, image: Image<'_>) -> Result<(), Failure> {
        let Input { name, array, tensor } = self;
        let input = label(image, *tensor);
        let shape = array.shape.split_first().map(|(_, sample)| squeezed(sample));
        if shape != Some(squeezed(&sample_shape(*tensor))) {
            let found = shape_string(&array.shape);
            return Err(Failure::new(format!("{name} does not fit input {input}"))
                .because(format!("expected the shape {}, found {found}", wanted(*tensor)))
                .help("reshape the array; its first dimension counts samples"));
        }
        let stored = element(tensor.dtype());
        match [stored, Element::F32].contains(&array.element) {
            true => Ok(()),
            false => Err(Failure::new(format!("{name} does not fit input {input}"))
                .because(format!("expected {}, found {}", types(stored), array.element))
                .help(conversion(*tensor))),
        }
    }

    /// Writes a sample to the input's bytes.
    pub(super) fn write(&self, sample: usize, bytes: &mut [u8]) -> Result<(), Failure> {
        let len = self.tensor.elements() * self.array.element.size;
        let stored = self.array.bytes.get(sample * len..).and_then(|rest| rest.get(..len));
        let stored = stored.filter(|_| bytes.len() == self.tensor.byte_len()).ok_or_else(|| {
            Failure::new(format!("{} lacks sample {sample}", self.name))
                .because(format!("{len} bytes of its {} make a sample", self.array.bytes.len()))
                .help("write the array again")
        })?;
        if self.array.element == Element::F32 {
            let (floats, _) = stored.as_chunks();
            if floats.iter().any(|&float| f32::from_le_bytes(float).is_nan()) {
                let message = format!("{} holds NaN in sample {sample}", self.name);
                return Err(Failure::new(message)
                    .help("replace values that are not numbers, numpy.nan_to_num does"));
            }
        }
        self.store(stored, bytes);
        Ok(())
    }

    /// Copies a sample, or quantises it.
    fn store(&self, stored: &[u8], bytes: &mut [u8]) {
        if !self.is_quantised_here() {
            return bytes.copy_from_slice(stored);
        }
        let (floats, _) = stored.as_chunks();
        for (byte, &float) in bytes.iter_mut().zip(floats) {
            *byte = quantise(self.tensor, f32::from_le_bytes(float));
        }
    }
}

fn types(stored: Element) -> String {
    match stored {
        Element::F32 => stored.to_string(),
        _ => format!("{stored} or float32"),
    }
}

fn conversion(tensor: Tensor<'_>) -> String {
    let floats = "give real values as x.astype(numpy.float32)";
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

/// The sizes that are not one.
fn squeezed(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|&dim| dim != 1).collect()
}

/// The byte that stands for a real value, by [`quant::quantise`] and clamped, as the network's own
/// QUANTIZE does it.
pub fn quantise(tensor: Tensor<'_>, value: f32) -> u8 {
    let stored = quant::quantise(value, tensor.scale(), tensor.zero_point());
    match tensor.dtype() {
        DType::U8 => stored.clamp(0, 255) as u8,
        _ => (stored.clamp(-128, 127) as i8).cast_unsigned(),
    }
}
