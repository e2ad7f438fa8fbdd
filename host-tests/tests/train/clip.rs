//! What bounds gradients bounds a step, whatever the batch.

use crate::case::{Case, real};
use host_tests::random::Rng;
use kastanet::train::{
    Clip, Function, Loss, Recipe, Reserve, Schedule, Target, Tuner, Unit, Value,
};
use kastanet_cli::training::{Builder, Graph, Layer};

/// Two layers without biases, so that all that moves can be seen.
fn network(unit: Unit) -> Graph {
    let mut net = Builder::new([1, 1, 9]);
    let layer = || Layer::sparse(0.3, 0.6).unit(unit).without_bias();
    let x = net.fully_connected(net.input(), 8, Function::Relu, layer());
    let y = net.fully_connected(x, 7, Function::None, layer());
    net.graph(y, Function::None).unwrap()
}

/// The lengths of single steps, and the largest change of a weight in each.
fn steps<V: Value>(unit: Unit, clip: Clip, batch: u32) -> Vec<[f64; 2]> {
    let mut rng = Rng::new(3);
    let recipe = Recipe {
        loss: Loss::MeanSquared,
        schedule: Schedule::Constant { rate: 0.125 },
        exploration: 0.0,
        batch,
        clip,
        reserve: Reserve::Exact,
        ..Recipe::default()
    };
    let case = Case::of(network(unit), recipe, &mut rng);
    case.with::<V, 1, _>(|mut tuner| {
        let mut lens = vec![];
        for _ in 0..5 {
            let before = weights(&mut tuner);
            for _ in 0..batch {
                let input: Vec<[f32; 1]> = (0..9).map(|_| [5.0 * real(&mut rng)]).collect();
                tuner.step(&input, Target::Classes(&[2])).unwrap();
            }
            let pairs = before.into_iter().zip(weights(&mut tuner));
            let moved: Vec<f64> = pairs.map(|(before, after)| (before - after) / 0.125).collect();
            let square: f64 = moved.iter().map(|moved| moved * moved).sum();
            lens.push([square.sqrt(), moved.iter().fold(0.0, |most, moved| moved.abs().max(most))]);
        }
        lens
    })
}

fn weights<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>) -> Vec<f64> {
    let mut all = [vec![0.0; 72], vec![0.0; 56]];
    for (number, cols) in [(0, 9), (1, 8)] {
        tuner.weights(number, |row, col, weight| all[number][row * cols + col] = weight.into());
    }
    all.concat()
}

/// Every unit, with batches that are taken at once and such that are not.
fn all() -> impl Iterator<Item = (Unit, u32)> {
    let units = [Unit::Weight, Unit::Block4x1, Unit::Block1x4, Unit::Group(4)];
    units.into_iter().flat_map(|unit| [1, 3].map(|batch| (unit, batch)))
}

#[test]
fn of_the_norm() {
    for (unit, batch) in all() {
        let free = steps::<f32>(unit, Clip::None, batch);
        assert!(free[0][0] > 1.0, "the first step is long: {free:?}");
        let clipped = steps::<f32>(unit, Clip::Norm(0.25), batch);
        assert!((clipped[0][0] - 0.25).abs() < 1e-4, "{unit:?} {batch}: {clipped:?}");
        assert!(clipped.iter().all(|[len, _]| *len < 0.2501), "{unit:?} {batch}: {clipped:?}");
    }
}

#[test]
fn of_each_value() {
    for (unit, batch) in all() {
        let clipped = steps::<f32>(unit, Clip::Value(0.0625), batch);
        assert!((clipped[0][1] - 0.0625).abs() < 1e-5, "{unit:?} {batch}: {clipped:?}");
        assert!(clipped.iter().all(|[_, most]| *most < 0.0626), "{unit:?} {batch}: {clipped:?}");
    }
}

/// Gradients that are taken, but whose squares do not fit floats.
#[test]
fn of_a_norm_beyond_what_squares_can_tell() {
    let mut net = Builder::new([1, 1, 1000]);
    let y = net.fully_connected(net.input(), 1, Function::None, Layer::dense().without_bias());
    let recipe = Recipe {
        loss: Loss::MeanSquared,
        schedule: Schedule::Constant { rate: 0.125 },
        exploration: 0.0,
        clip: Clip::Norm(0.25),
        reserve: Reserve::Exact,
        ..Recipe::default()
    };
    let graph = net.graph(y, Function::None).unwrap();
    Case::of(graph, recipe, &mut Rng::new(1)).with::<f32, 1, _>(|mut tuner| {
        let input = [[1e9]; 1000];
        let output = tuner.infer(&input)[0][0];
        let mut before = vec![];
        tuner.weights(0, |_, _, weight| before.push(f64::from(weight)));
        let outcome = tuner.step(&input, Target::Values(&[[output - 4e8]])).unwrap();
        assert!(!outcome.skipped);
        let mut after = vec![];
        tuner.weights(0, |_, _, weight| after.push(f64::from(weight)));
        let square: f64 = before.iter().zip(after).map(|(one, other)| (one - other).powi(2)).sum();
        assert!((square.sqrt() / 0.125 - 0.25).abs() < 1e-4, "{}", square.sqrt());
    });
}
