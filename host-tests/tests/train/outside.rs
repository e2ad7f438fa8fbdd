//! What is not in the backward set does not move between two choices of it, whatever the optimizer.

use crate::case::{Case, known, lanes};
use host_tests::cases;
use host_tests::random::Rng;
use kastanet::train::{Bf16, Optimizer, Target, Value};

fn stays<V: Value>(seed: u64) -> usize {
    let (mut case, mut rng) = (Case::new(seed), Rng::new(seed));
    case.recipe.optimizer = match seed % 2 {
        0 => Optimizer::Momentum { momentum: 0.9 },
        _ => Optimizer::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-6 },
    };
    (case.recipe.weight_decay, case.recipe.exploration) = (0.3, 0.0);
    (case.recipe.refresh_backward_every, case.recipe.explore_until) = (6, u32::MAX);
    let mut compared = 0;
    case.with::<V, 1, _>(|mut tuner| {
        let mut before = vec![];
        for at in 0..20 * case.recipe.batch {
            let steps = tuner.counters().steps;
            let (input, class) = case.sample(&mut rng);
            tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
            let mut now = known(&mut tuner);
            for (number, layer) in now.iter_mut().enumerate() {
                let cols = case.graph.layers[number].grid.cols;
                for weight in tuner.live_weights(number) {
                    layer[weight.row * cols + weight.col] = None;
                }
            }
            // What is outside, and what is live: both stay until the next choice.
            if steps % 6 > 0 {
                assert_eq!(before, now, "seed {seed}, sample {at}");
                compared += now.iter().flatten().flatten().count();
            }
            before = now;
        }
    });
    compared
}

#[test]
fn with_momentum_and_decay() {
    let compared: usize = (0..cases(60)).map(|seed| stays::<f32>(seed) + stays::<Bf16>(seed)).sum();
    assert!(compared > 1000);
}
