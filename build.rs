//! Tells the crate which core it is built for, as `cfg(kastanet_core = "…")`.
//!
//! Stable Rust does not show target features such as `dsp` to `cfg`, so the core is derived here, in
//! this one place: from the triple, and where two cores share it from `-Ctarget-cpu` or
//! `-Ctarget-feature`. `KASTANET_CORE` overrides both.

use std::env;

const CORES: [&str; 10] = [
    "armv6m", "armv7m", "armv7em", "armv8m", "helium", "rv32", "rv32v", "x86_64", "aarch64",
    "portable",
];

fn main() {
    println!("cargo::rerun-if-env-changed=KASTANET_CORE");
    let known = CORES.map(|core| format!("\"{core}\"")).join(", ");
    println!("cargo::rustc-check-cfg=cfg(kastanet_core, values({known}))");
    let core =
        env::var("KASTANET_CORE").ok().filter(|core| !core.is_empty()).unwrap_or_else(|| {
            let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
            core_of(&env::var("TARGET").unwrap_or_default(), &flags).into()
        });
    if !CORES.contains(&core.as_str()) {
        println!("cargo::error=KASTANET_CORE={core} is unknown; it is one of {}", CORES.join(", "));
    }
    println!("cargo::rustc-cfg=kastanet_core=\"{core}\"");
}

/// The core of a target triple and of the compiler's flags, which are parted by unit separators.
fn core_of(triple: &str, flags: &str) -> &'static str {
    match triple.split('-').next().unwrap_or_default() {
        "thumbv6m" | "thumbv8m.base" => "armv6m",
        "thumbv7m" => "armv7m",
        "thumbv7em" => "armv7em",
        "thumbv8m.main"
            if ["cortex-m55", "cortex-m85", "+mve"].iter().any(|f| flags.contains(f)) =>
        {
            "helium"
        }
        // With the DSP instructions; a core without them is `armv7m` by `KASTANET_CORE`.
        "thumbv8m.main" => "armv8m",
        arch if arch.starts_with("riscv32") && flags.contains("+v") => "rv32v",
        arch if arch.starts_with("riscv32") => "rv32",
        // What the machine has is found out where it runs, for which it takes `std`.
        "x86_64" if env::var_os("CARGO_FEATURE_STD").is_some() => "x86_64",
        "aarch64" if has_feature("neon") => "aarch64",
        _ => "portable",
    }
}

/// Whether the target has a feature that stable Rust shows.
fn has_feature(name: &str) -> bool {
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    features.split(',').any(|feature| feature == name)
}
