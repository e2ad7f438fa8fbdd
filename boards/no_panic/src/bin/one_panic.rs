//! One index expression can panic, after an operator: what the check must find.
#![no_std]
#![no_main]

use kastanet_boards_no_panic::infer;

/// As in `no_panic`.
// SAFETY: no other function of the program has this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub fn _start(image: &[u8], arena: &mut [u8], port: usize) -> Option<u8> {
    infer(image, arena, port, |op, bytes| bytes[usize::from(op.number())])
}
