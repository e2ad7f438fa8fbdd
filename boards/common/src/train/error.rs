//! Why nothing was learned.

use core::fmt;
use kastanet::image;
use kastanet::train::{self, LossError, ProgramError};

/// Why nothing was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The console did not take the text.
    Console,
    /// The image was refused.
    Image(image::Error),
    /// The image has no trained part.
    Program(ProgramError),
    /// The tuner was refused.
    Tuner(train::Error),
    /// There is no loss.
    Loss(LossError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Console => write!(f, "the console does not take text"),
            Error::Image(error) => write!(f, "image refused: {error}"),
            Error::Program(error) => write!(f, "trained part refused: {error}"),
            Error::Tuner(error) => write!(f, "training refused: {error}"),
            Error::Loss(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<fmt::Error> for Error {
    fn from(_: fmt::Error) -> Self {
        Error::Console
    }
}

impl From<image::Error> for Error {
    fn from(error: image::Error) -> Self {
        Error::Image(error)
    }
}

impl From<ProgramError> for Error {
    fn from(error: ProgramError) -> Self {
        Error::Program(error)
    }
}

impl From<train::Error> for Error {
    fn from(error: train::Error) -> Self {
        Error::Tuner(error)
    }
}

impl From<LossError> for Error {
    fn from(error: LossError) -> Self {
        Error::Loss(error)
    }
}
