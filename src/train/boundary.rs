//! What enters the trained part: a tensor of the image, in real numbers.

use super::deploy::Extremes;
use super::lanes::Lanes;
use super::loss::{LossError, Target};
use super::program::Program;
use super::tuner::{Outcome, Tuner};
use super::value::Value;
use crate::image::{DType, Image, Tensor};
use crate::layers::signed;
use crate::network::{ImageChanged, Network};

/// Why there is no input for the trained part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BoundaryError {
    /// The network's image does not have the tensor that enters: the program is another image's.
    OtherImage,
    /// Not as many numbers as enter.
    WrongLength {
        /// How many enter.
        expected: usize,
        /// How many there is room for.
        found: usize,
    },
    /// The image's bytes have changed since they were checked.
    ImageChanged,
}

impl core::fmt::Display for BoundaryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            BoundaryError::OtherImage => {
                write!(f, "the image does not have the tensor that enters the trained part")
            }
            BoundaryError::WrongLength { expected, found } => {
                write!(f, "{expected} numbers enter the trained part, there is room for {found}")
            }
            BoundaryError::ImageChanged => ImageChanged.fmt(f),
        }
    }
}

impl core::error::Error for BoundaryError {}

impl Program<'_> {
    /// Runs the operators of `network` before the trained part, whose inputs have been written, and writes what
    /// enters that part to `input`, [`Program::inputs`] real numbers: (byte − zero point) · scale.
    ///
    /// # Errors
    ///
    /// One [`BoundaryError`] for each reason why there is no such input.
    pub fn read_input(
        &self,
        network: &mut Network<'_, '_>,
        input: &mut [f32],
    ) -> Result<(), BoundaryError> {
        let (expected, found) = (self.inputs(), input.len());
        if expected != found {
            return Err(BoundaryError::WrongLength { expected, found });
        }
        let tensor = self.entrance(network.image()).ok_or(BoundaryError::OtherImage)?;
        network
            .infer_first(self.first_operator().into(), |_, _| ())
            .map_err(|ImageChanged| BoundaryError::ImageChanged)?;
        let bytes = network.tensor(tensor).and_then(signed).ok_or(BoundaryError::OtherImage)?;
        fill(tensor, bytes, input);
        Ok(())
    }

    /// The tensor of `image` that enters the trained part, if it is of this program.
    fn entrance<'i>(&self, image: Image<'i>) -> Option<Tensor<'i>> {
        let tensor = image.tensor(self.boundary()?)?;
        (tensor.dtype() == DType::I8 && tensor.elements() == self.inputs()).then_some(tensor)
    }
}

/// The real numbers that a tensor's bytes stand for.
fn fill(tensor: Tensor<'_>, bytes: &[i8], numbers: &mut [f32]) {
    for (number, &byte) in numbers.iter_mut().zip(bytes) {
        *number = (i32::from(byte) - tensor.zero_point()) as f32 * tensor.scale();
    }
}

/// Samples as the bytes of the tensor that enters: as they are kept to be learned from again. Where they are fewer or
/// more than enter, or the weights do not come from an image, they count as no sample.
impl<'a, V: Value> Tuner<'a, '_, V, 1> {
    /// As [`Tuner::step`].
    ///
    /// # Errors
    ///
    /// As [`Tuner::step`].
    pub fn step_i8(
        &mut self,
        input: &[i8],
        target: Target<'_, 1>,
    ) -> Result<Outcome<1>, LossError> {
        let (expected, found) = (self.program().inputs(), input.len());
        let tensor = self.entrance(found).ok_or({
            let [expected, found] = [expected, found].map(|n| n.min(u32::MAX as usize) as u32);
            LossError::WrongInput { expected, found }
        })?;
        self.step_with(|place| fill(tensor, input, place.as_flattened_mut()), Some(target))
    }

    /// As [`Tuner::infer`].
    pub fn infer_i8(&mut self, input: &[i8]) -> &[Lanes<1>] {
        self.infer_i8_with(input, |_, _| ())
    }

    /// As [`Tuner::observe`].
    pub fn observe_i8(&mut self, input: &[i8], extremes: &mut [Extremes]) -> &[Lanes<1>] {
        self.infer_i8_with(input, |layer, values| Extremes::see(extremes, layer, values))
    }

    /// The tensor that enters, if it has `len` elements.
    fn entrance(&self, len: usize) -> Option<Tensor<'a>> {
        let tensor = self.program.entrance(self.source.image()?)?;
        (tensor.elements() == len).then_some(tensor)
    }

    fn infer_i8_with(&mut self, input: &[i8], f: impl FnMut(usize, &[Lanes<1>])) -> &[Lanes<1>] {
        let Some(tensor) = self.entrance(input.len()) else { return &[] };
        self.infer_filled(|place| fill(tensor, input, place.as_flattened_mut()), f)
    }
}
