//! The plain oracle gives what TFLite Micro gives, byte for byte.

use host_tests::generate::{SUBJECTS, Subject, sample};
use host_tests::random::Rng;
use host_tests::tflm::{Job, Tflm};
use host_tests::{cases, difference, models, naive};
use kastanet_cli::graph::Graph;
use kastanet_cli::tflite;

/// Random inputs for each whole model.
const SAMPLES: u64 = 32;

#[test]
fn whole_models() {
    let Some(tflm) = Tflm::find() else { return };
    let models = models::all();
    let graphs: Vec<Graph> = models
        .iter()
        .map(|model| tflite::import(&model.name, &model.bytes).expect("the model is imported"))
        .collect();
    let mut rng = Rng::new(1);
    let jobs: Vec<Job> = models
        .iter()
        .zip(&graphs)
        .map(|(model, graph)| Job {
            model: model.bytes.clone(),
            samples: (0..SAMPLES).map(|_| sample(graph, &mut rng)).collect(),
        })
        .collect();
    check(&tflm, &graphs, &jobs);
}

#[test]
fn single_operators() {
    let Some(tflm) = Tflm::find() else { return };
    let mut graphs = Vec::new();
    let mut jobs = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| subject.tflm) {
        for seed in 0..cases(10) {
            let (graph, samples) = random(subject, seed);
            jobs.push(Job { model: tflite::build(&graph), samples });
            graphs.push(graph);
        }
    }
    check(&tflm, &graphs, &jobs);
}

fn random(subject: &Subject, seed: u64) -> (Graph, Vec<Vec<Vec<u8>>>) {
    let mut rng = Rng::new(seed);
    let mut graph = (subject.make)(&mut rng);
    graph.source = format!("{} of seed {seed}", subject.name);
    let samples = (0..3).map(|_| sample(&graph, &mut rng)).collect();
    (graph, samples)
}

fn check(tflm: &Tflm, graphs: &[Graph], jobs: &[Job]) {
    let mut wrong = Vec::new();
    for ((graph, job), outcome) in graphs.iter().zip(jobs).zip(tflm.run(jobs)) {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                wrong.push(format!("{}: TFLite Micro refuses it: {error}", graph.source));
                continue;
            }
        };
        assert_eq!(outcome.outputs.len(), job.samples.len());
        for (inputs, expected) in job.samples.iter().zip(&outcome.outputs) {
            let found = naive::run(graph, inputs).concat();
            if let Some(difference) = difference(expected, &found) {
                let kinds = graph.ops.iter().take(4).map(|op| op.kind).collect::<Vec<_>>();
                wrong.push(format!("{}: {difference} ({kinds:?})", graph.source));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), jobs.len(), wrong.join("\n"));
}
