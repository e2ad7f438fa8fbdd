//! CRC-32 (ISO-HDLC): polynomial 0x04C11DB7 reflected, initial value and final XOR all ones; the
//! check value of "123456789" is 0xCBF43926.
//!
//! Half a byte at a time, by a table of 16: the check of an image runs once, so that a table of a
//! kilobyte, or of several, would be dear for the time it saves.

use super::record::Header;
use crate::rolled::Rolled;

/// Where an image holds its checksum.
const CRC_AT: usize = core::mem::offset_of!(Header, crc);

/// The polynomial, the lowest bit that of the highest power.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// What each half byte does to the bits above it.
static TABLE: [u32; 16] = table();

#[allow(clippy::indexing_slicing)] // computed while compiling
const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut power = 8;
    let mut value = POLYNOMIAL;
    while power > 0 {
        let mut at = 0;
        while at < 16 {
            table[at + power] = table[at] ^ value;
            at += 2 * power;
        }
        value = value >> 1 ^ if value & 1 == 1 { POLYNOMIAL } else { 0 };
        power /= 2;
    }
    table
}

/// The checksum of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    !update(!0, bytes)
}

/// The checksum of bytes that lie in several places.
#[cfg(any(feature = "train", feature = "persist"))]
pub(crate) fn crc32_of<'b>(parts: impl Iterator<Item = &'b [u8]>) -> u32 {
    !parts.fold(!0, update)
}

/// The checksum `so_far`, of what was there before, continued by `bytes`; begin with 0.
#[cfg(feature = "persist")]
pub(crate) fn crc32_on(so_far: u32, bytes: &[u8]) -> u32 {
    !update(!so_far, bytes)
}

/// The checksum of an image whose bytes come piece by piece, continued: of `bytes`, the first of which is number `at`,
/// but the four that hold the checksum; begin with 0.
#[cfg(feature = "persist")]
pub(crate) fn checksum_on(so_far: u32, at: usize, bytes: &[u8]) -> u32 {
    let cut = |place: usize| place.saturating_sub(at).min(bytes.len());
    let before = bytes.get(..cut(CRC_AT)).unwrap_or_default();
    let behind = bytes.get(cut(CRC_AT + size_of::<u32>())..).unwrap_or_default();
    crc32_on(crc32_on(so_far, before), behind)
}

/// The checksum of an image: of all its bytes but the four that hold the checksum.
pub fn checksum(image: &[u8]) -> u32 {
    let (before, rest) = image.split_at_checked(CRC_AT).unwrap_or((image, &[]));
    !update(update(!0, before), rest.get(size_of::<u32>()..).unwrap_or_default())
}

/// The register after `bytes`.
#[inline(never)]
fn update(register: u32, bytes: &[u8]) -> u32 {
    bytes.iter().rolled().fold(register, |register, &byte| half(half(register ^ u32::from(byte))))
}

/// Takes the lowest half byte out of the register.
#[inline]
fn half(register: u32) -> u32 {
    register >> 4 ^ TABLE.get(register as usize & 15).unwrap_or(&0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crc::{CRC_32_ISO_HDLC, Crc};

    #[test]
    fn check_value() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn every_length_and_every_byte() {
        let bytes: std::vec::Vec<u8> = (0..1024_u32).map(|i| (((i * i) >> 3) ^ i) as u8).collect();
        let all: std::vec::Vec<u8> = (0..=255).collect();
        let oracle = Crc::<u32>::new(&CRC_32_ISO_HDLC);
        for len in 0..bytes.len() {
            assert_eq!(crc32(&bytes[..len]), oracle.checksum(&bytes[..len]));
        }
        assert_eq!(crc32(&all), oracle.checksum(&all));
    }

    #[test]
    fn an_image_without_its_checksum() {
        let image: std::vec::Vec<u8> = (0..200).collect();
        let rest = [&image[..CRC_AT], &image[CRC_AT + 4..]].concat();
        assert_eq!(checksum(&image), crc32(&rest));
    }
}
