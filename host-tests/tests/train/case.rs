//! Training runs of chance: a network, its reserve, a recipe.

use host_tests::kast::{ABSENT, Stored, section};
use host_tests::random::Rng;
use kastanet::sparse::Format;
use kastanet::train::{
    Clip, Function, Grid, Loss, Optimizer, Penalty, Program, Recipe, Reserve, Schedule, Scope,
    Source, Tuner, Unit, Value,
};
use kastanet_cli::training::{
    Builder, Gradients, Graph, Layer, Tensor, Weights, Window, plan, write,
};
use zerocopy::IntoBytes;

/// A run.
pub struct Case {
    pub graph: Graph,
    pub recipe: Recipe,
    /// The program's bytes.
    pub program: Vec<u8>,
    /// The reserve's bytes.
    pub reserve: Vec<u8>,
    /// The formats of its parts.
    pub formats: Vec<Format>,
    /// First weights, in the order of units.
    pub first: Vec<Vec<Option<f32>>>,
}

impl Case {
    /// A run of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let graph = network(&mut rng);
        let density =
            |layer: &Weights| layer.grid.chosen(layer.forward) as f32 / layer.grid.units() as f32;
        let sparse = graph.layers.iter().filter(|layer| layer.forward > 0).map(density);
        let mut recipe = recipe(&mut rng, sparse.fold(1.0, f32::min));
        let mut units = graph.layers.iter().filter(|layer| layer.forward > 0).map(|l| l.grid.unit);
        let first = units.next();
        let is_one = units.all(|unit| Some(unit) == first);
        if is_one && !matches!(first, Some(Unit::Group(_))) && rng.one_in(2) {
            recipe.scope = Scope::Network;
        }
        Case::of(graph, recipe, &mut rng)
    }

    /// A run with first weights of chance.
    pub fn of(graph: Graph, recipe: Recipe, rng: &mut Rng) -> Self {
        // A run has the same bits with either.
        let is_odd = (graph.buffers.iter().sum::<usize>() + graph.layers.len()) % 2 == 1;
        let gradients = if is_odd { Gradients::Recomputed } else { Gradients::Kept };
        let mut program = write(&graph, &plan(&graph, gradients)).unwrap();
        let grids: Vec<Grid> = graph.layers.iter().map(|layer| layer.grid).collect();
        if recipe.reserve == Reserve::Exact {
            let first = graph.layers.iter().map(|layer| exact(rng, layer)).collect();
            return Case { graph, recipe, program, reserve: vec![], formats: vec![], first };
        }
        let stored: Vec<Stored> = graph.layers.iter().map(|layer| stored(rng, layer)).collect();
        let weights =
            |(layer, stored): (&Weights, &Stored)| stored.weights(&layer.grid, &layer.scales);
        let first = graph.layers.iter().zip(&stored).map(weights).collect();
        let formats = stored.iter().map(|stored| stored.format).collect();
        let stored: Vec<_> = stored.into_iter().map(Some).collect();
        let reserve = section(&mut program, &grids, &stored);
        Case { graph, recipe, program, reserve, formats, first }
    }

    /// Calls `f` with a tuner at step 0.
    pub fn with<V: Value, const N: usize, R>(&self, f: impl FnOnce(Tuner<'_, '_, V, N>) -> R) -> R {
        let program = Program::new_checked(&self.program).unwrap();
        let needed = Tuner::<V, N>::bytes(&program, &self.recipe).all;
        let mut memory = vec![0xa5a5_a5a5_u32; needed.div_ceil(4)];
        let source = Source::of_reserve(&self.reserve);
        let mut tuner =
            Tuner::<V, N>::new(program, source, self.recipe, memory.as_mut_bytes()).unwrap();
        self.give_first(&mut tuner);
        f(tuner)
    }

    /// Gives a tuner that holds all weights its first ones.
    pub fn give_first<V: Value, const N: usize>(&self, tuner: &mut Tuner<'_, '_, V, N>) {
        if self.recipe.reserve == Reserve::Exact {
            for (number, layer) in self.graph.layers.iter().enumerate() {
                let biases = layer.bias.clone().unwrap_or(vec![0.0; layer.grid.rows]);
                tuner.set_weights(number, &self.dense(number), &biases).unwrap();
            }
        }
    }

    /// A layer's first weights, row after row.
    pub fn dense(&self, number: usize) -> Vec<f32> {
        let grid = self.graph.layers[number].grid;
        let mut weights = vec![0.0; grid.rows * grid.cols];
        for (at, weight) in self.first[number].iter().enumerate() {
            let (size, width) = (grid.unit.size(), grid.width());
            if let Some((row, col)) = grid.weight(at / size / width, at / size % width, at % size) {
                weights[row * grid.cols + col] = weight.unwrap_or(0.0);
            }
        }
        weights
    }

    /// An input of chance, and a class.
    pub fn sample(&self, rng: &mut Rng) -> (Vec<f32>, u16) {
        let input = (0..self.graph.input.elements())
            .map(|_| if rng.one_in(5) { 0.0 } else { real(rng) })
            .collect();
        (input, rng.range(0, self.graph.output.elements() - 1) as u16)
    }
}

/// Each number as one lane.
pub fn lanes(input: &[f32]) -> Vec<[f32; 1]> {
    input.iter().map(|&x| [x]).collect()
}

/// The bits of the weights of each layer, where they are known.
pub type Known = Vec<Vec<Option<u32>>>;

/// The bits of all weights that a tuner knows, layer after layer.
pub fn known<V: Value, const N: usize>(tuner: &mut Tuner<'_, '_, V, N>) -> Known {
    let grids: Vec<Grid> = tuner.program().layers().map(|layer| layer.grid).collect();
    let layer = |(number, grid): (usize, Grid)| {
        let mut known = vec![None; grid.rows * grid.cols];
        tuner.weights(number, |row, col, weight| {
            known[row * grid.cols + col] = Some(weight.to_bits());
        });
        known
    };
    grids.into_iter().enumerate().map(layer).collect()
}

/// A number in [−1, 1).
pub fn real(rng: &mut Rng) -> f32 {
    (2.0 * rng.unit() - 1.0) as f32
}

fn network(rng: &mut Rng) -> Graph {
    let is_image = rng.one_in(2);
    let dims = match is_image {
        true => [rng.range(1, 6), rng.range(1, 6), rng.range(1, 3)],
        false => [1, 1, rng.pick(&[1, 3, 5, 17, 64, 255, 257, 300, 1030])],
    };
    let mut net = Builder::new(dims);
    let mut x = net.input();
    for _ in 0..rng.range(0, 2) {
        x = if is_image { windowed(rng, &mut net, x) } else { connected(rng, &mut net, x) };
    }
    let y = connected(rng, &mut net, x);
    net.graph(y, Function::None).unwrap()
}

fn connected(rng: &mut Rng, net: &mut Builder, x: Tensor) -> Tensor {
    let outputs = rng.range(1, 13);
    let layer = layer(rng, outputs, x.elements());
    net.fully_connected(x, outputs, function(rng), layer)
}

fn windowed(rng: &mut Rng, net: &mut Builder, x: Tensor) -> Tensor {
    let [height, width, channels] = x.dims;
    let is_depthwise = rng.one_in(3);
    let outputs = if is_depthwise { channels * rng.range(1, 3) } else { rng.range(1, 9) };
    let kernel = [rng.range(1, height.min(3)), rng.range(1, width.min(3))];
    let mut window = Window::new(outputs, kernel).stride([rng.range(1, 2), rng.range(1, 3)]);
    if rng.one_in(2) {
        window = window.valid();
    } else {
        window = window.dilation([rng.range(1, 2), rng.range(1, 2)]);
    }
    let (function, cols) = (function(rng), kernel[0] * kernel[1]);
    match is_depthwise {
        true => net.depthwise(x, window, function, layer(rng, outputs, cols)),
        false => net.conv(x, window, function, layer(rng, outputs, cols * channels)),
    }
}

fn function(rng: &mut Rng) -> Function {
    rng.pick(&[Function::None, Function::Relu, Function::Relu, Function::Relu6])
}

/// Scales that are all the same, so that there are ties, or one in two rows another.
fn layer(rng: &mut Rng, rows: usize, cols: usize) -> Layer {
    let scale = rng.pick(&[0.3, 0.05, 0.02]);
    let other = rng.pick(&[scale, scale, scale / 2.0, 0.0371]);
    let scales = (0..rows).map(|_| rng.pick(&[scale, other])).collect();
    let layer = match rng.range(0, 9) {
        0 => Layer::dense(),
        1 => Layer::frozen(),
        _ => {
            let group = Unit::Group(rng.pick(&[2, 4, 8, 16]));
            let units = [Unit::Weight, Unit::Weight, Unit::Block4x1, Unit::Block1x4, group, group];
            let unit = rng.pick(&units);
            let units = match unit {
                Unit::Group(group) => group,
                _ => Grid { rows, cols, unit }.units(),
            };
            let backward = rng.range(1, units);
            let forward = if rng.one_in(5) { backward } else { rng.range(1, backward) };
            Layer::counts(forward, backward).unit(unit)
        }
    };
    let layer = layer.with_scales(scales);
    match rng.one_in(4) {
        true => layer.without_bias(),
        false => layer.with_bias((0..rows).map(|_| 0.1 * real(rng)).collect()),
    }
}

fn recipe(rng: &mut Rng, density: f32) -> Recipe {
    let rate = rng.pick(&[0.2, 0.05, 0.01]);
    let most = density / rate;
    let optimizer = match rng.range(0, 3) {
        0 | 1 => Optimizer::Sgd,
        2 => Optimizer::Momentum { momentum: 0.9 },
        _ => Optimizer::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-6 },
    };
    let table = rng.pick(&[0.0, 0.01, 0.1, 0.3, 1.0, 100.0]);
    Recipe {
        loss: rng.pick(&[
            Loss::SoftmaxCrossEntropy,
            Loss::SoftmaxCrossEntropy,
            Loss::LogisticCrossEntropy,
            Loss::MeanSquared,
        ]),
        optimizer,
        schedule: rng.pick(&[
            Schedule::Constant { rate },
            Schedule::Constant { rate },
            Schedule::Step { rate, factor: 0.5, every: 7 },
            Schedule::Cosine { rate, steps: 20 },
        ]),
        batch: rng.pick(&[1, 1, 1, 2, 3]),
        exploration: rng.pick(&[0.0, 0.01_f32, 0.3]).min(0.4 * most),
        penalty: rng.pick(&[Penalty::L2, Penalty::L2, Penalty::L1]),
        weight_decay: rng.pick(&[0.0, 0.02_f32]).min(0.4 / rate),
        clip: rng.pick(&[Clip::None, Clip::None, Clip::None, Clip::Value(0.1), Clip::Norm(0.3)]),
        refresh_forward_every: rng.pick(&[1, 1, 2, 5]),
        refresh_backward_every: rng.pick(&[1, 2, 5, 100]),
        explore_until: rng.pick(&[u32::MAX, u32::MAX, u32::MAX, 0, 8]),
        scope: Scope::Layer,
        reserve: rng.pick(&[
            Reserve::Exact,
            Reserve::None,
            Reserve::Image { table },
            Reserve::Image { table },
            Reserve::Image { table },
        ]),
        seed: rng.bits() as u32,
    }
}

/// Weights of chance: bytes of a small range, or any numbers.
fn exact(rng: &mut Rng, layer: &Weights) -> Vec<Option<f32>> {
    let (grid, most) = (layer.grid, rng.pick(&[0, 1, 3, 127]));
    let (size, width) = (grid.unit.size(), grid.width());
    let weight = |at: usize| {
        let (row, _) = grid.weight(at / size / width, at / size % width, at % size)?;
        Some(match most {
            0 => 0.3 * real(rng),
            _ => (rng.range(0, 2 * most) as f32 - most as f32) * layer.scales[row],
        })
    };
    let mut weights: Vec<_> = (0..grid.units() * size).map(weight).collect();
    // A unit exists even where all of its weights are past the edge.
    weights.iter_mut().for_each(|weight| *weight = weight.or(Some(0.0)));
    weights
}

/// A reserve of chance, of at least as many units as the backward set has. A group may have fewer.
fn stored(rng: &mut Rng, layer: &Weights) -> Stored {
    let formats = [
        Format::Dense,
        Format::Dense,
        Format::Index8,
        Format::Delta8,
        Format::Delta4,
        Format::Rice,
    ];
    let (format, most) = (rng.pick(&formats), rng.pick(&[1, 2, 3, 10, 127]));
    let (grid, size) = (layer.grid, layer.grid.unit.size());
    let units = grid.units();
    let known = if rng.one_in(2) {
        units
    } else {
        rng.range(grid.chosen(layer.backward).min(units), units)
    };
    let mut order: Vec<usize> = (0..units).collect();
    (0..units).for_each(|at| order.swap(at, rng.range(at, units - 1)));
    let mut bytes = vec![ABSENT; units * size];
    for &unit in &order[..known] {
        let line = unit / grid.width();
        let members = 0..size;
        let is_there = |&member: &usize| grid.weight(line, unit % grid.width(), member).is_some();
        for member in members.filter(is_there) {
            let byte = rng.range(0, 2 * most) as i32 - most as i32;
            // The first member of a sparse unit says that it is there.
            let byte = if member == 0 && byte == 0 && format != Format::Dense { 1 } else { byte };
            bytes[unit * size + member] = byte as i8;
        }
    }
    Stored { format, bytes }
}
