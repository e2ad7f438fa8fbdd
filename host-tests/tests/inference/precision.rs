//! Scales are combined in the reference's precision, where that decides about a byte.

use host_tests::generate::precision::{CLOSE_CALLS, Case};
use host_tests::random::Rng;
use host_tests::tflm::{Job, Tflm};
use host_tests::{device, difference, naive};
use kastanet_cli::{pack::Options, tflite};
use std::sync::LazyLock;

/// Cases of each kind.
const CASES: u64 = 2;

/// The name, seed, network and input of every case; both tests share one search.
static FOUND: LazyLock<Vec<(&str, u64, Case)>> = LazyLock::new(|| {
    let pairs =
        CLOSE_CALLS.iter().flat_map(|&(name, find)| (0..CASES).map(move |s| (name, find, s)));
    pairs.map(|(name, find, seed)| (name, seed, find(&mut Rng::new(seed)))).collect()
});

#[test]
fn of_the_tool() {
    let mut wrong = Vec::new();
    for (name, seed, (graph, inputs)) in FOUND.iter() {
        let packed = device::packed(graph, &Options::default());
        let found = &device::run(&packed.image, std::slice::from_ref(inputs), 0)[0];
        let expected = naive::run(graph, inputs).concat();
        let difference = difference(&expected, found);
        wrong.extend(difference.map(|difference| format!("{name}, seed {seed}: {difference}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_the_oracle() {
    let Some(tflm) = Tflm::find() else { return };
    let job =
        |graph, inputs: &Vec<_>| Job { model: tflite::build(graph), samples: vec![inputs.clone()] };
    let jobs: Vec<_> = FOUND.iter().map(|(.., (graph, inputs))| job(graph, inputs)).collect();
    for ((name, _, (graph, inputs)), outcome) in FOUND.iter().zip(tflm.run(&jobs)) {
        let outcome = outcome.expect("TFLite Micro runs it");
        let found = naive::run(graph, inputs).concat();
        if let Some(difference) = difference(&outcome.outputs[0], &found) {
            panic!("{name}: {difference}");
        }
    }
}
