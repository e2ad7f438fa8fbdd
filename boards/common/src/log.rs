//! Errors and results as `defmt` frames: what a product's own log would show.

use crate::{Error, infer::fill_inputs};
use kastanet::image::{Image, crc32};
use kastanet::network::{self, Network};

/// Logs that a damaged image, a cut one and too small an arena are refused, then one inference.
///
/// `damaged` is a copy of `image` with a wrong byte.
///
/// # Errors
///
/// As [`infer`](crate::infer()).
pub fn log(image: &'static [u8], damaged: &[u8], arena: &mut [u8]) -> Result<(), Error> {
    refuse(damaged);
    refuse(image.get(..image.len() / 2).unwrap_or_default());
    let image = Image::new_checked(image)?;
    let (small, _) = arena.split_at_mut_checked(16).unwrap_or_default();
    if let Err(error) = Network::new(image, small) {
        defmt::error!("network refused: {}", error);
    }
    let mut network = Network::new(image, arena)?;
    defmt::info!("image {=u32:08x}: {=usize} bytes", image.crc(), image.bytes().len());
    for op in image.operators() {
        match op.kind() {
            Some(kind) => defmt::debug!("operator {=u16}: {}", op.number(), kind),
            None => defmt::debug!("operator {=u16} is unknown", op.number()),
        }
    }
    fill_inputs(&mut network, 0);
    let ran: Result<(), network::ImageChanged> = network.infer();
    let output = network.output(0).unwrap_or_default();
    defmt::info!("inference: {}, {=[u8]:02x} ({=u32:08x})", ran, output, crc32(output));
    Ok(ran?)
}

fn refuse(bytes: &[u8]) {
    match Image::new_checked(bytes) {
        Ok(image) => defmt::warn!("image {=u32:08x} accepted", image.crc()),
        Err(error) => defmt::error!("image refused: {}", error),
    }
}
