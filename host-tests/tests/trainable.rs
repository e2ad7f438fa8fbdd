//! Images with a part that is trained: what it computes, and that nothing can be done to it.

use host_tests::editor::Editor;
use host_tests::generate::{learner, sample};
use host_tests::random::Rng;
use host_tests::{cases, device, models, real};
use kastanet::image::record::{OPTIONAL, section};
use kastanet::image::{Image, Tensor};
use kastanet::train::record::Header;
use kastanet::train::{Function, Program, Recipe, Source, Target, Training, Tuner};
use kastanet_cli::graph::{Graph, TensorId};
use kastanet_cli::pack::{AlignedBytes, Error, Options, pack};
use kastanet_cli::prune::{Sparsity, Unit};
use kastanet_cli::trainable::{self, Reserve, Trainable, Which};
use kastanet_cli::{tflite, training};
use std::collections::BTreeMap;
use zerocopy::FromBytes;

/// Some way to prune, and to train what is left.
fn options(rng: &mut Rng) -> Options {
    let unit = rng.pick(&[Unit::Weight, Unit::Weight, Unit::Block4x1, Unit::Block1x4]);
    let sparsity = Sparsity::uniform(rng.pick(&[0.0, 0.3, 0.6, 0.8]));
    let reserve = rng.pick(&[Reserve::Full, Reserve::Top(0.9), Reserve::None]);
    let layers = if rng.one_in(2) { Which::All } else { Which::Last(1) };
    let trainable = Some(Trainable { layers, reserve, ..Trainable::default() });
    Options { sparsity, unit, trainable, ..Options::default() }
}

/// What the part's program needs to run.
struct Part<'a> {
    program: Program<'a>,
    source: Source<'a>,
    recipe: Recipe,
    memory: AlignedBytes,
}

impl<'a> Part<'a> {
    fn new(image: Image<'a>, trainable: &Trainable) -> Self {
        let bytes = image.section(section::TRAINABLE).expect("there is such a section");
        let program = Program::new_checked(bytes).expect("the program is good");
        let recipe = trainable.recipe();
        let mut memory = AlignedBytes::zeroed(Tuner::<f32, 1>::bytes(&program, &recipe).all);
        memory.fill(0x5a);
        Part { program, source: Source::of_image(image), recipe, memory }
    }

    fn tuner(&mut self) -> Tuner<'a, '_, f32, 1> {
        Tuner::new(self.program, self.source, self.recipe, &mut self.memory).expect("a tuner")
    }
}

/// The tensor of `graph` that enters its operators from `first` on.
fn entrance(graph: &Graph, first: usize) -> TensorId {
    let ops = &graph.ops[first..];
    let inputs = ops.iter().flat_map(|op| op.inputs.iter().flatten().copied());
    let mut enters = inputs.filter(|id| {
        let computed = ops.iter().any(|op| op.outputs.contains(id));
        !computed && graph.tensors[*id].data.is_none()
    });
    enters.next().expect("something enters")
}

/// Compares outputs of the trained part with what the graph, pruned, gives in real numbers.
fn compare(name: &str, graph: &Graph, image: &[u8], trainable: &Trainable, rng: &mut Rng) {
    let bytes = AlignedBytes::new(image);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let mut part = Part::new(image, trainable);
    let first = part.program.first_operator().into();
    let entrance = entrance(graph, first);
    let boundary: Tensor<'_> = image.tensor(part.program.boundary().unwrap()).unwrap();
    let (tensor, quant) = (&graph.tensors[entrance], graph.tensors[entrance].quant.as_ref());
    assert_eq!(boundary.elements(), tensor.elements(), "{name}");
    assert_eq!(boundary.scale(), quant.unwrap().scales[0], "{name}");
    let values: Vec<f32> = (0..tensor.elements()).map(|_| rng.unit() as f32 * 2.0 - 1.0).collect();
    let known = real::run(graph, first, entrance, values.iter().map(|&v| v.into()).collect());
    let lanes: Vec<[f32; 1]> = values.iter().map(|&value| [value]).collect();
    let mut tuner = part.tuner();
    let found = tuner.infer(&lanes).as_flattened();
    let expected = &known[&graph.outputs[0]].values;
    let largest =
        known.values().flat_map(|real| &real.values).fold(1e-3, |a: f64, b| a.max(b.abs()));
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
            Ok(packed) => {
                let trainable = options.trainable.as_ref().unwrap();
                let name = format!("seed {seed}, {options:?}");
                compare(&name, &packed.graph, &packed.image, trainable, &mut rng);
            }
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
            let trainable = Trainable { layers, ..Trainable::default() };
            let sparsity = Sparsity::uniform(sparsity);
            let options =
                Options { sparsity, trainable: Some(trainable.clone()), ..Options::default() };
            let packed = match pack(graph, &options) {
                Ok(packed) => packed,
                Err(error) => panic!("{}: {error}", model.name),
            };
            compare(&model.name, &packed.graph, &packed.image, &trainable, &mut Rng::new(1));
        }
    }
}

/// The sections change nothing of what is inferred.
#[test]
fn infers_the_same_bytes() {
    for seed in 0..cases(100) {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        let Ok(packed) = pack(graph.clone(), &options) else { continue };
        let plain = device::packed(&graph, &Options { trainable: None, ..options });
        let samples: Vec<_> = (0..3).map(|_| sample(&graph, &mut rng)).collect();
        let outputs = |image: &[u8]| device::run(image, &samples, 0x5a);
        assert_eq!(outputs(&packed.image), outputs(&plain.image), "seed {seed}");
        let mut editor = Editor { bytes: packed.image };
        let sections = editor.sections();
        let trained = sections.iter().filter(|(entry, _)| {
            [section::RESERVE, section::TRAINABLE].contains(&entry.kind.get())
        });
        assert!(trained.clone().all(|(entry, _)| entry.flags.get() == OPTIONAL));
        assert!(trained.count() > 0);
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
        let image = Image::new_checked(&bytes).unwrap();
        let mut part = Part::new(image, options.trainable.as_ref().unwrap());
        let first = part.program.first_operator().into();
        let weights = packed.graph.ops[first..].iter().filter_map(|op| op.weights());
        let weights: Vec<TensorId> = weights.collect();
        let mut tuner = part.tuner();
        for (number, layer) in part_layers(tuner.program()).into_iter().enumerate() {
            if layer != Training::Sparse {
                continue;
            }
            let tensor = &packed.graph.tensors[weights[number]];
            let values = tensor.to_i8().unwrap();
            let cols = values.len() / tensor.shape[0];
            let held = tuner.live_weights(number).filter(|weight| weight.is_forward);
            let mut found = vec![false; values.len()];
            held.filter(|w| w.value != 0.0).for_each(|w| found[w.row * cols + w.col] = true);
            let expected: Vec<bool> = values.iter().map(|&value| value != 0).collect();
            assert_eq!(found, expected, "layer {number} of seed {seed}");
        }
    }
}

fn part_layers(program: &Program<'_>) -> Vec<Training> {
    program.layers().map(|layer| layer.training).collect()
}

/// Memory that a test gives at most.
const MOST_MEMORY: usize = 1 << 20;

/// Trains a little on whatever the image says.
fn try_to_train(editor: &Editor, recipe: Recipe) -> bool {
    let bytes = AlignedBytes::new(&editor.bytes);
    let Ok(image) = Image::new_checked(&bytes) else { return false };
    let Some(section) = image.section(section::TRAINABLE) else { return false };
    let Ok(program) = Program::new_checked(section) else { return false };
    let needed = Tuner::<f32, 1>::bytes(&program, &recipe).all;
    if needed > MOST_MEMORY {
        return false;
    }
    let mut memory = AlignedBytes::zeroed(needed);
    memory.fill(0x5a);
    let tuner = Tuner::<f32, 1>::new(program, Source::of_image(image), recipe, &mut memory);
    let Ok(mut tuner) = tuner else { return false };
    let input = [[0.5]; 64];
    let outputs = tuner.infer(&input).len();
    let classes = outputs.max(1) as u16;
    (0..3).all(|step| tuner.step(&input, Target::Classes(&[step % classes])).is_ok())
}

/// Every byte of both sections, changed in several ways, the checksum repaired: the program or the tuner
/// is refused, or it trains.
#[test]
fn no_changed_byte_panics() {
    let mut trained = 0;
    let images = (0..).filter_map(|seed| {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        pack(graph, &options).ok().map(|packed| (seed, packed, options))
    });
    for (seed, packed, options) in images.take(cases(4) as usize) {
        let recipe =
            Recipe { refresh_backward_every: 1, ..options.trainable.as_ref().unwrap().recipe() };
        let original = Editor { bytes: packed.image };
        assert!(try_to_train(&original, recipe), "seed {seed}");
        for kind in [section::RESERVE, section::TRAINABLE] {
            let mut editor = original.clone();
            if editor.sections().iter().all(|(entry, _)| entry.kind.get() != kind) {
                continue;
            }
            for at in editor.section(kind) {
                let byte = original.bytes[at];
                for changed in [0, 1, 0x7f, 0x80, 0xff, byte ^ 1, byte ^ 0x10, byte.wrapping_add(1)]
                {
                    editor.bytes[at] = changed;
                    editor.seal_crc();
                    trained += u32::from(try_to_train(&editor, recipe));
                }
                editor.bytes[at] = byte;
            }
        }
    }
    assert!(trained > 0);
}

host_tests::a_test_for_each!(host_tests::refusals::program:
    bad_length bad_header bad_operation bad_tensor bad_layer bad_sets
);

/// A function that the loss takes over is no operation.
#[test]
fn the_loss_takes_over_the_last_function() {
    let lasts = (0..40).filter_map(|seed| {
        let mut rng = Rng::new(seed);
        let trainable = Some(Trainable { layers: Which::Last(1), ..Trainable::default() });
        let packed = pack(learner(&mut rng), &Options { trainable, ..Options::default() }).ok()?;
        let bytes = AlignedBytes::new(&packed.image);
        let image = Image::new_checked(&bytes).ok()?;
        let (header, _) = Header::ref_from_prefix(image.section(section::TRAINABLE)?).ok()?;
        Some((Function::from_code(header.last)?, header.operations.get()))
    });
    let all: Vec<_> = lasts.collect();
    for last in [Function::None, Function::Logistic, Function::Softmax] {
        assert!(all.contains(&(last, 1)), "{all:?}");
    }
}
