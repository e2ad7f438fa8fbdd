//! How the weights of one operation are trained.

use super::graph::{MOST, Weights};
use super::{Error, Stored};
use kastanet::train::{Grid, Unit};

/// How the weights of one operation are trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What errors call it; empty: its number.
    pub name: String,
    /// Which weights are trained.
    pub sets: Sets,
    /// Real value of one step of each row's stored weights; empty: 1.
    pub scales: Vec<f32>,
    /// The bias of each row; empty: zeros.
    pub bias: Option<Vec<f32>>,
    /// Where an image holds its weights.
    pub stored: Stored,
}

/// Which weights are trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sets {
    /// Those that Top-KAST chooses.
    Sparse {
        /// What is chosen as one.
        unit: Unit,
        /// How much is in the forward set; of N:M, of each group.
        forward: Share,
        /// How much is in the backward set.
        backward: Share,
    },
    /// All.
    Dense,
    /// None, but the bias.
    Frozen,
}

/// How many of some units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// ⌊d·n + ½⌋ of n; above 0, at most 1.
    Density(f64),
    /// So many.
    Count(usize),
}

impl Layer {
    fn new(sets: Sets) -> Self {
        let (name, scales, bias) = (String::new(), vec![], Some(vec![]));
        Layer { name, sets, scales, bias, stored: Stored::default() }
    }

    /// Single weights, as many as these densities say.
    pub fn sparse(forward: f64, backward: f64) -> Self {
        let [forward, backward] = [forward, backward].map(Share::Density);
        Layer::new(Sets::Sparse { unit: Unit::Weight, forward, backward })
    }

    /// Single weights, so many.
    pub fn counts(forward: usize, backward: usize) -> Self {
        let [forward, backward] = [forward, backward].map(Share::Count);
        Layer::new(Sets::Sparse { unit: Unit::Weight, forward, backward })
    }

    /// All weights.
    pub fn dense() -> Self {
        Layer::new(Sets::Dense)
    }

    /// No weights, only the bias.
    pub fn frozen() -> Self {
        Layer::new(Sets::Frozen)
    }

    /// Chooses these units instead of single weights; says nothing of a layer that is not sparse.
    pub fn unit(mut self, chosen: Unit) -> Self {
        if let Sets::Sparse { unit, .. } = &mut self.sets {
            *unit = chosen;
        }
        self
    }

    /// Gives it a name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Layer { name: name.into(), ..self }
    }

    /// Gives it biases, one a row.
    pub fn with_bias(self, bias: Vec<f32>) -> Self {
        Layer { bias: Some(bias), ..self }
    }

    /// Leaves the bias out.
    pub fn without_bias(self) -> Self {
        Layer { bias: None, ..self }
    }

    /// Gives its stored weights scales, one a row.
    pub fn with_scales(self, scales: Vec<f32>) -> Self {
        Layer { scales, ..self }
    }

    /// The layer as number `number` of a network, of `rows` rows of `cols` weights.
    pub(super) fn weights(self, number: usize, rows: usize, cols: usize) -> Result<Weights, Error> {
        let Layer { name, sets, scales, bias, stored } = self;
        let found = rows.saturating_mul(cols);
        if found > MOST {
            return Err(Error::TooLarge { what: "the number of weights", found, most: MOST });
        }
        let name = if name.is_empty() { number.to_string() } else { name };
        let unit = if let Sets::Sparse { unit, .. } = sets { unit } else { Unit::Weight };
        let grid = Grid { rows, cols, unit };
        let [forward, backward] = sets.counts(&name, &grid)?;
        let each = |what, numbers: Vec<f32>, missing| match numbers.len() {
            0 => Ok(vec![missing; rows]),
            found if found == rows => Ok(numbers),
            found => Err(Error::Rows { layer: name.clone(), what, found, rows }),
        };
        let scales = each("scales", scales, 1.0)?;
        let bias = bias.map(|bias| each("biases", bias, 0.0)).transpose()?;
        Ok(Weights { name, grid, sets, forward, backward, scales, bias, stored })
    }
}

impl Sets {
    /// Units of both sets, or weights of each group; 0 where there are no sets.
    fn counts(&self, layer: &str, grid: &Grid) -> Result<[usize; 2], Error> {
        let &Sets::Sparse { unit, forward, backward } = self else { return Ok([0, 0]) };
        let layer = || layer.to_owned();
        let units = match unit {
            Unit::Group(group @ (2 | 4 | 8 | 16)) => group,
            Unit::Group(group) => return Err(Error::Group { layer: layer(), group }),
            _ => grid.units(),
        };
        let of = |share: Share| {
            share.of(units).map_err(|density| Error::Density { layer: layer(), density })
        };
        let (forward, backward) = (of(forward)?, of(backward)?);
        match 1 <= forward && forward <= backward && backward <= units {
            true => Ok([forward, backward]),
            false => Err(Error::Sets { layer: layer(), forward, backward, units }),
        }
    }
}

impl Share {
    /// How many of `units`; a density that is none is the error.
    fn of(self, units: usize) -> Result<usize, f64> {
        match self {
            Share::Count(count) => Ok(count),
            Share::Density(density) if density > 0.0 && density <= 1.0 => {
                Ok((density * units as f64 + 0.5).floor() as usize)
            }
            Share::Density(density) => Err(density),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(layer: Layer) -> Result<[usize; 2], Error> {
        layer.weights(3, 5, 9).map(|weights| [weights.forward, weights.backward])
    }

    #[test]
    fn densities_are_rounded() {
        assert_eq!(counts(Layer::sparse(0.1, 1.0)), Ok([5, 45]));
        assert_eq!(counts(Layer::sparse(0.5, 0.5)), Ok([23, 23]));
        assert_eq!(counts(Layer::sparse(0.1, 0.5).unit(Unit::Block4x1)), Ok([2, 9]));
        assert_eq!(counts(Layer::sparse(0.1, 0.5).unit(Unit::Block1x4)), Ok([2, 8]));
        assert_eq!(counts(Layer::sparse(0.25, 0.5).unit(Unit::Group(4))), Ok([1, 2]));
        assert_eq!(counts(Layer::counts(2, 4).unit(Unit::Group(16))), Ok([2, 4]));
        assert_eq!(counts(Layer::counts(1, 45)), Ok([1, 45]));
        assert_eq!(counts(Layer::dense().unit(Unit::Group(3))), Ok([0, 0]));
    }

    #[test]
    fn refusals_name_the_layer_and_the_numbers() {
        for density in [0.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            for (forward, backward) in [(density, 0.5), (0.5, density)] {
                let found = counts(Layer::sparse(forward, backward).named("fc"));
                assert!(matches!(found, Err(Error::Density { .. })), "{found:?}");
            }
        }
        let sets = |layer: Layer| counts(layer).unwrap_err().to_string();
        let expected = |of: &str| {
            format!("layer `3`: expected 1 <= forward <= backward <= {of}").replace("of", "found")
        };
        assert_eq!(sets(Layer::sparse(0.01, 0.5)), expected("45 units, of 0 and 23"));
        assert_eq!(sets(Layer::sparse(0.5, 0.2)), expected("45 units, of 23 and 9"));
        assert_eq!(sets(Layer::counts(1, 46)), expected("45 units, of 1 and 46"));
        assert_eq!(sets(Layer::counts(1, 5).unit(Unit::Group(4))), expected("4 units, of 1 and 5"));
        assert_eq!(
            sets(Layer::counts(1, 2).unit(Unit::Group(3)).named("fc")),
            "layer `fc`: groups of 3, expected 2, 4, 8 or 16"
        );
        assert_eq!(sets(Layer::dense().with_bias(vec![0.0; 4])), "layer `3`: 4 biases, expected 5");
        assert_eq!(
            sets(Layer::dense().with_scales(vec![0.0; 9])),
            "layer `3`: 9 scales, expected 5"
        );
    }
}
