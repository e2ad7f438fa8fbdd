//! CRC-32 (ISO-HDLC): polynomial 0x04C11DB7 reflected, initial value and final XOR all ones; the
//! check value of "123456789" is 0xCBF43926.

use super::record::Header;
use crc::{CRC_32_ISO_HDLC, Crc};

/// One table of 1 KiB in flash, or none on Armv6-M, whose parts have little of it.
#[cfg(not(kastanet_core = "armv6m"))]
type Table = crc::Table<1>;
#[cfg(kastanet_core = "armv6m")]
type Table = crc::Table<0>;

/// Where an image holds its checksum.
const CRC_AT: usize = core::mem::offset_of!(Header, crc);

static CRC: Crc<u32, Table> = Crc::<u32, Table>::new(&CRC_32_ISO_HDLC);

/// The checksum of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// The checksum of an image: of all its bytes but the four that hold the checksum.
pub fn checksum(image: &[u8]) -> u32 {
    let (before, rest) = image.split_at_checked(CRC_AT).unwrap_or((image, &[]));
    let mut digest = CRC.digest();
    digest.update(before);
    digest.update(rest.get(size_of::<u32>()..).unwrap_or_default());
    digest.finalize()
}

#[cfg(test)]
mod tests {
    #[test]
    fn check_value() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
