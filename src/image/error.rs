//! Every way an image can be wrong, one variant each.

use super::record::VERSION;

/// Why [`Image::new_checked`](super::Image::new_checked) refused an image.
///
/// Numbers are bytes unless said otherwise. Tensor, operator and section numbers are indices into
/// the image's own tables, as `kastanet inspect` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The slice does not start at a multiple of [`ALIGN`](super::ALIGN).
    Misaligned,
    /// Fewer bytes than the header says, or than a header has.
    Truncated {
        /// Bytes the image needs.
        needed: u32,
        /// Bytes that were given.
        given: u32,
    },
    /// More bytes than the header says: pass exactly [`Image::len_of`](super::Image::len_of) bytes.
    TrailingBytes {
        /// Bytes the image has by its header.
        expected: u32,
        /// Bytes that were given.
        given: u32,
    },
    /// The first four bytes are not `KAST`.
    BadMagic {
        /// The bytes that were found.
        found: [u8; 4],
    },
    /// A format version this crate does not read; [`VERSION`] is the newest it does.
    UnsupportedVersion {
        /// The version that was found.
        found: u16,
    },
    /// The checksum over the image does not match: it was damaged after it was written.
    BadChecksum {
        /// What the header says.
        expected: u32,
        /// What the bytes give.
        found: u32,
    },
    /// A reserved field is not zero, so the image means something this crate does not know.
    ReservedNotZero {
        /// Where the field's structure starts.
        offset: u32,
    },
    /// A section lies outside the image, overlaps its neighbour or is misaligned.
    BadSection {
        /// Index in the directory.
        section: u16,
    },
    /// A section's kind is unknown and the image says it must not be skipped.
    UnknownSection {
        /// The kind that was found.
        kind: u16,
    },
    /// Two sections are of one kind.
    DuplicateSection {
        /// The kind that occurs twice.
        kind: u16,
    },
    /// A section that every image has is absent.
    MissingSection {
        /// The kind that is missing.
        kind: u16,
    },
    /// A section's length is not a whole number of its records.
    BadSectionLength {
        /// The section's kind.
        kind: u16,
        /// Its length.
        len: u32,
    },
    /// A tensor's element type, place, scale, zero point or shape is not a legal value.
    BadTensor {
        /// The tensor.
        tensor: u16,
    },
    /// A tensor's bytes lie outside the arena or outside the data section.
    TensorOutOfRange {
        /// The tensor.
        tensor: u16,
    },
    /// An operator record does not end inside its section.
    TruncatedOperator {
        /// The operator.
        operator: u16,
    },
    /// An operator names a tensor or a weight record that does not exist.
    BadReference {
        /// The operator.
        operator: u16,
    },
    /// An operator reads a tensor outside its lifetime, or writes one that is not its own.
    BadLifetime {
        /// The operator.
        operator: u16,
    },
    /// An input or output of the network is not a tensor of the arena living at that time.
    BadPort {
        /// The tensor.
        tensor: u16,
    },
    /// Two tensors that live at the same time share bytes of the arena.
    Overlap {
        /// The first tensor.
        first: u16,
        /// The second tensor.
        second: u16,
    },
    /// An operator's scratch leaves the arena, is misaligned or shares bytes with a living tensor.
    BadScratch {
        /// The operator.
        operator: u16,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::Misaligned => {
                write!(f, "the image must start at a multiple of {} bytes", super::ALIGN)
            }
            Error::Truncated { needed, given } => {
                write!(f, "the image is cut short: {needed} bytes needed, {given} given")
            }
            Error::TrailingBytes { expected, given } => {
                write!(f, "the image has {expected} bytes by its header, {given} were given")
            }
            Error::BadMagic { found } => {
                write!(f, "not a Kastanet image: it starts with {found:02x?}, expected `KAST`")
            }
            Error::UnsupportedVersion { found } => {
                write!(f, "format version {found}, this build reads up to {VERSION}")
            }
            Error::BadChecksum { expected, found } => {
                write!(f, "damaged: checksum {found:#010x}, the header says {expected:#010x}")
            }
            Error::ReservedNotZero { offset } => {
                write!(f, "a reserved field at byte {offset} is not zero")
            }
            Error::BadSection { section } => {
                write!(f, "section {section} is misplaced or overlaps another")
            }
            Error::UnknownSection { kind } => {
                write!(f, "a required section of unknown kind {kind}: a newer reader is needed")
            }
            Error::DuplicateSection { kind } => write!(f, "two sections of kind {kind}"),
            Error::MissingSection { kind } => write!(f, "no section of kind {kind}"),
            Error::BadSectionLength { kind, len } => {
                write!(
                    f,
                    "the section of kind {kind} has {len} bytes, not a whole number of records"
                )
            }
            Error::BadTensor { tensor } => write!(f, "tensor {tensor} is not well-formed"),
            Error::TensorOutOfRange { tensor } => {
                write!(f, "tensor {tensor} lies outside the memory it is said to be in")
            }
            Error::TruncatedOperator { operator } => {
                write!(f, "operator {operator} runs past the end of its section")
            }
            Error::BadReference { operator } => {
                write!(f, "operator {operator} names a tensor or weight record that does not exist")
            }
            Error::BadLifetime { operator } => {
                write!(f, "operator {operator} uses a tensor outside its lifetime")
            }
            Error::BadPort { tensor } => {
                write!(f, "tensor {tensor} cannot be an input or output of the network")
            }
            Error::Overlap { first, second } => {
                write!(f, "tensors {first} and {second} live together and share arena bytes")
            }
            Error::BadScratch { operator } => {
                write!(f, "operator {operator}'s scratch is outside the arena or shared")
            }
        }
    }
}

impl core::error::Error for Error {}
