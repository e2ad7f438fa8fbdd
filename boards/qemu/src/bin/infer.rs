//! The image given at build time over a few generated inputs, without a heap.
#![no_std]
#![no_main]

use kastanet_boards_common::infer;
use kastanet_boards_qemu::{ARENA, IMAGE, entry, run};

const SAMPLES: u32 = 8;

#[entry]
fn main() -> ! {
    run(|console| infer(IMAGE, &mut ARENA.take().0, SAMPLES, console))
}
