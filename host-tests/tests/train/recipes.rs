//! Recipes, sets and targets that cannot be.

use crate::case::{Case, known, lanes};
use host_tests::random::Rng;
use kastanet::train::{
    Clip, Error, Function, LossError, Optimizer, Program, ProgramError, Recipe, RecipeError,
    Reserve, Schedule, Source, Target, Tuner, Unit,
};
use kastanet_cli::training::{Builder, Error as Refused, Layer};
use zerocopy::IntoBytes;

const BAD: [f32; 4] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0];

fn bytes() -> Vec<u8> {
    let mut net = Builder::new([1, 1, 6]);
    let layer = Layer::counts(3, 12);
    let y = net.fully_connected(net.input(), 5, Function::None, layer);
    net.finish(y, Function::Softmax).unwrap()
}

fn refusal<const N: usize>(recipe: Recipe) -> Option<RecipeError> {
    let bytes = bytes();
    let program = Program::new_checked(&bytes).unwrap();
    let mut memory = vec![0_u32; 5000];
    match Tuner::<f32, N>::new(program, Source::default(), recipe, memory.as_mut_bytes()) {
        Err(Error::Recipe(error)) => Some(error),
        Err(error) => panic!("{error}"),
        Ok(_) => None,
    }
}

fn exact() -> Recipe {
    Recipe { reserve: Reserve::Exact, ..Recipe::default() }
}

#[test]
fn batches_are_multiples_of_the_lanes() {
    assert_eq!(refusal::<1>(exact()), None);
    for batch in [0, 1, 3, 5, u32::MAX] {
        let refused = Some(RecipeError::Batch { batch, lanes: 4 });
        assert_eq!(refusal::<4>(Recipe { batch, ..exact() }), refused);
    }
    let refused = Some(RecipeError::Batch { batch: 0, lanes: 1 });
    assert_eq!(refusal::<1>(Recipe { batch: 0, ..exact() }), refused);
    assert_eq!(refusal::<1>(Recipe { batch: u32::MAX, ..exact() }), None);
}

#[test]
fn rates_are_between_0_and_1000() {
    let refused = |schedule| refusal::<1>(Recipe { schedule, exploration: 0.0, ..exact() });
    for rate in BAD.into_iter().chain([1000.1, f32::MAX]) {
        let (factor, every, steps) = (0.5, 3, 3);
        for schedule in [
            Schedule::Constant { rate },
            Schedule::Step { rate, factor, every },
            Schedule::Cosine { rate, steps },
        ] {
            assert_eq!(refused(schedule), Some(RecipeError::Rate), "{schedule:?}");
        }
    }
    for factor in BAD.into_iter().chain([1.1]) {
        let step = Schedule::Step { rate: 0.1, factor, every: 3 };
        assert_eq!(refused(step), Some(RecipeError::Rate), "{step:?}");
    }
    let never = [
        Schedule::Step { rate: 0.1, factor: 0.5, every: 0 },
        Schedule::Cosine { rate: 0.1, steps: 0 },
    ];
    assert_eq!(never.map(refused), [Some(RecipeError::Rate); 2]);
    assert_eq!([0.0, -0.0, 1000.0].map(|rate| refused(Schedule::Constant { rate })), [None; 3]);
}

#[test]
fn optimizers_are_checked() {
    for bad in BAD.into_iter().chain([1.0]) {
        let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
        for optimizer in [
            Optimizer::Momentum { momentum: bad },
            Optimizer::Adam { beta1: bad, beta2, epsilon },
            Optimizer::Adam { beta1, beta2: bad, epsilon },
        ] {
            let refused = refusal::<1>(Recipe { optimizer, ..exact() });
            assert_eq!(refused, Some(RecipeError::Optimizer), "{optimizer:?}");
        }
    }
    for epsilon in BAD.into_iter().chain([0.0, 1e-21]) {
        let optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon };
        let refused = refusal::<1>(Recipe { optimizer, ..exact() });
        assert_eq!(refused, Some(RecipeError::Optimizer), "{optimizer:?}");
    }
}

#[test]
fn pulls_that_would_more_than_undo_a_weight_are_refused() {
    // A tenth of the weights is in the forward set.
    let refused = |exploration, weight_decay, rate| {
        let schedule = Schedule::Constant { rate };
        refusal::<1>(Recipe { exploration, weight_decay, schedule, ..exact() })
    };
    for bad in BAD {
        assert_eq!(refused(bad, 0.0, 0.1), Some(RecipeError::Penalty), "{bad}");
        assert_eq!(refused(0.0, bad, 0.1), Some(RecipeError::Penalty), "{bad}");
        assert_eq!(refused(0.0, bad, 0.0), Some(RecipeError::Penalty), "{bad}");
    }
    assert_eq!(refused(0.99, 0.0, 0.1), None);
    assert_eq!(refused(9e4, 0.0, 0.0), None);
    assert_eq!(refused(1.1e5, 0.0, 0.0), Some(RecipeError::Penalty));
    assert_eq!(refused(1.01, 0.0, 0.1), Some(RecipeError::Penalty));
    assert_eq!(refused(0.5, 5.1, 0.1), Some(RecipeError::Penalty));
    assert_eq!(refused(f32::MAX, f32::MAX, 0.0), Some(RecipeError::Penalty));
}

#[test]
fn the_rest_is_checked_too() {
    for bad in BAD.into_iter().chain([0.0]) {
        for clip in [Clip::Value(bad), Clip::Norm(bad)] {
            assert_eq!(
                refusal::<1>(Recipe { clip, ..exact() }),
                Some(RecipeError::Clip),
                "{clip:?}"
            );
        }
    }
    for table in BAD.into_iter().chain([100.1, f32::MAX]) {
        let reserve = Reserve::Image { table };
        assert_eq!(
            refusal::<1>(Recipe { reserve, ..exact() }),
            Some(RecipeError::Table),
            "{table}"
        );
    }
    let never = [
        Recipe { refresh_forward_every: 0, ..exact() },
        Recipe { refresh_backward_every: 0, ..exact() },
    ];
    assert_eq!(never.map(refusal::<1>), [Some(RecipeError::Refresh); 2]);
}

#[test]
fn a_reserve_that_is_missing_is_named() {
    let bytes = bytes();
    for reserve in [Reserve::None, Reserve::Image { table: 0.0 }] {
        let program = Program::new_checked(&bytes).unwrap();
        let mut memory = vec![0_u32; 5000];
        let recipe = Recipe { reserve, ..Recipe::default() };
        let tuner = Tuner::<f32, 1>::new(program, Source::default(), recipe, memory.as_mut_bytes());
        assert_eq!(tuner.err(), Some(Error::BadReserve { layer: 0 }), "{reserve:?}");
    }
}

#[test]
fn densities_and_counts_are_checked() {
    let refused = |layer: Layer| {
        let mut net = Builder::new([1, 1, 6]);
        let y = net.fully_connected(net.input(), 5, Function::None, layer);
        net.finish(y, Function::None).err()
    };
    for bad in [0.0, -0.5, 1.01, f64::NAN, f64::INFINITY] {
        for layer in [Layer::sparse(bad, 1.0), Layer::sparse(0.5, bad)] {
            assert!(matches!(refused(layer), Some(Refused::Density { .. })), "{bad}");
        }
    }
    let counts = [(0, 3), (0, 0), (4, 3), (3, 31), (31, 31), (usize::MAX, usize::MAX)];
    for (forward, backward) in counts {
        let (layer, units) = ("0".into(), 30);
        let sets = Refused::Sets { layer, forward, backward, units };
        assert_eq!(refused(Layer::counts(forward, backward)), Some(sets));
    }
    assert!(matches!(refused(Layer::sparse(0.01, 0.5)), Some(Refused::Sets { forward: 0, .. })));
    assert_eq!(refused(Layer::counts(30, 30)), None);
    assert_eq!(refused(Layer::counts(1, 1)), None);
}

/// The same in a program's bytes, which may come from anywhere.
#[test]
fn sets_in_records_are_checked() {
    use kastanet::train::record::{Header, Layer, Operation};
    use zerocopy::FromBytes;
    let start = size_of::<Header>() + size_of::<Operation>();
    for (forward, backward) in [(0, 3), (0, 0), (4, 3), (3, 31), (u32::MAX, u32::MAX)] {
        let mut bytes = bytes();
        let layer = &mut bytes[start..][..size_of::<Layer>()];
        let layer = Layer::mut_from_bytes(layer).unwrap();
        (layer.forward, layer.backward) = (forward.into(), backward.into());
        let refused = ProgramError::BadSets { layer: 0, forward, backward, units: 30 };
        assert_eq!(Program::new_checked(&bytes).err(), Some(refused));
    }
    for (forward, backward) in [(0, 3), (0, 0), (4, 3), (3, 5), (u32::MAX, u32::MAX)] {
        let mut bytes = bytes();
        let layer = &mut bytes[start..][..size_of::<Layer>()];
        let layer = Layer::mut_from_bytes(layer).unwrap();
        (layer.unit, layer.group) = (3, 4);
        (layer.forward, layer.backward) = (forward.into(), backward.into());
        let refused = ProgramError::BadSets { layer: 0, forward, backward, units: 4 };
        assert_eq!(Program::new_checked(&bytes).err(), Some(refused));
    }
}

#[test]
fn targets_that_do_not_fit_change_nothing() {
    for seed in 0..40 {
        let (case, mut rng) = (Case::new(seed), Rng::new(seed));
        let classes = case.graph.output.elements();
        let run = |with_bad: bool, rng: &mut Rng| {
            case.with::<f32, 1, _>(|mut tuner| {
                for _ in 0..4 * case.recipe.batch {
                    let (input, class) = case.sample(rng);
                    let input = lanes(&input);
                    if with_bad {
                        for class in [classes as u16, u16::MAX] {
                            let found = class;
                            let error =
                                LossError::ClassOutOfRange { found, classes: classes as u32 };
                            assert_eq!(tuner.step(&input, Target::Classes(&[class])), Err(error));
                        }
                        for found in [0, classes - 1, classes + 1] {
                            let values = vec![[0.5]; found];
                            let [expected, found] = [classes, found].map(|n| n as u32);
                            let error = LossError::WrongValues { expected, found };
                            assert_eq!(tuner.step(&input, Target::Values(&values)), Err(error));
                        }
                    }
                    tuner.step(&input, Target::Classes(&[class])).unwrap();
                }
                (known(&mut tuner), tuner.counters())
            })
        };
        let state = rng.clone();
        let plain = run(false, &mut rng);
        assert!(run(true, &mut state.clone()) == plain, "seed {seed}");
    }
}

#[test]
fn a_table_without_end_is_refused_whatever_the_unit() {
    for unit in [Unit::Weight, Unit::Block4x1, Unit::Block1x4, Unit::Group(4)] {
        let mut net = Builder::new([1, 1, 8]);
        let y =
            net.fully_connected(net.input(), 8, Function::None, Layer::sparse(0.5, 0.5).unit(unit));
        let bytes = net.finish(y, Function::None).unwrap();
        let program = Program::new_checked(&bytes).unwrap();
        let recipe = Recipe { reserve: Reserve::Image { table: f32::INFINITY }, ..exact() };
        let tuner = Tuner::<f32, 1>::new(program, Source::default(), recipe, &mut []);
        assert_eq!(tuner.err(), Some(Error::Recipe(RecipeError::Table)), "{unit:?}");
    }
}

#[test]
fn inputs_are_as_many_as_the_program_has() {
    let bytes = bytes();
    let program = Program::new_checked(&bytes).unwrap();
    let mut memory = vec![0_u32; 5000];
    let mut tuner =
        Tuner::<f32, 1>::new(program, Source::default(), exact(), memory.as_mut_bytes()).unwrap();
    for found in [0, 5, 7] {
        let input = vec![[1.0]; found];
        let refused = LossError::WrongInput { expected: 6, found: found as u32 };
        assert_eq!(tuner.step(&input, Target::Classes(&[0])).err(), Some(refused));
        assert!(tuner.infer(&input).is_empty());
    }
    assert_eq!(tuner.infer(&[[1.0]; 6]).len(), 5);
}
