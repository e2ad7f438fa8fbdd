//! Changes to an image's bytes, to see what its reader makes of them.

use kastanet::image::record::{
    Header, OpHead, SectionRecord, TensorRecord, WeightsRecord, section,
};
use kastanet::image::{Error, Image, checksum};
use kastanet::network::{self, Network};
use kastanet_cli::pack::AlignedBytes;
use std::ops::Range;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// What can be seen as a record.
pub trait Record: FromBytes + IntoBytes + Immutable + KnownLayout + Unaligned {}
impl<T: FromBytes + IntoBytes + Immutable + KnownLayout + Unaligned> Record for T {}

/// An image that is being changed.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Editor {
    /// The record at a byte.
    ///
    /// # Panics
    ///
    /// Where the image ends before it does.
    pub fn record<T: Record>(&mut self, at: usize) -> &mut T {
        T::mut_from_prefix(&mut self.bytes[at..]).expect("a whole record").0
    }

    /// The header.
    pub fn header(&mut self) -> &mut Header {
        self.record(0)
    }

    /// Entry `index` of the directory.
    pub fn entry(&mut self, index: usize) -> &mut SectionRecord {
        self.record(size_of::<Header>() + index * size_of::<SectionRecord>())
    }

    /// The index in the directory of the section of `kind`.
    ///
    /// # Panics
    ///
    /// Where there is none.
    pub fn index(&mut self, kind: u16) -> usize {
        let count = usize::from(self.header().section_count.get());
        let mut indices = 0..count;
        indices.find(|&index| self.entry(index).kind.get() == kind).expect("the section is there")
    }

    /// The bytes of the section of `kind`.
    pub fn section(&mut self, kind: u16) -> Range<usize> {
        let index = self.index(kind);
        let entry = self.entry(index);
        let start = entry.offset.get() as usize;
        start..start + entry.len.get() as usize
    }

    /// Tensor `id`.
    pub fn tensor(&mut self, id: usize) -> &mut TensorRecord {
        let start = self.section(section::TENSORS).start;
        self.record(start + id * size_of::<TensorRecord>())
    }

    /// Weight record `id`.
    pub fn weights(&mut self, id: usize) -> &mut WeightsRecord {
        let start = self.section(section::WEIGHTS).start;
        self.record(start + id * size_of::<WeightsRecord>())
    }

    /// The head of operator `number`.
    pub fn op(&mut self, number: usize) -> &mut OpHead {
        let at = self.op_start(number);
        self.record(at)
    }

    /// Input `index` of operator `number`.
    pub fn op_input(&mut self, number: usize, index: usize) -> &mut zerocopy::little_endian::U16 {
        let at = self.op_start(number) + size_of::<OpHead>() + 2 * index;
        self.record(at)
    }

    fn op_start(&mut self, number: usize) -> usize {
        let mut at = self.section(section::OPERATORS).start;
        for _ in 0..number {
            let head: &OpHead = self.record(at);
            let inputs = usize::from(head.inputs).next_multiple_of(2) * 2;
            at += size_of::<OpHead>() + inputs + usize::from(head.params_len);
        }
        at
    }

    /// Makes the length and the checksum right again.
    pub fn seal(&mut self) {
        self.header().total_len = (self.bytes.len() as u32).into();
        self.seal_crc();
    }

    /// Makes the checksum right again.
    pub fn seal_crc(&mut self) {
        let crc = checksum(&self.bytes);
        self.header().crc = crc.into();
    }

    /// What the reader says of the bytes as they are.
    pub fn check(&self) -> Result<(), Error> {
        Image::new_checked(&AlignedBytes::new(&self.bytes)).map(|_| ())
    }

    /// What the reader and the network say; where both agree, the network has been run.
    pub fn run(&self) -> Result<(), Refusal> {
        let bytes = AlignedBytes::new(&self.bytes);
        let image = Image::new_checked(&bytes).map_err(Refusal::Image)?;
        let mut arena = AlignedBytes::zeroed(image.arena_len().min(MOST_ARENA));
        let mut network = Network::new(image, &mut arena).map_err(Refusal::Network)?;
        network.infer().map_err(|_| Refusal::Infer)
    }
}

/// No changed header gets a larger arena than this.
const MOST_ARENA: usize = 1 << 20;

/// Who refused an image, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The image's reader.
    Image(Error),
    /// The network.
    Network(network::Error),
    /// Inference, which should have been refused before.
    Infer,
}
