//! At the ends of the densities: everything in both sets is dense training, everything in the backward set
//! is the straight-through estimator of the k largest.

use crate::case::{Case, known, lanes, real};
use host_tests::random::Rng;
use kastanet::train::{
    Bf16, Clip, Function, Loss, Optimizer, Recipe, Reserve, Schedule, Target, Unit, Value,
};
use kastanet_cli::training::{Builder, Graph, Layer, Window};
use std::cmp::Reverse;

fn network(layer: &dyn Fn() -> Layer) -> Graph {
    let mut net = Builder::new([4, 3, 2]);
    let x = net.input();
    let x = net.conv(x, Window::new(5, [2, 2]), Function::Relu, layer());
    let x = net.depthwise(x, Window::new(10, [3, 3]).stride([2, 2]), Function::Relu, layer());
    let x = net.fully_connected(x, 150, Function::Relu, layer());
    let x = net.fully_connected(x, 9, Function::Tanh, layer());
    let y = net.fully_connected(x, 4, Function::None, layer());
    net.graph(y, Function::Softmax).unwrap()
}

/// All weights after each of a few steps, and all losses.
fn run<V: Value, const N: usize>(
    layer: &dyn Fn() -> Layer,
    recipe: Recipe,
) -> Vec<Vec<Vec<Option<u32>>>> {
    let recipe = Recipe { batch: recipe.batch * N as u32, ..recipe };
    let mut rng = Rng::new(4);
    let mut case = Case::of(network(layer), recipe, &mut rng);
    let mut rng = Rng::new(5);
    for (number, layer) in case.graph.layers.iter().enumerate() {
        let grid = layer.grid;
        let weights: Vec<f32> = (0..grid.rows * grid.cols).map(|_| 0.6 * real(&mut rng)).collect();
        let (size, width) = (grid.unit.size(), grid.width());
        for (at, first) in case.first[number].iter_mut().enumerate() {
            let place = grid.weight(at / size / width, at / size % width, at % size);
            *first = place.map(|(row, col)| weights[row * grid.cols + col]);
        }
    }
    case.with::<V, N, _>(|mut tuner| {
        let mut all = vec![];
        for _ in 0..30 {
            let samples: [_; N] = core::array::from_fn(|_| case.sample(&mut rng));
            let classes = core::array::from_fn(|lane| samples[lane].1);
            let input: Vec<[f32; N]> = (0..samples[0].0.len())
                .map(|at| core::array::from_fn(|lane| samples[lane].0[at]))
                .collect();
            let losses = tuner.step(&input, Target::Classes(&classes)).unwrap().losses;
            all.push(known(&mut tuner));
            all.push(vec![losses.map(|loss| Some(loss.to_bits())).to_vec()]);
        }
        all
    })
}

#[test]
fn all_in_both_sets_is_dense() {
    all_is_dense::<f32, 1>();
    // Numbers of the noise are those of the weights.
    all_is_dense::<Bf16, 1>();
}

/// Here dense layers have loops of their own, and so have gradients.
#[test]
fn all_in_both_sets_is_dense_for_many_lanes_too() {
    all_is_dense::<f32, 16>();
    all_is_dense::<Bf16, 16>();
    all_is_dense::<f32, 8>();
    all_is_dense::<f32, 4>();
}

fn all_is_dense<V: Value, const N: usize>() {
    let optimizers = [
        Optimizer::Sgd,
        Optimizer::Momentum { momentum: 0.9 },
        Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    ];
    for (optimizer, batch, clip) in optimizers.into_iter().flat_map(|o| {
        [(o, 1, Clip::None), (o, 2, Clip::None), (o, 1, Clip::Value(0.1)), (o, 2, Clip::Value(0.1))]
    }) {
        let recipe = Recipe {
            optimizer,
            batch,
            clip,
            schedule: Schedule::Constant { rate: 0.02 },
            exploration: 0.0,
            weight_decay: 0.01,
            refresh_backward_every: 3,
            reserve: Reserve::Exact,
            ..Recipe::default()
        };
        let dense = run::<V, N>(&Layer::dense, recipe);
        let sparse = run::<V, N>(&|| Layer::sparse(1.0, 1.0), recipe);
        assert!(dense == sparse, "{optimizer:?}, {batch}, {clip:?}");
    }
}

/// A unit's shape decides what is chosen as one, not what is computed: with all of them live, rows of
/// fully connected layers add up in the same order.
#[test]
fn all_in_both_sets_is_dense_in_blocks_too() {
    let recipe = Recipe {
        schedule: Schedule::Constant { rate: 0.02 },
        exploration: 0.0,
        reserve: Reserve::Exact,
        ..Recipe::default()
    };
    let network = |layer: Layer| {
        let mut net = Builder::new([1, 1, 11]);
        let x = net.fully_connected(net.input(), 10, Function::Relu, layer.clone());
        let y = net.fully_connected(x, 3, Function::None, layer);
        net.graph(y, Function::None).unwrap()
    };
    let run = |layer: Layer| {
        let mut rng = Rng::new(9);
        let graph = network(layer);
        let case = Case::of(graph, recipe, &mut Rng::new(1));
        case.with::<f32, 1, _>(|mut tuner| {
            for number in 0..2 {
                let grid = case.graph.layers[number].grid;
                let weights: Vec<f32> =
                    (0..grid.rows * grid.cols).map(|_| real(&mut rng)).collect();
                tuner.set_weights(number, &weights, &vec![0.0; grid.rows]).unwrap();
            }
            for _ in 0..20 {
                let (input, class) = case.sample(&mut rng);
                tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
            }
            known(&mut tuner)
        })
    };
    let dense = run(Layer::dense());
    for unit in [Unit::Weight, Unit::Block4x1, Unit::Block1x4, Unit::Group(4)] {
        assert_eq!(run(Layer::sparse(1.0, 1.0).unit(unit)), dense, "{unit:?}");
    }
}

/// One layer, y = α·x with α the k largest of θ, and every θ moved by the gradient at α.
#[test]
fn all_in_the_backward_set_is_straight_through() {
    let (rows, cols, k) = (5, 300, 200);
    let mut net = Builder::new([1, 1, cols]);
    let layer = Layer::counts(k, rows * cols).without_bias();
    let y = net.fully_connected(net.input(), rows, Function::None, layer);
    let recipe = Recipe {
        loss: Loss::MeanSquared,
        schedule: Schedule::Constant { rate: 0.03 },
        exploration: 0.0,
        reserve: Reserve::Exact,
        ..Recipe::default()
    };
    let mut rng = Rng::new(6);
    let case = Case::of(net.graph(y, Function::None).unwrap(), recipe, &mut rng);
    let mut theta = case.dense(0);
    case.with::<f32, 1, _>(|mut tuner| {
        for step in 0..40 {
            let mut order: Vec<usize> = (0..theta.len()).collect();
            order.sort_by_key(|&at| (Reverse(theta[at].abs().to_bits()), at));
            let mut alpha = vec![0.0; theta.len()];
            order[..k].iter().for_each(|&at| alpha[at] = theta[at]);
            let (input, class) = case.sample(&mut rng);
            for (row, theta) in theta.chunks_mut(cols).enumerate() {
                let y = alpha[row * cols..].iter().zip(&input).fold(0.0, |sum, (w, x)| sum + w * x);
                let dy = 2.0 * (y - f32::from(row == usize::from(class))) / rows as f32;
                theta.iter_mut().zip(&input).for_each(|(theta, x)| *theta -= 0.03 * (dy * x));
            }
            tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
            let found: Vec<u32> = known(&mut tuner).remove(0).into_iter().flatten().collect();
            let expected: Vec<u32> = theta.iter().map(|theta| theta.to_bits()).collect();
            assert!(found == expected, "step {step}");
        }
    });
}
