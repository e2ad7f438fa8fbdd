//! An image over generated inputs.

use crate::{Error, random};
use core::fmt::Write;
use kastanet::image::{Image, crc32};
use kastanet::network::Network;

/// Bytes of arena that the image asks for in its header: for an array sized at compile time.
/// 0 where there is no header.
pub const fn arena_len(image: &[u8]) -> usize {
    match image.split_at_checked(16) {
        Some((_, [a, b, c, d, ..])) => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    }
}

/// Runs `image` over `samples` inputs from [`random`]; prints every output byte, and a checksum of
/// every byte that any operator wrote.
///
/// # Errors
///
/// [`Error::Image`], [`Error::Network`], [`Error::ImageChanged`] or [`Error::Console`].
pub fn infer(
    image: &[u8],
    arena: &mut [u8],
    samples: u32,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let image = Image::new_checked(image)?;
    let mut network = Network::new(image, arena)?;
    describe(image, out)?;
    for sample in 0..samples {
        fill_inputs(&mut network, sample);
        let mut layers = 0;
        network.infer_with(|_, bytes| layers = chain(layers, bytes))?;
        write!(out, "sample {sample}, layers {layers:08x}:")?;
        for index in 0..image.outputs().len() {
            print_output(network.output(index).unwrap_or_default(), out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn describe(image: Image<'_>, out: &mut dyn Write) -> Result<(), Error> {
    let (crc, len) = (image.crc(), image.bytes().len());
    writeln!(out, "image {crc:08x}: {len} bytes, arena {} bytes", image.arena_len())?;
    write!(out, "{} operators:", image.operator_count())?;
    for op in image.operators() {
        write!(out, " {}", op.kind().map_or("?", |kind| kind.name()))?;
    }
    Ok(writeln!(out)?)
}

/// Writes the inputs of sample number `sample`.
pub(crate) fn fill_inputs(network: &mut Network<'_, '_>, sample: u32) {
    for (index, tensor) in network.image().inputs().enumerate() {
        let bytes = network.input_mut(index).unwrap_or_default();
        random::fill(tensor, sample, index as u16, bytes);
    }
}

/// The checksum of the checksum so far and the one of `bytes`.
fn chain(so_far: u32, bytes: &[u8]) -> u32 {
    let both = u64::from(so_far) | u64::from(crc32(bytes)) << 32;
    crc32(&both.to_le_bytes())
}

fn print_output(bytes: &[u8], out: &mut dyn Write) -> Result<(), Error> {
    for byte in bytes {
        write!(out, " {byte:02x}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_arena_length() {
        let mut header = [0; 64];
        header[16..20].copy_from_slice(&4096_u32.to_le_bytes());
        assert_eq!(arena_len(&header), 4096);
        assert_eq!(arena_len(&header[..19]), 0);
    }

    #[test]
    fn says_why_an_image_is_refused() {
        let mut text = std::string::String::new();
        let image = kastanet::image::Aligned([0; 64]);
        let refused = infer(&image.0, &mut [], 1, &mut text).unwrap_err();
        assert_eq!(refused, Error::Image(kastanet::image::Error::BadMagic { found: [0; 4] }));
        assert_eq!(text, "");
    }
}
