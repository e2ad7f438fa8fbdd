//! Why there is no tuner.

use super::recipe::RecipeError;

/// Why there is no tuner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The memory has too few bytes.
    MemoryTooSmall {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// The memory does not start at a multiple of 4.
    MemoryMisaligned,
    /// The recipe is not one.
    Recipe(RecipeError),
    /// A layer's reserve is missing, or not well-formed, or has too few units.
    BadReserve {
        /// The layer.
        layer: u16,
    },
    /// The memory does not start with what this image and program have saved between two steps, by a recipe that
    /// keeps the same in memory.
    OtherRun,
    /// What was saved is not what its checksum says.
    Damaged,
    /// What was saved of a layer cannot be.
    BadSaved {
        /// The layer.
        layer: u16,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::MemoryTooSmall { needed, given } => {
                write!(f, "training needs {needed} bytes, {given} were given")
            }
            Error::MemoryMisaligned => write!(f, "the memory must start at a multiple of 4 bytes"),
            Error::Recipe(error) => write!(f, "recipe: {error}"),
            Error::BadReserve { layer } => {
                write!(f, "training layer {layer}: no reserve with enough weights")
            }
            Error::OtherRun => {
                write!(f, "not what this image and program have saved between two steps")
            }
            Error::Damaged => write!(f, "what was saved is not what its checksum says"),
            Error::BadSaved { layer } => {
                write!(f, "training layer {layer}: what was saved of it cannot be")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<RecipeError> for Error {
    fn from(error: RecipeError) -> Self {
        Error::Recipe(error)
    }
}
