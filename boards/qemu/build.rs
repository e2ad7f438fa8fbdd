//! Lays out memory for the board and takes in the image that `infer` and `log` run.
//!
//! - `KASTANET_BOARD`: a directory beside this file; without it, the first board of the target.
//! - `KASTANET_IMAGE`: path of a `.kst` file, absolute; without it, the programs refuse to run.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The board where only the target is known.
const BOARDS: [(&str, &str); 2] =
    [("thumbv7em-none-eabihf", "m4"), ("riscv32imac-unknown-none-elf", "rv32")];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let target = env::var("TARGET").expect("cargo sets TARGET");
    take("KASTANET_IMAGE", &out.join("model.kst"));
    if let Some(board) = board(&target) {
        copy(Path::new(&board).join("memory.x").as_path(), &out.join("memory.x"));
        println!("cargo::rustc-link-search={}", out.display());
        link(&target);
    }
}

fn board(target: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed=KASTANET_BOARD");
    let first = BOARDS.iter().find(|(triple, _)| *triple == target);
    env::var("KASTANET_BOARD")
        .ok()
        .filter(|name| !name.is_empty())
        .or(first.map(|(_, board)| (*board).into()))
}

/// Copies the file that `variable` names; an empty file where it names none.
fn take(variable: &str, to: &Path) {
    println!("cargo::rerun-if-env-changed={variable}");
    match env::var_os(variable).filter(|path| !path.is_empty()) {
        Some(from) => copy(Path::new(&from), to),
        None => fs::write(to, []).expect("OUT_DIR is writable"),
    }
}

fn copy(from: &Path, to: &Path) {
    println!("cargo::rerun-if-changed={}", from.display());
    if let Err(error) = fs::copy(from, to) {
        let here = env::current_dir().unwrap_or_default();
        println!("cargo::error={} (from {}): {error}", from.display(), here.display());
    }
}

fn link(target: &str) {
    let args: &[&str] = match target.starts_with("riscv") {
        true => &["-Tmemory.x", "-Tlink.x"],
        // Sections as they are, not padded to pages.
        false => &["-Tlink.x", "--nmagic"],
    };
    for arg in args {
        println!("cargo::rustc-link-arg-bins={arg}");
    }
    if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    }
}
