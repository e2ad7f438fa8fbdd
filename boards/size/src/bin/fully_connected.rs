//! The runtime with fully connected layers and no others.
#![no_std]
#![no_main]

use kastanet::layers::{FULLY_CONNECTED, Operator};
use kastanet_boards_size::infer;

static OPERATORS: [&Operator; 1] = [&FULLY_CONNECTED];

/// Nobody calls it, so the compiler knows nothing of the arguments.
// SAFETY: no other function of the program has this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub fn _start(image: &[u8], arena: &mut [u8], x: i8) -> Option<i8> {
    infer(image, arena, x, &OPERATORS)
}
