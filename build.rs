//! Tells the crate which core it is built for, as `cfg(kastanet_core = "…")`.
//!
//! Stable Rust does not show target features such as `dsp` to `cfg`, so the core is derived from
//! the triple here, in this one place. `KASTANET_CORE` overrides it where two cores share a triple.

use std::env;

const CORES: [&str; 6] = ["armv6m", "armv7m", "armv7em", "armv8m", "rv32", "portable"];

fn main() {
    println!("cargo::rerun-if-env-changed=KASTANET_CORE");
    let known = CORES.map(|core| format!("\"{core}\"")).join(", ");
    println!("cargo::rustc-check-cfg=cfg(kastanet_core, values({known}))");
    let core = env::var("KASTANET_CORE")
        .unwrap_or_else(|_| core_of(&env::var("TARGET").unwrap_or_default()).into());
    if !CORES.contains(&core.as_str()) {
        println!("cargo::error=KASTANET_CORE={core} is unknown; it is one of {}", CORES.join(", "));
    }
    println!("cargo::rustc-cfg=kastanet_core=\"{core}\"");
}

fn core_of(triple: &str) -> &'static str {
    match triple.split('-').next().unwrap_or_default() {
        "thumbv6m" => "armv6m",
        "thumbv7m" => "armv7m",
        "thumbv7em" => "armv7em",
        arch if arch.starts_with("thumbv8m") => "armv8m",
        arch if arch.starts_with("riscv32") => "rv32",
        _ => "portable",
    }
}
