//! RISC-V: the register that counts instructions.

use riscv::register::minstret;

/// It always runs.
pub fn start() {}

/// Its low half.
#[inline(never)]
pub fn now() -> u32 {
    minstret::read() as u32
}

/// A step is an instruction; emulators that count nanoseconds instead are started with shift 0.
pub fn instructions(steps: u32, _shift: u32) -> u64 {
    steps.into()
}
