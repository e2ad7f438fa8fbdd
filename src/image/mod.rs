//! The flash image: one slice of bytes, checked once, read in place.
//!
//! An image is a header, a directory and sections; `FORMAT.md` draws every bit. [`Image`] is a
//! view over the bytes wherever they lie (flash, memory-mapped file, array): nothing is copied.
//!
//! The contract: after [`Image::new_checked`] has returned `Ok`, no method of [`Image`],
//! [`Tensor`] or [`Op`] panics, every tensor lies inside the arena or the data section, and no
//! two tensors that live at the same time share bytes unless one replaces the other in place.
//! What an operator does with its tensors is checked above, by
//! [`Network::new`](crate::network::Network::new).
//!
//! ```
//! use kastanet::image::{Error, Image};
//!
//! assert!(matches!(Image::new_checked(&[]), Err(Error::Truncated { needed: 64, given: 0 } | Error::Misaligned)));
//! ```

mod check;
mod crc;
mod error;
mod normalisation;
mod op;
mod plan;
pub mod record;
mod tensor;

use record::{Header, Record, SectionRecord, TensorRecord, WeightsRecord, section};
use zerocopy::FromBytes;

#[cfg(any(feature = "train", feature = "persist"))]
pub(crate) use crc::crc32_of;
pub use crc::{checksum, crc32};
#[cfg(feature = "persist")]
pub(crate) use crc::{checksum_on, crc32_on};
pub use error::Error;
pub use normalisation::Normalisation;
pub use op::{Op, OpKind, Operators};
pub use record::{ALIGN as IMAGE_ALIGN, VERSION};
pub use tensor::{DType, Place, Tensor};

/// A checked image. Copying it copies a few slices, not the bytes.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    tensors: &'a [TensorRecord],
    operators: &'a [u8],
    weights: &'a [WeightsRecord],
    data: &'a [u8],
    ports: Ports<'a>,
    operator_count: u16,
}

/// The network's inputs and outputs, as tensor numbers.
#[derive(Clone, Copy)]
struct Ports<'a> {
    inputs: &'a [zerocopy::little_endian::U16],
    outputs: &'a [zerocopy::little_endian::U16],
}

impl<'a> Image<'a> {
    /// Checks `bytes` and gives a view of them.
    ///
    /// `bytes` starts at a multiple of [`IMAGE_ALIGN`] and is exactly as long as the image; where
    /// it lies in a larger partition, [`Image::len_of`] reads its length. Time is one pass for
    /// the checksum and, for T tensors and S operators with scratch, T·(T/2 + S) comparisons for
    /// the plan; both are at most 2048.
    ///
    /// # Errors
    ///
    /// One [`Error`] variant for each way an image can be wrong.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Self, Error> {
        check::image(bytes)
    }

    /// The length that the header at the start of `bytes` states, or `None` where there is no
    /// header of an image. Nothing else is checked.
    pub fn len_of(bytes: &[u8]) -> Option<usize> {
        let (header, _) = Header::ref_from_prefix(bytes).ok()?;
        (header.magic == record::MAGIC).then_some(header.total_len.get() as usize)
    }

    /// The image's bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The image's format version.
    pub fn version(&self) -> u16 {
        self.header.version.get()
    }

    /// The checksum in the header, which also serves as the image's identity.
    pub fn crc(&self) -> u32 {
        self.header.crc.get()
    }

    /// Bytes of RAM that [`Network::new`](crate::network::Network::new) needs.
    pub fn arena_len(&self) -> usize {
        self.header.arena_len.get() as usize
    }

    /// Number of tensors.
    pub fn tensor_count(&self) -> usize {
        self.tensors.len()
    }

    /// Tensor number `id`, or `None` where there is none.
    pub fn tensor(&self, id: u16) -> Option<Tensor<'a>> {
        Some(Tensor { id, record: self.tensors.get(usize::from(id))? })
    }

    /// The bytes of a tensor in the data section; `None` for one in the arena.
    pub fn constant(&self, tensor: Tensor<'_>) -> Option<&'a [u8]> {
        match tensor.place() {
            Place::Data => self.stream(tensor.offset(), tensor.byte_len()),
            Place::Arena => None,
        }
    }

    /// Number of operators.
    pub fn operator_count(&self) -> usize {
        usize::from(self.operator_count)
    }

    /// The operators, in the order in which they run.
    pub fn operators(&self) -> Operators<'_> {
        Operators::new(self, self.operators)
    }

    /// The weight records.
    pub fn weights(&self) -> &'a [WeightsRecord] {
        self.weights
    }

    /// The network's inputs.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = Tensor<'a>> + use<'a> {
        self.ports_of(self.ports.inputs)
    }

    /// The network's outputs.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = Tensor<'a>> + use<'a> {
        self.ports_of(self.ports.outputs)
    }

    /// The directory: kind, offset and length of every section, known or not.
    pub fn sections(&self) -> &'a [SectionRecord] {
        check::directory(self.bytes, self.header).unwrap_or_default()
    }

    /// The bytes of the section of `kind`, one of [`record::section`].
    pub fn section(&self, kind: u16) -> Option<&'a [u8]> {
        check::find(self.bytes, self.sections(), kind)
    }

    /// The class names of the first output, in order; empty where the image has none.
    pub fn labels(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.lines(section::LABELS)
    }

    /// The source's names of the operators, in order; none in a stripped image.
    pub fn operator_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.lines(section::NAMES).take(self.operator_count())
    }

    /// The source's names of the tensors, in order, `None` for those that are neither input nor
    /// output; none in a stripped image.
    pub fn tensor_names(&self) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
        let names = self.lines(section::NAMES).skip(self.operator_count());
        names.map(|name| (!name.is_empty()).then_some(name))
    }

    /// Where the image comes from, as lines of a key, a space and a value.
    pub fn provenance(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.lines(section::PROVENANCE).filter_map(|line| line.split_once(' '))
    }

    /// The lines of a section of text; none where it is absent or not UTF-8.
    fn lines(&self, kind: u16) -> core::str::Lines<'a> {
        let text = self.section(kind).and_then(|bytes| str::from_utf8(bytes).ok());
        text.unwrap_or_default().lines()
    }

    /// `len` bytes of the data section; `None` also where they do not start at a multiple of
    /// [`STREAM_ALIGN`](record::STREAM_ALIGN).
    pub(crate) fn stream(&self, offset: usize, len: usize) -> Option<&'a [u8]> {
        let aligned = offset.is_multiple_of(record::STREAM_ALIGN);
        self.data.get(offset..)?.get(..len).filter(|_| aligned)
    }

    /// `count` elements of the data section, in place; `None` also where they are misaligned.
    pub(crate) fn slice<T>(&self, offset: usize, count: usize) -> Option<&'a [T]>
    where
        T: FromBytes + zerocopy::Immutable,
    {
        let bytes = self.stream(offset, count.checked_mul(size_of::<T>())?)?;
        <[T]>::ref_from_bytes(bytes).ok()
    }

    fn ports_of(
        &self,
        ids: &'a [zerocopy::little_endian::U16],
    ) -> impl ExactSizeIterator<Item = Tensor<'a>> + use<'a> {
        let tensors = self.tensors;
        // The check has seen every port inside the table; a port is never skipped.
        ids.iter().map(move |id| Tensor {
            id: id.get(),
            record: tensors.get(usize::from(id.get())).unwrap_or(&TensorRecord::EMPTY),
        })
    }
}

impl TensorRecord {
    /// A tensor of no meaning and no bytes.
    const EMPTY: TensorRecord = zerocopy::transmute!([0u8; size_of::<TensorRecord>()]);
}

/// The whole of `bytes` as records, or `None` where the length is not a multiple of theirs.
fn records<T: Record>(bytes: &[u8]) -> Option<&[T]> {
    <[T]>::ref_from_bytes(bytes).ok()
}

/// Bytes that start at a multiple of [`IMAGE_ALIGN`]: an arena, or an image in RAM.
///
/// ```
/// static mut ARENA: kastanet::image::Aligned<4096> = kastanet::image::Aligned([0; 4096]);
/// ```
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
pub struct Aligned<const N: usize>(pub [u8; N]);

/// Includes a file as an aligned `&'static [u8]`, as `include_bytes!` does without the alignment.
#[macro_export]
macro_rules! include_image {
    ($path:expr) => {{
        static IMAGE: $crate::image::Aligned<{ include_bytes!($path).len() }> =
            $crate::image::Aligned(*include_bytes!($path));
        let bytes: &'static [u8] = &IMAGE.0;
        bytes
    }};
}
