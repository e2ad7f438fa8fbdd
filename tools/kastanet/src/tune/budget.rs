//! The density at which an image fits into the flash there is.
//!
//! ```text
//! try   d = 1/1000, …, 1000/1000 by bisection: prune by magnitude, pack, look at the image's length
//! ```
//!
//! Where training puts nonzeros, their places compress a little differently; one part in a hundred is left for that.

use super::{Options, densities};
use crate::graph::Graph;
use crate::pack::{self, pack};
use crate::prune::Sparsity;
use thiserror::Error;

/// Densities are thousandths.
const STEPS: usize = 1000;

/// Why no density is found.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum BudgetError {
    /// Nothing fits.
    #[error("of {flash} bytes {usable} can be planned with, and the sparsest image takes {found}")]
    TooSmall { flash: usize, usable: usize, found: usize },
    /// The checkpoint cannot be packed.
    #[error(transparent)]
    Pack(#[from] pack::Error),
}

/// The largest `density` of these options at which the image of an int8 network takes at most `flash` bytes, packed
/// by `packing` but for its sparsity.
///
/// # Errors
///
/// An image that fits at no density, or a network that cannot be packed.
pub fn density(
    quantised: &Graph,
    packing: &pack::Options,
    options: &Options,
    flash: usize,
) -> Result<f64, BudgetError> {
    let usable = flash - flash / 100;
    let len = |steps: usize| {
        let density = steps as f64 / STEPS as f64;
        image_len(quantised, packing, &Options { density, ..options.clone() })
    };
    let found = len(1)?;
    if found > usable {
        return Err(BudgetError::TooSmall { flash, usable, found });
    }
    // `low` fits; `high` does not, or is beyond what there is.
    let (mut low, mut high) = (1, STEPS + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        match len(middle)? <= usable {
            true => low = middle,
            false => high = middle,
        }
    }
    Ok(low as f64 / STEPS as f64)
}

fn image_len(
    quantised: &Graph,
    packing: &pack::Options,
    options: &Options,
) -> Result<usize, BudgetError> {
    let shares = densities(quantised, options).into_iter();
    let layers = shares.map(|(name, density)| (name, 1.0 - density)).collect();
    let sparsity = Sparsity { uniform: 0.0, layers };
    let unit = options.unit.pruned();
    let options = pack::Options { sparsity, unit, ..packing.clone() };
    Ok(pack(quantised.clone(), &options)?.image.len())
}
