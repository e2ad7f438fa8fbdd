//! The gradient of every operation, loss and unit is that of the dense network at α, on the backward set.
//!
//! One step of plain SGD shows it: θ has moved by the rate times the gradient. It is compared with finite
//! differences in f64.

use crate::case::{Case, known, lanes, real};
use host_tests::kast::Real;
use host_tests::random::Rng;
use kastanet::train::{
    Clip, Function, Grid, LiveWeight, Loss, Recipe, Reserve, Schedule, Target, Tuner, Unit,
};
use kastanet_cli::training::{Builder, Graph, Layer, Tensor, Window};

const RATE: f32 = 0.25;

const UNITS: [Unit; 4] = [Unit::Weight, Unit::Block4x1, Unit::Block1x4, Unit::Group(4)];

/// A network, built of an input with a function and layers of some kind.
type Network = fn(&mut Builder, Tensor, Function, &dyn Fn() -> Layer) -> Tensor;

const NETWORKS: [(&str, Network); 10] = [
    ("fully connected", |net, x, f, layer| {
        let x = net.fully_connected(x, 7, f, layer());
        net.fully_connected(x, 6, f, layer())
    }),
    ("same convolution", |net, x, f, layer| {
        let x = net.conv(x, Window::new(5, [3, 2]), f, layer());
        net.conv(x, Window::new(4, [2, 3]).stride([2, 3]), f, layer())
    }),
    ("valid convolution", |net, x, f, layer| {
        let x = net.conv(x, Window::new(5, [2, 3]).valid(), f, layer());
        net.conv(x, Window::new(4, [3, 1]).stride([1, 2]).valid(), f, layer())
    }),
    ("dilated convolution", |net, x, f, layer| {
        let x = net.conv(x, Window::new(6, [2, 2]).dilation([2, 3]), f, layer());
        net.conv(x, Window::new(3, [2, 2]).dilation([3, 1]), f, layer())
    }),
    ("depthwise", |net, x, f, layer| {
        let x = net.depthwise(x, Window::new(6, [3, 2]).stride([1, 2]), f, layer());
        net.depthwise(x, Window::new(6, [2, 2]).dilation([2, 1]), f, layer())
    }),
    ("pools", |net, x, f, layer| {
        let x = net.conv(x, Window::new(4, [2, 2]), f, layer());
        let x = net.max_pool(x, Window::pool([3, 2]).stride([2, 1]).same());
        let x = net.conv(x, Window::new(4, [2, 2]), f, layer());
        net.average_pool(x, Window::pool([2, 3]).stride([1, 2]).same())
    }),
    ("sum", |net, x, f, layer| {
        let a = net.conv(x, Window::new(4, [2, 2]), f, layer());
        let b = net.conv(a, Window::new(4, [1, 1]), f, layer());
        let sum = net.add(a, b);
        let sum = net.function(sum, f);
        net.add(sum, sum)
    }),
    ("product", |net, x, f, layer| {
        let a = net.conv(x, Window::new(4, [2, 2]), f, layer());
        let gate = net.average_pool(a, Window::pool([4, 5]));
        let gate = net.fully_connected(gate, 4, Function::Logistic, layer());
        let gated = net.mul(a, gate);
        net.mul(gated, gated)
    }),
    ("padding", |net, x, f, layer| {
        let x = net.conv(x, Window::new(3, [2, 2]), f, layer());
        let x = net.pad(x, [[1, 0], [0, 2], [1, 1]]);
        net.conv(x, Window::new(3, [3, 3]).valid(), f, layer())
    }),
    ("side by side", |net, x, f, layer| {
        let a = net.conv(x, Window::new(3, [2, 2]), f, layer());
        let b = net.conv(a, Window::new(2, [1, 3]), f, layer());
        let x = net.concatenate(&[a, b, a], 2);
        let x = net.function(x, f);
        net.conv(x, Window::new(2, [2, 1]), f, layer())
    }),
];

fn graph(network: Network, function: Function, layer: &dyn Fn() -> Layer, last: usize) -> Graph {
    let mut net = Builder::new([4, 5, 3]);
    let x = net.input();
    let x = network(&mut net, x, function, layer);
    let y = net.fully_connected(x, last, Function::None, layer());
    net.graph(y, Function::None).unwrap()
}

/// An input, its class, and the value of each output that is wanted.
type Sample = (Vec<f32>, u16, Vec<f32>);

fn samples(graph: &Graph, recipe: &Recipe, is_class: bool, rng: &mut Rng) -> Vec<Sample> {
    let outputs = graph.output.elements();
    let sample = |_| {
        let input = (0..graph.input.elements()).map(|_| real(rng)).collect();
        let class = rng.range(0, outputs - 1);
        let share = |at| f32::from(at == class);
        let values = (0..outputs).map(|at| if is_class { share(at) } else { rng.unit() as f32 });
        (input, class as u16, values.collect())
    };
    (0..recipe.batch).map(sample).collect()
}

/// The network at α, and the places of the live weights of each layer.
fn alpha(case: &Case, tuner: &mut Tuner<'_, '_, f32, 1>) -> (Real, Vec<Vec<usize>>) {
    let (mut real, mut live) = (Real { weights: vec![], biases: vec![] }, vec![]);
    for (number, layer) in case.graph.layers.iter().enumerate() {
        let Grid { rows, cols, .. } = layer.grid;
        let (mut alpha, mut places) = (vec![0.0; rows * cols], vec![]);
        for LiveWeight { row, col, value, is_forward } in tuner.live_weights(number) {
            alpha[row * cols + col] = if is_forward { f64::from(value) } else { 0.0 };
            places.push(row * cols + col);
        }
        let bias = layer.bias.clone().unwrap_or(vec![0.0; rows]);
        real.weights.push(alpha);
        real.biases.push(bias.into_iter().map(f64::from).collect());
        live.push(places);
    }
    (real, live)
}

/// The mean of the samples' losses.
fn mean(case: &Case, real: &Real, samples: &[Sample]) -> f64 {
    let each = samples.iter().map(|(input, _, values)| {
        let [input, values] =
            [input, values].map(|all| all.iter().map(|&x| x.into()).collect::<Vec<f64>>());
        real.loss(&case.graph, case.recipe.loss, &input, &values)
    });
    each.sum::<f64>() / samples.len() as f64
}

/// The loss's slope along one weight.
fn slope(case: &Case, real: &mut Real, samples: &[Sample], [layer, at]: [usize; 2]) -> f64 {
    let weight = real.weights[layer][at];
    let [up, down] = [1e-6, -1e-6].map(|step| {
        real.weights[layer][at] = weight + step;
        mean(case, real, samples)
    });
    real.weights[layer][at] = weight;
    (up - down) / 2e-6
}

fn check(name: &str, mut graph: Graph, loss: Loss, is_class: bool, batch: u32, rng: &mut Rng) {
    let recipe = Recipe {
        loss,
        batch,
        schedule: Schedule::Constant { rate: RATE },
        exploration: 0.0,
        // Nothing is clipped; the buffer is used.
        clip: if is_class { Clip::None } else { Clip::Norm(1e9) },
        reserve: Reserve::Exact,
        ..Recipe::default()
    };
    // Not 0: nothing is to lie where a function bends.
    let biases = graph.layers.iter_mut().filter_map(|layer| layer.bias.as_mut()).flatten();
    biases.for_each(|bias| *bias = 0.3 * real(rng));
    let mut case = Case::of(graph, recipe, rng);
    case.first.iter_mut().flatten().flatten().for_each(|first| *first = 0.7 * real(rng));
    let samples = samples(&case.graph, &recipe, is_class, rng);
    case.with::<f32, 1, _>(|mut tuner| {
        let before = known(&mut tuner);
        let (mut real, live) = alpha(&case, &mut tuner);
        for (input, class, values) in &samples {
            let (class, values) = ([*class], lanes(values));
            let target = if is_class { Target::Classes(&class) } else { Target::Values(&values) };
            assert!(!tuner.step(&lanes(input), target).unwrap().skipped);
        }
        let after = known(&mut tuner);
        let places =
            (0..live.len()).flat_map(|layer| (0..before[layer].len()).map(move |at| [layer, at]));
        for [layer, at] in places {
            let what = format!("{name}, {loss:?}, layer {layer}, weight {at}");
            let [from, to] = [&before, &after].map(|all| all[layer][at].unwrap());
            if !live[layer].contains(&at) {
                assert_eq!(from, to, "{what}");
                continue;
            }
            let [from, to] = [from, to].map(|bits| f64::from(f32::from_bits(bits)));
            let (found, expected) =
                ((from - to) / f64::from(RATE), slope(&case, &mut real, &samples, [layer, at]));
            let error = (found - expected).abs() / expected.abs().max(1.0);
            assert!(error < 1e-5, "{what}: {found} for {expected}");
        }
    });
}

#[test]
fn of_every_operation() {
    let functions =
        [Function::None, Function::Relu, Function::Relu6, Function::Logistic, Function::Tanh];
    let mut rng = Rng::new(1);
    for (name, network) in NETWORKS {
        for (at, function) in functions.into_iter().enumerate() {
            let unit = UNITS[(at + name.len()) % 4];
            let layer = || Layer::sparse(0.6, 0.8).unit(unit).with_bias(vec![]);
            let graph = graph(network, function, &layer, 3);
            check(
                &format!("{name} with {function:?}"),
                graph,
                Loss::SoftmaxCrossEntropy,
                true,
                1,
                &mut rng,
            );
        }
    }
}

#[test]
fn of_every_unit() {
    let mut rng = Rng::new(2);
    for (name, network) in NETWORKS {
        for unit in UNITS {
            let layer = || Layer::sparse(0.6, 0.8).unit(unit).without_bias();
            let graph = graph(network, Function::Tanh, &layer, 3);
            check(&format!("{name} of {unit:?}"), graph, Loss::MeanSquared, false, 2, &mut rng);
        }
    }
}

#[test]
fn of_every_loss() {
    let mut rng = Rng::new(3);
    for (name, network) in NETWORKS.into_iter().step_by(4) {
        for loss in [Loss::SoftmaxCrossEntropy, Loss::LogisticCrossEntropy, Loss::MeanSquared] {
            for (layer, is_class) in [(Layer::dense(), true), (Layer::sparse(0.5, 1.0), false)] {
                // Values are no probabilities that sum to 1: the softmax takes classes only.
                let is_class = is_class || loss == Loss::SoftmaxCrossEntropy;
                let graph = graph(network, Function::Relu, &|| layer.clone(), 4);
                check(name, graph, loss, is_class, 3, &mut rng);
            }
        }
    }
}
