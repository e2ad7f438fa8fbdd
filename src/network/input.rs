//! Real numbers as a network's input: normalised as the image says, then stored as the input's type.

use super::Network;
use crate::image::{DType, Tensor};
use crate::quant::quantise;

/// Why numbers cannot be a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InputError {
    /// The network has no input of this number.
    NoInput {
        /// The number.
        index: usize,
    },
    /// Not as many numbers as the input has elements.
    WrongLength {
        /// Elements of the input.
        expected: usize,
        /// Numbers that were given.
        found: usize,
    },
    /// NaN, for which no stored value stands.
    NotANumber {
        /// Its place.
        element: usize,
    },
}

impl core::fmt::Display for InputError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            InputError::NoInput { index } => write!(f, "the network has no input {index}"),
            InputError::WrongLength { expected, found } => {
                write!(f, "the input has {expected} elements, {found} were given")
            }
            InputError::NotANumber { element } => write!(f, "element {element} is NaN"),
        }
    }
}

impl core::error::Error for InputError {}

impl Network<'_, '_> {
    /// Writes raw values to network input `index`, to be called before [`Network::infer`]: each becomes
    /// (raw − mean) / std where the [image says so](crate::image::Image::normalisation), then the input's stored value, by
    /// [`quantise`] and held to the range of its type. Elements are in the order batch, height, width,
    /// channels. The host's tool does it with this very function, so it gives the same bytes everywhere.
    ///
    /// ```
    /// use kastanet::image::{Aligned, Image};
    /// use kastanet::network::{InputError, Network};
    ///
    /// // Its mean is 10, its standard deviation 2; the input's scale is 1.
    /// let image = Image::new_checked(kastanet::include_image!("../image/golden/normalised-v1.kst"))?;
    /// let mut arena = Aligned([0; 256]);
    /// let mut network = Network::new(image, &mut arena.0)?;
    /// network.write_input(0, &[12.0, 6.0, 16.0, 2.0, 21.0, -2.2])?;
    /// assert_eq!(network.input_i8_mut(0).unwrap(), [1, -2, 3, -4, 6, -6]);
    ///
    /// let short = network.write_input(0, &[12.0]);
    /// assert_eq!(short, Err(InputError::WrongLength { expected: 6, found: 1 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// One [`InputError`] for each reason why they cannot be the input; nothing has been written then.
    pub fn write_input(&mut self, index: usize, raw: &[f32]) -> Result<(), InputError> {
        let image = self.image;
        let input = image.inputs().nth(index).ok_or(InputError::NoInput { index })?;
        let (expected, found) = (input.elements(), raw.len());
        if expected != found {
            return Err(InputError::WrongLength { expected, found });
        }
        if let Some(element) = raw.iter().position(|value| value.is_nan()) {
            return Err(InputError::NotANumber { element });
        }
        let bytes = self.arena.get_mut(input.range()).ok_or(InputError::NoInput { index })?;
        let raw = raw.iter().copied();
        match image.normalisation() {
            Some(normalisation) => store(input, normalisation.apply(raw), bytes),
            None => store(input, raw, bytes),
        }
        Ok(())
    }
}

/// Writes values as the tensor stores them.
fn store(tensor: Tensor<'_>, values: impl Iterator<Item = f32>, bytes: &mut [u8]) {
    let (min, max) = match tensor.dtype() {
        DType::F32 => {
            let (floats, _) = bytes.as_chunks_mut::<4>();
            return floats.iter_mut().zip(values).for_each(|(y, x)| *y = x.to_le_bytes());
        }
        DType::U8 => (0, 255),
        DType::I8 => (-128, 127),
    };
    let (scale, zero_point) = (tensor.scale(), tensor.zero_point());
    for (y, x) in bytes.iter_mut().zip(values) {
        // The low byte is the value, signed or not.
        *y = quantise(x, scale, zero_point).max(min).min(max) as u8;
    }
}
