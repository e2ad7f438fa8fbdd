//! Every way an image can be wrong, one variant each.

use super::{IMAGE_ALIGN, VERSION};

/// Why [`Image::new_checked`](super::Image::new_checked) refused an image.
///
/// Numbers are bytes unless said otherwise. Tensor, operator and section numbers are indices into
/// the image's own tables, as `kastanet inspect` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The slice does not start at a multiple of [`ALIGN`](IMAGE_ALIGN).
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
        /// The field's first byte in the image.
        offset: u32,
    },
    /// A section is not where the one before it ends, at the next multiple of
    /// [`IMAGE_ALIGN`], or the last does not end where the image does.
    BadSection {
        /// Index in the directory.
        section: u16,
    },
    /// More sections, tensors or operators than a reader takes on; their checks would take long.
    TooMany {
        /// Kind of the section that lists them; 0 for the directory.
        kind: u16,
        /// How many there are, or one more than are allowed.
        found: u32,
        /// How many there may be.
        most: u16,
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
    /// A tensor's element type is not known to this build.
    UnknownType {
        /// The tensor.
        tensor: u16,
        /// The code that was found.
        code: u8,
    },
    /// A tensor's place is not known to this build.
    UnknownPlace {
        /// The tensor.
        tensor: u16,
        /// The code that was found.
        code: u8,
    },
    /// A tensor has a dimension of 0, 2^32 bytes or more, or dimensions beyond its rank.
    BadShape {
        /// The tensor.
        tensor: u16,
    },
    /// A tensor's scale or zero point is out of range for its element type.
    BadQuantisation {
        /// The tensor.
        tensor: u16,
    },
    /// A tensor does not start at a multiple of the alignment of its place.
    MisalignedTensor {
        /// The tensor.
        tensor: u16,
    },
    /// A network input or a constant claims another tensor's bytes, or a constant a lifetime.
    BadAlias {
        /// The tensor.
        tensor: u16,
    },
    /// A tensor of the arena is no network input and no operator writes it.
    NeverWritten {
        /// The tensor.
        tensor: u16,
    },
    /// A tensor's bytes lie outside the arena or outside the data section.
    TensorOutOfRange {
        /// The tensor.
        tensor: u16,
    },
    /// An operator record does not end inside its section, or the length of its parameters is no
    /// multiple of four.
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
    /// Means and standard deviations that are neither one pair nor one for each channel of the only
    /// input, or for a network with several inputs.
    NormalisationMismatch {
        /// How many pairs there are.
        found: u32,
    },
    /// A mean that is not finite, or a standard deviation that is not finite and above 0.
    BadNormalisation {
        /// The channel.
        channel: u32,
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
                write!(f, "the image must start at a multiple of {} bytes", IMAGE_ALIGN)
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
                write!(f, "section {section} is not where the directory's order puts it")
            }
            Error::TooMany { kind, found, most } => {
                write!(f, "{found} entries in the table of kind {kind}, at most {most} are read")
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
            Error::UnknownType { tensor, code } => {
                write!(f, "tensor {tensor} is of element type {code}: a newer reader is needed")
            }
            Error::UnknownPlace { tensor, code } => {
                write!(f, "tensor {tensor} is in place {code}: a newer reader is needed")
            }
            Error::BadShape { tensor } => write!(f, "tensor {tensor} has an impossible shape"),
            Error::BadQuantisation { tensor } => {
                write!(f, "tensor {tensor} has a scale or zero point out of range")
            }
            Error::MisalignedTensor { tensor } => write!(f, "tensor {tensor} is misaligned"),
            Error::BadAlias { tensor } => {
                write!(f, "tensor {tensor} is an input or a constant and cannot replace another")
            }
            Error::NeverWritten { tensor } => write!(f, "no operator writes tensor {tensor}"),
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
            Error::NormalisationMismatch { found } => {
                write!(f, "{found} means and standard deviations do not fit the network's input")
            }
            Error::BadNormalisation { channel } => {
                write!(f, "the mean or standard deviation of channel {channel} cannot be used")
            }
            Error::BadScratch { operator } => {
                write!(f, "operator {operator}'s scratch is outside the arena or shared")
            }
        }
    }
}

impl core::error::Error for Error {}
