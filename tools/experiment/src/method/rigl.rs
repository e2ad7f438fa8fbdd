//! RigL, the rigged lottery (Evci et al., ICML 2020).
//!
//! ```text
//! every 100 steps until 75 % of the run, with α = 0.3, in each layer
//!     ζ ← α/2 · (1 + cos(π · step / end))
//!     drop  the round(ζ · |mask|) weights of smallest magnitude from the mask
//!     grow  as many of largest |gradient|, of those that were not in it, with value 0
//! ```

use super::masked::{Pruned, Rule, first, share};
use std::f64::consts::PI;

const EVERY: u32 = 100;
const ALPHA: f64 = 0.3;
const UNTIL: f64 = 0.75;

/// The rigged lottery.
pub struct Rigl {
    /// Of the mask.
    pub density: f64,
    /// Of the run.
    pub steps: u32,
}

impl Rule for Rigl {
    fn first(&self) -> f64 {
        self.density
    }

    fn change(&self, steps: u32, layer: &mut Pruned<'_>) {
        let done = f64::from(steps) / (UNTIL * f64::from(self.steps));
        if !steps.is_multiple_of(EVERY) || done >= 1.0 {
            return;
        }
        let zeta = ALPHA / 2.0 * (1.0 + (PI * done).cos());
        let [inside, outside] = [true, false].map(|masked| layer.members(masked));
        let count = share(zeta, inside.len()).min(outside.len());
        layer.drop_smallest(inside, count);
        let gradient = |at: usize| layer.velocity[at].abs();
        let grown =
            first(outside, count, |&a, &b| gradient(b).total_cmp(&gradient(a)).then(a.cmp(&b)));
        layer.grow(grown);
    }
}
