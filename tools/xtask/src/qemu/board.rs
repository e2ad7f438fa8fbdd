//! The boards: what is built for them and which machine runs it.

use super::{Bench, elf};
use crate::process::{run, run_for};
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A directory of `boards/qemu` and the machine that runs its programs.
pub struct Board {
    pub name: &'static str,
    target: &'static str,
    emulator: &'static str,
    machine: &'static [&'static str],
}

/// Every board.
pub static BOARDS: [Board; 2] = [
    Board {
        name: "m4",
        target: "thumbv7em-none-eabihf",
        emulator: "qemu-system-arm",
        machine: &["-machine", "mps2-an386"],
    },
    Board {
        name: "rv32",
        target: "riscv32imac-unknown-none-elf",
        emulator: "qemu-system-riscv32",
        machine: &["-machine", "virt", "-bios", "none"],
    },
];

const QUIET: [&str; 5] = ["-nographic", "-monitor", "none", "-serial", "none"];

/// A program that has not ended by then never will.
const LIMIT: Duration = Duration::from_secs(120);

/// What a program did.
pub struct Ended {
    pub code: i32,
    pub output: Vec<u8>,
}

impl Board {
    /// The board with this name.
    pub fn named(name: &str) -> Result<&'static Board> {
        let names = BOARDS.each_ref().map(|board| board.name).join(", ");
        let unknown = || crate::usage(format!("no board `{name}`; the boards are {names}"));
        BOARDS.iter().find(|board| board.name == name).with_context(unknown).map_err(|_| unknown())
    }

    /// `cargo` in the boards' workspace, for this board.
    pub fn cargo(&self, tree: &Tree, args: &[&str]) -> Command {
        let mut command = tree.boards_cargo(args);
        command.args(["--target", self.target]).env("KASTANET_BOARD", self.name);
        // Only `build` says which image is taken in, not the user's environment.
        command.env_remove("KASTANET_IMAGE");
        command
    }

    /// Builds one program, with `image` in its flash; gives its ELF.
    pub fn build(&self, tree: &Tree, program: &str, image: Option<&Path>) -> Result<PathBuf> {
        let args = ["build", "--quiet", "--release", "-p", "kastanet-boards-qemu"];
        let mut command = self.cargo(tree, &args);
        command.args(["--bin", program]);
        if program == "log" {
            command.args(["--features", "defmt"]).env("DEFMT_LOG", "trace");
        }
        if let Some(image) = image {
            command.env("KASTANET_IMAGE", image);
        }
        run(&mut command)?;
        Ok(tree.target.join("boards").join(self.target).join("release").join(program))
    }

    /// Runs a program in the bench's directory with these arguments.
    pub fn run(&self, bench: &Bench<'_>, elf: &Path, args: &[&str]) -> Result<Ended> {
        let mut semihosting = String::from("enable=on,target=native");
        let name = super::file_name(elf);
        for arg in [&*name].iter().chain(args) {
            semihosting.push_str(&format!(",arg={arg}"));
        }
        let mut command = bench.emulators.command(self.emulator);
        command.args(self.machine).args(QUIET).args(["-semihosting-config", &semihosting]);
        command.arg("-kernel").arg(elf).current_dir(&bench.dir);
        let output = bench.dir.join(format!("{}-{name}.out", self.name));
        let code = run_for(&mut command, LIMIT, &output)?;
        Ok(Ended { code, output: std::fs::read(&output)? })
    }

    /// Prints that `program` did what was expected, and its size.
    pub fn report_ok(&self, program: &str, what: &str, elf: &Path) -> Result<()> {
        let elf::Sizes { text, data, bss } = elf::sizes(&std::fs::read(elf)?)?;
        let sizes = format!("{what}; text {text}, data {data}, bss {bss} bytes");
        super::report(self, program, &sizes);
        Ok(())
    }
}
