//! NumPy's `.npy`, version 1: as much as it takes to give the host inputs and read its outputs.

use anyhow::{Context, Result};
use kastanet::image::DType;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// An array in C order.
pub fn write(dtype: DType, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let descr = match dtype {
        DType::I8 => "|i1",
        DType::U8 => "|u1",
        DType::F32 => "<f4",
    };
    let shape: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    // Filled with spaces so that the data starts at a multiple of 64.
    let len = (MAGIC.len() + 2 + header.len() + 1).next_multiple_of(64) - MAGIC.len() - 2;
    header = format!("{header:<0$}\n", len - 1);
    [MAGIC, &(len as u16).to_le_bytes(), header.as_bytes(), data].concat()
}

/// The array's data.
pub fn data(file: &[u8]) -> Result<&[u8]> {
    let rest = file.strip_prefix(MAGIC).context("not an .npy file of version 1")?;
    let (len, rest) = rest.split_first_chunk().context("cut short")?;
    rest.get(usize::from(u16::from_le_bytes(*len))..).context("cut short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let file = write(DType::I8, &[2, 3], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(file.len(), 128 + 6);
        assert!(file.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '|i1', "));
        assert_eq!(data(&file).unwrap(), [1, 2, 3, 4, 5, 6]);
    }
}
