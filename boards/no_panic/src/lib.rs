//! Can anything panic between an image's bytes and a network's outputs?
//!
//! The programs are linked like every firmware, and never run. Their panic handler calls a
//! function that does not exist, so that the symbol is in the ELF exactly where some code in the
//! ELF can panic, by whatever pointer it is reached. `kastanet-boards-panics` looks for it.

#![no_std]

use core::panic::PanicInfo;
use kastanet::image::{Image, Op};
use kastanet::network::Network;

/// What firmware does with a network; `look` is called after every operator.
#[inline(always)]
pub fn infer(
    image: &[u8],
    arena: &mut [u8],
    port: usize,
    mut look: impl FnMut(&Op<'_>, &[u8]) -> u8,
) -> Option<u8> {
    let image = Image::new_checked(image).ok()?;
    let mut network = Network::new(image, arena).ok()?;
    network.input_mut(port)?.fill(port as u8);
    network.input_i8_mut(port)?.fill(port as i8);
    network.write_input(port, &[port as f32; 16]).ok()?;
    let mut seen = 0;
    network.infer_with(|op, bytes| seen ^= look(op, bytes)).ok()?;
    network.infer().ok()?;
    Some(seen ^ network.output(port)?.last()? ^ *network.output_i8(port)?.last()? as u8)
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    kastanet_panics()
}

// SAFETY: the programs are never run.
#[allow(unsafe_code)]
unsafe extern "C" {
    safe fn kastanet_panics() -> !;
}
