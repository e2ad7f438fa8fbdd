//! Sizes of a firmware, from its ELF's section headers.

use anyhow::{Context, Result};

/// Bytes in flash only, in flash and RAM, in RAM only.
pub struct Sizes {
    pub text: u32,
    pub data: u32,
    pub bss: u32,
}

const NOBITS: u32 = 8;
const WRITE: u32 = 1;
const ALLOC: u32 = 2;

/// Adds up the sections of a 32-bit little-endian ELF; what the linker leaves to heap and stack
/// is not counted.
pub fn sizes(elf: &[u8]) -> Result<Sizes> {
    sections(elf).context("not a 32-bit little-endian ELF")
}

/// Code and constants in the flash that a 32-bit little-endian ELF needs.
pub fn flash_bytes(elf: &[u8]) -> Result<u32> {
    let Sizes { text, data, .. } = sizes(elf)?;
    Ok(text + data)
}

fn sections(elf: &[u8]) -> Option<Sizes> {
    let (table, size) = (word(elf, 0x20)? as usize, half(elf, 0x2e)?);
    let header = |index: usize| elf.get(table + index * size..);
    let names = word(header(half(elf, 0x32)?)?, 0x10)? as usize;
    let mut sizes = Sizes { text: 0, data: 0, bss: 0 };
    for index in 0..half(elf, 0x30)? {
        let section = header(index)?;
        let [name, kind, flags] = [0, 4, 8].map(|at| word(section, at));
        let name = elf.get(names + name? as usize..)?;
        let (kind, flags, size) = (kind?, flags?, word(section, 0x14)?);
        if flags & ALLOC == 0 || name.starts_with(b".heap\0") || name.starts_with(b".stack\0") {
            continue;
        }
        match (kind, flags & WRITE) {
            (NOBITS, _) => sizes.bss += size,
            (_, WRITE) => sizes.data += size,
            _ => sizes.text += size,
        }
    }
    Some(sizes)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into())
}
