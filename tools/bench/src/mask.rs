//! Which weights stay: random positions, exactly as many as asked for.

use anyhow::{Context, Result, ensure};
use host_tests::random::Rng;
use kastanet::sparse::{Format, Pattern};
use std::fmt;
use std::str::FromStr;

/// How a layer's weights are pruned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask {
    /// Share of the units that become zero; of no matter for N:M.
    pub sparsity: f64,
    /// What becomes zero together.
    pub unit: Unit,
}

/// Weights that stay or go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// One weight.
    Weight,
    /// Four consecutive rows of one column.
    Block4x1,
    /// Four consecutive columns of one row.
    Block1x4,
    /// Of every M consecutive columns of a row, N stay.
    Nm {
        /// How many stay.
        n: usize,
        /// Of how many.
        m: usize,
    },
}

impl Mask {
    /// Nothing is pruned.
    pub const DENSE: Mask = Mask { sparsity: 0.0, unit: Unit::Weight };

    /// The share of weights that become zero.
    pub fn share(self) -> f64 {
        match self.unit {
            Unit::Nm { n, m } => 1.0 - n as f64 / m as f64,
            _ => self.sparsity,
        }
    }

    /// Prunes a matrix of rows of `cols` weights.
    pub fn apply(self, weights: &mut [i8], cols: usize, rng: &mut Rng) {
        match self.unit {
            Unit::Weight => self.prune(weights, cols, [1, 1], rng),
            Unit::Block4x1 => self.prune(weights, cols, [4, 1], rng),
            Unit::Block1x4 => self.prune(weights, cols, [1, 4], rng),
            Unit::Nm { n, m } => {
                let groups = weights.chunks_mut(cols).flat_map(|row| row.chunks_mut(m));
                groups.for_each(|group| {
                    for index in shuffled(group.len(), rng).into_iter().skip(n) {
                        group[index] = 0;
                    }
                });
            }
        }
    }

    /// Prunes blocks of `height` × `width`; those at the end may be smaller.
    fn prune(self, weights: &mut [i8], cols: usize, [height, width]: [usize; 2], rng: &mut Rng) {
        let rows = weights.len() / cols;
        let across = cols.div_ceil(width);
        let blocks = rows.div_ceil(height) * across;
        let keep = ((1.0 - self.sparsity) * blocks as f64).round() as usize;
        for block in shuffled(blocks, rng).into_iter().skip(keep) {
            let (top, left) = (block / across * height, block % across * width);
            for row in weights.chunks_mut(cols).skip(top).take(height) {
                row.iter_mut().skip(left).take(width).for_each(|weight| *weight = 0);
            }
        }
    }
}

/// The numbers below `count` in random order.
fn shuffled(count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for index in (1..count).rev() {
        order.swap(index, rng.range(0, index));
    }
    order
}

impl Unit {
    /// The unit that a format is for, at about this share of zeros; the weight where formats are
    /// chosen, or where nothing is pruned. `None` where there is none: N:M of which far less is zero.
    pub fn of(format: Option<Format>, sparsity: f64) -> Option<Self> {
        match format {
            Some(Format::Block4x1) if sparsity > 0.0 => Some(Unit::Block4x1),
            Some(Format::Block1x4) if sparsity > 0.0 => Some(Unit::Block1x4),
            Some(Format::Nm) => Self::pattern(sparsity),
            _ => Some(Unit::Weight),
        }
    }

    /// The N:M that is nearest.
    fn pattern(sparsity: f64) -> Option<Self> {
        let far = |unit: &Self| (Mask { sparsity, unit: *unit }.share() - sparsity).abs();
        let all = Pattern::ALL.iter().map(|p| Unit::Nm { n: p.kept(), m: p.group() });
        all.min_by(|a, b| far(a).total_cmp(&far(b))).filter(|unit| far(unit) <= 0.1)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unit::Weight => write!(f, "weight"),
            Unit::Block4x1 => write!(f, "block4x1"),
            Unit::Block1x4 => write!(f, "block1x4"),
            Unit::Nm { n, m } => write!(f, "nm:{n}:{m}"),
        }
    }
}

impl FromStr for Unit {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let what = "units are weight, block4x1, block1x4 and nm:N:M with N below M";
        Ok(match text {
            "weight" => Unit::Weight,
            "block4x1" => Unit::Block4x1,
            "block1x4" => Unit::Block1x4,
            other => {
                let pair = other.strip_prefix("nm:").and_then(|pair| pair.split_once(':'));
                let (n, m) = pair.with_context(|| format!("no unit `{text}`; {what}"))?;
                let (n, m) = (n.parse().context(what)?, m.parse().context(what)?);
                ensure!(n < m, "{what}");
                Unit::Nm { n, m }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(sparsity: f64, unit: &str) -> Vec<i8> {
        let mut weights = vec![1; 8 * 12];
        let unit = unit.parse().unwrap();
        Mask { sparsity, unit }.apply(&mut weights, 12, &mut Rng::new(1));
        weights
    }

    #[test]
    fn prunes_exactly() {
        let left = |sparsity, unit| masked(sparsity, unit).iter().filter(|&&w| w != 0).count();
        assert_eq!(left(0.0, "weight"), 96);
        assert_eq!(left(0.5, "weight"), 48);
        assert_eq!(left(0.75, "block4x1"), 24);
        assert_eq!(left(0.75, "block1x4"), 24);
        assert_eq!(left(0.0, "nm:1:4"), 24);
    }

    #[test]
    fn prunes_units_as_a_whole() {
        let weights = masked(0.5, "block4x1");
        assert!(
            (0..48)
                .all(|at| weights[at % 12 + at / 48 * 48] == weights[at % 12 + at / 48 * 48 + 36])
        );
        assert!(
            masked(0.5, "block1x4").chunks(4).all(|block| block.iter().all(|w| w == &block[0]))
        );
        let groups = masked(0.0, "nm:2:4");
        assert!(groups.chunks(4).all(|group| group.iter().filter(|&&w| w != 0).count() == 2));
    }

    #[test]
    fn formats_have_units() {
        let of = |format, sparsity| Unit::of(Some(format), sparsity).map(|unit| unit.to_string());
        let nm = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95].map(|sparsity| of(Format::Nm, sparsity));
        let expected = ["", "nm:2:4", "nm:1:4", "nm:1:4", "nm:1:8", "nm:1:16"];
        assert_eq!(nm.map(Option::unwrap_or_default), expected);
        assert_eq!(of(Format::Block1x4, 0.0).as_deref(), Some("weight"));
        assert_eq!(of(Format::Block1x4, 0.5).as_deref(), Some("block1x4"));
        assert_eq!(of(Format::Rice, 0.9).as_deref(), Some("weight"));
    }

    #[test]
    fn units_have_names() {
        for name in ["weight", "block4x1", "block1x4", "nm:2:8"] {
            assert_eq!(name.parse::<Unit>().unwrap().to_string(), name);
        }
        assert!("nm:4:4".parse::<Unit>().is_err());
        assert!("nm:1".parse::<Unit>().is_err());
    }
}
