//! The boards: what is built for them and which machine runs it.

use super::{Bench, elf};
use crate::process::{run, run_for};
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A core: what is built for it and which machine runs it.
pub struct Board {
    pub name: &'static str,
    target: &'static str,
    /// `-Ctarget-cpu`, where the target leaves it open.
    cpu: Option<&'static str>,
    /// `KASTANET_CORE`, where neither target nor processor tells.
    core: Option<&'static str>,
    machine: Machine,
    /// A machine with little memory, for the programs that fit it.
    small: Option<Machine>,
}

/// What runs programs.
#[derive(Clone, Copy)]
struct Machine {
    /// The layout: a file in `boards/qemu/memory`, without its ending.
    memory: &'static str,
    emulator: &'static str,
    args: &'static [&'static str],
    /// Where instructions are counted, one takes 2^shift nanoseconds.
    shift: u32,
}

/// Programs that need little memory.
const SMALL: [&str; 2] = ["self_test", "infer"];

/// The program that trains.
const TRAIN: &str = "train";

/// Every board.
pub static BOARDS: [Board; 8] = [
    Board { small: Some(MICROBIT), ..arm("m0", "thumbv6m-none-eabi", MPS2_M3) },
    arm("m3", "thumbv7m-none-eabi", MPS2_M3),
    arm("m4", "thumbv7em-none-eabihf", mps("mps2", &["-machine", "mps2-an386"])),
    Board {
        cpu: Some("cortex-m7"),
        ..arm("m7", "thumbv7em-none-eabihf", mps("mps2", &["-machine", "mps2-an500"]))
    },
    Board {
        cpu: Some("cortex-m33"),
        ..arm("m33", "thumbv8m.main-none-eabihf", mps("an505", &["-machine", "mps2-an505"]))
    },
    Board {
        cpu: Some("cortex-m55"),
        ..arm("m55", "thumbv8m.main-none-eabihf", mps("an547", &["-machine", "mps3-an547"]))
    },
    riscv("rv32", &["-machine", "virt", "-bios", "none"]),
    // The target stays without the vector extension, whose registers only some kernels touch.
    Board { core: Some("rv32v"), ..riscv("rv32v", VECTORS) },
];

/// A Cortex-M3 runs a Cortex-M0's instructions too.
const MPS2_M3: Machine = mps("mps2", &["-machine", "mps2-an385"]);
const MICROBIT: Machine = mps("microbit", &["-machine", "microbit"]);

const VECTORS: &[&str] =
    &["-machine", "virt", "-bios", "none", "-cpu", "rv32,v=true,vlen=128,vext_spec=v1.0"];

const fn mps(memory: &'static str, args: &'static [&'static str]) -> Machine {
    // The timers tick more than twice an instruction then.
    Machine { memory, emulator: "qemu-system-arm", args, shift: 7 }
}

const fn arm(name: &'static str, target: &'static str, machine: Machine) -> Board {
    Board { name, target, cpu: None, core: None, machine, small: None }
}

const fn riscv(name: &'static str, args: &'static [&'static str]) -> Board {
    let machine = Machine { memory: "virt", emulator: "qemu-system-riscv32", args, shift: 0 };
    Board {
        name,
        target: "riscv32imac-unknown-none-elf",
        cpu: None,
        core: None,
        machine,
        small: None,
    }
}

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

    /// Has `cargo` build for this board's processor.
    pub fn aim<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.args(["--target", self.target]).env("CARGO_ENCODED_RUSTFLAGS", self.flags());
        command.env("KASTANET_CORE", self.core.unwrap_or_default())
    }

    /// `cargo` in the boards' workspace, for this board and the machine of `program`.
    pub fn cargo(&self, tree: &Tree, program: &str, args: &[&str]) -> Command {
        let mut command = tree.boards_cargo(args);
        command.env("CARGO_TARGET_DIR", tree.board_target());
        self.aim(&mut command).env("KASTANET_MEMORY", self.machine(program).memory);
        // Only `build` says which image is taken in, not the user's environment.
        command.env_remove("KASTANET_IMAGE").env("DEFMT_LOG", "trace");
        command
    }

    /// The same to build programs, which are then named: of all packages, whose features are those of each other
    /// then, so that what they have in common is compiled once.
    pub fn builds(&self, tree: &Tree, program: &str) -> Command {
        let packages = ["-pkastanet-boards-qemu", "-pkastanet-boards-no-panic"];
        self.cargo(tree, program, &[&["build", "--quiet", "--release"], &packages[..]].concat())
    }

    /// Flags that tell boards of one target apart, so that cargo keeps what it has built for each.
    fn flags(&self) -> String {
        let board = format!("--cfg=kastanet_board={:?}", self.name);
        match self.cpu {
            Some(cpu) => format!("{board}\u{1f}-Ctarget-cpu={cpu}"),
            None => board,
        }
    }

    fn machine(&self, program: &str) -> Machine {
        let small = self.small.filter(|_| SMALL.contains(&program));
        match (small, program, self.machine.memory) {
            (Some(small), ..) => small,
            (None, TRAIN, "mps2") => Machine { memory: "mps2_256k", ..self.machine },
            _ => self.machine,
        }
    }

    /// Builds programs at once, as far as they are for the same machine, with `image` in their
    /// flash; [`Board::elf`] is where they are.
    pub fn build(&self, tree: &Tree, programs: &[&str], image: Option<&Path>) -> Result<()> {
        let group = |program: &str| self.machine(program).memory;
        for first in programs {
            let same: Vec<_> =
                programs.iter().filter(|other| group(other) == group(first)).collect();
            if same.first() == Some(&first) {
                self.build_group(tree, &same, image)?;
            }
        }
        Ok(())
    }

    fn build_group(&self, tree: &Tree, programs: &[&&str], image: Option<&Path>) -> Result<()> {
        let mut command = self.builds(tree, programs[0]);
        command.args(programs.iter().flat_map(|program| ["--bin", program]));
        if let Some(image) = image {
            command.env("KASTANET_IMAGE", image);
        }
        run(&mut command)?;
        programs.iter().try_for_each(|program| self.keep(tree, program))
    }

    /// Builds the program `train` with `image` in its flash and `len` bytes of memory; gives the ELF.
    pub fn build_train(&self, tree: &Tree, image: &Path, len: &str) -> Result<PathBuf> {
        let mut command = self.builds(tree, TRAIN);
        command
            .args(["--bin", TRAIN])
            .env("KASTANET_IMAGE", image)
            .env("KASTANET_TRAINING_LEN", len);
        run(&mut command)?;
        self.keep(tree, TRAIN)?;
        Ok(self.elf(tree, TRAIN))
    }

    /// Whether its programs are unlike those of the others: these boards stand for all where source and compiler
    /// are the same.
    pub fn is_unlike(&self) -> bool {
        ["m0", "m4", "rv32v"].contains(&self.name)
    }

    /// Whether programs that need little memory run on a machine that has little.
    pub fn is_small(&self) -> bool {
        self.small.is_some()
    }

    /// Whether its flash has no room for large networks beside a program.
    pub fn has_little_flash(&self) -> bool {
        self.machine.memory == "an547"
    }

    /// Copies the ELF to where another board's does not replace it.
    fn keep(&self, tree: &Tree, program: &str) -> Result<()> {
        let built = self.built(tree, program);
        let kept = self.elf(tree, program);
        std::fs::create_dir_all(kept.with_file_name(""))?;
        std::fs::copy(built, &kept).with_context(|| kept.display().to_string())?;
        Ok(())
    }

    /// A program that was built last for this board's target.
    pub fn built(&self, tree: &Tree, program: &str) -> PathBuf {
        tree.board_target().join(self.target).join("release").join(program)
    }

    /// A program that has been built.
    pub fn elf(&self, tree: &Tree, program: &str) -> PathBuf {
        tree.board_target().join(self.name).join(program)
    }

    /// Runs a program in the bench's directory with these arguments.
    pub fn run(&self, bench: &Bench<'_>, elf: &Path, args: &[&str]) -> Result<Ended> {
        let name = super::file_name(elf);
        let output = bench.dir.join(format!("{}-{name}.out", self.name));
        let mut command = self.emulator(bench, elf, args);
        let code = run_for(command.current_dir(&bench.dir), LIMIT, &output)?;
        Ok(Ended { code, output: std::fs::read(&output)? })
    }

    /// Runs a program with these arguments and the shift, every instruction counted, its output in a file.
    pub fn count(
        &self,
        bench: &Bench<'_>,
        elf: &Path,
        args: &[&str],
        output: &Path,
    ) -> Result<Ended> {
        let shift = self.shift().to_string();
        let args = [args, &[&*shift]].concat();
        let mut command = self.emulator(bench, elf, &args);
        command.args(["-icount", &format!("shift={shift}")]).current_dir(&bench.dir);
        let code = run_for(&mut command, LIMIT, output)?;
        Ok(Ended { code, output: std::fs::read(output)? })
    }

    /// The command that runs `bench` over a list of networks, every instruction counted.
    pub fn counted(&self, bench: &Bench<'_>, elf: &Path, list: &str) -> Command {
        let shift = self.shift().to_string();
        let mut command = self.emulator(bench, elf, &[list, &shift]);
        command.args(["-icount", &format!("shift={shift}")]).current_dir(&bench.dir);
        command
    }

    /// Where instructions are counted, one takes 2^shift nanoseconds.
    pub fn shift(&self) -> u32 {
        self.machine.shift
    }

    /// The command that runs a program with these arguments.
    fn emulator(&self, bench: &Bench<'_>, elf: &Path, args: &[&str]) -> Command {
        let mut semihosting = String::from("enable=on,target=native");
        let name = super::file_name(elf);
        for arg in [&*name].iter().chain(args) {
            semihosting.push_str(&format!(",arg={arg}"));
        }
        let machine = self.machine(&name);
        let mut command = bench.emulators.command(machine.emulator);
        command.args(machine.args).args(QUIET).args(["-semihosting-config", &semihosting]);
        command.arg("-kernel").arg(elf);
        command
    }

    /// Prints that `program` did what was expected, and its size.
    pub fn report_ok(&self, program: &str, what: &str, elf: &Path) -> Result<()> {
        let elf::Sizes { text, data, bss } = elf::sizes(&std::fs::read(elf)?)?;
        let sizes = format!("{what}; text {text}, data {data}, bss {bss} bytes");
        super::report(self, program, &sizes);
        Ok(())
    }
}
