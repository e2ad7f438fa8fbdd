//! Executed instructions, exactly.
//!
//! On RISC-V a register counts them. The emulated Arm boards have none that works, but under
//! `-icount shift=N` every instruction takes 2^N nanoseconds, so a timer that ticks more than once
//! an instruction tells their number.

#[cfg_attr(target_arch = "riscv32", path = "counter/minstret.rs")]
#[cfg_attr(memory = "an547", path = "counter/system.rs")]
#[cfg_attr(all(target_arch = "arm", not(memory = "an547")), path = "counter/apb.rs")]
mod source;

pub use source::now;

/// What turns readings into instructions.
pub struct Counter {
    /// An instruction takes 2^shift nanoseconds.
    shift: u32,
    /// Instructions between two readings with nothing between them.
    overhead: u64,
}

impl Counter {
    /// Starts it; `None` where it does not count instructions.
    pub fn start(shift: u32) -> Option<Self> {
        source::start();
        let raw = Counter { shift, overhead: 0 };
        let counter = Counter { overhead: raw.nothing(), ..raw };
        let counts = [100, 200, 400, 800, 1600, 3200].map(|turns| counter.spin(turns));
        let exact = counts.windows(2).zip([200, 400, 800, 1600, 3200]);
        exact.fold(true, |all, (pair, more)| all && pair[1] - pair[0] == more).then_some(counter)
    }

    /// Instructions between two readings, the readings themselves not counted.
    pub fn instructions(&self, start: u32, end: u32) -> u64 {
        source::instructions(end.wrapping_sub(start), self.shift).saturating_sub(self.overhead)
    }

    #[inline(never)]
    fn nothing(&self) -> u64 {
        let start = now();
        self.instructions(start, now())
    }

    /// Never inlined, so that all that differs from call to call is the turns.
    #[inline(never)]
    fn spin(&self, turns: u32) -> u64 {
        let start = now();
        spin(turns);
        self.instructions(start, now())
    }
}

/// Two instructions a turn, and a few more.
#[inline(never)]
fn spin(turns: u32) {
    // SAFETY: counts a register of its own down; no memory is touched.
    #[allow(unsafe_code)]
    unsafe {
        #[cfg(target_arch = "arm")]
        core::arch::asm!("2:", "subs {0}, #1", "bne 2b", inout(reg) turns => _);
        #[cfg(target_arch = "riscv32")]
        core::arch::asm!("2:", "addi {0}, {0}, -1", "bnez {0}, 2b", inout(reg) turns => _);
    }
}
