//! What a layer costs in a format: bytes of flash, and instructions on a core.
//!
//! Bytes are known; instructions are estimated by what has been measured of each core.

mod work;

pub use work::{Kernel, Row, Walks, Work, instructions, rows, work};

use crate::encode::Encoded;
use std::str::FromStr;

/// The cores that have been measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Core {
    M0,
    M3,
    #[default]
    M4,
    M7,
    M33,
    M55,
    Rv32,
    Rv32v,
}

impl Core {
    /// Every core.
    pub const ALL: [Core; 8] =
        [Core::M0, Core::M3, Core::M4, Core::M7, Core::M33, Core::M55, Core::Rv32, Core::Rv32v];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Core::M0 => "m0",
            Core::M3 => "m3",
            Core::M4 => "m4",
            Core::M7 => "m7",
            Core::M33 => "m33",
            Core::M55 => "m55",
            Core::Rv32 => "rv32",
            Core::Rv32v => "rv32v",
        }
    }
}

impl FromStr for Core {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Core::ALL.map(Core::name).join(", ");
        let found = Core::ALL.into_iter().find(|core| core.name() == name);
        found.ok_or_else(|| format!("no core `{name}`; there are {names}"))
    }
}

/// What counts where formats are chosen and RAM is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Optimise {
    /// The fewest bytes of flash, and of RAM: one window at a time.
    #[default]
    Size,
    /// The smallest product of bytes and instructions.
    Balanced,
    /// The fewest instructions.
    Speed,
}

/// For which core a model is packed, and to what end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Aim {
    /// The core whose measurements decide.
    pub core: Core,
    /// What counts.
    pub optimise: Optimise,
}

impl Aim {
    /// The cost of a matrix that is walked so; lower is better.
    pub fn cost(&self, matrix: &Encoded, walks: Walks) -> u64 {
        let bytes = matrix.stored_len() as f64;
        let instructions = instructions(self.core, matrix, walks);
        match self.optimise {
            Optimise::Size => bytes as u64,
            Optimise::Balanced => (bytes * instructions) as u64,
            Optimise::Speed => instructions as u64,
        }
    }
}
