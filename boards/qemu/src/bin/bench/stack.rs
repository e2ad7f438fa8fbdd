//! How deep the stack gets: bytes below the caller's frame are painted, and looked at afterwards.

/// Bytes that are watched; the boards' stacks have more.
const WATCHED: usize = 16 << 10;

const PAINT: u32 = 0x5aa5_c33c;

/// What has been painted.
pub struct Painted {
    /// Where the caller's frame ends.
    top: usize,
}

impl Painted {
    /// Paints what lies below the caller's frame. Always inlined: a frame of its own would lie
    /// there too.
    #[inline(always)]
    pub fn new() -> Self {
        let top = pointer();
        for address in (top - WATCHED..top).step_by(4) {
            // SAFETY: nothing is kept below the stack pointer.
            #[allow(unsafe_code)]
            unsafe {
                core::ptr::with_exposed_provenance_mut::<u32>(address).write_volatile(PAINT);
            }
        }
        Painted { top }
    }

    /// Bytes that have been used since; `None` where all that is watched has.
    #[inline(always)]
    pub fn used(self) -> Option<usize> {
        let start = self.top - WATCHED;
        let deepest = (start..self.top).step_by(4).find(|&address| {
            // SAFETY: memory of the stack, painted before.
            #[allow(unsafe_code)]
            let word =
                unsafe { core::ptr::with_exposed_provenance::<u32>(address).read_volatile() };
            word != PAINT
        });
        let used = self.top - deepest.unwrap_or(self.top);
        (used < WATCHED).then_some(used)
    }
}

/// The stack pointer.
#[inline(always)]
fn pointer() -> usize {
    let pointer;
    // SAFETY: copies a register.
    #[allow(unsafe_code)]
    unsafe {
        #[cfg(target_arch = "arm")]
        core::arch::asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        core::arch::asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack));
    }
    pointer
}
