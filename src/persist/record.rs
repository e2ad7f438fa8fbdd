//! The log's records, byte for byte.
//!
//! ```text
//!     bank      header, 32 bytes | record | record | …       the second bank behind the first
//!     record    head, 16 bytes | payload | check | 0xff up to a multiple of the alignment
//! ```
//!
//! The check behind the payload is the head's, continued as a CRC-32 over the payload: so that no other record's bytes
//! pass for it. A chunk record's payload is chunks, one after another; the state's last chunk may be shorter. A commit record's is
//! a [`Commit`].

use crate::image::crc32;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of a chunk.
pub const CHUNK: usize = 128;

/// What a bank starts with.
pub const MAGIC: [u8; 4] = *b"KLOG";

/// The version of the log that this crate reads and writes.
pub const VERSION: u16 = 1;

/// The first 32 bytes of a bank.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 4],
    /// [`VERSION`].
    pub version: U16,
    /// Bytes of a chunk, as a power of two.
    pub chunk: u8,
    /// What records start at a multiple of, as a power of two.
    pub align: u8,
    /// Bytes of a page.
    pub page: U32,
    /// Bytes of a bank.
    pub bank: U32,
    /// Checksum of the image that the state was learned from.
    pub image: U32,
    /// Bytes of the state.
    pub len: U32,
    /// Number of the bank's first commit.
    pub first: U32,
    /// CRC-32 of the bytes before.
    pub check: U32,
}

impl Header {
    /// The same with its check.
    pub fn sealed(self) -> Self {
        Header { check: check(self.as_bytes()), ..self }
    }

    /// Whether this is a header, of whatever version.
    pub fn is_one(&self) -> bool {
        self.magic == MAGIC && self.check == self.sealed().check
    }
}

/// The CRC-32 of all but the last four bytes.
fn check(bytes: &[u8]) -> U32 {
    crc32(bytes.split_last_chunk::<4>().map_or(bytes, |(bytes, _)| bytes)).into()
}

/// What a record starts with.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Head {
    /// [`CHUNKS`] or [`COMMIT`].
    pub kind: u8,
    /// Must be zero.
    pub reserved: u8,
    /// Number of chunks; 0 of a commit record.
    pub count: U16,
    /// Number of the first chunk; 0 of a commit record.
    pub first: U32,
    /// Number of the commit that it is part of.
    pub commit: U32,
    /// CRC-32 of the bytes before.
    pub check: U32,
}

/// [`Head::kind`]: chunks.
pub const CHUNKS: u8 = 0xc1;

/// [`Head::kind`]: the end of a commit.
pub const COMMIT: u8 = 0xc2;

impl Head {
    /// The same with its check.
    pub fn sealed(self) -> Self {
        Head { check: check(self.as_bytes()), ..self }
    }

    /// Bytes of the payload, of a state of `len` bytes; `None` where this is no record's head.
    pub fn payload(&self, len: u32) -> Option<u32> {
        // Most words are none, and seen to be none without a checksum.
        if !matches!(self.kind, CHUNKS | COMMIT) || self.check != self.sealed().check {
            return None;
        }
        match self.kind {
            CHUNKS => {
                let start =
                    self.first.get().checked_mul(CHUNK as u32).filter(|start| *start < len)?;
                let end = start.checked_add(u32::from(self.count.get()) * CHUNK as u32)?;
                Some(end.min(len) - start)
            }
            COMMIT => Some(size_of::<Commit>() as u32),
            _ => None,
        }
    }
}

/// The payload of a commit record.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Commit {
    /// Number of the commit before; of a bank's first, one less than its own.
    pub previous: U32,
    /// Number of chunk records.
    pub records: U32,
    /// CRC-32 of the whole state.
    pub state: U32,
}
