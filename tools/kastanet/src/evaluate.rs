//! Running an image over many samples.
//!
//! An array's first dimension counts samples; what follows is a sample, in the shape that the
//! model's input has without its batch of one (dimensions of size one may be left out). Elements
//! are either stored values, as the model's own type says, or real ones, floats or unsigned bytes: these
//! are normalised as the image says and quantised on the way in, by [`Network::write_input`], and then
//! all outputs come out as floats.
//!
//! [`bind`] fits arrays to inputs, [`Session`] runs, [`compare`] finds answers, also those of the checkpoints that an
//! image came from, [`Truth`] counts right ones.

mod bind;
mod compare;
mod score;

pub use bind::{Input, bind};
pub use compare::{Comparison, Fidelity, compare};
pub use score::{Score, Truth, argmax, score};

use crate::arrays::{Array, Element};
use crate::data::Data;
use crate::failure::Failure;
use crate::pack::{AlignedBytes, MAX_ARENA};
use kastanet::image::{DType, Image, Op, Tensor};
use kastanet::network::Network;
use kastanet::quant::dequantise;
use std::ops::Range;

/// The most bytes of outputs that are collected.
pub const MAX_RESULTS: usize = 1 << 30;

/// An image with the arrays to run it over.
pub struct Session<'a> {
    image: Image<'a>,
    inputs: Vec<Input<'a>>,
    samples: usize,
}

impl<'a> Session<'a> {
    /// A session over `inputs`, one for each input of the network, in its order.
    ///
    /// # Errors
    ///
    /// Arrays that do not fit, see [`bind`].
    pub fn new(image: Image<'a>, arrays: &[(String, &'a Array)]) -> Result<Self, Failure> {
        let inputs = bind(image, arrays)?;
        let samples = inputs.first().map_or(0, |input| input.samples());
        Ok(Session { image, inputs, samples })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Whether inputs are quantised here, so that outputs are wanted as floats.
    pub fn is_float(&self) -> bool {
        self.inputs.iter().any(Input::is_quantised_here)
    }

    /// Runs the network once a sample; `after` sees its number and the network.
    ///
    /// # Errors
    ///
    /// An image that cannot run, or an input that is not a number.
    pub fn run(
        &self,
        mut after: impl FnMut(usize, &Network<'_, '_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.part(0..self.samples, false, |sample, network, _| after(sample, network))
    }

    /// Runs the network over some samples. Where it `traces`, `after` also sees the real numbers that each operator
    /// has put out.
    fn part(
        &self,
        samples: Range<usize>,
        traces: bool,
        mut after: impl FnMut(usize, &Network<'_, '_>, &[Vec<f32>]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut arena = arena(self.image)?;
        let mut network = Network::new(self.image, &mut arena).map_err(cannot_run)?;
        for sample in samples {
            for (index, input) in self.inputs.iter().enumerate() {
                input.write(sample, index, &mut network)?;
            }
            let mut trace = vec![];
            let each = |op: &Op<'_>, bytes: &[u8]| {
                if traces {
                    trace.push(compare::traced(op, bytes));
                }
            };
            network.infer_with(each).map_err(cannot_run)?;
            after(sample, &network, &trace)?;
        }
        Ok(())
    }

    /// Runs the network and collects its first `count` outputs; `after` is called once a sample.
    ///
    /// # Errors
    ///
    /// As [`Session::run`], and outputs of more than [`MAX_RESULTS`] bytes.
    pub fn collect(&self, count: usize, mut after: impl FnMut()) -> Result<Vec<Array>, Failure> {
        let outputs: Vec<_> = self.image.outputs().take(count).collect();
        let mut bytes = self.room(&outputs)?;
        self.run(|_, network| {
            for (index, (tensor, bytes)) in outputs.iter().zip(&mut bytes).enumerate() {
                let output = network.output(index).unwrap_or_default();
                match self.is_float() {
                    true => bytes.extend(floats(*tensor, output).flat_map(f32::to_le_bytes)),
                    false => bytes.extend_from_slice(output),
                }
            }
            after();
            Ok(())
        })?;
        let arrays = outputs.iter().zip(bytes);
        Ok(arrays.map(|(tensor, bytes)| self.array(*tensor, bytes)).collect())
    }

    /// Room for the bytes of `outputs`, all samples.
    fn room(&self, outputs: &[Tensor<'_>]) -> Result<Vec<Vec<u8>>, Failure> {
        let size = |tensor: &Tensor<'_>| match self.is_float() {
            true => tensor.elements().saturating_mul(Element::F32.size),
            false => tensor.byte_len(),
        };
        let sizes = outputs.iter().map(|tensor| size(tensor).saturating_mul(self.samples));
        let sizes: Vec<usize> = sizes.collect();
        let all = sizes.iter().fold(0, |sum: usize, &size| sum.saturating_add(size));
        let failed = || Failure::new(format!("the outputs take {all} bytes"));
        if all > MAX_RESULTS {
            return Err(failed()
                .because(format!(
                    "{} samples were given, at most {MAX_RESULTS} bytes are collected",
                    self.samples
                ))
                .help("run fewer samples at a time"));
        }
        let room = sizes.into_iter().map(|size| {
            let mut bytes = vec![];
            bytes.try_reserve_exact(size).map(|()| bytes)
        });
        room.collect::<Result<_, _>>()
            .map_err(|error| failed().because(error).help("run fewer samples at a time"))
    }

    fn array(&self, tensor: Tensor<'_>, bytes: Vec<u8>) -> Array {
        let mut shape = vec![self.samples];
        shape.extend(sample_shape(tensor));
        let element = if self.is_float() { Element::F32 } else { element(tensor.dtype()) };
        Array { shape, element, bytes }
    }
}

fn cannot_run(error: impl std::fmt::Display) -> Failure {
    Failure::new("the network cannot run")
        .because(error)
        .help("pack the checkpoint again with this version of kastanet")
}

/// The arena of `image`.
///
/// # Errors
///
/// A plan for far more memory than a device has.
pub fn arena(image: Image<'_>) -> Result<AlignedBytes, Failure> {
    match image.arena_len() {
        len if len <= MAX_ARENA => Ok(AlignedBytes::zeroed(len)),
        len => {
            Err(cannot_run(format!("it needs {len} bytes of RAM, at most {MAX_ARENA} are given")))
        }
    }
}

/// The bytes that a network with one int8 input takes of each sample.
///
/// # Errors
///
/// Samples that do not fit the network.
pub fn stored(image: Image<'_>, data: &Data) -> Result<Vec<Vec<i8>>, Failure> {
    let x = compare::input(image, data);
    let inputs = bind(image, &[(data.name.clone(), &*x)])?;
    let mut arena = arena(image)?;
    let mut network = Network::new(image, &mut arena).map_err(cannot_run)?;
    let mut samples = vec![];
    for input in &inputs {
        for sample in 0..input.samples() {
            input.write(sample, 0, &mut network)?;
            samples.push(network.input_i8_mut(0).map(|bytes| bytes.to_vec()).unwrap_or_default());
        }
    }
    Ok(samples)
}

/// The shape of a tensor without a leading batch of one.
pub fn sample_shape(tensor: Tensor<'_>) -> Vec<usize> {
    let dims = tensor.dims();
    let shape = dims.get(dims.len().saturating_sub(tensor.rank())..).unwrap_or_default();
    shape.strip_prefix(&[1]).unwrap_or(shape).to_vec()
}

/// The type of an array that holds a tensor's stored values.
pub fn element(dtype: DType) -> Element {
    match dtype {
        DType::I8 => Element::I8,
        DType::U8 => Element::U8,
        DType::F32 => Element::F32,
    }
}

/// The real values of a tensor's bytes.
pub fn floats<'t>(tensor: Tensor<'t>, bytes: &'t [u8]) -> impl Iterator<Item = f32> + 't {
    let dtype = tensor.dtype();
    let real = move |stored| dequantise(stored, tensor.scale(), tensor.zero_point());
    bytes.chunks_exact(dtype.size()).map(move |bytes| match (dtype, bytes) {
        (DType::I8, &[byte]) => real(byte.cast_signed().into()),
        (DType::U8, &[byte]) => real(byte.into()),
        (_, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
        _ => f32::NAN,
    })
}
