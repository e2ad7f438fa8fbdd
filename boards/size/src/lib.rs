//! How much flash does the runtime take?
//!
//! The programs are linked like every firmware, and never run. They have nothing but what lies
//! between an image's bytes and a network's outputs, so that their sections are the runtime's.

#![no_std]

use core::panic::PanicInfo;
use kastanet::image::Image;
use kastanet::layers::Operator;
use kastanet::network::Network;

/// What firmware does with a network of these operators.
#[inline(always)]
pub fn infer(
    image: &[u8],
    arena: &mut [u8],
    x: i8,
    operators: &'static [&'static Operator],
) -> Option<i8> {
    let image = Image::new_checked(image).ok()?;
    let mut network = Network::with_operators(image, arena, operators).ok()?;
    *network.input_i8_mut(0)?.first_mut()? = x;
    network.infer().ok()?;
    network.output_i8(0)?.last().copied()
}

/// Nothing can panic (`boards/no_panic`), so that this is not linked.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
