//! What a layer costs in a format: bytes of flash, and instructions on a core.
//!
//! Instructions are those of a line through measurements: so many a stored unit (a weight, a nonzero
//! or a block of four) and so many a row of 256 columns, for a vector (a fully connected layer) and
//! for a position of a convolution, of which four go together. `cost/table.txt` holds them.

use crate::encode::Encoded;
use kastanet::sparse::{Format, TILE};
use std::str::FromStr;

/// The measurements.
const TABLE: &str = include_str!("cost/table.txt");

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
    /// The cost of a matrix that is multiplied with `positions` vectors; lower is better.
    pub fn cost(&self, matrix: &Encoded, positions: usize) -> u64 {
        let bytes = matrix.stored_len() as f64;
        let instructions = instructions(self.core, matrix, positions);
        match self.optimise {
            Optimise::Size => bytes as u64,
            Optimise::Balanced => (bytes * instructions) as u64,
            Optimise::Speed => instructions as u64,
        }
    }
}

/// Instructions of a product with `positions` vectors, without requantisation.
pub fn instructions(core: Core, matrix: &Encoded, positions: usize) -> f64 {
    let Some([vector, tile]) = lines(core, matrix.format) else { return f64::MAX };
    let Line { unit, row } = if positions < 4 { vector } else { tile };
    let width = match matrix.format {
        Format::Block1x4 => 4 * TILE,
        _ => TILE,
    };
    let lines = match matrix.format {
        Format::Block4x1 => matrix.rows.div_ceil(4),
        _ => matrix.rows,
    };
    let rows = lines * matrix.cols.div_ceil(width);
    positions as f64 * (units(matrix) as f64 * unit + rows as f64 * row)
}

/// Weights, nonzeros or blocks that are walked.
fn units(matrix: &Encoded) -> usize {
    match matrix.format {
        Format::Block4x1 | Format::Block1x4 => matrix.values.len() / 4,
        _ => matrix.values.len(),
    }
}

/// Instructions of a unit and of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    unit: f64,
    row: f64,
}

/// The measurements of a format: a vector's, and a position's of a tile.
fn lines(core: Core, format: Format) -> Option<[Line; 2]> {
    TABLE.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut words = line.split_whitespace();
        let found = words.next()? == core.name() && words.next()? == format.name();
        let mut number = || words.next()?.parse().ok();
        let numbers = [number()?, number()?, number()?, number()?];
        let [vector_unit, vector_row, tile_unit, tile_row] = numbers;
        let vector = Line { unit: vector_unit, row: vector_row };
        found.then_some([vector, Line { unit: tile_unit, row: tile_row }])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::encode;

    #[test]
    fn every_core_and_format_has_been_measured() {
        for core in Core::ALL {
            for format in Format::ALL {
                assert!(lines(core, format).is_some(), "{} {}", core.name(), format.name());
            }
        }
    }

    #[test]
    fn sparse_costs_less_where_it_is_sparse() {
        let weights: Vec<i8> = (0..256 * 256).map(|i| i8::from(i % 10 == 0)).collect();
        let of = |format| instructions(Core::M4, &encode(format, &weights, 256).unwrap(), 1);
        assert!(of(Format::Index8) < of(Format::Dense));
        assert!(of(Format::Index8) < of(Format::Rice));
    }
}
