//! What enters the trained part: a tensor of the image, in real numbers.

use super::program::Program;
use crate::image::{DType, Tensor};
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
        let tensor = self.boundary().and_then(|id| network.image().tensor(id));
        let fits =
            |tensor: &Tensor<'_>| tensor.dtype() == DType::I8 && tensor.elements() == expected;
        let tensor = tensor.filter(fits).ok_or(BoundaryError::OtherImage)?;
        network
            .infer_first(self.first_operator().into(), |_, _| ())
            .map_err(|ImageChanged| BoundaryError::ImageChanged)?;
        let bytes = network.tensor(tensor).and_then(signed).ok_or(BoundaryError::OtherImage)?;
        for (number, &byte) in input.iter_mut().zip(bytes) {
            *number = (i32::from(byte) - tensor.zero_point()) as f32 * tensor.scale();
        }
        Ok(())
    }
}
