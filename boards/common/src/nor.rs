//! NOR flash in RAM, as strict as silicon, and flash whose power fails.

use core::cell::Cell;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Flash in RAM, of words of 4 bytes and pages of `P` bytes. Only what is erased can be written.
#[derive(Debug)]
pub struct Nor<'m, const P: usize> {
    bytes: &'m mut [u8],
}

impl<'m, const P: usize> Nor<'m, P> {
    /// Flash that holds `bytes`, whole pages of them.
    pub fn new(bytes: &'m mut [u8]) -> Self {
        Nor { bytes }
    }
}

impl<const P: usize> ErrorType for Nor<'_, P> {
    type Error = NorFlashErrorKind;
}

impl<const P: usize> ReadNorFlash for Nor<'_, P> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const P: usize> NorFlash for Nor<'_, P> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = P;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.bytes[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let place = &mut self.bytes[offset as usize..][..bytes.len()];
        if place.iter().any(|&byte| byte != 0xff) {
            return Err(NorFlashErrorKind::Other);
        }
        place.copy_from_slice(bytes);
        Ok(())
    }
}

/// Flash whose power fails after so many bytes of writing, in the middle of what is then written.
#[derive(Debug)]
pub struct Failing<'c, F> {
    /// The flash.
    pub flash: F,
    /// Bytes that are still written; `None`: power stays.
    pub left: &'c Cell<Option<u32>>,
}

impl<F: NorFlash> ErrorType for Failing<'_, F> {
    type Error = NorFlashErrorKind;
}

impl<F: NorFlash> ReadNorFlash for Failing<'_, F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        self.flash.read(offset, bytes).map_err(kind)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Failing<'_, F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        match self.left.get() {
            Some(0) => Err(NorFlashErrorKind::Other),
            _ => self.flash.erase(from, to).map_err(kind),
        }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let len = bytes.len() as u32;
        match self.left.get() {
            Some(left) if left < len => {
                self.left.set(Some(0));
                let whole = left as usize / F::WRITE_SIZE * F::WRITE_SIZE;
                self.flash.write(offset, &bytes[..whole]).map_err(kind)?;
                Err(NorFlashErrorKind::Other)
            }
            left => {
                self.left.set(left.map(|left| left - len));
                self.flash.write(offset, bytes).map_err(kind)
            }
        }
    }
}

fn kind<E: embedded_storage::nor_flash::NorFlashError>(error: E) -> NorFlashErrorKind {
    error.kind()
}
