//! How a trained part learns: a step of a weight is the slope of the loss, found by differences.

use super::{Part, Trained, options};
use host_tests::cases;
use host_tests::generate::learner;
use host_tests::random::Rng;
use host_tests::real::{self, Nudge};
use kastanet::train::{Loss, Recipe, Schedule, Target, Training, Tuner};
use kastanet_cli::graph::OpKind;
use kastanet_cli::pack::{AlignedBytes, Packed, pack};
use std::collections::BTreeMap;

/// By row and column.
type Weights = BTreeMap<(usize, usize), f64>;

/// A sample, and the layer that is looked at.
struct Sample<'a> {
    trained: Trained<'a>,
    input: Vec<f32>,
    class: usize,
    layer: usize,
}

impl<'a> Sample<'a> {
    fn new(packed: &'a Packed, part: &Part<'_>, rng: &mut Rng) -> Self {
        let trained = Trained::new(packed, part);
        let outputs = packed.graph.tensors[packed.graph.outputs[0]].elements();
        let (layers, input) = (trained.weights.len(), trained.input(rng));
        let (layer, class) = (rng.range(0, layers - 1), rng.range(0, outputs - 1));
        Sample { trained, input, class, layer }
    }

    /// How much each known weight of the layer moves in one step at a rate of 1.
    fn steps(&self, part: &mut Part<'_>) -> Weights {
        let schedule = Schedule::Constant { rate: 1.0 };
        let loss = Loss::SoftmaxCrossEntropy;
        part.recipe = Recipe { loss, schedule, exploration: 0.0, ..part.recipe };
        let lanes: Vec<[f32; 1]> = self.input.iter().map(|&value| [value]).collect();
        let mut tuner = part.tuner();
        let before = weights(&mut tuner, self.layer);
        let outcome = tuner.step(&lanes, Target::Classes(&[self.class as u16]));
        assert!(!outcome.expect("the class is one").skipped);
        let after = weights(&mut tuner, self.layer);
        after.into_iter().map(|(at, value)| (at, value - before[&at])).collect()
    }

    /// The loss when a weight of the layer is larger by `by`.
    fn loss(&self, (row, col): (usize, usize), by: f64) -> f64 {
        let Trained { graph, first, entrance, ref weights } = self.trained;
        let weights = weights[self.layer];
        let shape = &graph.tensors[weights].shape;
        let op = graph.ops.iter().find(|op| op.weights() == Some(weights)).expect("its layer");
        let at = match op.kind {
            OpKind::DepthwiseConv2d { .. } => col * shape[3] + row,
            _ => row * shape[1..].iter().product::<usize>() + col,
        };
        let values = self.input.iter().map(|&value| value.into()).collect();
        let known = real::run(graph, first, entrance, values, Some(Nudge { weights, at, by }));
        cross_entropy(&known[&graph.outputs[0]].values, self.class)
    }

    /// The slope of the loss along a weight; `None` where it bends.
    fn slope(&self, weight: (usize, usize)) -> Option<f64> {
        let by = 1e-5;
        let [below, here, above] = [-by, 0.0, by].map(|by| self.loss(weight, by));
        let (left, right) = ((here - below) / by, (above - here) / by);
        let slope = (left + right) / 2.0;
        ((right - left).abs() <= 1e-3 * (1e-3 + slope.abs())).then_some(slope)
    }
}

fn weights(tuner: &mut Tuner<'_, '_, f32, 1>, layer: usize) -> Weights {
    let mut weights = BTreeMap::new();
    tuner.weights(layer, |row, col, value| {
        weights.insert((row, col), value.into());
    });
    weights
}

/// −ln of the share that softmax gives to `class`.
fn cross_entropy(outputs: &[f64], class: usize) -> f64 {
    let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = outputs.iter().map(|output| (output - largest).exp()).sum();
    sum.ln() + largest - outputs[class]
}

#[test]
fn steps_follow_the_slope() {
    let (mut steep, mut bent) = (0, 0);
    for seed in 0..cases(400) {
        let mut rng = Rng::new(seed);
        let (graph, options) = (learner(&mut rng), options(&mut rng));
        let Ok(packed) = pack(graph, &options) else { continue };
        let bytes = AlignedBytes::new(&packed.image);
        let mut part = Part::new(&bytes);
        let sample = Sample::new(&packed, &part, &mut rng);
        let is_frozen = part.trainings()[sample.layer] == Training::Frozen;
        let steps = sample.steps(&mut part);
        assert!(!is_frozen || steps.values().all(|&step| step == 0.0), "seed {seed}");
        let moved: Vec<_> = steps.into_iter().filter(|&(_, step)| step != 0.0).collect();
        for _ in 0..moved.len().min(8) {
            let (weight, step) = rng.pick(&moved);
            let Some(slope) = sample.slope(weight) else {
                bent += 1;
                continue;
            };
            steep += u32::from(slope.abs() > 1e-2);
            let off = (slope + step).abs();
            assert!(off < 2e-3 * slope.abs() + 1e-4, "seed {seed}, {weight:?}: {step} for {slope}");
        }
    }
    assert!(steep > 5 * bent + 50, "{steep} steep slopes, {bent} where it bends");
}
