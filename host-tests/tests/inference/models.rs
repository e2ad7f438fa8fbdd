//! Whole networks, dense and pruned: the image gives on the host what TFLite Micro gives on the
//! same weights, byte for byte.

use host_tests::models::{self, Model};
use host_tests::random::Rng;
use host_tests::tflm::{Job, Outcome, Tflm};
use host_tests::{device, difference, generate, naive};
use kastanet::image::Image;
use kastanet::sparse::{Format, Pattern};
use kastanet_cli::graph::{Op, OpKind, Tensor, TensorId};
use kastanet_cli::pack::{AlignedBytes, Options, Packed, pack};
use kastanet_cli::prune::{Sparsity, Unit};
use kastanet_cli::tflite;
use std::collections::BTreeSet;

/// Random inputs for each model and sparsity.
const SAMPLES: usize = 32;

/// How many of them each weight format runs on that the tool did not choose.
const SAMPLES_OF_A_FORMAT: usize = 4;

const SPARSITIES: [f64; 3] = [0.0, 0.5, 0.9];

/// A model at one sparsity.
struct Case {
    model: String,
    name: String,
    packed: Packed,
    job: Job,
}

#[test]
fn against_tflm() {
    let Some(tflm) = Tflm::find() else { return };
    let cases = cases(&SPARSITIES);
    let jobs: Vec<Job> = cases.iter().map(|case| case.job.clone()).collect();
    for (case, outcome) in cases.iter().zip(tflm.run(&jobs)) {
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        same_outputs(case, &outcome.outputs);
        less_ram(case, &outcome);
    }
}

/// The same without the oracle, on fewer samples: the plain one in its place.
#[test]
fn against_naive() {
    for mut case in cases(&SPARSITIES) {
        case.job.samples.truncate(2);
        let samples = case.job.samples.iter();
        let expected = samples.map(|inputs| naive::run(&case.packed.graph, inputs).concat());
        same_outputs(&case, &expected.collect::<Vec<_>>());
    }
}

fn cases(sparsities: &[f64]) -> Vec<Case> {
    let models = models::all();
    assert!(!models.is_empty(), "the demo's models are in the repository");
    let pairs =
        models.iter().flat_map(|model| sparsities.iter().map(move |&sparsity| (model, sparsity)));
    pairs.map(|(model, sparsity)| case(model, sparsity)).collect()
}

fn case(model: &Model, sparsity: f64) -> Case {
    let name = format!("{} at sparsity {sparsity}", model.name);
    let graph = tflite::import(&model.name, &model.bytes).expect("the model is imported");
    let packed = device::packed(&graph, &options(sparsity, None));
    let constants = pruned(&packed);
    let bytes = tflite::replace_constants(&model.bytes, &constants).expect("weights fit");
    let mut rng = Rng::new(graph.tensors.len() as u64);
    let samples = (0..SAMPLES).map(|_| generate::sample(&graph, &mut rng)).collect();
    Case { model: model.name.clone(), name, packed, job: Job { model: bytes, samples } }
}

fn options(sparsity: f64, format: Option<Format>) -> Options {
    Options { sparsity: Sparsity::uniform(sparsity), formats: format.into(), ..Options::default() }
}

fn pruned(packed: &Packed) -> Vec<(TensorId, Vec<u8>)> {
    let data = |id: TensorId| packed.graph.tensors[id].data.clone().expect("weights are constant");
    packed.pruned.iter().map(|&id| (id, data(id))).collect()
}

/// In the tool's choice of formats and in each alone, whatever the arena holds at first.
fn same_outputs(case: &Case, expected: &[Vec<u8>]) {
    assert_eq!(expected.len(), case.job.samples.len(), "{}", case.name);
    compare(case, "chosen", &case.packed.image, expected);
    let expected = &expected[..expected.len().min(SAMPLES_OF_A_FORMAT)];
    for format in Format::ALL {
        let options = options(0.0, Some(format));
        let packed = match format {
            // These do not hold every matrix; `units` has what they hold.
            Format::Block1x4 | Format::Nm => pack(case.packed.graph.clone(), &options).ok(),
            _ => Some(device::packed(&case.packed.graph, &options)),
        };
        let Some(packed) = packed else { continue };
        compare(case, format.name(), &packed.image, expected);
    }
}

/// Pruned in blocks and to N:M: in the tool's choice of formats, and in the unit's own where each
/// layer has the columns for it.
#[test]
fn units() {
    let patterns = Pattern::ALL.map(|pattern| (Unit::Nm(pattern), 0.0, Format::Nm));
    let blocks = [(Unit::Block4x1, Format::Block4x1), (Unit::Block1x4, Format::Block1x4)];
    let blocks = blocks.map(|(unit, format)| (unit, 0.75, format));
    for model in models::all() {
        let graph = tflite::import(&model.name, &model.bytes).expect("the model is imported");
        let sample = vec![generate::sample(&graph, &mut Rng::new(7))];
        for (unit, sparsity, format) in patterns.into_iter().chain(blocks) {
            let options = Options { unit, ..options(sparsity, None) };
            let chosen = device::packed(&graph, &options);
            let expected = naive::run(&chosen.graph, &sample[0]).concat();
            let own = pack(graph.clone(), &Options { formats: format.into(), ..options });
            for packed in [Some(chosen), own.ok()].into_iter().flatten() {
                let found = &device::run(&packed.image, &sample, 0x5a)[0];
                assert_eq!(difference(&expected, found), None, "{} by {unit:?}", model.name);
            }
        }
    }
}

fn compare(case: &Case, format: &str, image: &[u8], expected: &[Vec<u8>]) {
    let found = device::run(image, &case.job.samples[..expected.len()], 0x5a);
    for (sample, (expected, found)) in expected.iter().zip(&found).enumerate() {
        if let Some(difference) = difference(expected, found) {
            panic!("{}, {format}, sample {sample}: {difference}", case.name);
        }
    }
}

/// Bytes of arena that the plan of each model needs, at any sparsity: exact, as a plan does not
/// depend on the machine. A better planner may lower a number here; nothing else may change one.
const ARENAS: [(&str, usize); 9] = [
    ("watch_dense", 3360),
    ("watch_sparse", 3360),
    ("ad01_int8", 768),
    ("kws_ref_model", 16576),
    ("pretrainedResnet_quant", 49296),
    ("vww_96_int8", 55296),
    ("person_detect", 55296),
    ("speech", 6048),
    ("sine", 32),
];

#[test]
fn arenas() {
    for case in cases(&[0.0, 0.9]) {
        let bytes = AlignedBytes::new(&case.packed.image);
        let image = Image::new_checked(&bytes).expect("the image is good");
        let plan = &case.packed.plan;
        let expected = ARENAS.iter().find(|(name, _)| *name == case.model);
        let (_, expected) = expected.unwrap_or_else(|| panic!("{}: not in the table", case.name));
        assert_eq!(image.arena_len(), *expected, "{}", case.name);
        assert_eq!(plan.arena_len, *expected, "{}", case.name);
        let (len, bound) = (plan.arena_len, plan.lower_bound);
        assert!(len * 100 <= bound * 105, "{}: {len} bytes, the bound is {bound}", case.name);
    }
}

/// What is in the arena is not above what the interpreter used for the same network.
fn less_ram(case: &Case, outcome: &Outcome) {
    let (needed, used) = (case.packed.plan.arena_len, outcome.arena.total);
    assert!(needed <= used, "{}: {needed} bytes of RAM, TFLite Micro {used}", case.name);
    println!("{}: {needed} bytes of RAM, TFLite Micro {:?}", case.name, outcome.arena);
}

/// In each pruned layer of n weights, ⌊(1 − sparsity) · n + ½⌋ stay; those of them that were zero
/// before still are. Nothing else changes.
#[test]
fn pruning_leaves_what_it_must() {
    for model in models::all() {
        let graph = tflite::import(&model.name, &model.bytes).expect("the model is imported");
        for sparsity in SPARSITIES {
            let packed = device::packed(&graph, &options(sparsity, None));
            let layers: BTreeSet<_> = graph.ops.iter().filter_map(prunable).collect();
            for (id, tensor) in packed.graph.tensors.iter().enumerate() {
                let before = &graph.tensors[id];
                if sparsity == 0.0 || !layers.contains(&id) {
                    assert_eq!(tensor, before, "{} at sparsity {sparsity}", model.name);
                    continue;
                }
                let len = before.elements();
                let keep = ((1.0 - sparsity) * len as f64 + 0.5).floor() as usize;
                let (found, expected) = (nonzeros(tensor), nonzeros(before).min(keep));
                let name = format!("{} at sparsity {sparsity}, {}", model.name, tensor.name);
                assert_eq!(found, expected, "{name}: of {len} weights");
            }
            let pruned: BTreeSet<_> = packed.pruned.iter().copied().collect();
            assert_eq!(pruned, if sparsity == 0.0 { BTreeSet::new() } else { layers });
            image_counts(&packed);
        }
    }
}

fn prunable(op: &Op) -> Option<TensorId> {
    match op.kind {
        OpKind::Conv2d { .. } | OpKind::FullyConnected { .. } => op.inputs.get(1).copied()?,
        _ => None,
    }
}

fn nonzeros(tensor: &Tensor) -> usize {
    let data = tensor.data.as_ref().expect("weights are constant");
    data.iter().filter(|&&weight| weight != 0).count()
}

/// The image's records state the weights of the graph that are not zero.
fn image_counts(packed: &Packed) {
    let bytes = AlignedBytes::new(&packed.image);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let stated: usize = image.weights().iter().map(|weights| weights.nonzeros.get() as usize).sum();
    let layers = packed.graph.ops.iter().filter_map(|op| match op.kind {
        OpKind::DepthwiseConv2d { .. } => op.inputs.get(1).copied()?,
        _ => prunable(op),
    });
    let counted: usize = layers.map(|id| nonzeros(&packed.graph.tensors[id])).sum();
    assert_eq!(stated, counted, "{}", packed.graph.source);
}
