//! What a trained part computes before anything is learned: the pruned network, in real numbers.

use super::{Part, Trained, options};
use host_tests::generate::learner;
use host_tests::random::Rng;
use host_tests::{cases, models, real};
use kastanet::image::Op;
use kastanet::network::Network;
use kastanet::train::{BoundaryError, Training};
use kastanet_cli::pack::{AlignedBytes, Error, Options, Packed, pack};
use kastanet_cli::prune::Sparsity;
use kastanet_cli::trainable::{self, Trainable, Which};
use kastanet_cli::{tflite, training};
use std::collections::BTreeMap;

/// What enters the trained part when the network is given bytes of chance is what its operators have written.
fn read_input(part: &Part<'_>, rng: &mut Rng) {
    let (image, id) = (part.image, part.program.boundary().unwrap());
    let tensor = image.tensor(id).unwrap();
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    let mut network = Network::new(image, &mut arena).unwrap();
    let len = network.input_mut(0).unwrap().len();
    let input: Vec<u8> = (0..len).map(|_| rng.bits() as u8).collect();
    let mut expected = input.clone();
    network.input_mut(0).unwrap().copy_from_slice(&input);
    let after = |op: &Op<'_>, output: &[u8]| {
        if op.output().is_some_and(|output| output.id() == id) {
            expected = output.to_vec();
        }
    };
    network.infer_with(after).unwrap();
    let expected: Vec<f32> = expected
        .into_iter()
        .map(|byte| (i32::from(byte as i8) - tensor.zero_point()) as f32 * tensor.scale())
        .collect();
    network.input_mut(0).unwrap().copy_from_slice(&input);
    let mut found = vec![f32::NAN; expected.len()];
    part.program.read_input(&mut network, &mut found).unwrap();
    assert_eq!(found, expected);
    let (expected, found) = (found.len(), found.len() + 1);
    let refused = part.program.read_input(&mut network, &mut vec![0.0; found]);
    assert_eq!(refused, Err(BoundaryError::WrongLength { expected, found }));
}

/// Compares outputs of the trained part with what the graph, pruned, gives.
fn compare(name: &str, packed: &Packed, rng: &mut Rng) {
    let bytes = AlignedBytes::new(&packed.image);
    let mut part = Part::new(&bytes);
    let Trained { graph, first, entrance, .. } = Trained::new(packed, &part);
    let boundary = part.image.tensor(part.program.boundary().unwrap()).unwrap();
    let (tensor, quant) = (&graph.tensors[entrance], graph.tensors[entrance].quant.as_ref());
    assert_eq!(boundary.elements(), tensor.elements(), "{name}");
    assert_eq!(boundary.scale(), quant.unwrap().scales[0], "{name}");
    read_input(&part, rng);
    let values = Trained::new(packed, &part).input(rng);
    let lanes: Vec<[f32; 1]> = values.iter().map(|&value| [value]).collect();
    let values = values.into_iter().map(f64::from).collect();
    let known = real::run(graph, first, entrance, values, None);
    let mut tuner = part.tuner();
    let found = tuner.infer(&lanes).as_flattened();
    let expected = &known[&graph.outputs[0]].values;
    let numbers = known.values().flat_map(|real| &real.values);
    let largest = numbers.fold(1e-3, |largest: f64, number| largest.max(number.abs()));
    assert_eq!(found.len(), expected.len(), "{name}");
    for (&found, &expected) in found.iter().zip(expected) {
        let off = (f64::from(found) - expected).abs();
        assert!(off <= 1e-4 * largest, "{name}: {found} for {expected}, numbers up to {largest}");
    }
}

/// Errors that random networks may have.
fn is_honest(error: &Error) -> bool {
    use trainable::Error::{Reserve, Training, Unsupported};
    matches!(
        error,
        Error::Trainable(
            Unsupported { .. }
                | Reserve { .. }
                | Training(training::Error::Sets { forward: 0, .. })
        )
    )
}

#[test]
fn computes_the_network_in_real_numbers() {
    let mut refused = BTreeMap::new();
    let all = cases(600);
    for seed in 0..all {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        match pack(graph, &options) {
            Ok(packed) => compare(&format!("seed {seed}"), &packed, &mut rng),
            Err(error) if is_honest(&error) => *refused.entry(error.to_string()).or_insert(0) += 1,
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    let count: u64 = refused.values().sum();
    assert!(count < all / 4, "{count} of {all} were refused: {refused:#?}");
}

#[test]
fn computes_whole_networks_in_real_numbers() {
    for model in models::all() {
        for (layers, sparsity) in [(Which::All, 0.0), (Which::All, 0.8), (Which::Last(2), 0.5)] {
            let graph = tflite::import(&model.name, &model.bytes).expect("it can be read");
            let trainable = Some(Trainable { layers, ..Trainable::default() });
            let sparsity = Sparsity::uniform(sparsity);
            let options = Options { sparsity, trainable, ..Options::default() };
            match pack(graph, &options) {
                Ok(packed) => compare(&model.name, &packed, &mut Rng::new(1)),
                Err(error) => panic!("{}: {error}", model.name),
            }
        }
    }
}

/// The forward set that the device chooses first is the weights that pruning kept.
#[test]
fn starts_from_what_pruning_kept() {
    for seed in 0..cases(200) {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        let Ok(packed) = pack(graph, &options) else { continue };
        let bytes = AlignedBytes::new(&packed.image);
        let mut part = Part::new(&bytes);
        let (trained, trainings) = (Trained::new(&packed, &part), part.trainings());
        let mut tuner = part.tuner();
        let layers = trainings.iter().zip(&trained.weights).enumerate();
        for (number, (_, id)) in layers.filter(|(_, (how, _))| **how == Training::Sparse) {
            let tensor = &packed.graph.tensors[*id];
            let values = tensor.to_i8().unwrap();
            let cols = values.len() / tensor.shape[0];
            let held = tuner.live_weights(number).filter(|w| w.is_forward && w.value != 0.0);
            let mut found = vec![false; values.len()];
            held.for_each(|weight| found[weight.row * cols + weight.col] = true);
            let expected: Vec<bool> = values.iter().map(|&value| value != 0).collect();
            assert_eq!(found, expected, "layer {number} of seed {seed}");
        }
    }
}
