//! How one weight moves.

use kastanet::train::{Clip, Optimizer, Penalty, Recipe, Value};

/// The recipe at one step, for one layer.
pub struct Rule<'r> {
    recipe: &'r Recipe,
    step: u32,
    layer: u32,
    density: f32,
}

impl<'r> Rule<'r> {
    pub(super) fn new(recipe: &'r Recipe, step: u32, layer: u32, density: f32) -> Self {
        Rule { recipe, step, layer, density }
    }

    /// Where a weight goes.
    pub(super) fn weight(
        &self,
        is_forward: bool,
        weight: f32,
        gradient: f32,
        state: [&mut f32; 2],
    ) -> f32 {
        let Recipe { exploration, weight_decay, penalty, .. } = *self.recipe;
        let coefficient = if is_forward { exploration } else { exploration / self.density };
        let pull = match penalty {
            Penalty::L2 => (coefficient + weight_decay) * weight,
            Penalty::L1 if weight == 0.0 => 0.0,
            Penalty::L1 => coefficient * weight.signum() + weight_decay * weight,
        };
        weight - self.recipe.schedule.at(self.step) * (self.velocity(gradient, state) + pull)
    }

    /// Where a bias goes.
    pub(super) fn bias(&self, bias: f32, gradient: f32, state: [&mut f32; 2]) -> f32 {
        bias - self.recipe.schedule.at(self.step) * self.velocity(gradient, state)
    }

    fn velocity(&self, gradient: f32, [first, second]: [&mut f32; 2]) -> f32 {
        let gradient = match self.recipe.clip {
            Clip::Value(most) => gradient.clamp(-most, most),
            _ => gradient,
        };
        match self.recipe.optimizer {
            Optimizer::Sgd => gradient,
            Optimizer::Momentum { momentum } => {
                *first = momentum * *first + gradient;
                *first
            }
            Optimizer::Adam { beta1, beta2, epsilon } => {
                *first = beta1 * *first + (1.0 - beta1) * gradient;
                *second = beta2 * *second + (1.0 - beta2) * (gradient * gradient);
                let [mean, square] = [(*first, beta1), (*second, beta2)]
                    .map(|(sum, beta)| sum / (1.0 - power(beta, self.step + 1)));
                mean / (square.sqrt() + epsilon)
            }
        }
    }

    /// What is kept of a number as weight number `index`.
    pub(super) fn keep<V: Value>(&self, number: f32, index: u32) -> V {
        V::keep(number, bits(bits(self.recipe.seed ^ self.layer, self.step), index))
    }
}

/// By squaring, the lowest bit first.
fn power(base: f32, times: u32) -> f32 {
    let squares = std::iter::successors(Some(base), |square| Some(square * square));
    let bits = squares.take(32).enumerate().filter(|&(bit, _)| times >> bit & 1 == 1);
    bits.fold(1.0, |product, (_, square)| product * square)
}

/// The noise of a number under a seed.
fn bits(seed: u32, number: u32) -> u32 {
    let mut x = number.wrapping_mul(0x9e37_79b9) ^ seed;
    x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}
