//! SET, sparse evolutionary training (Mocanu et al., Nature Communications 2018).
//!
//! ```text
//! every 100 steps but the last, with ζ = 0.3, in each layer
//!     drop  the round(ζ · |mask|) weights of smallest magnitude from the mask
//!     grow  as many by chance, of those that were not in it, with value 0
//! ```

use super::masked::{Pruned, Rule, share};
use rand::seq::index::sample;

const EVERY: u32 = 100;
const ZETA: f64 = 0.3;

/// Sparse evolutionary training.
pub struct Set {
    /// Of the mask.
    pub density: f64,
    /// Of the run.
    pub steps: u32,
}

impl Rule for Set {
    fn first(&self) -> f64 {
        self.density
    }

    fn change(&self, steps: u32, layer: &mut Pruned<'_>) {
        if !steps.is_multiple_of(EVERY) || steps == self.steps {
            return;
        }
        let [inside, outside] = [true, false].map(|masked| layer.members(masked));
        let count = share(ZETA, inside.len()).min(outside.len());
        layer.drop_smallest(inside, count);
        let grown = sample(layer.random, outside.len(), count);
        layer.grow(grown.into_iter().map(|at| outside[at]));
    }
}
