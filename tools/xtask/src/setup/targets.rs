//! The compiler's standard libraries for the cores that firmware is built for.

use crate::process::{capture, on_path, run};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Every target that the crate is built for.
pub const TARGETS: [&str; 5] = [
    // Cortex-M0: no compare-and-swap, no DSP instructions.
    "thumbv6m-none-eabi",
    // Cortex-M3: no DSP instructions.
    "thumbv7m-none-eabi",
    // Cortex-M4F, M7: DSP instructions.
    "thumbv7em-none-eabihf",
    // Cortex-M33, M55: DSP instructions and Helium are options.
    "thumbv8m.main-none-eabihf",
    "riscv32imac-unknown-none-elf",
];

/// Adds the targets that are missing.
pub fn targets() -> Result<()> {
    let missing = missing()?;
    if missing.is_empty() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        bail!(
            "the compiler has no core library for {}; install it with your distribution's \
             package manager, or install Rust with rustup",
            missing.join(", ")
        );
    }
    super::say(&format!("compiler targets {}", missing.join(", ")));
    run(Command::new("rustup").args(["--quiet", "target", "add"]).args(&missing))
}

fn missing() -> Result<Vec<&'static str>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let sysroot = capture(Command::new(rustc).args(["--print", "sysroot"]))?;
    let sysroot = PathBuf::from(String::from_utf8(sysroot).context("sysroot's path")?.trim_end());
    let libraries = sysroot.join("lib").join("rustlib");
    Ok(TARGETS.into_iter().filter(|target| !libraries.join(target).join("lib").is_dir()).collect())
}
