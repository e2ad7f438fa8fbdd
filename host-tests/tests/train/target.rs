//! Targets: of any network, whatever becomes of its input; and the input itself.

use crate::case::{Case, Known, known, lanes, real};
use host_tests::random::Rng;
use kastanet::train::{Function, Loss, LossError, Program, Recipe, Reserve, Target};
use kastanet_cli::training::{Builder, Graph, Layer};

/// Numbers through a narrow layer and back, the first layer trained or not.
fn network(first: Layer) -> Graph {
    let mut net = Builder::new([1, 1, 8]);
    let x = net.fully_connected(net.input(), 8, Function::Tanh, first);
    let x = net.fully_connected(x, 3, Function::Tanh, Layer::dense());
    let y = net.fully_connected(x, 8, Function::None, Layer::dense());
    net.graph(y, Function::None).unwrap()
}

fn case(first: Layer) -> Case {
    let recipe = Recipe { loss: Loss::MeanSquared, reserve: Reserve::Exact, ..Recipe::default() };
    Case::of(network(first), recipe, &mut Rng::new(1))
}

/// Weights and losses of a run towards the input: as values, or without a target.
fn run(case: &Case, is_given: bool) -> Result<(Known, Vec<u32>), LossError> {
    let mut rng = Rng::new(2);
    case.with::<f32, 1, _>(|mut tuner| {
        let mut losses = vec![];
        for _ in 0..10 {
            let input: Vec<f32> = (0..8).map(|_| real(&mut rng)).collect();
            let input = lanes(&input);
            let target = is_given.then_some(Target::Values(&input));
            let outcome = tuner.step_with(|place| place.copy_from_slice(&input), target)?;
            losses.push(outcome.losses[0].to_bits());
        }
        Ok((known(&mut tuner), losses))
    })
}

#[test]
fn without_a_target_the_input_is_it() {
    let case = case(Layer::sparse(0.3, 0.6));
    assert!(Program::new_checked(&case.program).unwrap().keeps_input());
    assert_eq!(run(&case, false), run(&case, true));
}

/// Nothing is trained on the input of a frozen layer, so its place serves others.
#[test]
fn an_input_that_is_gone_is_no_target() {
    let case = case(Layer::frozen());
    assert!(!Program::new_checked(&case.program).unwrap().keeps_input());
    assert_eq!(run(&case, false), Err(LossError::InputNotKept));
    assert!(run(&case, true).is_ok());
}
