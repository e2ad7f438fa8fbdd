//! Weights rounded as int8 weights will be, while a batch is computed.
//!
//! ```text
//! before a batch   each weight w becomes r = s·round(w / s), s = max |w| of its row / 127
//! after it         the step that r took is w's: w ← w + (r′ − r)
//! ```
//!
//! Gradients are thus those of the rounded network, and what is less than a step adds up (the straight-through
//! estimator: Bengio et al., 2013). Only weights that stay in their sets are rounded.

use kastanet::train::Tuner;

/// What rounded weights were, layer after layer: the weight, and what it was rounded to.
pub struct Rounded(Vec<Vec<[f32; 2]>>);

impl Rounded {
    /// Rounds the weights of a tuner's first `layers` layers.
    pub fn round<const N: usize>(tuner: &mut Tuner<'_, '_, f32, N>, layers: usize) -> Self {
        Rounded((0..layers).map(|layer| round(tuner, layer)).collect())
    }

    /// Gives the weights back, each moved by the step that it took since.
    pub fn put_back<const N: usize>(self, tuner: &mut Tuner<'_, '_, f32, N>) {
        for (layer, pairs) in self.0.into_iter().enumerate().filter(|(_, pairs)| !pairs.is_empty())
        {
            let mut pairs = pairs.into_iter();
            // The same weights come in the same order.
            tuner.change_settled(layer, |weight| match pairs.next() {
                Some([exact, rounded]) => exact + (weight.value - rounded),
                None => weight.value,
            });
        }
    }
}

fn round<const N: usize>(tuner: &mut Tuner<'_, '_, f32, N>, layer: usize) -> Vec<[f32; 2]> {
    let mut largest: Vec<f32> = vec![];
    let seen = tuner.change_settled(layer, |weight| {
        largest.resize(largest.len().max(weight.row + 1), 0.0);
        largest[weight.row] = largest[weight.row].max(weight.value.abs());
        weight.value
    });
    let mut pairs = vec![];
    if seen.is_some() {
        tuner.change_settled(layer, |weight| {
            let scale = largest[weight.row] / 127.0;
            let steps = if scale > 0.0 { (weight.value / scale).round() } else { 0.0 };
            pairs.push([weight.value, steps * scale]);
            steps * scale
        });
    }
    pairs
}
