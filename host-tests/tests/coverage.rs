//! Nothing exists without a test: operators, weight formats, and ways to refuse an image.

use host_tests::device;
use host_tests::generate::SUBJECTS;
use host_tests::random::Rng;
use kastanet::image::{Image, OpKind};
use kastanet::sparse::Format;
use kastanet_cli::pack::{AlignedBytes, Options};

/// `tests/operators.rs` runs every subject, so a kind that a subject has is tested.
#[test]
fn of_operators() {
    for kind in OpKind::ALL {
        let tested = SUBJECTS.iter().any(|subject| subject.kinds.contains(&kind));
        assert!(tested, "no subject in src/generate has {}", kind.name());
    }
}

/// Subjects have what they say they have.
#[test]
fn of_subjects() {
    for subject in SUBJECTS {
        for seed in 0..5 {
            let graph = (subject.make)(&mut Rng::new(seed));
            let packed = device::packed(&graph, &Options::default());
            let bytes = AlignedBytes::new(&packed.image);
            let image = Image::new_checked(&bytes).expect("the image is good");
            let found: Vec<_> = image.operators().filter_map(|op| op.kind()).collect();
            let missing = subject.kinds.iter().find(|kind| !found.contains(kind));
            assert_eq!(missing, None, "{} of seed {seed} has {found:?}", subject.name);
            assert_eq!(subject.weights, !image.weights().is_empty() && weighs(&found));
        }
    }
}

/// Depthwise filters are dense in any case.
fn weighs(kinds: &[OpKind]) -> bool {
    kinds.iter().any(|kind| {
        matches!(kind, OpKind::Conv2d | OpKind::DepthwiseConv2d | OpKind::FullyConnected)
    })
}

/// Each format has a test of its name, and forcing it has an effect.
#[test]
fn of_formats() {
    let tests = include_str!("operators.rs");
    let subject = SUBJECTS.iter().find(|subject| subject.name == "fully_connected");
    let graph = (subject.expect("it is there").make)(&mut Rng::new(1));
    for format in Format::ALL {
        let test = format!("fn {}_weights()", format.name());
        assert!(tests.contains(&test), "tests/operators.rs lacks `{test}`");
        let options = Options { format: Some(format), ..Options::default() };
        let packed = device::packed(&graph, &options);
        let bytes = AlignedBytes::new(&packed.image);
        let image = Image::new_checked(&bytes).expect("the image is good");
        assert!(image.weights().iter().all(|weights| weights.format == format as u8));
    }
}

/// Each variant of the image's errors has a test that is called after it.
#[test]
fn of_image_errors() {
    let tests = include_str!("image.rs");
    let source = include_str!("../../src/image/error.rs");
    let (_, body) = source.split_once("pub enum Error {").expect("the errors are there");
    let (body, _) = body.split_once("\n}\n").expect("the enumeration ends");
    let line = |line: &'static str| {
        let name = line.strip_prefix("    ")?.strip_suffix([',', '{'])?.trim();
        name.starts_with(char::is_uppercase).then_some(name)
    };
    let variants: Vec<_> = body.lines().filter_map(line).collect();
    assert!(variants.len() >= 20, "{variants:?}");
    for variant in variants {
        let test = format!("fn {}()", snake_case(variant));
        assert!(tests.contains(&test), "tests/image.rs lacks `{test}`");
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
