//! Raw values as a network's input, against the definition in 64-bit floats; and what is refused.

use host_tests::generate::SUBJECTS;
use host_tests::random::Rng;
use kastanet::image::{DType, Image};
use kastanet::network::{InputError, Network};
use kastanet_cli::data::Normalisation;
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use std::collections::BTreeSet;

/// Runs `test` with networks of one input, of every type, with and without a normalisation.
fn networks(mut test: impl FnMut(&mut Network<'_, '_>, &mut Rng)) {
    let mut types = BTreeSet::new();
    for name in ["quantize", "requantize_unsigned", "conv_2d", "fully_connected"] {
        let subject = SUBJECTS.iter().find(|subject| subject.name == name).expect("it is there");
        for seed in 0..40 {
            let mut rng = Rng::new(seed);
            let graph = (subject.make)(&mut rng);
            let channels = *graph.tensors[graph.inputs[0]].shape.last().expect("a dimension");
            let mut numbers = |low: f32| -> Vec<f32> {
                let count = if seed % 4 == 1 { 1 } else { channels };
                (0..count).map(|_| low + rng.unit() as f32 * 3.0).collect()
            };
            let normalisation = Normalisation::new(&numbers(-1.0), &numbers(0.1)).ok();
            let normalisation = normalisation.filter(|_| seed % 4 != 0);
            let packed = pack(graph, &Options { normalisation, ..Options::default() });
            let bytes = AlignedBytes::new(&packed.expect("it is packed").image);
            let image = Image::new_checked(&bytes).expect("the image is good");
            let mut arena = AlignedBytes::zeroed(image.arena_len());
            types.extend(image.inputs().map(|input| input.dtype() as u8));
            test(&mut Network::new(image, &mut arena).expect("it runs"), &mut rng);
        }
    }
    assert_eq!(types.len(), 3, "int8, uint8 and float32");
}

#[test]
fn raw_values_are_normalised_quantised_and_held_to_the_range() {
    let (mut all, mut clamped) = (0, 0);
    networks(|network, rng| {
        let image = network.image();
        let input = image.inputs().next().expect("an input");
        let span = if input.dtype() == DType::F32 { 10.0 } else { input.scale() * 400.0 };
        let raw: Vec<f32> =
            (0..input.elements()).map(|_| (rng.unit() as f32 - 0.5) * span).collect();
        network.write_input(0, &raw).expect("it fits");
        let found = network.input_mut(0).expect("an input").to_vec();
        let pair = |element: usize| match image.normalisation() {
            Some(it) => {
                let at = element % it.mean().len();
                (it.mean().nth(at).expect("a mean"), it.std().nth(at).expect("a deviation"))
            }
            None => (0.0, 1.0),
        };
        for (element, raw) in raw.into_iter().enumerate() {
            let (mean, std) = pair(element);
            let value = (f64::from(raw) - f64::from(mean)) / f64::from(std);
            if input.dtype() == DType::F32 {
                let found = f32::from_le_bytes(found[4 * element..][..4].try_into().unwrap());
                assert!((f64::from(found) - value).abs() <= 1e-6 * value.abs().max(10.0));
                continue;
            }
            let (low, high) =
                if input.dtype() == DType::U8 { (0.0, 255.0) } else { (-128.0, 127.0) };
            let steps = value / f64::from(input.scale()) + f64::from(input.zero_point());
            let byte = found[element];
            let found = if input.dtype() == DType::U8 {
                byte.into()
            } else {
                f64::from(byte.cast_signed())
            };
            // Half a step, and what single precision loses.
            let off = (found - steps.clamp(low, high)).abs();
            assert!(off <= 0.501, "{raw} became {found}, expected {steps}");
            (all, clamped) = (all + 1, clamped + usize::from(!(low..=high).contains(&steps)));
        }
    });
    assert!(clamped > 100 && clamped < all / 2, "{clamped} of {all} were out of range");
}

#[test]
fn refuses_what_is_no_input_and_writes_nothing() {
    networks(|network, _| {
        let expected = network.image().inputs().next().expect("an input").elements();
        network.input_mut(0).expect("an input").fill(0x5a);
        let mut raw = vec![1.0; expected];
        let no_input = Err(InputError::NoInput { index: 1 });
        assert_eq!(network.write_input(1, &raw), no_input);
        for found in [0, expected - 1, expected + 1] {
            let wrong = Err(InputError::WrongLength { expected, found });
            assert_eq!(network.write_input(0, &vec![1.0; found]), wrong);
        }
        raw[expected - 1] = f32::NAN;
        let nan = Err(InputError::NotANumber { element: expected - 1 });
        assert_eq!(network.write_input(0, &raw), nan);
        assert!(network.input_mut(0).expect("an input").iter().all(|&byte| byte == 0x5a));
        raw[expected - 1] = f32::INFINITY;
        network.write_input(0, &raw).expect("infinity is held to the range");
    });
}
