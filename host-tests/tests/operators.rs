//! Every operator, in every weight format: a random graph, packed and run from its image, gives
//! what the plain oracle gives on the same graph.

use host_tests::generate::{SUBJECTS, Subject, sample};
use host_tests::random::Rng;
use host_tests::{cases, device, difference, naive};
use kastanet::sparse::Format;
use kastanet_cli::pack::Options;

/// Runs each case of a subject in one weight format, or in the tool's own choice.
fn check(subject: &Subject, format: Option<Format>) {
    for seed in 0..cases(200) {
        let mut rng = Rng::new(seed);
        let graph = (subject.make)(&mut rng);
        let options = Options { format, ..Options::default() };
        let packed = device::packed(&graph, &options);
        assert_eq!(packed.graph, graph, "packing without pruning changes nothing");
        let samples: Vec<_> = (0..3).map(|_| sample(&graph, &mut rng)).collect();
        let found = device::run(&packed.image, &samples, 0xa5);
        for (inputs, found) in samples.iter().zip(&found) {
            let expected = naive::run(&graph, inputs).concat();
            if let Some(difference) = difference(&expected, found) {
                let (name, ops) = (subject.name, &graph.ops);
                panic!("{name}, seed {seed}, format {format:?}: {difference}\n{ops:#?}");
            }
        }
    }
}

fn check_all(format: Option<Format>) {
    for subject in SUBJECTS.iter().filter(|subject| subject.weights || format.is_none()) {
        check(subject, format);
    }
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
