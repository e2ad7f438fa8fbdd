//! CMSIS-NN, built here and counted as our own kernels are.
//!
//! Its sources come from a package of the Python index, pinned by its hash, and stay under the target
//! directory.

use super::{RunOne, bench_tool, run_all};
use crate::process::{capture, on_path, run};
use crate::qemu::{Bench, Board};
use crate::setup;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const GCC: &str = "arm-none-eabi-gcc";

const NO_GCC: &str = "--peer builds CMSIS-NN with arm-none-eabi-gcc, which is not there:
    Debian, Ubuntu  apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi
    Fedora          dnf install arm-none-eabi-gcc-cs arm-none-eabi-newlib
    Arch            pacman -S arm-none-eabi-gcc arm-none-eabi-newlib
    macOS           brew install --cask gcc-arm-embedded";

/// Where the sources are in the package.
const VENDOR: &str = "bakenn/backend/cmsis_nn/vendor";

const MPS2: &[&str] = &["FLASH=0", "RAM=0x20000000", "RAM_SIZE=0x400000"];
const AN547: &[&str] = &["FLASH=0", "RAM=0x21000000", "RAM_SIZE=0x200000"];

/// Board, flags of the compiler, symbols of the linker script.
type Build = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The boards it is built for.
const BUILDS: [Build; 4] = [
    ("m0", &["-mcpu=cortex-m0"], MPS2),
    ("m3", &["-mcpu=cortex-m3"], MPS2),
    ("m4", &["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"], MPS2),
    ("m55", &["-mcpu=cortex-m55", "-mfloat-abi=hard", "-DSYSTEM_COUNTER"], AN547),
];

/// What it takes for each layer, under git.
const TABLE: &str = "tools/bench/src/peers/cmsis_nn.txt";

/// Counts it on those of `boards` that it is built for, and writes the table.
pub fn count(bench: &Bench<'_>, boards: &[&'static Board]) -> Result<()> {
    run(&mut bench_tool(bench, "peer-layers"))?;
    run_all(jobs(bench, boards)?)?;
    let boards = boards.iter().map(|board| board.name);
    let built = boards.filter(|board| BUILDS.iter().any(|(name, ..)| name == board));
    let mut peer = bench_tool(bench, "peer");
    peer.args(built.flat_map(|board| ["--board", board]));
    run(peer.arg("--table").arg(bench.tree.root.join(TABLE)))
}

/// Builds it for those of `boards` that it is known for; what runs it.
fn jobs(bench: &Bench<'_>, boards: &[&'static Board]) -> Result<Vec<RunOne>> {
    if on_path(GCC).is_none() {
        bail!(NO_GCC);
    }
    let sources = sources(bench)?;
    let builds = BUILDS
        .iter()
        .filter_map(|build| Some((boards.iter().find(|board| board.name == build.0)?, build)));
    builds
        .map(|(board, build)| {
            let elf = compile(bench, board, build, &sources)?;
            let output = bench.dir.join(format!("{}-peer.out", board.name));
            Ok(RunOne { command: board.counted(bench, &elf, ""), output })
        })
        .collect()
}

/// Downloads and unpacks the package, where that has not been done.
fn sources(bench: &Bench<'_>) -> Result<PathBuf> {
    let home = bench.dir.join("peer");
    let vendor = home.join(VENDOR);
    if vendor.is_dir() {
        return Ok(vendor);
    }
    let python = setup::oracle(bench.tree)?;
    let requirements = bench.tree.root.join("tools/bench/peer/requirements.txt");
    fs::create_dir_all(&home)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--require-hashes", "-r"]).arg(requirements);
    run(pip.arg("-d").arg(&home)).context("CMSIS-NN's sources")?;
    let wheel = home.join("bakenn-1.0.0-py3-none-any.whl");
    capture(Command::new(python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(&home))?;
    Ok(vendor)
}

fn compile(
    bench: &Bench<'_>,
    board: &Board,
    (name, flags, symbols): &Build,
    vendor: &Path,
) -> Result<PathBuf> {
    let (own, elf) = (bench.tree.root.join("tools/bench/peer"), bench.dir.join("peer").join(name));
    let mut gcc = Command::new(GCC);
    gcc.args(["-O3", "-mthumb", "-ffunction-sections", "-Wl,--gc-sections", "-nostartfiles"]);
    gcc.args(*flags).arg(format!("-DSHIFT={}", board.shift()));
    gcc.arg("-I").arg(&bench.dir).arg("-T").arg(own.join("link.ld"));
    gcc.args(symbols.iter().map(|symbol| format!("-Wl,--defsym={symbol}")));
    for include in ["cmsis_nn/Include", "cmsis_core/Include"] {
        gcc.arg("-I").arg(vendor.join(include));
    }
    gcc.arg(own.join("main.c")).args(c_files(&vendor.join("cmsis_nn/Source"))?);
    capture(gcc.arg("-o").arg(&elf)).with_context(|| format!("CMSIS-NN for {name}"))?;
    Ok(elf)
}

/// The C files in the folders of `dir`, in order.
fn c_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in fs::read_dir(dir)? {
        for file in fs::read_dir(folder?.path())? {
            files.push(file?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "c"));
    files.sort();
    Ok(files)
}
