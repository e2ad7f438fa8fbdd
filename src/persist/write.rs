//! Writing records one after another: words gathered, pages erased as they are entered, bytes counted.

use super::error::Error;
use super::parts::fill;
use super::record::Head;
use super::region::Region;
use crate::image::crc32_on;
use embedded_storage::nor_flash::NorFlash;
use zerocopy::IntoBytes;

/// Bytes that are gathered before they are written.
pub(super) const BUFFER: usize = 256;

/// What a HAL may want its bytes to be aligned to.
#[repr(C, align(4))]
struct Buffer([u8; BUFFER]);

/// Writes from one address on.
pub(super) struct Writer<F> {
    pub region: Region<F>,
    /// Where the buffer's first byte goes.
    pub at: u32,
    buffer: Buffer,
    filled: usize,
    /// The checksum of the payload that is being written.
    sum: u32,
    /// Bytes written.
    pub bytes: u32,
    /// Pages erased.
    pub pages: u32,
}

impl<F: NorFlash> Writer<F> {
    pub fn new(region: Region<F>, at: u32) -> Self {
        Writer { region, at, buffer: Buffer([0; BUFFER]), filled: 0, sum: 0, bytes: 0, pages: 0 }
    }

    /// Begins a record.
    pub fn begin(&mut self, head: Head) -> Result<(), Error> {
        let head = head.sealed();
        // A head that stands where a payload was meant to be must not pass for one.
        self.sum = head.check.get();
        self.put(head.as_bytes())
    }

    /// Goes on with its payload.
    pub fn payload(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sum = crc32_on(self.sum, bytes);
        self.put(bytes)
    }

    /// Ends the record.
    pub fn end(&mut self) -> Result<(), Error> {
        self.put(&self.sum.to_le_bytes())?;
        self.pad()
    }

    /// Fills up to where a record may start.
    pub fn pad(&mut self) -> Result<(), Error> {
        let missing = (self.filled as u32).wrapping_neg() & (self.region.align - 1);
        (0..missing).try_for_each(|_| self.put(&[0xff]))
    }

    /// Appends bytes.
    pub fn put(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = self.buffer.0.get_mut(self.filled..).unwrap_or_default();
            let count = bytes.len().min(room.len());
            let from = bytes.split_off(..count).unwrap_or_default();
            fill(room, from);
            self.filled += count;
            if self.filled == BUFFER {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes what is gathered, which ends where a record may start, or is a whole buffer.
    pub fn flush(&mut self) -> Result<(), Error> {
        let mut rest = self.buffer.0.get(..self.filled).unwrap_or_default();
        self.filled = 0;
        while !rest.is_empty() {
            let into = self.at % self.region.page;
            if into == 0 {
                self.region.erase(self.at)?;
                self.pages += 1;
            }
            let count = rest.len().min((self.region.page.get() - into) as usize);
            let here = rest.split_off(..count).unwrap_or_default();
            self.region.write(self.at, here)?;
            self.at += count as u32;
            self.bytes += count as u32;
        }
        Ok(())
    }
}
