//! What comes of deploying, and why there may be no image.

use crate::image::{self, Image};

/// An image of what was learned.
#[derive(Clone, Copy)]
pub struct Deployed<'d> {
    /// The image, in the memory that was given.
    pub image: Image<'d>,
    /// Layers whose outputs have a larger scale than before.
    pub widened: u32,
}

/// Why there is no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DeployError {
    /// The tuner's weights come from a reserve alone, not from an image.
    NoImage,
    /// The memory has too few bytes.
    TooSmall {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// A layer's weights are not in the image, or are so large or small that integers cannot scale them.
    BadLayer {
        /// The layer.
        layer: u16,
    },
    /// The image does not pass its check; the memory is not aligned, say.
    Refused(image::Error),
}

impl core::fmt::Display for DeployError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            DeployError::NoImage => write!(f, "the weights do not come from an image"),
            DeployError::TooSmall { needed, given } => {
                write!(f, "the image needs {needed} bytes, {given} were given")
            }
            DeployError::BadLayer { layer } => {
                write!(f, "training layer {layer}: its weights cannot be written as int8")
            }
            DeployError::Refused(error) => write!(f, "the image is not one: {error}"),
        }
    }
}

impl core::error::Error for DeployError {}
