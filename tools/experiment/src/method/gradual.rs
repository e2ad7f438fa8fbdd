//! Gradual magnitude pruning (Zhu and Gupta, 2017): what is best known, but dense for much of the run.
//!
//! ```text
//! every 50 steps from 10 % to 70 % of the run, and at its 70 %, in each layer
//!     p ← how much of that time is over
//!     keep  of the mask, the round((D + (1 − D) · (1 − p)³) · n) weights of largest magnitude
//! ```

use super::masked::{Pruned, Rule, share};

const EVERY: u32 = 50;
const FROM: f64 = 0.1;
const UNTIL: f64 = 0.7;

/// Gradual magnitude pruning.
pub struct Gradual {
    /// At the end.
    pub density: f64,
    /// Of the run.
    pub steps: u32,
}

impl Rule for Gradual {
    fn first(&self) -> f64 {
        1.0
    }

    fn change(&self, steps: u32, layer: &mut Pruned<'_>) {
        let [from, until] = [FROM, UNTIL].map(|share| share * f64::from(self.steps));
        let is_last = steps == until.ceil() as u32;
        if !is_last && !steps.is_multiple_of(EVERY) || f64::from(steps) < from {
            return;
        }
        let over = ((f64::from(steps) - from) / (until - from)).min(1.0);
        let density = self.density + (1.0 - self.density) * (1.0 - over).powi(3);
        let inside = layer.members(true);
        let count = inside.len().saturating_sub(share(density, layer.mask.len()));
        layer.drop_smallest(inside, count);
    }
}
