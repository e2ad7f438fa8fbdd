//! Do this core's primitives compute what they say?
#![no_std]
#![no_main]

use core::fmt::{self, Write as _};
use kastanet::kernels::Native;
use kastanet_boards_common::lanes::{Room, Wrong};
use kastanet_boards_qemu::{Console, entry, run};
use static_cell::ConstStaticCell;

/// Past what a paired tile adds before it splits.
static ROOM: ConstStaticCell<Room<1040>> = ConstStaticCell::new(Room::new());

#[entry]
fn main() -> ! {
    run(lanes)
}

fn lanes(console: &mut Console) -> Result<(), Error> {
    let cases = ROOM.take().check::<Native>().map_err(Error::Wrong)?;
    writeln!(console, "{cases} cases right").map_err(|_| Error::Console)
}

enum Error {
    Wrong(Wrong),
    Console,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Wrong(Wrong { what, cols, case }) => {
                write!(f, "{what} is wrong on case {case} of {cols} columns")
            }
            Error::Console => write!(f, "the console does not take text"),
        }
    }
}
