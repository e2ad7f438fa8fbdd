//! Pretraining, by Top-KAST from the first step, on the nine.

use super::network::{LAYERS, Parameters, program};
use super::recordings::{CHANNELS, CLASSES, Fold, WINDOW};
use crate::data::BATCH;
use crate::method::Trainer;
use crate::run::{Memory, draw_weights};
use anyhow::Result;
use kastanet::train::{Optimizer, Program, Recipe, Reserve, Schedule, Source, Target};
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// How far a window is turned, in radians; by how much it is stretched; what is added to each number: how much the
/// watch sits, and is worn, a little differently.
const TURN: f32 = 0.15;
const STRETCH: f32 = 0.1;
const JITTER: f32 = 0.05;

/// What the classes share of the probability.
const SMOOTHING: f32 = 0.05;

/// Trains for so many steps; the weights of both sets, and those beside them.
pub fn pretrain(fold: &Fold<'_>, steps: u32, seed: u64, is_sparse: bool) -> Result<Parameters> {
    let program = program(is_sparse.then_some(3.0))?;
    let program = Program::new_checked(&program)?;
    let recipe = Recipe {
        optimizer: Optimizer::Momentum { momentum: 0.9 },
        schedule: Schedule::Cosine { rate: 0.03, steps },
        batch: BATCH as u32,
        exploration: 5e-4,
        reserve: Reserve::Exact,
        explore_until: steps / 4 * 3,
        ..Recipe::default()
    };
    let mut memory = Memory::of(Trainer::bytes(&program, &recipe).all);
    let mut tuner = Trainer::new(program, Source::default(), recipe, memory.bytes())?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    draw_weights(&mut tuner, &mut random)?;
    let mut input = vec![[0.0; BATCH]; WINDOW * CHANNELS];
    for _ in 0..steps {
        let mut classes = [0; BATCH];
        for (lane, class) in classes.iter_mut().enumerate() {
            *class = window(fold, &mut random, lane, &mut input);
        }
        let probability = |class: usize, found: u8| {
            SMOOTHING / CLASSES as f32
                + if usize::from(found) == class { 1.0 - SMOOTHING } else { 0.0 }
        };
        let target: Vec<_> =
            (0..CLASSES).map(|class| classes.map(|found| probability(class, found))).collect();
        tuner.step(&input, Target::Values(&target))?;
    }
    let layers = LAYERS.iter().enumerate().map(|(number, &(rows, cols, _))| {
        let mut weights = vec![0.0; rows * cols];
        tuner.weights(number, |row, col, weight| weights[row * cols + col] = weight);
        (weights, tuner.biases(number).to_vec())
    });
    Ok(layers.collect())
}

/// A window that starts anywhere, turned, stretched and jittered, into one lane; gives its class.
fn window(fold: &Fold<'_>, random: &mut impl Rng, lane: usize, input: &mut [[f32; BATCH]]) -> u8 {
    let room = |piece: &super::recordings::Piece| piece.end - piece.start + 1 - WINDOW;
    let mut at = random.random_range(0..fold.known.iter().map(room).sum());
    let mut pieces = fold.known.iter();
    let piece = loop {
        let Some(piece) = pieces.next() else { return 0 };
        match at < room(piece) {
            true => break piece,
            false => at -= room(piece),
        }
    };
    let turned = rotation(random);
    let stretch = 1.0 - STRETCH + 2.0 * STRETCH * random.random::<f32>();
    let samples = &fold.samples[(piece.start + at) * CHANNELS..][..WINDOW * CHANNELS];
    for (at, sample) in samples.chunks(3).enumerate() {
        for axis in 0..3 {
            let value: f32 = (0..3).map(|from| sample[from] * turned[from][axis]).sum();
            let channel = at % 2 * 3 + axis;
            let noise: f32 = StandardNormal.sample(random);
            let value = (value * stretch - fold.mean[channel]) / fold.deviation[channel];
            input[at * 3 + axis][lane] = value + JITTER * noise;
        }
    }
    piece.class
}

/// A rotation about a random axis (Rodrigues).
fn rotation(random: &mut impl Rng) -> [[f32; 3]; 3] {
    let mut normal = || -> f32 { StandardNormal.sample(random) };
    let axis = [normal(), normal(), normal()];
    let len = axis.iter().map(|part| part * part).sum::<f32>().sqrt();
    let [x, y, z] = axis.map(|part| part / len);
    let (sine, cosine) = (TURN * normal()).sin_cos();
    let cross = [[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]];
    std::array::from_fn(|row| {
        std::array::from_fn(|col| {
            let twice: f32 = (0..3).map(|at| cross[row][at] * cross[at][col]).sum();
            f32::from(u8::from(row == col)) + sine * cross[row][col] + (1.0 - cosine) * twice
        })
    })
}
