//! What every board runs, written once: a board gives a console, the text is the same everywhere.
//!
//! - [`self_test`]: does the crate compute right on this core? Needs no image.
//! - [`infer`]: an image over generated inputs, every output byte printed.
//! - [`lanes`]: do the core's primitives compute what they say?
//! - `train`: an image's trained part learns, every bit checked (feature `train`).
//! - `adapt`: a network learns from someone it has never seen (feature `adapt`).
//! - `log`: errors and results as `defmt` frames (feature `defmt`).
//!
//! The host runs the same functions, so a board's console is compared with a file, and the file
//! with the host.

#![no_std]

#[cfg(test)]
extern crate std;

#[cfg(feature = "adapt")]
pub mod adapt;
mod infer;
pub mod lanes;
#[cfg(feature = "defmt")]
mod log;
#[cfg(feature = "adapt")]
pub mod nor;
pub mod random;
mod self_test;
#[cfg(feature = "train")]
pub mod train;

use core::fmt;
use kastanet::{image, network};

pub use infer::{arena_len, infer};
#[cfg(feature = "defmt")]
pub use log::log;
pub use self_test::self_test;
#[cfg(feature = "train")]
pub use train::{train, training_len};

/// Why a scenario did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The console did not take the text.
    Console,
    /// The image was refused.
    Image(image::Error),
    /// The network was refused.
    Network(network::Error),
    /// The image changed while it ran.
    ImageChanged,
    /// Checks gave another result than expected.
    Checks {
        /// How many.
        wrong: u32,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Console => write!(f, "the console does not take text"),
            Error::Image(error) => write!(f, "image refused: {error}"),
            Error::Network(error) => write!(f, "network refused: {error}"),
            Error::ImageChanged => write!(f, "{}", network::ImageChanged),
            Error::Checks { wrong } => write!(f, "{wrong} checks gave wrong results"),
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

impl From<network::Error> for Error {
    fn from(error: network::Error) -> Self {
        Error::Network(error)
    }
}

impl From<network::ImageChanged> for Error {
    fn from(_: network::ImageChanged) -> Self {
        Error::ImageChanged
    }
}
