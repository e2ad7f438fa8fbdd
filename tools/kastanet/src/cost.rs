//! What a layer costs in a format: bytes of flash, and instructions on a core.
//!
//! Bytes are known; instructions are estimated by what has been measured of each core.

mod network;
mod work;

pub use network::network;
pub use work::{Kernel, Row, STORED, Walks, Work, instructions, rows, stored, work};

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

/// By how much more instructions may be estimated where they count, if bytes are saved by it.
const NEARLY: f64 = 1.01;

impl Aim {
    /// The best of some encodings of a matrix that is walked so; of equals the first.
    pub fn choose(&self, encodings: Vec<Encoded>, walks: Walks) -> Option<Encoded> {
        let of = |encoded: &Encoded| instructions(self.core, encoded, walks);
        let fewest = encodings.iter().map(of).fold(f64::MAX, f64::min);
        let cost = |encoded: &Encoded| match self.optimise {
            Optimise::Size => encoded.stored_len() as f64,
            Optimise::Balanced => encoded.stored_len() as f64 * of(encoded),
            Optimise::Speed if of(encoded) > fewest * NEARLY => f64::MAX,
            Optimise::Speed => encoded.stored_len() as f64,
        };
        encodings.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{all, encode};
    use kastanet::sparse::Format;

    #[test]
    fn each_aim_has_its_format() {
        let weights: Vec<i8> = (0..256 * 256_i64).map(|i| i8::from(i * i % 10 == 1)).collect();
        let chosen = |optimise| {
            let aim = Aim { core: Core::M4, optimise };
            aim.choose(all(&weights, 256), Walks::of_vectors(1)).unwrap().format
        };
        assert_eq!(chosen(Optimise::Size), Format::Rice);
        assert_eq!(chosen(Optimise::Balanced), Format::Index8);
        assert_eq!(chosen(Optimise::Speed), Format::Index8);
    }

    #[test]
    fn speed_saves_bytes_where_that_costs_next_to_nothing() {
        let aim = Aim { core: Core::M4, optimise: Optimise::Speed };
        let smaller = encode(Format::Dense, &[1; 64], 8).unwrap();
        let larger = Encoded { counts: vec![0; 64], ..smaller.clone() };
        let chosen = aim.choose(vec![larger, smaller], Walks::of_vectors(1)).unwrap();
        assert!(chosen.counts.is_empty());
    }
}
