//! What the programs of an emulated board share: start, console, exit code, image and arena.

#![no_std]

use core::fmt::{self, Display, Write};
use kastanet::image::Aligned;
use kastanet_boards_common::arena_len;
use semihosting::io::{Stdout, Write as _, stdout};
use semihosting::process;
use static_cell::ConstStaticCell;

// Named so that their start-up code and critical section are linked.
#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

/// The image given at build time, in flash.
pub static IMAGE: &[u8] = kastanet::include_image!(concat!(env!("OUT_DIR"), "/model.kst"));

/// The RAM it runs in, sized by its header.
pub static ARENA: ConstStaticCell<Aligned<ARENA_LEN>> =
    ConstStaticCell::new(Aligned([0; ARENA_LEN]));

/// Bytes of [`ARENA`].
pub const ARENA_LEN: usize = arena_len(include_bytes!(concat!(env!("OUT_DIR"), "/model.kst")));

/// The console of the emulating machine.
pub struct Console(Stdout);

impl Console {
    /// Opens it; `None` where nobody listens.
    pub fn open() -> Option<Self> {
        stdout().ok().map(Console)
    }
}

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// What a core needs before the first kernel runs; the first thing every program calls.
pub fn start() {
    #[cfg(vectors)]
    // SAFETY: the vector registers hold nothing of anyone's yet: this is before their first use.
    #[allow(unsafe_code)]
    unsafe {
        riscv::register::mstatus::set_vs(riscv::register::mstatus::VS::Initial);
    }
}

/// Starts the core, runs `program` with the console and leaves the emulator: 0 where it ended well, else 1.
pub fn run<E: Display>(program: impl FnOnce(&mut Console) -> Result<(), E>) -> ! {
    start();
    let Some(mut console) = Console::open() else { process::exit(1) };
    match program(&mut console) {
        Ok(()) => process::exit(0),
        Err(error) => {
            // Where the console is what failed, the exit code still tells.
            let _ = writeln!(console, "error: {error}");
            process::exit(1)
        }
    }
}
