use super::*;
use crate::arrays::Array;
use crate::onnx;

const SAMPLES: usize = 320;

fn network() -> Graph {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/cnn.onnx");
    onnx::import("cnn.onnx", &std::fs::read(path).unwrap()).unwrap()
}

/// Noise, in which the class says which quarter of the inputs is larger.
fn data() -> (Array, Vec<u16>) {
    let (mut seed, mut values) = (1_u32, vec![]);
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    for sample in 0..SAMPLES {
        values.extend((0..360).map(|at| random() + f32::from(u8::from(at / 90 == sample % 4))));
    }
    let classes = (0..SAMPLES as u16).map(|sample| sample % 4).collect();
    (Array::from_f32(vec![SAMPLES, 12, 10, 3], &values), classes)
}

fn recipe() -> Options {
    Options { density: 0.2, epochs: 4, batch: 32, explore: 0.5, quantised: 1, ..Options::default() }
}

/// Runs to the end, through a saved state after each number of steps in `stops`.
fn tuned(options: &Options, stops: &[u32]) -> Vec<u8> {
    let (graph, (x, classes)) = (network(), data());
    let samples = Samples::new(&graph, &x).unwrap();
    let prepared = Prepared::new(&graph, &samples, &classes, options).unwrap();
    let mut saved: Option<Vec<u8>> = None;
    for &stop in stops.iter().chain([&u32::MAX]) {
        let mut memory = prepared.memory().unwrap();
        let mut run = match &saved {
            None => prepared.start(&mut memory).unwrap(),
            Some(bytes) => prepared.resume(&mut memory, bytes).unwrap(),
        };
        while !run.is_done() && run.steps() < stop {
            run.batch().unwrap();
        }
        if run.is_done() {
            let tuned = run.finish();
            return weights::write(&tuned.graph, Some(&tuned.history)).unwrap();
        }
        saved = Some(run.saved().unwrap());
    }
    unreachable!("a run has an end")
}

fn history(bytes: &[u8]) -> History {
    let (_, metadata) = safetensors::SafeTensors::read_metadata(bytes).unwrap();
    serde_json::from_str(&metadata.metadata().as_ref().unwrap()["kastanet.run"]).unwrap()
}

#[test]
fn what_was_stopped_goes_on_with_the_same_bits() {
    let options = recipe();
    let whole = tuned(&options, &[]);
    assert_eq!(history(&whole).epochs.len(), 4);
    // Between epochs, in the middle of them, before the first step, in the epoch that rounds.
    assert!(tuned(&options, &[9]) == whole, "between epochs");
    assert!(tuned(&options, &[0, 1, 4, 13, 20, 29, 35]) == whole, "anywhere");
    for other in [
        Options { optimizer: Rule::Adam, spread: Spread::Global, quantised: 0, ..recipe() },
        Options { optimizer: Rule::Sgd, spread: Spread::Erk, unit: Chosen::Block4x1, ..recipe() },
        Options { hold: 0.0, unit: Chosen::Block1x4, ..recipe() },
    ] {
        assert!(tuned(&other, &[5, 17, 30]) == tuned(&other, &[]), "{other:?}");
    }
}

#[test]
fn a_run_of_something_else_is_refused() {
    let (graph, (x, mut classes)) = (network(), data());
    let samples = Samples::new(&graph, &x).unwrap();
    let options = recipe();
    let prepared = Prepared::new(&graph, &samples, &classes, &options).unwrap();
    let mut memory = prepared.memory().unwrap();
    let mut run = prepared.start(&mut memory).unwrap();
    run.batch().unwrap();
    let saved = run.saved().unwrap();
    let resume = |prepared: &Prepared<'_>, bytes: &[u8]| {
        let mut memory = prepared.memory().unwrap();
        prepared.resume(&mut memory, bytes).err().map(|error| error.to_string())
    };
    assert_eq!(resume(&prepared, &saved), None);
    for cut in [0, 7, 8, 100, saved.len() / 2, saved.len() - 1] {
        assert!(resume(&prepared, &saved[..cut]).is_some_and(|text| text.contains("damaged")));
    }
    let mut flipped = saved.clone();
    let last = flipped.len() - 1;
    let at = (0..last).rev().find(|&at| flipped[at] != 0).unwrap();
    flipped[at] ^= 4;
    assert!(resume(&prepared, &flipped).is_some(), "a bit of the tuner's memory");
    let other = Options { rate: 0.011, ..recipe() };
    let other = Prepared::new(&graph, &samples, &classes, &other).unwrap();
    assert!(resume(&other, &saved).is_some_and(|text| text.contains("another recipe")));
    drop(run);
    drop(prepared);
    classes[0] = 3;
    let other = Prepared::new(&graph, &samples, &classes, &options).unwrap();
    assert!(resume(&other, &saved).is_some_and(|text| text.contains("other samples")));
}

#[test]
fn histories_say_what_happened() {
    let options = Options { explore: 0.5, quantised: 0, ..recipe() };
    let history = history(&tuned(&options, &[]));
    assert_eq!(history.recipe, options);
    assert_eq!(history.layers.len(), 3);
    let churn: Vec<f64> = history.epochs.iter().map(|epoch| epoch.churn.iter().sum()).collect();
    assert!(churn[0] > 0.0 && churn[3] == 0.0, "{churn:?}");
    let accuracies: Vec<f64> = history.epochs.iter().filter_map(|epoch| epoch.accuracy).collect();
    let best = accuracies.iter().copied().fold(0.0, f64::max);
    assert_eq!((accuracies.len(), accuracies[history.kept - 1]), (4, best));
    assert!(history.epochs[3].loss < history.epochs[0].loss);
}

#[test]
fn nothing_better_ends_a_run() {
    // At a rate of next to nothing, what is known at first is known for good.
    let options =
        Options { rate: 1e-20, epochs: 9, patience: 2, explore: 0.1, quantised: 0, ..recipe() };
    let history = history(&tuned(&options, &[]));
    assert_eq!((history.epochs.len(), history.kept), (3, 1));
}

#[test]
fn spreads_have_as_many_weights() {
    let graph = network();
    let all = |options: &Options| -> f64 {
        let shares = densities(&graph, options);
        let ops = graph.ops.iter().filter(|op| shares.contains_key(&op.name));
        ops.map(|op| shares[&op.name] * graph.input(op, 1).unwrap().elements() as f64).sum()
    };
    let uniform = all(&recipe());
    for spread in [Spread::Erk, Spread::Global] {
        assert!((all(&Options { spread, ..recipe() }) - uniform).abs() < 1e-6 * uniform);
    }
}

#[test]
fn rounded_weights_are_int8() {
    use kastanet::train::Tuner;
    let options = Options { explore: 0.0, ..recipe() };
    let (graph, (x, classes)) = (network(), data());
    let samples = Samples::new(&graph, &x).unwrap();
    let prepared = Prepared::new(&graph, &samples, &classes, &options).unwrap();
    let mut memory = prepared.memory().unwrap();
    let mut run = prepared.start(&mut memory).unwrap();
    run.batch().unwrap();
    let weights = |tuner: &mut Tuner<'_, '_, f32, LANES>| {
        (0..3).map(|layer| tuner.live_weights(layer).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let exact = weights(&mut run.tuner);
    let rounded = rounding::Rounded::round(&mut run.tuner, 3);
    let found = weights(&mut run.tuner);
    for (exact, found) in exact.iter().zip(&found) {
        for (exact_weight, weight) in exact.iter().zip(found) {
            assert_eq!((exact_weight.row, exact_weight.col), (weight.row, weight.col));
            let same = exact.iter().filter(|other| other.row == weight.row);
            let scale = same.map(|other| other.value.abs()).fold(0.0, f32::max) / 127.0;
            let steps = weight.value / scale;
            assert!((steps - steps.round()).abs() < 1e-3, "{steps}");
            assert!((weight.value - exact_weight.value).abs() <= 0.5001 * scale);
        }
    }
    rounded.put_back(&mut run.tuner);
    assert_eq!(weights(&mut run.tuner), exact, "no step was taken");
}
