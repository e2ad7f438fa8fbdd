//! The emulators: those on the PATH, else a private copy under the target directory.
//!
//! The copy is unpacked from the distribution's packages where there is `apt-get`.

use super::packages;
use crate::process::{capture, on_path};
use crate::tree::Tree;
use anyhow::{Context, Result, anyhow};
use std::path::PathBuf;
use std::process::Command;

const PROGRAMS: [&str; 2] = ["qemu-system-arm", "qemu-system-riscv32"];

/// Newer distributions have RISC-V in a package of its own. The image tools are left out, whose version on the
/// system may be another.
const PACKAGES: [&[&str]; 2] = [
    &["qemu-system-arm", "qemu-system-riscv", "qemu-utils-"],
    &["qemu-system-arm", "qemu-system-misc", "qemu-utils-"],
];

const INSTALL: &str = "install QEMU's system emulators for Arm and RISC-V:
    Debian, Ubuntu  apt-get install qemu-system-arm qemu-system-misc
    Fedora          dnf install qemu-system-arm-core qemu-system-riscv-core
    Arch            pacman -S qemu-system-arm qemu-system-riscv
    macOS           brew install qemu";

/// Where the emulators are.
pub struct Emulators {
    /// The private copy's root directory, as of a file system.
    root: PathBuf,
}

impl Emulators {
    /// The command that starts `program`.
    pub fn command(&self, program: &str) -> Command {
        if on_path(program).is_some() {
            return Command::new(program);
        }
        let mut command = Command::new(self.root.join("usr/bin").join(program));
        command.env("LD_LIBRARY_PATH", packages::library_path(&self.root));
        command
    }

    fn all_start(&self) -> Result<()> {
        PROGRAMS
            .iter()
            .try_for_each(|program| capture(self.command(program).arg("--version")).map(drop))
    }
}

/// The emulators; unpacks the private copy where some are missing.
pub fn qemu(tree: &Tree) -> Result<Emulators> {
    let home = tree.target.join("qemu");
    let emulators = Emulators { root: home.join("root") };
    if emulators.all_start().is_ok() {
        return Ok(emulators);
    }
    if !packages::are_there() {
        return Err(anyhow!("QEMU is missing; {INSTALL}"));
    }
    super::say("QEMU, a private copy");
    let copied = packages::unpack(&home, &PACKAGES).and_then(|()| emulators.all_start());
    copied.with_context(|| format!("QEMU is missing and a private copy failed; {INSTALL}"))?;
    Ok(emulators)
}
