//! The primitives of each core, and the one place that chooses among them.
//!
//! `portable` is plain Rust and the reference. The others are loops over pointers, as `raw` lists them, in
//! assembly where the compiler cannot say what is meant; `checked` stands between them and the rest of the
//! crate.
//!
//! | core | loops | a tile of four windows |
//! |---|---|---|
//! | Cortex-M0, M0+, M23 | `armv6m` | interleaved bytes |
//! | Cortex-M3 | `armv7m` | pairs of windows in words |
//! | Cortex-M4, M7, M33 | `dsp` | pairs of windows in words |
//! | Cortex-M55, M85 | `helium` | windows as they are |
//! | RV32IMC | `rv32` | pairs of windows in words |
//! | RV32 with V | `rvv` | windows as they are |
//! | x86-64 under `std` | `avx2` or `portable`, by `host` | interleaved bytes |
//! | AArch64 | `neon` | interleaved bytes |
//! | others | `portable` | interleaved bytes |
#![allow(unsafe_code)]

/// Lets the assembler know the instructions where the target alone does not.
#[cfg(kastanet_core = "armv8m")]
macro_rules! dsp {
    () => {
        ".cpu cortex-m33"
    };
}

/// Armv7E-M always has them.
#[cfg(any(kastanet_core = "armv7m", kastanet_core = "armv7em"))]
macro_rules! dsp {
    () => {
        ""
    };
}

#[cfg(not(kastanet_core = "portable"))]
mod checked;
mod portable;
#[cfg(not(kastanet_core = "portable"))]
mod raw;
#[cfg(not(kastanet_core = "portable"))]
mod start;

#[cfg(kastanet_core = "armv6m")]
mod armv6m;
#[cfg(any(kastanet_core = "armv7m", kastanet_core = "armv7em", kastanet_core = "armv8m"))]
mod armv7;
#[cfg(kastanet_core = "armv7m")]
mod armv7m;
#[cfg(kastanet_core = "x86_64")]
mod avx2;
#[cfg(any(kastanet_core = "armv7em", kastanet_core = "armv8m"))]
mod dsp;
#[cfg(kastanet_core = "helium")]
mod helium;
#[cfg(kastanet_core = "x86_64")]
mod host;
#[cfg(kastanet_core = "aarch64")]
mod neon;
#[cfg(kastanet_core = "rv32")]
mod rv32;
#[cfg(kastanet_core = "rv32v")]
mod rvv;

#[cfg(feature = "train")]
mod narrow;
#[cfg(all(feature = "train", kastanet_core = "x86_64"))]
mod wide;

#[cfg(kastanet_core = "x86_64")]
pub use host::Host;
#[cfg(all(feature = "train", not(kastanet_core = "x86_64")))]
pub use narrow::{dots, wide};
pub use portable::Portable;
#[cfg(all(feature = "train", kastanet_core = "x86_64"))]
pub use wide::{dots, wide};

/// A core's primitives, which nobody else can have.
mod sealed {
    pub trait Sealed {}
}
pub(super) use sealed::Sealed;

/// The primitives of the core this build is for.
#[cfg(kastanet_core = "armv6m")]
pub type Native = checked::Checked<armv6m::Armv6m>;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "armv7m")]
pub type Native = checked::Checked<armv7m::Armv7m>;
/// The primitives of the core this build is for.
#[cfg(any(kastanet_core = "armv7em", kastanet_core = "armv8m"))]
pub type Native = checked::Checked<dsp::Dsp>;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "helium")]
pub type Native = checked::Checked<helium::Helium>;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "x86_64")]
pub type Native = Host;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "aarch64")]
pub type Native = checked::Checked<neon::Neon>;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "rv32")]
pub type Native = checked::Checked<rv32::Rv32>;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "rv32v")]
pub type Native = checked::Checked<rvv::Rvv>;
/// The primitives of the core this build is for.
#[cfg(kastanet_core = "portable")]
pub type Native = Portable;
