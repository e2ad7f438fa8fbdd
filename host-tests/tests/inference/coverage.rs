//! Nothing exists without a test: operators, weight formats, and ways to be refused.

use host_tests::device;
use host_tests::generate::SUBJECTS;
use host_tests::random::Rng;
use host_tests::refusals::{Case, image, layers, network, program, sparse, variant};
use kastanet::image::{Image, OpKind};
use kastanet::sparse::{Format, Pattern};
use kastanet_cli::graph::Graph;
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use kastanet_cli::prune::Unit;
use std::collections::BTreeSet;
use std::fmt::Debug;

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
    let graph = held_by_all();
    for format in Format::ALL {
        let test = format!("fn {}_weights()", format.name());
        assert!(tests.contains(&test), "tests/operators.rs lacks `{test}`");
        let packed = device::packed(&graph, &forced(format));
        let bytes = AlignedBytes::new(&packed.image);
        let image = Image::new_checked(&bytes).expect("the image is good");
        assert!(image.weights().iter().all(|weights| weights.format == format as u8));
    }
}

/// Weights that every format can hold: one of 4, in rows of a multiple of 4.
fn held_by_all() -> Graph {
    let subject = SUBJECTS.iter().find(|subject| subject.name == "fully_connected");
    let make = subject.expect("it is there").make;
    let held = |graph: &Graph| pack(graph.clone(), &forced(Format::Block1x4)).is_ok();
    (0..100).map(|seed| make(&mut Rng::new(seed))).find(held).expect("one in a few")
}

fn forced(format: Format) -> Options {
    Options { formats: format.into(), unit: Unit::Nm(Pattern::OneOf4), ..Options::default() }
}

/// Each variant of each error has been seen, provoked by a case of its name.
#[test]
fn of_image_errors() {
    compare(include_str!("../../../src/image/error.rs"), image::CASES, 25);
}

#[test]
fn of_network_errors() {
    compare(include_str!("../../../src/network/mod.rs"), network::CASES, 5);
}

#[test]
fn of_layer_errors() {
    compare(include_str!("../../../src/layers/mod.rs"), layers::CASES, 11);
}

#[test]
fn of_matrix_errors() {
    compare(include_str!("../../../src/sparse/error.rs"), sparse::CASES, 9);
}

#[test]
fn of_program_errors() {
    let source = include_str!("../../../src/train/program.rs");
    compare(&source.replace("pub enum ProgramError", "pub enum Error"), program::CASES, 7);
}

/// Compares the variants of the `Error` in `source`, at least so many, with those that are seen.
fn compare<E: Debug>(source: &str, cases: &[Case<E>], least: usize) {
    let variants = variants(source);
    assert!(variants.len() >= least, "{variants:?}");
    let seen: BTreeSet<_> =
        cases.iter().flat_map(|(_, provoke)| provoke()).map(|error| variant(&error)).collect();
    assert_eq!(seen, variants, "seen and existing variants");
}

/// The names of the variants of the `Error` in a source file.
fn variants(source: &str) -> BTreeSet<String> {
    let (_, body) = source.split_once("pub enum Error {").expect("the errors are there");
    let (body, _) = body.split_once("\n}\n").expect("the enumeration ends");
    let name = |line: &str| {
        let line = line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase))?;
        Some(line.chars().take_while(|letter| letter.is_alphanumeric()).collect())
    };
    body.lines().filter_map(name).collect()
}
