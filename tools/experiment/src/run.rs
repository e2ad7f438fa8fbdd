//! One run: a setup and a seed.

use crate::data::{BATCH, Batch, Data, Set};
use crate::method::{self, Method, Trainer};
use crate::setup::Setup;
use anyhow::{Context, Result};
use kastanet::train::{Program, Source, Target};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use zerocopy::IntoBytes;

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Share of the other pictures that the trained network knows, in percent.
    pub accuracy: f64,
    /// The mean loss of the last batch.
    pub loss: f32,
    /// Steps that were given up.
    pub skipped: u32,
}

/// Memory of a trainer.
pub struct Memory(Vec<u32>);

/// Trains, and counts what the network knows then.
pub fn run(setup: &Setup, seed: u64, data: &Data) -> Result<Outcome> {
    let method = method::of(setup, steps(setup, data), seed ^ 0x6d61_736b);
    run_by(method, setup, seed, data)
}

/// Steps of a run.
fn steps(setup: &Setup, data: &Data) -> u32 {
    (data.train.len() / BATCH) as u32 * setup.epochs
}

/// The same, by this method.
fn run_by(mut method: Box<dyn Method>, setup: &Setup, seed: u64, data: &Data) -> Result<Outcome> {
    let steps = steps(setup, data);
    let program = setup.network.program(&method.layer())?;
    let program = Program::new_checked(&program)?;
    let recipe = setup.recipe(steps, BATCH as u32, seed as u32);
    let mut memory = Memory::of(Trainer::bytes(&program, &recipe).all);
    let mut trainer = Trainer::new(program, Source::default(), recipe, memory.bytes())?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    draw_weights(&mut trainer, &mut random)?;
    method.begin(&mut trainer);
    let mut order: Vec<usize> = (0..data.train.len()).collect();
    let (mut batch, mut taken, mut loss) = (Batch::default(), 0, 0.0);
    for _ in 0..setup.epochs {
        order.shuffle(&mut random);
        for numbers in order.chunks_exact(BATCH) {
            data.train.take(numbers, &mut batch);
            let outcome = trainer.step(&batch.input, Target::Classes(&batch.classes))?;
            loss = outcome.losses.iter().sum::<f32>() / BATCH as f32;
            taken += 1;
            method.after(taken, &mut trainer);
        }
    }
    let accuracy = accuracy(&mut trainer, &data.test);
    Ok(Outcome { accuracy, loss, skipped: trainer.counters().skipped })
}

/// Gives every layer normally distributed weights of deviation √(2 / inputs), and biases of 0 (He et al.,
/// 2015).
pub fn draw_weights(trainer: &mut Trainer<'_, '_>, random: &mut impl Rng) -> Result<()> {
    let grids: Vec<_> = trainer.program().layers().map(|layer| layer.grid).collect();
    for (number, grid) in grids.into_iter().enumerate() {
        let deviation = (2.0 / grid.cols as f32).sqrt();
        let mut weight = || {
            let drawn: f32 = StandardNormal.sample(random);
            deviation * drawn
        };
        let weights: Vec<f32> = (0..grid.rows * grid.cols).map(|_| weight()).collect();
        trainer.set_weights(number, &weights, &vec![0.0; grid.rows]).context("a layer")?;
    }
    Ok(())
}

/// The share of `set` that the network knows, in percent.
fn accuracy(trainer: &mut Trainer<'_, '_>, set: &Set) -> f64 {
    let (mut batch, mut known) = (Batch::default(), 0);
    let numbers: Vec<usize> = (0..set.len()).collect();
    for numbers in numbers.chunks(BATCH) {
        set.take(numbers, &mut batch);
        let predicted = kastanet::train::predicted(trainer.infer(&batch.input));
        let lanes = predicted.iter().zip(&batch.classes).take(numbers.len());
        known += lanes.filter(|(predicted, class)| predicted == class).count();
    }
    100.0 * known as f64 / set.len() as f64
}

impl Memory {
    /// Of at least so many bytes.
    pub fn of(bytes: usize) -> Self {
        Memory(vec![0; bytes.div_ceil(4)])
    }

    /// It.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.0.as_mut_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::lit;
    use crate::network::Network;
    use crate::setup::{TopKast, Way};

    /// Every way, at densities at which the pictures can be learned in a few steps.
    fn ways() -> [Way; 7] {
        let density = 0.3;
        [
            Way::Dense,
            Way::Static { density },
            Way::Set { density },
            Way::Rigl { density },
            Way::Gradual { density },
            Way::TopKast(TopKast::together(density, 0.6, 10)),
            Way::TopKast(TopKast { explore: 0.5, ..TopKast::two_rate(density, 0.6) }),
        ]
    }

    #[test]
    fn every_way_learns_easy_pictures() {
        let data = lit();
        for way in ways() {
            let outcome = run(&Setup { epochs: 2, ..Setup::new(way) }, 3, &data).unwrap();
            assert_eq!((outcome.accuracy, outcome.skipped), (100.0, 0), "{way:?}");
        }
    }

    /// Two ways to the same sets and weights, but for the order of sums.
    #[test]
    fn top_kast_beside_a_dense_network_is_the_trainers() {
        let data = lit();
        let told = TopKast::at(0.1, 0.3, [1, 3]);
        let setup = Setup { epochs: 1, lambda: 0.01, ..Setup::new(Way::TopKast(told)) };
        let beside = Box::new(method::Beside::of(&setup, told, steps(&setup, &data), 0));
        let other = run_by(beside, &setup, 7, &data).unwrap().loss;
        let loss = run(&setup, 7, &data).unwrap().loss;
        assert!((loss - other).abs() < 1e-3 * loss, "{loss} {other}");
    }

    #[test]
    fn a_convolutional_network_learns_them_too() {
        let setup = Setup::new(Way::TopKast(TopKast::two_rate(0.3, 0.6)));
        let setup = Setup { network: Network::Cnn, epochs: 3, ..setup };
        assert!(run(&setup, 3, &lit()).unwrap().accuracy > 90.0);
    }

    #[test]
    fn a_seed_says_all() {
        let setup = Setup { epochs: 1, ..Setup::new(Way::Rigl { density: 0.02 }) };
        let data = lit();
        let [one, again, other] = [5, 5, 6].map(|seed| run(&setup, seed, &data).unwrap().loss);
        assert!(one == again && one != other);
    }
}
