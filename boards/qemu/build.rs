//! Lays out memory for the machine and takes in the image that `infer` and `log` run.
//!
//! - `KASTANET_MEMORY`: a file in `memory/`, without its ending; without it, the first machine of
//!   the target.
//! - `KASTANET_IMAGE`: path of a `.kst` file, absolute; without it, the programs refuse to run.
//! - `KASTANET_CORE=rv32v`: the start-up code switches the vector unit on.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The memory where only the target is known.
const MEMORIES: [(&str, &str); 5] = [
    ("thumbv6m-none-eabi", "microbit"),
    ("thumbv7m-none-eabi", "mps2"),
    ("thumbv7em-none-eabihf", "mps2"),
    ("thumbv8m.main-none-eabihf", "an505"),
    ("riscv32imac-unknown-none-elf", "virt"),
];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let target = env::var("TARGET").expect("cargo sets TARGET");
    take("KASTANET_IMAGE", &out.join("model.kst"));
    vectors();
    println!("cargo::rustc-check-cfg=cfg(memory, values(any()))");
    if let Some(memory) = memory(&target) {
        println!("cargo::rustc-cfg=memory={memory:?}");
        copy(&Path::new("memory").join(memory + ".x"), &out.join("memory.x"));
        println!("cargo::rustc-link-search={}", out.display());
        link(&target);
    }
}

fn memory(target: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed=KASTANET_MEMORY");
    let first = MEMORIES.iter().find(|(triple, _)| *triple == target);
    env::var("KASTANET_MEMORY")
        .ok()
        .filter(|name| !name.is_empty())
        .or(first.map(|(_, memory)| (*memory).into()))
}

fn vectors() {
    println!("cargo::rerun-if-env-changed=KASTANET_CORE");
    println!("cargo::rustc-check-cfg=cfg(vectors)");
    if env::var("KASTANET_CORE").is_ok_and(|core| core == "rv32v") {
        println!("cargo::rustc-cfg=vectors");
    }
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
    println!("cargo::rustc-link-arg-bin=log=-Tdefmt.x");
}
