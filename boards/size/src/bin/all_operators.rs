//! The runtime with every operator.
#![no_std]
#![no_main]

use kastanet_boards_size::infer;

/// Nobody calls it, so the compiler knows nothing of the arguments.
// SAFETY: no other function of the program has this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub fn _start(image: &[u8], arena: &mut [u8], x: i8) -> Option<i8> {
    infer(image, arena, x, &kastanet::layers::ALL)
}
