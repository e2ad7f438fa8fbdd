//! The emulators: those on the PATH, else a private copy under the target directory.
//!
//! The copy is unpacked from the distribution's packages where there is `apt-get`. Packages are
//! not installed even as root: a system's other QEMU packages may be of another version, and apt
//! would remove them for these.

use crate::process::{capture, on_path, run};
use crate::tree::Tree;
use anyhow::{Context, Result, anyhow};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAMS: [&str; 2] = ["qemu-system-arm", "qemu-system-riscv32"];

/// Newer distributions have RISC-V in a package of its own.
const PACKAGES: [[&str; 2]; 2] =
    [["qemu-system-arm", "qemu-system-riscv"], ["qemu-system-arm", "qemu-system-misc"]];

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
        command.env("LD_LIBRARY_PATH", library_path(&self.root));
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
    if on_path("apt-get").is_none() || on_path("dpkg-deb").is_none() {
        return Err(anyhow!("QEMU is missing; {INSTALL}"));
    }
    super::say("QEMU, a private copy");
    let copied = copy(&home, &emulators.root).and_then(|()| emulators.all_start());
    copied.with_context(|| format!("QEMU is missing and a private copy failed; {INSTALL}"))?;
    Ok(emulators)
}

/// Downloads the packages and what they need beyond the system's, and unpacks them to `root`.
fn copy(home: &Path, root: &Path) -> Result<()> {
    let (debs, unpacked) = (home.join("debs"), home.join("root.new"));
    for old in [&unpacked, root] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(debs.join("partial"))?;
    fs::create_dir_all(&unpacked)?;
    download(&debs)?;
    for entry in fs::read_dir(&debs)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg-deb").arg("-x").arg(path).arg(&unpacked))?;
        }
    }
    fs::rename(&unpacked, root)?;
    Ok(fs::remove_dir_all(&debs)?)
}

fn download(debs: &Path) -> Result<()> {
    if PACKAGES.iter().any(|packages| apt_get(packages, debs).is_ok()) {
        return Ok(());
    }
    // The package lists may be absent or old; without the right to renew them this fails, and the
    // download says why.
    let _ = capture(Command::new("apt-get").args(["-q", "update"]));
    PACKAGES.iter().map(|packages| apt_get(packages, debs)).reduce(Result::or).unwrap_or(Ok(()))
}

fn apt_get(packages: &[&str], debs: &Path) -> Result<()> {
    let mut archives = OsString::from("Dir::Cache::archives=");
    archives.push(debs);
    let mut command = Command::new("apt-get");
    command.args(["-q", "-y", "--download-only", "--no-install-recommends", "install"]);
    // No lock: nothing of the system is written, so this works for any user.
    command.args(["-o", "Debug::NoLocking=1", "-o"]).arg(archives);
    // Leave the image tools out of the plan, whose version on the system may be another.
    command.args(packages).arg("qemu-utils-");
    capture(&mut command).map(drop)
}

/// The directories below `root` that have the packages' libraries.
fn library_path(root: &Path) -> OsString {
    let parents = ["usr/lib", "lib"].map(|dir| root.join(dir));
    let children = parents.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten();
    let dirs = children.map(|entry| entry.path()).filter(|path| path.is_dir());
    std::env::join_paths(dirs).unwrap_or_default()
}
