//! Why there is no new image.

use super::error::Error;

/// Why there is no new image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UpdateError {
    /// Slots and log are not whole pages inside the flash, apart from each other.
    Misplaced,
    /// The image that runs has not been confirmed: nothing else is received until then.
    OnTrial,
    /// The slot is too small for the image.
    TooLarge {
        /// Bytes that it has.
        needed: u32,
        /// Bytes of the slot.
        given: u32,
    },
    /// More bytes than were announced.
    TooLong {
        /// Bytes that were announced.
        expected: u32,
    },
    /// Some bytes have not come.
    Unfinished {
        /// How many.
        missing: u32,
    },
    /// What was received does not begin as an image.
    NoImage,
    /// What was received is not what its header says, or flash does not hold it.
    Damaged,
    /// The image that was given is not the one that was received.
    OtherImage {
        /// Checksum of the one that was received.
        expected: u32,
        /// Checksum of the one that was given.
        found: u32,
    },
    /// What the log or the flash says.
    Log(Error),
}

impl From<Error> for UpdateError {
    fn from(error: Error) -> Self {
        UpdateError::Log(error)
    }
}

impl core::fmt::Display for UpdateError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            UpdateError::Misplaced => {
                write!(f, "slots and log must be whole pages of the flash, apart from each other")
            }
            UpdateError::OnTrial => write!(f, "the image that runs has not been confirmed"),
            UpdateError::TooLarge { needed, given } => {
                write!(f, "the image has {needed} bytes, the slot {given}")
            }
            UpdateError::TooLong { expected } => {
                write!(f, "more bytes than the {expected} that were announced")
            }
            UpdateError::Unfinished { missing } => write!(f, "{missing} bytes have not come"),
            UpdateError::NoImage => write!(f, "what was received does not begin as an image"),
            UpdateError::Damaged => write!(f, "what was received is not what its header says"),
            UpdateError::OtherImage { expected, found } => {
                write!(f, "image {expected:08x} was received, {found:08x} was given")
            }
            UpdateError::Log(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for UpdateError {}
