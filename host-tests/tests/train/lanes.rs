//! Eight samples side by side are eight samples one after another.

use crate::case::{Case, Known, known};
use host_tests::cases;
use host_tests::random::Rng;
use kastanet::train::Target;

/// Sets and weights after each step.
type Trace = Vec<(Vec<Vec<(usize, usize, bool)>>, Known)>;

/// Samples and their classes.
type Batch = Vec<(Vec<f32>, u16)>;

fn run<const N: usize>(case: &Case, batches: &[Batch]) -> Trace {
    case.with::<f32, N, _>(|mut tuner| {
        let mut trace = vec![];
        for batch in batches {
            for samples in batch.chunks(N) {
                let input: Vec<[f32; N]> = (0..samples[0].0.len())
                    .map(|at| core::array::from_fn(|lane| samples[lane].0[at]))
                    .collect();
                let classes = core::array::from_fn(|lane| samples[lane].1);
                tuner.step(&input, Target::Classes(&classes)).unwrap();
            }
            let sets = (0..case.graph.layers.len()).map(|number| {
                let live = tuner.live_weights(number);
                let mut set: Vec<_> = live.map(|w| (w.row, w.col, w.is_forward)).collect();
                set.sort_unstable();
                set
            });
            trace.push((sets.collect(), known(&mut tuner)));
        }
        trace
    })
}

/// A run of batches of 8, and some.
fn case(seed: u64, batches: usize) -> (Case, Vec<Batch>) {
    let (mut case, mut rng) = (Case::new(seed), Rng::new(seed));
    case.recipe.batch = 8;
    let batch = |_| (0..8).map(|_| case.sample(&mut rng)).collect();
    let batches = (0..batches).map(batch).collect();
    (case, batches)
}

fn far(a: Option<u32>, b: Option<u32>) -> f32 {
    let [a, b] = [a, b].map(|bits| f32::from_bits(bits.unwrap_or(0)));
    (a - b).abs() / a.abs().max(1.0)
}

#[test]
fn eight_at_once_are_eight_one_after_another() {
    let (mut compared, mut same_sets) = (0, 0);
    for seed in 0..cases(60) {
        let (case, batches) = case(seed, 10);
        let single = run::<1>(&case, &batches);
        let [eight, again] = [(); 2].map(|()| run::<8>(&case, &batches));
        assert!(eight == again, "seed {seed}: the same twice");
        for (step, (single, eight)) in single.iter().zip(&eight).enumerate() {
            compared += 1;
            // Where sums differ in their last bits, a tie can fall to the other side: from there on runs part.
            if single.0 != eight.0 {
                break;
            }
            same_sets += 1;
            for (a, b) in single.1.iter().flatten().zip(eight.1.iter().flatten()) {
                assert!(far(*a, *b) < 1e-4, "seed {seed}, step {step}: {a:?} {b:?}");
            }
        }
    }
    assert!(same_sets * 20 > compared * 19, "{same_sets} of {compared} steps had the same sets");
}

/// Four lanes of a batch of eight, as much.
#[test]
fn four_at_once_twice() {
    for seed in 0..cases(20) {
        let (case, batches) = case(seed, 1);
        let (eight, four) = (run::<8>(&case, &batches), run::<4>(&case, &batches));
        assert_eq!(eight[0].0, four[0].0, "seed {seed}");
        for (a, b) in eight[0].1.iter().flatten().zip(four[0].1.iter().flatten()) {
            assert!(far(*a, *b) < 1e-5, "seed {seed}");
        }
    }
}
