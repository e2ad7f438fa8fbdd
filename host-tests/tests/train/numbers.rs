//! Numbers that are none, and runs that diverge: steps are given up, weights stay what they are.

use crate::case::{Case, Known, known, lanes, real};
use host_tests::cases;
use host_tests::random::Rng;
use kastanet::train::{
    Bf16, Clip, Function, Loss, Optimizer, Penalty, Recipe, Reserve, Schedule, Target, Tuner, Value,
};
use kastanet_cli::training::{Builder, Graph, Layer, Tensor, Window};

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// Sets, weights and losses of a run at whose every step all sets are chosen, with a poisoned sample in
/// between or not.
fn run<V: Value>(seed: u64, poison: bool) -> (Vec<Known>, Vec<u32>, u32) {
    let (mut case, mut rng) = (Case::new(seed), Rng::new(seed));
    case.recipe.schedule = Schedule::Constant { rate: 0.02 };
    case.recipe.explore_until = u32::MAX;
    (case.recipe.refresh_forward_every, case.recipe.refresh_backward_every) = (1, 1);
    if !matches!(case.recipe.optimizer, Optimizer::Sgd) {
        case.recipe.optimizer = Optimizer::Momentum { momentum: 0.9 };
    }
    let mut poisoned = Rng::new(seed + 1);
    let (mut trace, mut losses, mut skipped) = (vec![], vec![], 0);
    case.with::<V, 1, _>(|mut tuner| {
        for step in 0..12 {
            if poison && step % 3 == 1 {
                skipped += give_up(&mut tuner, &case, &mut poisoned);
            }
            for _ in 0..case.recipe.batch {
                let (input, class) = case.sample(&mut rng);
                let outcome = tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
                losses.push(outcome.losses[0].to_bits());
            }
            trace.push(known(&mut tuner));
        }
        // More where the run diverges.
        assert!(tuner.counters().skipped >= skipped);
        skipped = tuner.counters().skipped;
    });
    (trace, losses, skipped)
}

/// A batch of which one sample has an input that is no number; gives how many steps were given up.
fn give_up<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, case: &Case, rng: &mut Rng) -> u32 {
    let bad_at = rng.range(0, case.recipe.batch as usize - 1);
    for sample in 0..=bad_at {
        let (mut input, class) = case.sample(rng);
        if sample == bad_at {
            let at = rng.range(0, input.len() - 1);
            input[at] = rng.pick(&BAD);
        }
        let values = vec![[f32::NAN]; case.graph.output.elements()];
        let target = match sample == bad_at && rng.one_in(3) {
            true => Target::Values(&values),
            false => Target::Classes(&[class]),
        };
        let outcome = tuner.step(&lanes(&input), target).unwrap();
        assert!(outcome.skipped || sample < bad_at);
        if outcome.skipped {
            break;
        }
    }
    1
}

#[test]
fn poisoned_samples_leave_no_trace() {
    let mut compared = 0;
    for seed in 0..cases(150) {
        // Noise is a step's own, and a step that is given up is a step: floats have none.
        let (clean, poisoned) = (run::<f32>(seed, false), run::<f32>(seed, true));
        if clean.2 == 0 {
            assert_eq!(poisoned.2, 4, "seed {seed}");
            assert!(clean.0 == poisoned.0 && clean.1 == poisoned.1, "seed {seed}");
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn half_floats_neither() {
    for seed in 0..cases(60) {
        let (mut case, mut rng) = (Case::new(seed), Rng::new(seed));
        case.recipe.refresh_backward_every = 1000;
        case.recipe.explore_until = u32::MAX;
        case.with::<Bf16, 1, _>(|mut tuner| {
            for _ in 0..5 {
                let before = known(&mut tuner);
                give_up(&mut tuner, &case, &mut rng);
                assert!(before == known(&mut tuner), "seed {seed}");
                for _ in 0..case.recipe.batch {
                    let (input, class) = case.sample(&mut rng);
                    tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
                }
            }
        });
    }
}

fn networks() -> [Graph; 2] {
    let layer = || Layer::sparse(0.3, 0.6);
    let mut net = Builder::new([1, 1, 12]);
    let x = net.fully_connected(net.input(), 16, Function::Relu, layer());
    let x = net.fully_connected(x, 16, Function::None, layer());
    let y = net.fully_connected(x, 4, Function::None, layer());
    let connected = net.graph(y, Function::None).unwrap();
    let mut net = Builder::new([3, 4, 1]);
    let x = net.conv(net.input(), Window::new(6, [2, 2]), Function::None, Layer::dense());
    let x = net.max_pool(x, Window::pool([2, 2]));
    let y = net.fully_connected(x, 4, Function::None, layer());
    [connected, net.graph(y, Function::None).unwrap()]
}

fn diverges<V: Value>(graph: &Graph, recipe: Recipe) -> u32 {
    let mut rng = Rng::new(1);
    let case = Case::of(graph.clone(), recipe, &mut rng);
    case.with::<V, 1, _>(|mut tuner| {
        for _ in 0..120 {
            let input: Vec<[f32; 1]> = (0..12).map(|_| [100.0 * real(&mut rng)]).collect();
            let class = rng.range(0, 3) as u16;
            tuner.step(&input, Target::Classes(&[class])).unwrap();
            let all = known(&mut tuner).concat();
            let finite = all.into_iter().flatten().all(|bits| f32::from_bits(bits).is_finite());
            assert!(finite, "{recipe:?}");
            for (number, layer) in
                case.graph.layers.iter().enumerate().filter(|(_, l)| l.forward > 0)
            {
                let live: Vec<_> = tuner.live_weights(number).collect();
                let forward = live.iter().filter(|weight| weight.is_forward).count();
                assert_eq!((forward, live.len()), (layer.forward, layer.backward));
            }
        }
        tuner.counters().skipped
    })
}

#[test]
fn runs_that_diverge_are_told_and_hold_no_nan() {
    let optimizers = [
        Optimizer::Sgd,
        Optimizer::Momentum { momentum: 0.999_999 },
        Optimizer::Adam { beta1: 0.0, beta2: 0.0, epsilon: 1e-20 },
        Optimizer::Adam { beta1: 0.999_999_9, beta2: 0.999_999_9, epsilon: 1e-20 },
    ];
    let clips = [Clip::None, Clip::Value(1e30), Clip::Norm(1e30)];
    let mut skipped = 0;
    for graph in networks() {
        for (optimizer, clip) in optimizers.into_iter().flat_map(|o| clips.map(|clip| (o, clip))) {
            for (batch, reserve) in [(1, Reserve::Exact), (3, Reserve::Image { table: 0.1 })] {
                let recipe = Recipe {
                    loss: Loss::MeanSquared,
                    optimizer,
                    schedule: Schedule::Constant { rate: 1000.0 },
                    batch,
                    exploration: 0.0,
                    penalty: Penalty::L1,
                    clip,
                    refresh_backward_every: 3,
                    reserve,
                    ..Recipe::default()
                };
                let sgd = matches!(optimizer, Optimizer::Sgd);
                let counts = [diverges::<f32>(&graph, recipe), diverges::<Bf16>(&graph, recipe)];
                assert!(!sgd || counts.iter().all(|&count| count > 0), "{recipe:?}");
                skipped += counts[0] + counts[1];
            }
        }
    }
    assert!(skipped > 0);
}

/// Whatever comes first, and whether or not it would let a number through that is none.
#[test]
fn inputs_that_are_no_numbers_are_given_up() {
    fn frozen() -> Layer {
        Layer::frozen().without_bias()
    }
    let passed_by = Window::new(3, [1, 1]).stride([2, 2]).valid();
    let first: [fn(&mut Builder, Window) -> Tensor; 4] = [
        |net, window| net.conv(net.input(), window, Function::Relu, frozen()),
        |net, _| net.max_pool(net.input(), Window::pool([2, 2])),
        |net, _| net.function(net.input(), Function::Tanh),
        |net, _| net.fully_connected(net.input(), 3, Function::Relu6, frozen()),
    ];
    for first in first {
        let mut net = Builder::new([2, 2, 1]);
        let x = first(&mut net, passed_by);
        let y = net.fully_connected(x, 2, Function::None, Layer::dense());
        let graph = net.graph(y, Function::None).unwrap();
        let case = Case::of(graph, Recipe::default(), &mut Rng::new(1));
        case.with::<f32, 1, _>(|mut tuner| {
            for (bad, at) in BAD.into_iter().flat_map(|bad| [(bad, 0), (bad, 1), (bad, 3)]) {
                let mut input = [[0.5], [-0.125], [0.25], [0.75]];
                assert!(!tuner.step(&input, Target::Classes(&[1])).unwrap().skipped);
                input[at] = [bad];
                let before = known(&mut tuner);
                assert!(tuner.step(&input, Target::Classes(&[1])).unwrap().skipped, "{bad} {at}");
                assert!(before == known(&mut tuner));
            }
        });
    }
}

/// What is infinite on the way is none either: a frozen layer's output, of which a loss has no value.
#[test]
fn losses_that_are_no_numbers_are_given_up() {
    let mut net = Builder::new([1, 1, 2]);
    let layer = Layer::frozen().with_scales(vec![1e15]).without_bias();
    let mut x = net.fully_connected(net.input(), 1, Function::None, layer.clone());
    for _ in 0..2 {
        x = net.fully_connected(x, 1, Function::None, layer.clone());
    }
    let graph = net.graph(x, Function::None).unwrap();
    let recipe = Recipe { loss: Loss::LogisticCrossEntropy, ..Recipe::default() };
    let case = (0..).map(|seed| Case::of(graph.clone(), recipe, &mut Rng::new(seed)));
    let is_whole = |case: &Case| case.first.iter().flatten().all(|w| w.is_some_and(|w| w > 0.0));
    let case = case.into_iter().find(is_whole).unwrap();
    case.with::<f32, 1, _>(|mut tuner| {
        let outcome = tuner.step(&[[1e10], [1e10]], Target::Values(&[[1.0]])).unwrap();
        assert!(outcome.skipped && !outcome.losses[0].is_finite(), "{outcome:?}");
    });
}
