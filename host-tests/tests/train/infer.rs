//! What a network computes is told by its forward sets alone.

use crate::case::{Case, known, lanes};
use host_tests::cases;
use host_tests::kast::Real;
use host_tests::random::Rng;
use kastanet::train::Target;
use kastanet_cli::training::Sets;

/// The network in f64 with nothing but the forward sets, and with all weights that are known.
fn dense(
    case: &Case,
    live: &[Vec<kastanet::train::LiveWeight>],
    known: &[Vec<Option<u32>>],
) -> [Real; 2] {
    let biases: Vec<Vec<f64>> =
        case.graph.layers.iter().map(|layer| vec![0.0; layer.grid.rows]).collect();
    let worth = |bits: &Option<u32>| f64::from(f32::from_bits(bits.unwrap_or(0)));
    let layers = live.iter().zip(known).zip(&case.graph.layers);
    let alpha = layers.map(|((live, known), layer)| {
        if layer.sets == Sets::Frozen {
            return known.iter().map(worth).collect();
        }
        let mut alpha = vec![0.0; layer.grid.rows * layer.grid.cols];
        for weight in live.iter().filter(|weight| weight.is_forward) {
            alpha[weight.row * layer.grid.cols + weight.col] = f64::from(weight.value);
        }
        alpha
    });
    let theta = known.iter().map(|known| known.iter().map(worth).collect());
    [alpha.collect(), theta.collect()].map(|weights| Real { weights, biases: biases.clone() })
}

#[test]
fn is_of_the_forward_sets_and_changes_nothing() {
    let mut told_apart = 0;
    for seed in 0..cases(200) {
        let mut case = Case::new(seed);
        // Biases cannot be seen from outside.
        case.graph.layers.iter_mut().for_each(|layer| layer.bias = None);
        let mut case = Case::of(case.graph, case.recipe, &mut Rng::new(seed));
        case.recipe.explore_until = u32::MAX;
        let mut rng = Rng::new(seed);
        case.with::<f32, 1, _>(|mut tuner| {
            for _ in 0..3 * case.recipe.batch {
                let (input, class) = case.sample(&mut rng);
                tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
            }
            let before = (known(&mut tuner), tuner.counters());
            let layers = 0..case.graph.layers.len();
            let live: Vec<Vec<_>> = layers.map(|at| tuner.live_weights(at).collect()).collect();
            let (input, _) = case.sample(&mut rng);
            let found: Vec<f64> =
                tuner.infer(&lanes(&input)).iter().map(|y| f64::from(y[0])).collect();
            assert!(before == (known(&mut tuner), tuner.counters()));
            let input: Vec<f64> = input.into_iter().map(f64::from).collect();
            let [alpha, theta] =
                dense(&case, &live, &before.0).map(|real| real.infer(&case.graph, &input));
            let apart = |other: &[f64]| {
                let differences =
                    found.iter().zip(other).map(|(a, b)| (a - b).abs() / a.abs().max(1.0));
                differences.fold(0.0, f64::max)
            };
            assert!(apart(&alpha) < 1e-4, "seed {seed}: {found:?} for {alpha:?}");
            told_apart += usize::from(apart(&theta) > 1e-2);
        });
    }
    assert!(told_apart > 20, "θ would have given something else {told_apart} times");
}
