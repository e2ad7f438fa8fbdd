//! Miri, the interpreter that sees undefined behaviour: a component of nightly compilers.

use crate::process::{capture, on_path, run};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// The compiler whose Miri is known to run the tests.
const NIGHTLY: &str = "nightly-2026-05-20";

/// The toolchain that has it; installs the one above where it is missing. Where that fails, any
/// other nightly will do.
pub fn miri() -> Result<&'static str> {
    let toolchain = toolchain()?;
    // The standard library, to be interpreted.
    let setup = ["run", toolchain, "cargo", "miri", "setup", "--quiet"];
    capture(Command::new("rustup").args(setup))?;
    Ok(toolchain)
}

fn toolchain() -> Result<&'static str> {
    if on_path("rustup").is_none() {
        bail!("Miri is missing, a component of nightly compilers; install Rust with rustup");
    }
    if starts(NIGHTLY) {
        return Ok(NIGHTLY);
    }
    super::say(&format!("Miri, of {NIGHTLY}"));
    match install() {
        Err(error) if starts("nightly") => {
            super::say(&format!("{error:#}; Miri of the nightly at hand instead"));
            Ok("nightly")
        }
        result => result.map(|()| NIGHTLY),
    }
}

fn starts(toolchain: &str) -> bool {
    capture(Command::new("rustup").args(["run", toolchain, "cargo", "miri", "--version"])).is_ok()
}

fn install() -> Result<()> {
    let words = ["toolchain", "install", NIGHTLY, "--component", "miri,rust-src"];
    let mut rustup = Command::new("rustup");
    run(rustup.arg("--quiet").args(words).args(["--profile", "minimal"]))
        .with_context(|| format!("Miri is missing; install it with `rustup {}`", words.join(" ")))
}
