//! MPS2 boards: the first of the peripheral bus's two timers, which counts down at the system's clock.

#[cfg(any(memory = "mps2", memory = "mps2_256k"))]
const BASE: usize = 0x4000_0000;
/// Where the secure state sees it.
#[cfg(not(any(memory = "mps2", memory = "mps2_256k")))]
const BASE: usize = 0x5000_0000;

#[cfg(any(memory = "mps2", memory = "mps2_256k"))]
const HERTZ: u64 = 25_000_000;
#[cfg(not(any(memory = "mps2", memory = "mps2_256k")))]
const HERTZ: u64 = 20_000_000;

const CONTROL: *mut u32 = core::ptr::without_provenance_mut(BASE);
const VALUE: *mut u32 = core::ptr::without_provenance_mut(BASE + 4);
const RELOAD: *mut u32 = core::ptr::without_provenance_mut(BASE + 8);

/// Starts it at the top, without an interrupt.
pub fn start() {
    // SAFETY: registers of a timer that nothing else uses.
    #[allow(unsafe_code)]
    unsafe {
        CONTROL.write_volatile(0);
        RELOAD.write_volatile(u32::MAX);
        VALUE.write_volatile(u32::MAX);
        CONTROL.write_volatile(1);
    }
}

/// Ticks since the start.
#[inline(never)]
pub fn now() -> u32 {
    // SAFETY: reading the register changes nothing.
    #[allow(unsafe_code)]
    let left = unsafe { VALUE.read_volatile() };
    u32::MAX - left
}

/// Nearest to what `ticks` are in nanoseconds.
pub fn instructions(ticks: u32, shift: u32) -> u64 {
    let per_tick = 1_000_000_000 / HERTZ;
    (u64::from(ticks) * per_tick + (1 << shift >> 1)) >> shift
}
