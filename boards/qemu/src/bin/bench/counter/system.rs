//! MPS3 board with the image AN547: the system counter, which counts up at the system's clock.

const CONTROL: *mut u32 = core::ptr::without_provenance_mut(0x5810_0000);
const VALUE: *mut u32 = core::ptr::without_provenance_mut(0x5810_0008);

const HERTZ: u64 = 32_000_000;

/// Starts it.
pub fn start() {
    // SAFETY: a register of a counter that nothing else uses.
    #[allow(unsafe_code)]
    unsafe {
        CONTROL.write_volatile(1);
    }
}

/// Its low half.
#[inline(never)]
pub fn now() -> u32 {
    // SAFETY: reading the register changes nothing.
    #[allow(unsafe_code)]
    unsafe {
        VALUE.read_volatile()
    }
}

/// Nearest to what `ticks` are in nanoseconds.
pub fn instructions(ticks: u32, shift: u32) -> u64 {
    let nanoseconds = u64::from(ticks) * 1_000_000_000 / HERTZ;
    (nanoseconds + (1 << shift >> 1)) >> shift
}
