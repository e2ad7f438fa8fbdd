//! Whether another image can take the place of the one that a firmware was made for.

use crate::image::{DType, Image, Tensor};

/// What a firmware gives an image, and takes from it.
#[derive(Clone, Copy)]
pub struct Fit<'a> {
    /// The image that the firmware was made for.
    pub image: Image<'a>,
    /// Bytes of the arena that there is.
    pub arena: usize,
}

/// Why an image does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Misfit {
    /// It needs a larger arena.
    ArenaTooSmall {
        /// Bytes that it needs.
        needed: usize,
        /// Bytes that there are.
        given: usize,
    },
    /// Its inputs have other shapes or element types, or there are more or fewer.
    Inputs,
    /// Its outputs have other shapes or element types, or there are more or fewer.
    Outputs,
}

impl core::fmt::Display for Misfit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Misfit::ArenaTooSmall { needed, given } => {
                write!(f, "the image needs an arena of {needed} bytes, there are {given}")
            }
            Misfit::Inputs => write!(f, "the image has other inputs than this firmware gives"),
            Misfit::Outputs => write!(f, "the image has other outputs than this firmware takes"),
        }
    }
}

impl core::error::Error for Misfit {}

impl Fit<'_> {
    /// Whether `image` can run in place of this one.
    ///
    /// # Errors
    ///
    /// The first [`Misfit`].
    pub fn check(&self, image: &Image<'_>) -> Result<(), Misfit> {
        let (needed, given) = (image.arena_len(), self.arena);
        if needed > given {
            return Err(Misfit::ArenaTooSmall { needed, given });
        }
        let form = |tensor: Tensor<'_>| -> ([usize; 4], DType) { (tensor.dims(), tensor.dtype()) };
        if !self.image.inputs().map(form).eq(image.inputs().map(form)) {
            return Err(Misfit::Inputs);
        }
        match self.image.outputs().map(form).eq(image.outputs().map(form)) {
            true => Ok(()),
            false => Err(Misfit::Outputs),
        }
    }
}
