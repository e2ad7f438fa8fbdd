//! What was learned as an int8 image: weights, biases and multipliers are those of an independent computation, and the
//! network computes what the tuner computes.

use super::{Part, options};
use host_tests::generate::learner;
use host_tests::random::Rng;
use host_tests::{cases, device};
use kastanet::image::record::section;
use kastanet::image::{Image, Op, OpKind};
use kastanet::layers::LayerWeights;
use kastanet::network::Network;
use kastanet::train::{DeployError, Extremes, Function, Target, Training, Tuner, saturated};
use kastanet_cli::pack::{AlignedBytes, pack};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Images whose trained part has learned something, and the numbers that its layers put out.
fn each(f: impl Fn(u64, &AlignedBytes, &mut Tuner<'_, '_, f32, 1>, &[Extremes], &mut Rng)) {
    let mut count = 0;
    for seed in 0..cases(300) {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        let Ok(packed) = pack(graph, &options) else { continue };
        let bytes = AlignedBytes::new(&packed.image);
        let mut part = Part::new(&bytes);
        part.recipe.schedule = kastanet::train::Schedule::Constant { rate: 1e-4 };
        let program = part.program;
        let samples: Vec<Vec<[f32; 1]>> = (0..4).map(|_| inputs(&part, &mut rng)).collect();
        let mut tuner = part.tuner();
        for _ in 0..rng.range(0, 6) {
            let target: Vec<[f32; 1]> =
                (0..program.outputs()).map(|_| [rng.unit() as f32]).collect();
            let sample = &samples[rng.range(0, 3)];
            match program.last() {
                Function::Softmax => {
                    let class = rng.range(0, program.outputs() - 1) as u16;
                    tuner.step(sample, Target::Classes(&[class])).unwrap();
                }
                _ => drop(tuner.step(sample, Target::Values(&target)).unwrap()),
            }
        }
        let mut extremes = vec![Extremes::default(); program.layer_count()];
        for sample in &samples {
            tuner.observe(sample, &mut extremes);
        }
        // Where training ran away, there is nothing to write.
        if extremes.iter().all(|bounds| bounds.most.max(-bounds.least) < 1e4) {
            f(seed, &bytes, &mut tuner, &extremes, &mut rng);
            count += 1;
        }
    }
    assert!(count * 2 > cases(300), "{count}");
}

/// What enters the trained part, of bytes of chance.
fn inputs(part: &Part<'_>, rng: &mut Rng) -> Vec<[f32; 1]> {
    let mut arena = AlignedBytes::zeroed(part.image.arena_len());
    let mut network = Network::new(part.image, &mut arena).unwrap();
    network.input_mut(0).unwrap().iter_mut().for_each(|byte| *byte = rng.bits() as u8);
    let mut input = vec![[0.0]; part.program.inputs()];
    part.program.read_input(&mut network, input.as_flattened_mut()).unwrap();
    input
}

fn deployed(tuner: &mut Tuner<'_, '_, f32, 1>, extremes: &[Extremes]) -> (AlignedBytes, u32) {
    let needed = tuner.deployed_len().expect("it is an image's");
    let mut bytes = AlignedBytes::zeroed(needed);
    bytes.fill(0xee);
    let widened = tuner.deploy(extremes, &mut bytes).expect("an image").widened;
    (bytes, widened)
}

/// The layer's number of each operator that has one.
fn layers<'i>(tuner: &Tuner<'_, '_, f32, 1>, image: &'i Image<'i>) -> Vec<(usize, Op<'i>)> {
    let program = *tuner.program();
    let first = usize::from(program.first_operator());
    image.operators().skip(first).filter(|op| op.weights_id().is_some()).enumerate().collect()
}

#[test]
fn numbers_are_those_of_another_computation() {
    each(|seed, given, tuner, extremes, _| {
        let (bytes, _) = deployed(tuner, extremes);
        let (image, given) =
            (Image::new_checked(&bytes).unwrap(), Image::new_checked(given).unwrap());
        let shipped = layers(tuner, &given);
        for ((number, op), (_, before)) in layers(tuner, &image).into_iter().zip(shipped) {
            let record = op.weights().unwrap();
            let weights = LayerWeights::new_checked(&image, record).unwrap();
            let layer = tuner.program().layer(number).unwrap();
            let is_depthwise = op.kind() == Some(OpKind::DepthwiseConv2d);
            let mut found = HashMap::new();
            for (row, col, value) in weights.matrix.entries() {
                let place = if is_depthwise { (col, row) } else { (row, col) };
                found.insert(place, f64::from(value));
            }
            let (input, output) = (op.input(0).unwrap(), op.output().unwrap());
            let steps: Vec<f64> = match layer.training {
                Training::Frozen => continue,
                _ => {
                    let mut most = vec![0.0_f64; layer.grid.rows];
                    for weight in tuner.live_weights(number).filter(|weight| weight.is_forward) {
                        most[weight.row] = most[weight.row].max(f64::from(weight.value.abs()));
                    }
                    let biases = tuner.biases(number).iter();
                    let scale = |(most, bias): (&f64, &f32)| {
                        // So large that the bias stays below 2³⁰.
                        let least =
                            f64::from(bias.abs()) / f64::from(input.scale()) / 2f64.powi(30);
                        let scale = (most / 127.0).max(least);
                        if scale > 0.0 { scale } else { 1.0 }
                    };
                    most.iter().zip(biases).map(scale).collect()
                }
            };
            let mut sums = vec![0.0; layer.grid.rows];
            let mut count = 0;
            for weight in tuner.live_weights(number).filter(|weight| weight.is_forward) {
                let real = f64::from(weight.value) / steps[weight.row];
                let found = found.get(&(weight.row, weight.col)).copied().unwrap_or(0.0);
                assert!((found - real).abs() <= 0.5 + 1e-4, "seed {seed}: {found} for {real}");
                sums[weight.row] += found;
                count += 1;
            }
            assert!(found.values().filter(|value| **value != 0.0).count() <= count, "seed {seed}");
            let channels = weights.channels;
            for (row, &step) in steps.iter().enumerate() {
                let real = f64::from(input.scale()) * step / f64::from(output.scale());
                let scaled = f64::from(channels.multipliers[row])
                    * 2f64.powi(i32::from(channels.shifts[row]) - 31);
                assert!(
                    (scaled - real).abs() <= real * 1e-6 + 2f64.powi(-31),
                    "seed {seed}: {scaled} for {real}"
                );
                let bias = f64::from(tuner.biases(number)[row]) / (f64::from(input.scale()) * step);
                let folded = bias - f64::from(input.zero_point()) * sums[row];
                let found = f64::from(channels.bias[row]);
                let slack = 0.51 + folded.abs() * 1e-6 + bias.abs() * 1e-6;
                assert!((found - folded).abs() <= slack, "seed {seed}: {found} for {folded}");
            }
            assert_eq!(output.zero_point(), before.output().unwrap().zero_point());
            assert!(output.scale() >= before.output().unwrap().scale());
        }
    });
}

/// What the network computes just before the function that the loss takes over is as near to what the tuner computes
/// as that of the shipped image was to what it was before it learned.
#[test]
fn computes_what_the_tuner_computes() {
    let (mut shipped, mut after) = (RefCell::new(vec![]), RefCell::new(vec![]));
    let widened = Cell::new(0);
    each(|_, given, tuner, extremes, rng| {
        let (bytes, wider) = deployed(tuner, extremes);
        widened.set(widened.get() + wider);
        let [one, other] = [given, &bytes].map(|bytes| Image::new_checked(bytes).unwrap());
        after.borrow_mut().extend(errors(other, tuner, rng));
        let mut part = Part::new(given);
        shipped.borrow_mut().extend(errors(one, &mut part.tuner(), rng));
    });
    let at = |errors: &mut RefCell<Vec<f32>>, share: f64| {
        let errors = errors.get_mut();
        errors.sort_by(f32::total_cmp);
        errors[(errors.len() as f64 * share) as usize]
    };
    for share in [0.5, 0.6, 0.7] {
        let (before, after) = (at(&mut shipped, share), at(&mut after, share));
        println!("{share}: {before} {after}");
        assert!(after <= 1.2 * before + 1e-3, "{share}: {before} {after}");
    }
    assert!(widened.get() > 20, "{widened:?}");
}

/// How far an image's outputs are from the tuner's, as a share of the largest of these.
fn errors(image: Image<'_>, tuner: &mut Tuner<'_, '_, f32, 1>, rng: &mut Rng) -> Vec<f32> {
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    let mut network = Network::new(image, &mut arena).expect("its operators are good");
    network.input_mut(0).unwrap().iter_mut().for_each(|byte| *byte = rng.bits() as u8);
    let program = *tuner.program();
    let mut input = vec![[0.0]; program.inputs()];
    program.read_input(&mut network, input.as_flattened_mut()).unwrap();
    let expected: Vec<f32> = tuner.infer(&input).iter().map(|[value]| *value).collect();
    let Some((id, scale, zero)) = before_last(&image, program.last()) else { return vec![] };
    let mut found = vec![];
    let look = |op: &Op<'_>, bytes: &[u8]| {
        if op.output().is_some_and(|output| output.id() == id) {
            let real = |byte: u8| (i32::from(byte as i8) - zero) as f32 * scale;
            found = bytes.iter().map(|&byte| real(byte)).collect();
        }
    };
    network.infer_with(look).unwrap();
    let most = expected.iter().fold(scale, |most, value| most.max(value.abs()));
    found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / most).collect()
}

/// Number, scale and zero point of the last int8 tensor before a function that the loss takes over.
fn before_last(image: &Image<'_>, last: Function) -> Option<(u16, f32, i32)> {
    let ops = image.operators();
    let tensor = match last {
        Function::None => {
            ops.filter(|op| op.kind() != Some(OpKind::Dequantize)).last()?.output()?
        }
        _ => {
            let is_last = |op: &Op<'_>| matches!(op.kind(), Some(OpKind::Softmax | OpKind::Table));
            let op = ops.filter(is_last).last()?;
            image.tensor(op.input(0)?.id())?
        }
    };
    Some((tensor.id(), tensor.scale(), tensor.zero_point()))
}

/// Before anything is learned, an image of single weights is nearly the one that was shipped.
#[test]
fn what_has_learned_nothing_answers_as_before() {
    let (mut same, mut all) = (0, 0);
    for seed in 0..cases(100) {
        let mut rng = Rng::new(seed);
        let graph = learner(&mut rng);
        let trainable = Some(kastanet_cli::trainable::Trainable::default());
        let options = kastanet_cli::pack::Options { trainable, ..Default::default() };
        let Ok(packed) = pack(graph.clone(), &options) else { continue };
        let bytes = AlignedBytes::new(&packed.image);
        let mut part = Part::new(&bytes);
        let (deployed, _) = deployed(&mut part.tuner(), &[]);
        let samples: Vec<_> =
            (0..3).map(|_| host_tests::generate::sample(&graph, &mut rng)).collect();
        let outputs = |image: &[u8]| device::run(image, &samples, 0x5a).concat();
        let (before, after) = (outputs(&packed.image), outputs(&deployed));
        assert_eq!(before.len(), after.len());
        if image_is_int8(&packed.image) {
            all += before.len();
            let near = |(a, b): &(&u8, &u8)| (**a as i8).abs_diff(**b as i8) <= 1;
            same += before.iter().zip(&after).filter(near).count();
        }
    }
    println!("{same} of {all}");
    assert!(all > 100 && same * 100 > all * 90, "{same} of {all}");
}

fn image_is_int8(bytes: &[u8]) -> bool {
    let bytes = AlignedBytes::new(bytes);
    let image = Image::new_checked(&bytes).unwrap();
    image.outputs().all(|output| output.dtype() == kastanet::image::DType::I8)
}

#[test]
fn what_is_in_the_way_is_told() {
    let seed = (0..).find(|&seed| {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        pack(graph, &options).is_ok()
    });
    let mut rng = Rng::new(seed.unwrap());
    let (graph, options) = (learner(&mut rng), options(&mut rng));
    let packed = pack(graph, &options).unwrap();
    let bytes = AlignedBytes::new(&packed.image);
    let mut part = Part::new(&bytes);
    let mut tuner = part.tuner();
    let needed = tuner.deployed_len().unwrap();
    for given in [0, 63, needed - 1] {
        let mut bytes = AlignedBytes::zeroed(given);
        let refused = tuner.deploy(&[], &mut bytes).map(|_| ());
        assert_eq!(refused, Err(DeployError::TooSmall { needed, given }));
    }
    let mut bytes = AlignedBytes::zeroed(needed + 4);
    let refused = tuner.deploy(&[], &mut bytes[4..]).map(|_| ());
    assert_eq!(refused, Err(DeployError::Refused(kastanet::image::Error::Misaligned)));
    let mut bytes = AlignedBytes::zeroed(needed);
    let image = tuner.deploy(&[], &mut bytes).unwrap().image;
    assert!(
        image.section(section::TRAINABLE).is_none() && image.section(section::RESERVE).is_none()
    );
    let mut arena = AlignedBytes::zeroed(image.arena_len());
    let mut network = Network::new(image, &mut arena).unwrap();
    network.input_mut(0).unwrap().fill(0x7f);
    let mut cut = 0;
    network.infer_with(|op, bytes| cut += saturated(op, bytes)).unwrap();
}
