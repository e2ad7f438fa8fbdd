//! Receiving an image in pieces of any length.

use super::region::Region;
use super::slots::Received;
use super::update::UpdateError;
use super::write::Writer;
use crate::image::checksum_on;
use crate::image::record::{Header, MAGIC};
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;

/// Writes an image to a slot as it comes in. Where it is dropped before [`Receiver::finish`], nothing has happened but
/// that the slot holds nothing.
pub struct Receiver<F> {
    writer: Writer<F>,
    slot: usize,
    /// Bytes that are expected.
    len: u32,
    /// Bytes that have come.
    have: u32,
}

impl<F: NorFlash> Receiver<F> {
    pub(super) fn new(flash: F, place: Range<u32>, slot: usize, len: u32) -> Self {
        Receiver { writer: Writer::new(Region::place(flash, place), 0), slot, len, have: 0 }
    }

    /// How many bytes are still to come.
    pub fn missing(&self) -> u32 {
        self.len - self.have
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// [`UpdateError::TooLong`], of which nothing is written, and [`UpdateError::Log`] for what flash says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), UpdateError> {
        let len = u32::try_from(bytes.len()).ok().filter(|len| *len <= self.missing());
        let len = len.ok_or(UpdateError::TooLong { expected: self.len })?;
        self.writer.put(bytes)?;
        self.have += len;
        Ok(())
    }

    /// Writes what is left, reads all of it again, and checks length and checksum.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Unfinished`], [`UpdateError::NoImage`], [`UpdateError::Damaged`] and [`UpdateError::Log`] for
    /// what flash says.
    pub fn finish(mut self) -> Result<Received, UpdateError> {
        if self.missing() > 0 {
            return Err(UpdateError::Unfinished { missing: self.missing() });
        }
        self.writer.pad()?;
        self.writer.flush()?;
        let region = &mut self.writer.region;
        let header = region.get(0).filter(|header: &Header| header.magic == MAGIC);
        let header = header.ok_or(UpdateError::NoImage)?;
        if header.total_len.get() != self.len {
            return Err(UpdateError::Damaged);
        }
        let (mut sum, mut at, mut piece) = (0, 0, [0; 64]);
        while at < self.len {
            let count = (self.len - at).min(piece.len() as u32);
            // In steps that any flash can read; the last bytes of a word are its filling.
            let read = count.next_multiple_of(4) as usize;
            region.read(at, piece.get_mut(..read).unwrap_or_default())?;
            sum = checksum_on(sum, at as usize, piece.get(..count as usize).unwrap_or_default());
            at += count;
        }
        let crc = header.crc.get();
        match sum == crc {
            true => Ok(Received { slot: self.slot, len: self.len, crc }),
            false => Err(UpdateError::Damaged),
        }
    }
}
