//! The region of flash that a log has: two banks of whole pages, and reading and writing in them.
//!
//! Addresses count from the start of the region.

use super::error::Error;
use super::record::{Commit, Head, Header};
use core::num::NonZero;
use core::ops::Range;
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use zerocopy::{FromBytes, IntoBytes};

/// A region of flash, and how flash is divided.
pub(super) struct Region<F> {
    flash: F,
    start: u32,
    /// Bytes of a bank.
    pub bank: u32,
    /// Bytes of a page.
    pub page: NonZero<u32>,
    /// What records start at a multiple of.
    pub align: u32,
}

impl<F: NorFlash> Region<F> {
    const PAGE: NonZero<u32> = {
        assert!(F::READ_SIZE <= 4, "flash must be readable in steps of four bytes or fewer");
        assert!(F::WRITE_SIZE.is_power_of_two() && F::WRITE_SIZE <= super::write::BUFFER);
        assert!(F::ERASE_SIZE.is_multiple_of(F::WRITE_SIZE) && F::ERASE_SIZE >= 32);
        NonZero::new(F::ERASE_SIZE as u32).expect("a page has bytes")
    };
    const ALIGN: u32 = if F::WRITE_SIZE > 4 { F::WRITE_SIZE as u32 } else { 4 };

    /// The region `range` of `flash`, of which each half has room for a state of `len` bytes.
    pub fn new(flash: F, range: Range<u32>, len: u32) -> Result<Self, Error> {
        let (page, align) = (Self::PAGE, Self::ALIGN);
        let fits = range.end as usize <= flash.capacity() && range.start <= range.end;
        if !(fits && range.start % page == 0 && range.end % page == 0) {
            return Err(Error::RegionMisaligned { page: page.get() });
        }
        let given = range.end - range.start;
        let bank = given / 2 / page * page.get();
        let region = Region { flash, start: range.start, bank, page, align };
        let pages = region.snapshot(len).saturating_add(page.get() - 1) / page;
        let needed = pages.saturating_mul(page.get()).saturating_mul(2);
        match bank >= needed / 2 {
            true => Ok(region),
            false => Err(Error::RegionTooSmall { needed, given }),
        }
    }

    /// Erases the page that starts at `at`.
    pub fn erase(&mut self, at: u32) -> Result<(), Error> {
        let from = self.start + at;
        Ok(self.flash.erase(from, from + self.page.get())?)
    }

    /// Writes whole words into words that are erased.
    pub fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.flash.write(self.start + at, bytes)?)
    }
}

impl<F> Region<F> {
    /// Bytes that a record with a payload of `len` bytes takes.
    pub fn record(&self, len: u32) -> u32 {
        let bytes = (size_of::<Head>() + size_of::<u32>()) as u32;
        self.round_up(bytes.saturating_add(len))
    }

    /// Bytes that a bank's header takes.
    pub fn header(&self) -> u32 {
        self.round_up(size_of::<Header>() as u32)
    }

    /// The next multiple of the alignment, which is a power of two.
    fn round_up(&self, len: u32) -> u32 {
        len.saturating_add(self.align - 1) & !(self.align - 1)
    }

    /// Bytes that a commit record takes.
    pub fn commit(&self) -> u32 {
        self.record(size_of::<Commit>() as u32)
    }

    /// Bytes that a bank's header and a whole state of `len` bytes take.
    pub fn snapshot(&self, len: u32) -> u32 {
        self.record(len).saturating_add(self.header() + self.commit())
    }

    /// The start of the first page behind `at`.
    pub fn next_page(&self, at: u32) -> u32 {
        (at / self.page + 1).saturating_mul(self.page.get())
    }

    /// One place for something else than a log: `range` of `flash`, whose pages it is a multiple of.
    pub fn place(flash: F, range: Range<u32>) -> Self
    where
        F: NorFlash,
    {
        let bank = range.end.saturating_sub(range.start);
        Region { flash, start: range.start, bank, page: Self::PAGE, align: Self::ALIGN }
    }

    /// The same region, on flash that is borrowed.
    pub fn by_ref(&mut self) -> Region<&mut F> {
        let Region { start, bank, page, align, .. } = *self;
        Region { flash: &mut self.flash, start, bank, page, align }
    }

    /// The flash.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// The bank that the one at `bank` is not.
    pub fn other(&self, bank: u32) -> u32 {
        self.bank - bank
    }
}

impl<F: ReadNorFlash> Region<F> {
    /// Reads the bytes from `at` on.
    pub fn read(&mut self, at: u32, into: &mut [u8]) -> Result<(), Error> {
        Ok(self.flash.read(self.start + at, into)?)
    }

    /// What stands at `at`; `None` where flash refuses, as some does for words whose writing was cut.
    pub fn get<T: FromBytes + IntoBytes>(&mut self, at: u32) -> Option<T> {
        let mut value = T::new_zeroed();
        self.read(at, value.as_mut_bytes()).ok()?;
        Some(value)
    }
}
