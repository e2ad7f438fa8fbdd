//! What a product takes: the work that a matrix means, and what a core takes for it.
//!
//! A kernel walks a matrix line by line (a row, or four of them in blocks of four outputs), a line
//! tile by tile, a tile unit by unit (a weight, a stored nonzero, a block of four). Instructions are
//! a number for each of the three, with requantisation in the line's. `cost/table.txt` holds the
//! numbers; `cargo xtask bench --costs` measures and writes them.

use super::Core;
use crate::encode::Encoded;
use kastanet::kernels::tile::WINDOWS;
use kastanet::sparse::{Format, Pattern, TILE};

/// The measurements.
const TABLE: &str = include_str!("table.txt");

/// Which kernel walks a matrix, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walks {
    /// The kernel.
    pub kernel: Kernel,
    /// How often.
    pub count: usize,
}

/// What a matrix is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// One vector.
    Vector,
    /// A tile of four windows.
    Tile,
}

impl Walks {
    /// A layer that is fully connected multiplies one vector after another.
    pub fn of_vectors(count: usize) -> Self {
        Walks { kernel: Kernel::Vector, count }
    }

    /// A convolution takes four positions at a time, where it has four.
    pub fn of_positions(count: usize) -> Self {
        match count < WINDOWS {
            true => Self::of_vectors(count),
            false => Walks { kernel: Kernel::Tile, count: count.div_ceil(WINDOWS) },
        }
    }
}

/// Units, lines, and tiles of lines behind their first: of a matrix what there is, of a core what it
/// takes for one.
pub type Work = [f64; 3];

/// What one walk over a matrix is.
pub fn work(matrix: &Encoded) -> Work {
    let (height, width) = match matrix.format {
        Format::Block4x1 => (4, 1),
        Format::Block1x4 => (1, 4),
        _ => (1, 1),
    };
    let (lines, tiles) = (matrix.rows.div_ceil(height), matrix.cols.div_ceil(width * TILE));
    let units = match matrix.format {
        // Steps of half a byte, those that skip without a value too.
        Format::Delta4 => 2 * matrix.indices.len(),
        _ => matrix.values.len() / (height * width),
    };
    [units, lines, lines * tiles.saturating_sub(1)].map(|count| count as f64)
}

/// Instructions of the product of a matrix.
pub fn instructions(core: Core, matrix: &Encoded, walks: Walks) -> f64 {
    let Some(measured) = measured(core, stored(matrix)) else { return f64::MAX };
    let each = measured[walks.kernel as usize];
    let once: f64 = work(matrix).iter().zip(each).map(|(count, each)| count * each).sum();
    walks.count as f64 * once * if walks_one_by_one(matrix) { 2.0 } else { 1.0 }
}

/// Whether its rows are not taken many at a time as those that were measured: their counts have two bytes,
/// as only those of nearly dense ones do. It then takes up to twice as long.
fn walks_one_by_one(matrix: &Encoded) -> bool {
    matches!(matrix.format, Format::Index8 | Format::Block4x1) && matrix.parameter == 2
}

/// The names that the table has for how matrices are stored.
pub const STORED: [&str; 11] = [
    "dense", "delta8", "delta4", "block4x1", "block1x4", "index8", "rice", "nm:1:16", "nm:1:8",
    "nm:1:4", "nm:2:4",
];

/// The one of a matrix: its format, and its pattern where it has one.
pub fn stored(matrix: &Encoded) -> &'static str {
    match Pattern::ALL.iter().find(|pattern| **pattern as u8 == matrix.parameter) {
        _ if matrix.format != Format::Nm => matrix.format.name(),
        Some(Pattern::OneOf16) => "nm:1:16",
        Some(Pattern::OneOf8) => "nm:1:8",
        Some(Pattern::OneOf4) => "nm:1:4",
        _ => "nm:2:4",
    }
}

/// What a core takes: of a vector, and of a tile.
fn measured(core: Core, stored: &str) -> Option<[Work; 2]> {
    let found = rows(TABLE).find(|row| (row.core, row.stored) == (core.name(), stored));
    found.map(|row| row.work)
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// The core's name.
    pub core: &'a str,
    /// One of [`STORED`].
    pub stored: &'a str,
    /// Of a vector, and of a tile.
    pub work: [Work; 2],
}

/// The lines of a table that can be read.
pub fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (core, stored) = (words.next()?, words.next()?);
        let mut number = || words.next()?.parse().ok();
        let mut work = || Some([number()?, number()?, number()?]);
        Some(Row { core, stored, work: [work()?, work()?] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::encode;

    #[test]
    fn every_core_and_format_has_been_measured() {
        for core in Core::ALL {
            for stored in STORED {
                assert!(measured(core, stored).is_some(), "{} {stored}", core.name());
            }
        }
    }

    #[test]
    fn sparse_costs_less_where_it_is_sparse() {
        let weights: Vec<i8> = (0..256 * 256).map(|i| i8::from(i % 10 == 0)).collect();
        for core in Core::ALL {
            let vector = Walks::of_vectors(1);
            let of = |format| instructions(core, &encode(format, &weights, 256).unwrap(), vector);
            assert!(of(Format::Index8) < of(Format::Rice), "{}", core.name());
        }
    }

    #[test]
    fn work_is_units_lines_and_further_tiles() {
        let weights: Vec<i8> = (0..8 * 600).map(|i| i8::from(i % 600 < 10)).collect();
        let of = |format| work(&encode(format, &weights, 600).unwrap());
        assert_eq!(of(Format::Dense), [4800.0, 8.0, 16.0]);
        assert_eq!(of(Format::Index8), [80.0, 8.0, 16.0]);
        assert_eq!(of(Format::Block4x1), [20.0, 2.0, 4.0]);
        assert_eq!(of(Format::Block1x4), [24.0, 8.0, 0.0]);
    }

    #[test]
    fn a_matrix_has_a_name() {
        let weights: Vec<i8> = (0..64).map(|i| i8::from(i % 8 == 0)).collect();
        let of = |format| stored(&encode(format, &weights, 16).unwrap());
        assert_eq!((of(Format::Nm), of(Format::Rice)), ("nm:1:8", "rice"));
        let dense = encode(Format::Nm, &[1, 1, 0, 0], 4).unwrap();
        assert_eq!(stored(&dense), "nm:2:4");
        let named = |format: &Format| *format == Format::Nm || STORED.contains(&format.name());
        assert!(Format::ALL.iter().all(named));
    }

    #[test]
    fn positions_go_by_fours() {
        let walks = [1, 3, 4, 5, 9].map(|count| Walks::of_positions(count).count);
        assert_eq!(walks, [1, 3, 1, 2, 3]);
    }
}
