//! Why there is no log, or why something is not in it.

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Why there is no log, or why something is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The flash refused to read, write or erase.
    Flash(NorFlashErrorKind),
    /// The region does not start and end where pages do, or lies outside the flash.
    RegionMisaligned {
        /// Bytes of a page.
        page: u32,
    },
    /// Either half of the region has too few bytes for the state.
    RegionTooSmall {
        /// Bytes that the region needs.
        needed: u32,
        /// Bytes that were given.
        given: u32,
    },
    /// The index has too few entries, see [`index_len`](super::index_len).
    IndexTooSmall {
        /// Entries that are needed.
        needed: u32,
        /// Entries that were given.
        given: u32,
    },
    /// A state must have as many bytes as the log was opened for, a multiple of 4.
    WrongLength {
        /// Bytes that the log was opened for.
        expected: u32,
        /// Bytes that were given.
        found: u32,
    },
    /// The newest state in flash was learned from another image. It stays until
    /// [`Log::discard`](super::Log::discard).
    OtherImage {
        /// Checksum of the image that it was learned from.
        stored: u32,
        /// Checksum of the image that was given.
        given: u32,
    },
    /// The newest state in flash has another length: another recipe, or another firmware. It stays until
    /// [`Log::discard`](super::Log::discard).
    OtherLength {
        /// Bytes that it has.
        stored: u32,
        /// Bytes that were expected.
        given: u32,
    },
    /// The log was written by a newer version of this crate, or laid out for other pages.
    OtherLayout {
        /// The version that it has.
        version: u16,
    },
    /// There is no state in the log.
    Empty,
    /// Flash does not hold what was written to it: the page is worn out, or is written by someone else.
    NotWritten {
        /// First byte of the records, from the start of the region.
        at: u32,
    },
    /// Flash does not hold any more what it held when the log was opened.
    Damaged,
    /// All numbers of commits are used up.
    Exhausted,
}

impl<E: NorFlashError> From<E> for Error {
    fn from(error: E) -> Self {
        Error::Flash(error.kind())
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::Flash(kind) => write!(f, "the flash refused: {kind}"),
            Error::RegionMisaligned { page } => {
                write!(
                    f,
                    "the region must start and end at multiples of {page} bytes inside the flash"
                )
            }
            Error::RegionTooSmall { needed, given } => {
                write!(f, "the region needs {needed} bytes, {given} were given")
            }
            Error::IndexTooSmall { needed, given } => {
                write!(f, "the index needs {needed} entries, {given} were given")
            }
            Error::WrongLength { expected, found } => {
                write!(f, "a state has {expected} bytes, a multiple of 4; {found} were given")
            }
            Error::OtherImage { stored, given } => {
                write!(f, "learned from image {stored:08x}, but the image is {given:08x}")
            }
            Error::OtherLength { stored, given } => {
                write!(f, "the stored state has {stored} bytes, {given} were expected")
            }
            Error::OtherLayout { version } => {
                write!(
                    f,
                    "a log of version {version} or for other pages, which this program does not read"
                )
            }
            Error::Empty => write!(f, "there is no state in the log"),
            Error::NotWritten { at } => {
                write!(f, "flash does not hold what was written at byte {at} of the region")
            }
            Error::Damaged => write!(f, "flash does not hold any more what it held"),
            Error::Exhausted => write!(f, "all numbers of commits are used up"),
        }
    }
}

impl core::error::Error for Error {}

#[cfg(feature = "defmt")]
impl defmt::Format for Error {
    fn format(&self, f: defmt::Formatter<'_>) {
        // NorFlashErrorKind has no format of its own.
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}
