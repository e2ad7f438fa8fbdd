//! Changes to an image's bytes, to see what its reader makes of them.

use kastanet::image::record::{
    ALIGN, Header, OpHead, SectionRecord, TensorRecord, WeightsRecord, section,
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

    /// The parameters of operator `number`.
    pub fn params<T: Record>(&mut self, number: usize) -> &mut T {
        let at = self.params_start(number);
        self.record(at)
    }

    /// Where in the image the record of operator `number` starts.
    pub fn op_start(&mut self, number: usize) -> usize {
        match number.checked_sub(1) {
            Some(before) => {
                let params_len = self.op(before).params_len;
                self.params_start(before) + usize::from(params_len)
            }
            None => self.section(section::OPERATORS).start,
        }
    }

    /// Where in the image the parameters of operator `number` start.
    pub fn params_start(&mut self, number: usize) -> usize {
        let inputs = usize::from(self.op(number).inputs).next_multiple_of(2) * 2;
        self.op_start(number) + size_of::<OpHead>() + inputs
    }

    /// Number of operators.
    pub fn op_count(&mut self) -> usize {
        let end = self.section(section::OPERATORS).end;
        (0..).find(|&number| self.op_start(number) >= end).unwrap_or(0)
    }

    /// Every section: its entry in the directory and its bytes.
    pub fn sections(&mut self) -> Vec<(SectionRecord, Vec<u8>)> {
        let count = usize::from(self.header().section_count.get());
        let entries: Vec<SectionRecord> = (0..count).map(|index| *self.entry(index)).collect();
        let bytes = |entry: &SectionRecord| {
            let start = entry.offset.get() as usize;
            self.bytes[start..start + entry.len.get() as usize].to_vec()
        };
        entries.iter().map(|entry| (*entry, bytes(entry))).collect()
    }

    /// Writes the image anew with other sections, one after another.
    pub fn assemble(&mut self, sections: &[(SectionRecord, Vec<u8>)]) {
        self.header().section_count = (sections.len() as u16).into();
        let mut image = self.header().as_bytes().to_vec();
        let mut body = Vec::new();
        let first = size_of::<Header>() + size_of::<SectionRecord>() * sections.len();
        for (entry, bytes) in sections {
            let start = (first + body.len()).next_multiple_of(ALIGN);
            body.resize(start - first, 0);
            body.extend(bytes);
            let (offset, len) = ((start as u32).into(), (bytes.len() as u32).into());
            image.extend(SectionRecord { offset, len, ..*entry }.as_bytes());
        }
        image.extend(body);
        self.bytes = image;
        self.seal();
    }

    /// Changes the bytes of the section of `kind`, their number too; what follows moves.
    pub fn rewrite(&mut self, kind: u16, change: impl FnOnce(&mut Vec<u8>)) {
        let mut sections = self.sections();
        let index = self.index(kind);
        change(&mut sections[index].1);
        self.assemble(&sections);
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
