//! Float checkpoints, quantised by the tool: the image, the `.tflite` file that is written beside it, and the plain
//! oracle compute the same bytes.

use host_tests::models::workspace;
use host_tests::random::Rng;
use host_tests::tflm::{Job, Tflm};
use host_tests::{device, difference, generate, naive};
use kastanet_cli::arrays::Archive;
use kastanet_cli::float::Float;
use kastanet_cli::graph::{Graph, TensorId};
use kastanet_cli::pack::{Options, Packed};
use kastanet_cli::prune::{Sparsity, Unit, prune};
use kastanet_cli::quantise::{Method, Ranges, Samples, Shifts, quantise};
use kastanet_cli::{onnx, tflite};

/// Models with a pair of input and output, and the operator of each that TFLite has no word for.
const MODELS: [(&str, Option<&str>); 7] = [
    ("mlp", None),
    ("cnn", None),
    ("depthwise", None),
    ("residual", Some("AVERAGE_POOL_2D")),
    ("row", None),
    ("turned", None),
    ("vectors", None),
];

const SAMPLES: usize = 16;

/// A checkpoint, pruned, and as it is packed.
fn packed(name: &str) -> (Graph, Packed) {
    let folder = workspace().join("tools/kastanet/tests/onnx");
    let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).expect("a model of the tests");
    let mut graph = onnx::import(name, &bytes).expect("the model is imported");
    let archive = Archive::open(&folder.join(format!("{name}.npz"))).expect("an archive");
    let x = archive.array("x").expect("an input");
    let samples = Samples::new(&graph, &x).expect("it fits");
    let ranges = Ranges::watch(&graph, &samples, Method::Mse, || ()).expect("it runs");
    let mut int8 = quantise(&graph, &ranges).expect("it is quantised");
    let shifts = Shifts::measure(&graph, &int8, &samples, || ()).expect("it runs");
    shifts.take_out(&mut int8);
    int8.validate().expect("corrected graphs are valid");
    let sparsity = Sparsity::uniform(0.3);
    let packed =
        device::packed(&int8, &Options { sparsity: sparsity.clone(), ..Options::default() });
    prune(&mut graph, &sparsity, Unit::Weight).expect("it is pruned");
    (graph, packed)
}

fn samples(graph: &Graph) -> Vec<Vec<Vec<u8>>> {
    let mut rng = Rng::new(3);
    (0..SAMPLES).map(|_| generate::sample(graph, &mut rng)).collect()
}

fn same(name: &str, found: &[Vec<u8>], expected: &[Vec<u8>]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(difference(expected, found), None, "{name}");
    }
}

#[test]
fn written_models_against_tflm() {
    let Some(tflm) = Tflm::find() else { return };
    let (mut jobs, mut expected) = (vec![], vec![]);
    for (name, wordless) in MODELS {
        let (_, packed) = packed(name);
        match (tflite::spelled(&packed.graph), wordless) {
            (Ok(spelled), None) => {
                let samples = samples(&packed.graph);
                expected.push((name, device::run(&packed.image, &samples, 0x55)));
                jobs.push(Job { model: tflite::build(&spelled), samples });
            }
            (Err(op), Some(kind)) => assert_eq!(op.kind.name(), kind, "{name}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
    for ((name, expected), outcome) in expected.iter().zip(tflm.run(&jobs)) {
        let outcome = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        same(name, expected, &outcome.outputs);
    }
}

#[test]
fn images_against_naive() {
    for (name, _) in MODELS {
        let (_, packed) = packed(name);
        let samples = samples(&packed.graph);
        let expected = samples.iter().map(|inputs| naive::run(&packed.graph, inputs).concat());
        let expected: Vec<_> = expected.collect();
        same(name, &device::run(&packed.image, &samples, 0x55), &expected);
    }
}

/// Every window of its own becomes two operators, with the same bytes; means of averages stay.
#[test]
fn padding_is_spelled_out() {
    let mut own = 0;
    for subject in generate::SUBJECTS.iter().filter(|subject| !subject.tflm) {
        for seed in 0..host_tests::cases(20) {
            let mut rng = Rng::new(seed);
            let graph = (subject.make)(&mut rng);
            let Ok(spelled) = tflite::spelled(&graph) else { continue };
            spelled.validate().expect("a valid graph");
            own += spelled.ops.len() - graph.ops.len();
            let inputs = generate::sample(&graph, &mut rng);
            let (found, expected) = (naive::run(&spelled, &inputs), naive::run(&graph, &inputs));
            assert_eq!(found, expected, "{} of seed {seed}", subject.name);
        }
    }
    assert!(own > 0, "subjects with padding of their own");
}

/// What integers stand for, rounded where they round, is much nearer to an image's outputs than the float network is.
#[test]
fn simulated_int8_is_near() {
    let (mut off, mut all) = ([0.0; 2], 0);
    for (name, _) in MODELS {
        let (float, Packed { graph, image, .. }) = packed(name);
        let samples = samples(&graph);
        let networks = [Float::of_int8(&graph), Float::new(&float).expect("a float graph")];
        let (input, output) = (quant(&graph, graph.inputs[0]), quant(&graph, graph.outputs[0]));
        for (inputs, bytes) in samples.iter().zip(device::run(&image, &samples, 0)) {
            let x: Vec<f32> = inputs[0].iter().map(|&byte| real(input, byte)).collect();
            for (network, off) in networks.iter().zip(&mut off) {
                let y = network.output(&[&x]).expect("it runs");
                let steps =
                    y.iter().zip(&bytes).map(|(y, &byte)| (y - real(output, byte)) / output.0);
                *off += steps.map(|steps| steps * steps).sum::<f32>();
            }
            all += bytes.len();
        }
    }
    let [simulated, float] = off.map(|off| (off / all as f32).sqrt());
    assert!(simulated < 0.5 && simulated < float / 4.0, "{simulated} steps, in float {float}");
}

/// The scale and the zero point of a tensor.
fn quant(graph: &Graph, id: TensorId) -> (f32, i32) {
    let quant = graph.tensors[id].quant.as_ref().expect("quantised");
    (quant.scales[0], quant.zero_points[0])
}

fn real((scale, zero_point): (f32, i32), byte: u8) -> f32 {
    (i32::from(byte.cast_signed()) - zero_point) as f32 * scale
}
