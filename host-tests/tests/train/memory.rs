//! The memory that a tuner is given: how much, where it starts, what it held before.

use crate::case::Case;
use host_tests::random::Rng;
use kastanet::train::{Error, Optimizer, Program, Recipe, Scope, Source, Target, Training, Tuner};
use zerocopy::IntoBytes;

/// A tuner for a case in the memory `given`, and what it has learned in a few steps.
fn learned(case: &Case, given: &mut [u8]) -> Result<Vec<u32>, Error> {
    let program = Program::new_checked(&case.program).unwrap();
    let source = Source::of_reserve(&case.reserve);
    let mut tuner = Tuner::<f32, 1>::new(program, source, case.recipe, given)?;
    let (mut rng, mut learned) = (Rng::new(5), vec![]);
    for _ in 0..2 * case.recipe.batch {
        let (input, class) = case.sample(&mut rng);
        let lanes: Vec<[f32; 1]> = input.iter().map(|&x| [x]).collect();
        tuner.step(&lanes, Target::Classes(&[class])).unwrap();
        learned.extend(tuner.infer(&lanes).iter().map(|y| y[0].to_bits()));
    }
    for number in 0..case.graph.layers.len() {
        tuner.weights(number, |_, _, weight| learned.push(weight.to_bits()));
    }
    Ok(learned)
}

#[test]
fn what_it_held_before_does_not_matter() {
    for seed in 0..100 {
        let case = Case::new(seed);
        let program = Program::new_checked(&case.program).unwrap();
        let needed = Tuner::<f32, 1>::bytes(&program, &case.recipe).all;
        let [zeros, ones, more] = [(0, 0), (u32::MAX, 0), (0x4049_0fdb, 33)].map(|(fill, more)| {
            let mut memory = vec![fill; needed.div_ceil(4) + more];
            learned(&case, memory.as_mut_bytes()).unwrap()
        });
        assert!(zeros == ones && zeros == more, "seed {seed}");
    }
}

#[test]
fn one_byte_too_few_is_refused_with_the_number_that_is_needed() {
    for seed in 0..200 {
        let case = Case::new(seed);
        let program = Program::new_checked(&case.program).unwrap();
        let bytes = Tuner::<f32, 1>::bytes(&program, &case.recipe);
        let mut memory = vec![0_u32; bytes.all.div_ceil(4) + 1];
        let memory = memory.as_mut_bytes();
        for given in [0, 1, bytes.saved, bytes.all / 2, bytes.all - 1] {
            let refused = Error::MemoryTooSmall { needed: bytes.all, given };
            assert_eq!(learned(&case, &mut memory[..given]), Err(refused), "seed {seed}");
        }
        assert!(bytes.saved <= bytes.all);
        learned(&case, &mut memory[..bytes.all]).unwrap();
    }
}

#[test]
fn it_starts_at_a_multiple_of_4() {
    let case = Case::new(1);
    let program = Program::new_checked(&case.program).unwrap();
    let needed = Tuner::<f32, 1>::bytes(&program, &case.recipe).all;
    let mut memory = vec![0_u32; needed.div_ceil(4) + 1];
    for start in 1..4 {
        let refused = learned(&case, &mut memory.as_mut_bytes()[start..]);
        assert_eq!(refused, Err(Error::MemoryMisaligned));
    }
    learned(&case, &mut memory.as_mut_bytes()[4..]).unwrap();
}

/// The optimizer keeps numbers of weights that take steps, and of biases: of no others.
#[test]
fn what_is_frozen_takes_no_memory_of_the_optimizer() {
    let mut frozen = 0;
    for seed in 0..200 {
        let case = Case::new(seed);
        let program = Program::new_checked(&case.program).unwrap();
        let bytes = |optimizer| {
            let recipe = Recipe { optimizer, batch: 2, ..case.recipe };
            Tuner::<f32, 1>::bytes(&program, &recipe)
        };
        let momentum = bytes(Optimizer::Momentum { momentum: 0.9 });
        let adam = bytes(Optimizer::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-6 });
        let moved = program.layers().map(|layer| match layer.training {
            Training::Frozen => layer.grid.rows,
            Training::Dense => layer.grid.rows + layer.grid.units() * layer.grid.unit.size(),
            _ => layer.grid.rows + layer.backward * layer.grid.unit.size(),
        });
        if case.recipe.scope == Scope::Layer {
            let moved: usize = moved.sum();
            assert_eq!(adam.saved - momentum.saved, 4 * moved, "seed {seed}");
            assert_eq!(adam.all - adam.saved, momentum.all - momentum.saved, "seed {seed}");
            frozen += program.layers().filter(|l| l.training == Training::Frozen).count();
        }
    }
    assert!(frozen > 10);
}
