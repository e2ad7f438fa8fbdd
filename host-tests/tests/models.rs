//! Whole networks, dense and pruned: the image gives on the host what TFLite Micro gives on the
//! same weights, byte for byte.

use host_tests::models::{self, Model};
use host_tests::random::Rng;
use host_tests::tflm::{Job, Outcome, Tflm};
use host_tests::{device, difference, generate, naive};
use kastanet::image::Image;
use kastanet::sparse::Format;
use kastanet_cli::graph::TensorId;
use kastanet_cli::pack::{AlignedBytes, Options, Packed};
use kastanet_cli::prune::Sparsity;
use kastanet_cli::tflite;

/// Random inputs for each model and sparsity.
const SAMPLES: usize = 32;

/// How many of them each weight format runs on that the tool did not choose.
const SAMPLES_OF_A_FORMAT: usize = 4;

const SPARSITIES: [f64; 3] = [0.0, 0.5, 0.9];

/// A model at one sparsity.
struct Case {
    name: String,
    packed: Packed,
    job: Job,
}

#[test]
fn against_tflm() {
    let Some(tflm) = Tflm::find() else { return };
    let cases = cases();
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
    for mut case in cases() {
        case.job.samples.truncate(2);
        let samples = case.job.samples.iter();
        let expected = samples.map(|inputs| naive::run(&case.packed.graph, inputs).concat());
        same_outputs(&case, &expected.collect::<Vec<_>>());
    }
}

fn cases() -> Vec<Case> {
    let models = models::all();
    assert!(!models.is_empty(), "the demo's models are in the repository");
    let pairs = models.iter().flat_map(|model| SPARSITIES.map(|sparsity| (model, sparsity)));
    pairs.map(|(model, sparsity)| case(model, sparsity)).collect()
}

fn case(model: &Model, sparsity: f64) -> Case {
    let name = format!("{} at sparsity {sparsity}", model.name);
    let graph = tflite::import(&model.name, &model.bytes).expect("the model is imported");
    let packed = device::packed(&graph, &options(sparsity, None));
    let constants = pruned(&packed);
    assert_eq!(constants.is_empty(), sparsity == 0.0 || graph == packed.graph, "{name}");
    let model = tflite::replace_constants(&model.bytes, &constants).expect("weights fit");
    let mut rng = Rng::new(graph.tensors.len() as u64);
    let samples = (0..SAMPLES).map(|_| generate::sample(&graph, &mut rng)).collect();
    Case { name, packed, job: Job { model, samples } }
}

fn options(sparsity: f64, format: Option<Format>) -> Options {
    Options { sparsity: Sparsity::uniform(sparsity), format, ..Options::default() }
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
        let packed = device::packed(&case.packed.graph, &options(0.0, Some(format)));
        compare(case, format.name(), &packed.image, expected);
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

/// What the plan needs is not above what the interpreter used for the same network.
fn less_ram(case: &Case, outcome: &Outcome) {
    let bytes = AlignedBytes::new(&case.packed.image);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let (needed, used) = (image.arena_len(), outcome.arena.total);
    assert!(needed <= used, "{}: {needed} bytes of RAM, TFLite Micro {used}", case.name);
    println!("{}: {needed} bytes of RAM, TFLite Micro {:?}", case.name, outcome.arena);
}
