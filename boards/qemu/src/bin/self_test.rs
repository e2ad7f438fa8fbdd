//! Does the crate compute right on this core?
#![no_std]
#![no_main]

use kastanet_boards_common::self_test;
use kastanet_boards_qemu::{entry, run};

#[entry]
fn main() -> ! {
    run(|console| self_test(console))
}
