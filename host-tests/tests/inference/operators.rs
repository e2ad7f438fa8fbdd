//! Every operator, in every weight format: a random graph, packed and run from its image, gives
//! what the plain oracle gives on the same graph.

use host_tests::generate::{SUBJECTS, Subject, sample};
use host_tests::random::Rng;
use host_tests::{cases, device, difference, naive};
use kastanet::sparse::{Format, Pattern};
use kastanet_cli::graph::Graph;
use kastanet_cli::pack::{Options, Packed, pack};
use kastanet_cli::prune::Unit;

/// Runs each case of a subject in one weight format, or in the tool's own choice; gives how many
/// the format can hold.
fn check(subject: &Subject, options: &Options) -> usize {
    let mut held = 0;
    for seed in 0..cases(200) {
        let mut rng = Rng::new(seed);
        let graph = (subject.make)(&mut rng);
        let Some(packed) = packed(&graph, options) else { continue };
        held += 1;
        let samples: Vec<_> = (0..3).map(|_| sample(&graph, &mut rng)).collect();
        let found = device::run(&packed.image, &samples, 0xa5);
        for (inputs, found) in samples.iter().zip(&found) {
            let expected = naive::run(&packed.graph, inputs).concat();
            if let Some(difference) = difference(&expected, found) {
                let (name, ops, format) = (subject.name, &graph.ops, options.formats.uniform);
                panic!("{name}, seed {seed}, format {format:?}: {difference}\n{ops:#?}");
            }
        }
    }
    held
}

/// Two formats do not hold every matrix.
fn packed(graph: &Graph, options: &Options) -> Option<Packed> {
    if let Some(Format::Block1x4 | Format::Nm) = options.formats.uniform {
        return pack(graph.clone(), options).ok();
    }
    let packed = device::packed(graph, options);
    assert_eq!(packed.graph, *graph, "packing without pruning changes nothing");
    Some(packed)
}

fn check_all(format: Option<Format>) {
    let held = check_with(&Options { formats: format.into(), ..Options::default() });
    assert!(held >= cases(200) as usize, "the format has been tried on {held}");
}

fn check_with(options: &Options) -> usize {
    let subjects =
        SUBJECTS.iter().filter(|subject| subject.weights || options.formats.uniform.is_none());
    subjects.map(|subject| check(subject, options)).sum()
}

#[test]
fn every_operator() {
    check_all(None);
}

#[test]
fn dense_weights() {
    check_all(Some(Format::Dense));
}

#[test]
fn delta8_weights() {
    check_all(Some(Format::Delta8));
}

#[test]
fn delta4_weights() {
    check_all(Some(Format::Delta4));
}

#[test]
fn block4x1_weights() {
    check_all(Some(Format::Block4x1));
}

#[test]
fn block1x4_weights() {
    check_all(Some(Format::Block1x4));
}

/// Pruned to each pattern first.
#[test]
fn nm_weights() {
    for pattern in Pattern::ALL {
        let (formats, unit) = (Format::Nm.into(), Unit::Nm(pattern));
        let held = check_with(&Options { formats, unit, ..Options::default() });
        assert!(held >= cases(200) as usize, "{pattern:?} has been tried on {held}");
    }
}

#[test]
fn index8_weights() {
    check_all(Some(Format::Index8));
}

#[test]
fn rice_weights() {
    check_all(Some(Format::Rice));
}
