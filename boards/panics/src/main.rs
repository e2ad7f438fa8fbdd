//! Names the places in a firmware that can panic.
//!
//! ```text
//! kastanet-boards-panics FIRMWARE.elf
//! ```
//!
//! The firmware's panic handler calls a function that does not exist (`boards/no_panic`). Where
//! the linker kept no reference to it, nothing that it kept can panic, and this prints nothing and
//! succeeds. Else callers are followed upwards through the standard library, the first lines of
//! other code are printed, and the exit code is 3.

mod elf;

use elf::{Firmware, Frame};
use object::SymbolIndex;
use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

/// What the panic handler calls.
const HANDLER: &str = "kastanet_panics";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: kastanet-boards-panics ELF")?;
    let elf = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let places = places(&Firmware::new(&elf)?)?;
    for place in &places {
        println!("{place}");
    }
    Ok(if places.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// The places that can panic.
fn places(firmware: &Firmware<'_>) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut places = BTreeSet::new();
    let Some(handler) = firmware.missing(HANDLER) else { return Ok(places) };
    let (mut found, mut open) = (BTreeSet::from([handler.0]), vec![handler]);
    while let Some(callee) = open.pop() {
        for address in firmware.referring(callee) {
            let frames = firmware.frames(address)?;
            let place = frames.iter().find(|frame| !is_library(frame));
            match (place, firmware.function_at(address)) {
                (Some(place), _) => drop(places.insert(place.to_string())),
                (None, Some(caller)) if found.insert(caller.0) => open.push(caller),
                (None, Some(_)) => {}
                (None, None) => drop(places.insert(format!("{address:#x}"))),
            }
        }
    }
    // Reached through a pointer, or built without debug information.
    if places.is_empty() {
        let names = found.into_iter().map(|index| firmware.name(SymbolIndex(index)));
        places.insert(format!("whatever calls {}", names.collect::<Vec<_>>().join(", ")));
    }
    Ok(places)
}

/// Is it the standard library's, or the handler itself?
fn is_library(Frame { function, file, .. }: &Frame) -> bool {
    let library = ["/rustc/", "/rustlib/"].iter().any(|path| file.contains(path));
    library || function.ends_with("rust_begin_unwind")
}
