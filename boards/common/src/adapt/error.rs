//! Why the scenario did not end well.

use core::fmt;
use kastanet::network::{self, ImageChanged};
use kastanet::persist;
use kastanet::train::{self, DeployError, LossError, ProgramError};

/// Why the scenario did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// A window could not be read, or is not what the network takes.
    Window,
    /// A window's class is not one that the buffer counts, or its bytes are not as many.
    Class,
    /// A step was given up: training has run away.
    Gone {
        /// Its number.
        step: u32,
    },
    /// The console did not take the text.
    Console,
    /// The image has nothing that is trained.
    Program(ProgramError),
    /// The tuner was refused.
    Tuner(train::Error),
    /// The log was refused, or refused.
    Log(persist::Error),
    /// A step was refused.
    Loss(LossError),
    /// What was learned could not be written as an image.
    Deploy(DeployError),
    /// The network was refused.
    Network(network::Error),
    /// The image changed while it ran.
    ImageChanged,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Window => write!(f, "a window is missing, or not what the network takes"),
            Error::Class => write!(f, "a window's class or length is not the buffer's"),
            Error::Gone { step } => write!(f, "step {step} was given up"),
            Error::Console => write!(f, "the console does not take text"),
            Error::Program(error) => write!(f, "training program refused: {error}"),
            Error::Tuner(error) => write!(f, "tuner refused: {error}"),
            Error::Log(error) => write!(f, "log: {error}"),
            Error::Loss(error) => write!(f, "a step was refused: {error}"),
            Error::Deploy(error) => write!(f, "what was learned cannot be an image: {error}"),
            Error::Network(error) => write!(f, "network refused: {error}"),
            Error::ImageChanged => write!(f, "{ImageChanged}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<LossError> for Error {
    fn from(error: LossError) -> Self {
        Error::Loss(error)
    }
}

impl From<DeployError> for Error {
    fn from(error: DeployError) -> Self {
        Error::Deploy(error)
    }
}

impl From<network::Error> for Error {
    fn from(error: network::Error) -> Self {
        Error::Network(error)
    }
}

impl From<ImageChanged> for Error {
    fn from(_: ImageChanged) -> Self {
        Error::ImageChanged
    }
}

impl From<fmt::Error> for Error {
    fn from(_: fmt::Error) -> Self {
        Error::Console
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

impl From<persist::Error> for Error {
    fn from(error: persist::Error) -> Self {
        Error::Log(error)
    }
}
