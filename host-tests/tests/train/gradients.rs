//! The gradient of every operation, loss and unit is that of the dense network at α, on the backward set.
//!
//! One step of plain SGD shows it: θ has moved by the rate times the gradient. It is compared with finite
//! differences in f64.

use crate::case::{Case, known, lanes, real};
use host_tests::kast::Real;
use host_tests::random::Rng;
use kastanet::train::{Clip, Function, Loss, Recipe, Reserve, Schedule, Target, Unit};
use kastanet_cli::training::{Builder, Graph, Layer, Tensor, Window};

const RATE: f32 = 0.25;

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

fn check(name: &str, graph: Graph, loss: Loss, is_class: bool, batch: u32, rng: &mut Rng) {
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
    let mut graph = graph;
    for bias in graph.layers.iter_mut().filter_map(|layer| layer.bias.as_mut()).flatten() {
        // Not 0: nothing is to lie where a function bends.
        *bias = 0.3 * real(rng);
    }
    let mut case = Case::of(graph, recipe, rng);
    for first in case.first.iter_mut().flatten().flatten() {
        *first = 0.7 * real(rng);
    }
    let outputs = case.graph.output.elements();
    let samples: Vec<(Vec<f32>, u16, Vec<f32>)> = (0..batch)
        .map(|_| {
            let input = (0..case.graph.input.elements()).map(|_| real(rng)).collect();
            let class = rng.range(0, outputs - 1) as u16;
            let share = |at| f32::from(at == usize::from(class));
            let values =
                (0..outputs).map(|at| if is_class { share(at) } else { rng.unit() as f32 });
            (input, class, values.collect())
        })
        .collect();
    case.with::<f32, 1, _>(|mut tuner| {
        let before = known(&mut tuner);
        let mut real = Real { weights: vec![], biases: vec![] };
        let mut live = vec![];
        for (number, layer) in case.graph.layers.iter().enumerate() {
            let mut alpha = vec![0.0; before[number].len()];
            let weights: Vec<_> = tuner.live_weights(number).collect();
            for weight in weights.iter().filter(|weight| weight.is_forward) {
                alpha[weight.row * layer.grid.cols + weight.col] = f64::from(weight.value);
            }
            real.weights.push(alpha);
            let bias = layer.bias.clone().unwrap_or(vec![0.0; layer.grid.rows]);
            real.biases.push(bias.into_iter().map(f64::from).collect());
            let at =
                |weight: &kastanet::train::LiveWeight| weight.row * layer.grid.cols + weight.col;
            live.push(weights.iter().map(at).collect::<Vec<_>>());
        }
        for (input, class, values) in &samples {
            let class = [*class];
            let values = lanes(values);
            let target = if is_class { Target::Classes(&class) } else { Target::Values(&values) };
            let outcome = tuner.step(&lanes(input), target).unwrap();
            assert!(!outcome.skipped);
        }
        let after = known(&mut tuner);
        let loss_of = |real: &Real| -> f64 {
            let each = samples.iter().map(|(input, _, values)| {
                let [input, values] =
                    [input, values].map(|all| all.iter().map(|&x| x.into()).collect::<Vec<f64>>());
                real.loss(&case.graph, loss, &input, &values)
            });
            each.sum::<f64>() / f64::from(batch)
        };
        for (number, (before, after)) in before.iter().zip(&after).enumerate() {
            for at in 0..before.len() {
                let what = format!("{name}, {loss:?}, layer {number}, weight {at}");
                if !live[number].contains(&at) {
                    assert_eq!(before[at], after[at], "{what}");
                    continue;
                }
                let [from, to] =
                    [before, after].map(|all| f64::from(f32::from_bits(all[at].unwrap())));
                let weight = real.weights[number][at];
                let [up, down] = [1e-6, -1e-6].map(|step| {
                    real.weights[number][at] = weight + step;
                    loss_of(&real)
                });
                real.weights[number][at] = weight;
                let (found, expected) = ((from - to) / f64::from(RATE), (up - down) / 2e-6);
                let error = (found - expected).abs() / expected.abs().max(1.0);
                assert!(error < 1e-5, "{what}: {found} for {expected}");
            }
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
            let unit = [Unit::Weight, Unit::Block4x1, Unit::Block1x4][(at + name.len()) % 3];
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
        for unit in [Unit::Weight, Unit::Block4x1, Unit::Block1x4] {
            let layer = || Layer::sparse(0.6, 0.8).unit(unit).without_bias();
            let graph = graph(network, Function::Tanh, &layer, 3);
            check(&format!("{name} of {unit:?}"), graph, Loss::MeanSquared, false, 2, &mut rng);
        }
    }
}

#[test]
fn of_every_loss() {
    let mut rng = Rng::new(3);
    for (name, network) in NETWORKS {
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
