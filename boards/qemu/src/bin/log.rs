//! Errors and one inference as `defmt` frames, which the host decodes with this program's ELF.
#![no_std]
#![no_main]

use defmt_semihosting as _;
use kastanet::image::Aligned;
use kastanet_boards_common::log;
use kastanet_boards_qemu::{ARENA, IMAGE, entry, start};
use semihosting::process;

/// A copy of the image with one bit of its last byte flipped.
static DAMAGED: Aligned<LEN> = damage(*include_bytes!(concat!(env!("OUT_DIR"), "/model.kst")));
const LEN: usize = include_bytes!(concat!(env!("OUT_DIR"), "/model.kst")).len();

const fn damage(mut bytes: [u8; LEN]) -> Aligned<LEN> {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    Aligned(bytes)
}

#[entry]
fn main() -> ! {
    start();
    // The console carries frames, so nothing else is printed: the exit code tells.
    let done = log(IMAGE, &DAMAGED.0, &mut ARENA.take().0);
    process::exit(if done.is_ok() { 0 } else { 1 })
}
