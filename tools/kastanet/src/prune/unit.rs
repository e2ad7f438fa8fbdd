//! What pruning keeps or drops as one.

use kastanet::sparse::{Block1x4, Block4x1, Pattern};
use std::fmt;
use std::str::FromStr;

/// What pruning keeps or drops as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A weight.
    #[default]
    Weight,
    /// The weights of 4 consecutive rows in one column.
    Block4x1,
    /// 4 consecutive weights of a row.
    Block1x4,
    /// A weight, of which every M consecutive ones of a row keep N.
    Nm(Pattern),
}

impl Unit {
    /// Which weights stay, of rows of `cols`, by their magnitudes.
    pub(super) fn kept(self, magnitudes: &[f32], cols: usize, sparsity: f64) -> Vec<bool> {
        match self {
            Unit::Nm(pattern) => self.largest(magnitudes, cols, pattern.kept()),
            _ => {
                let units = self.units(magnitudes.len() / cols.max(1), cols);
                let keep = ((1.0 - sparsity) * units as f64 + 0.5).floor() as usize;
                self.largest(magnitudes, cols, keep)
            }
        }
    }

    /// Which weights are in the `keep` units with the largest sums; of N:M, in those of each group.
    pub(crate) fn largest(self, magnitudes: &[f32], cols: usize, keep: usize) -> Vec<bool> {
        let cols = cols.max(1);
        if let Unit::Nm(pattern) = self {
            return of_each(pattern.group(), magnitudes, cols, keep);
        }
        let unit_of = |at: usize| self.unit_of(at / cols, at % cols, cols);
        let mut scores = vec![0.0; self.units(magnitudes.len() / cols, cols)];
        for (at, magnitude) in magnitudes.iter().enumerate() {
            scores[unit_of(at)] += magnitude;
        }
        let mut kept = vec![false; scores.len()];
        for &unit in by_magnitude(&scores).iter().take(keep) {
            kept[unit] = true;
        }
        (0..magnitudes.len()).map(|at| kept[unit_of(at)]).collect()
    }

    /// The number of the unit that a weight belongs to: groups of rows one after another, columns
    /// ascending in each.
    fn unit_of(self, row: usize, col: usize, cols: usize) -> usize {
        match self {
            Unit::Weight | Unit::Nm(_) => row * cols + col,
            Unit::Block4x1 => row / Block4x1::ROWS * cols + col,
            Unit::Block1x4 => row * cols.div_ceil(Block1x4::COLUMNS) + col / Block1x4::COLUMNS,
        }
    }

    fn units(self, rows: usize, cols: usize) -> usize {
        match self {
            Unit::Weight | Unit::Nm(_) => rows * cols,
            Unit::Block4x1 => rows.div_ceil(Block4x1::ROWS) * cols,
            Unit::Block1x4 => rows * cols.div_ceil(Block1x4::COLUMNS),
        }
    }
}

/// The `keep` largest of every `group` consecutive weights of a row.
fn of_each(group: usize, magnitudes: &[f32], cols: usize, keep: usize) -> Vec<bool> {
    let mut kept = vec![];
    for group in magnitudes.chunks(cols).flat_map(|row| row.chunks(group)) {
        let order = by_magnitude(group);
        let stays = &order[..keep.min(order.len())];
        kept.extend((0..group.len()).map(|at| stays.contains(&at)));
    }
    kept
}

/// Indices, the largest magnitude first; of equal ones, the lower index.
fn by_magnitude(magnitudes: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..magnitudes.len()).collect();
    order.sort_by(|&a, &b| magnitudes[b].total_cmp(&magnitudes[a]));
    order
}

/// As it is written on the command line.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unit::Weight => f.write_str("weight"),
            Unit::Block4x1 => f.write_str("block4x1"),
            Unit::Block1x4 => f.write_str("block1x4"),
            Unit::Nm(pattern) => write!(f, "nm:{}:{}", pattern.kept(), pattern.group()),
        }
    }
}

impl FromStr for Unit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern = |n_of_m: &str| {
            let name = |pattern: &Pattern| format!("{}:{}", pattern.kept(), pattern.group());
            Pattern::ALL.into_iter().find(|pattern| name(pattern) == n_of_m)
        };
        match text {
            "weight" => Some(Unit::Weight),
            "block4x1" => Some(Unit::Block4x1),
            "block1x4" => Some(Unit::Block1x4),
            _ => text.strip_prefix("nm:").and_then(pattern).map(Unit::Nm),
        }
        .ok_or("expected weight, block4x1, block1x4, nm:1:16, nm:1:8, nm:1:4 or nm:2:4")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Reverse;

    /// As the rule says it, a unit at a time.
    fn plain(unit: Unit, magnitudes: &[f32], cols: usize, sparsity: f64) -> Vec<bool> {
        let rows = magnitudes.len() / cols;
        let (height, width) = match unit {
            Unit::Block4x1 => (4, 1),
            Unit::Block1x4 => (1, 4),
            _ => (1, 1),
        };
        let mut units = vec![];
        for top in (0..rows).step_by(height) {
            for left in (0..cols).step_by(width) {
                let cells = (top..rows.min(top + height)).flat_map(|row| {
                    (left..cols.min(left + width)).map(move |col| row * cols + col)
                });
                let cells: Vec<usize> = cells.collect();
                let score: f32 = cells.iter().map(|&at| magnitudes[at]).sum();
                units.push((Reverse(score.to_bits()), units.len(), cells));
            }
        }
        let keep = ((1.0 - sparsity) * units.len() as f64 + 0.5).floor() as usize;
        units.sort();
        let mut kept = vec![false; magnitudes.len()];
        units.into_iter().take(keep).flat_map(|unit| unit.2).for_each(|at| kept[at] = true);
        kept
    }

    /// Few different magnitudes, so that there are ties.
    fn magnitudes(rows: usize, cols: usize) -> Vec<f32> {
        (0..rows * cols).map(|at| (at * at * 7 % 11) as f32 * 0.5).collect()
    }

    #[test]
    fn keeps_the_units_that_the_rule_says() {
        for (rows, cols) in [(1, 1), (4, 4), (5, 9), (8, 3), (9, 17), (7, 6)] {
            let magnitudes = magnitudes(rows, cols);
            for unit in [Unit::Weight, Unit::Block4x1, Unit::Block1x4] {
                for sparsity in [0.0, 0.1, 0.5, 0.77, 0.9, 1.0] {
                    let expected = plain(unit, &magnitudes, cols, sparsity);
                    let found = unit.kept(&magnitudes, cols, sparsity);
                    assert_eq!(found, expected, "{unit:?} {rows} {cols} {sparsity}");
                }
            }
        }
    }

    #[test]
    fn keeps_n_of_every_m() {
        for pattern in Pattern::ALL {
            for (rows, cols) in [(1, 1), (3, 16), (5, 9), (2, 35)] {
                let magnitudes = magnitudes(rows, cols);
                let kept = Unit::Nm(pattern).kept(&magnitudes, cols, 0.0);
                for at in 0..magnitudes.len() {
                    let first = at / cols * cols + at % cols / pattern.group() * pattern.group();
                    let end = (first + pattern.group()).min((at / cols + 1) * cols);
                    let larger = |&other: &usize| {
                        let (a, b) = (magnitudes[other], magnitudes[at]);
                        a > b || a == b && other < at
                    };
                    let stays = (first..end).filter(larger).count() < pattern.kept();
                    assert_eq!(kept[at], stays, "{pattern:?} {rows} {cols} {at}");
                }
            }
        }
    }

    #[test]
    fn names() {
        assert_eq!("weight".parse(), Ok(Unit::Weight));
        assert_eq!("nm:2:4".parse(), Ok(Unit::Nm(Pattern::TwoOf4)));
        assert_eq!("nm:1:16".parse(), Ok(Unit::Nm(Pattern::OneOf16)));
        for name in ["weight", "block4x1", "block1x4", "nm:1:8", "nm:2:4"] {
            assert_eq!(name.parse().map(|unit: Unit| unit.to_string()), Ok(name.into()));
        }
        for wrong in ["", "nm", "nm:", "nm:3:4", "block", "nm:2:4 "] {
            assert!(wrong.parse::<Unit>().is_err(), "{wrong}");
        }
    }
}
