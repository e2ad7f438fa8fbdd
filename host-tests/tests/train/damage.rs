//! Bytes that were changed are refused, or they are another training run; nothing panics.

use crate::case::Case;
use host_tests::random::Rng;
use kastanet::sparse::Format;
use kastanet::train::{Function, Program, Recipe, Reserve, Source, Target, Tuner, Unit};
use kastanet_cli::training::{Builder, Graph, Layer, Window};
use zerocopy::IntoBytes;

/// Bytes of memory above which a damaged program is not run.
const MOST: usize = 1 << 16;

/// One operation of every kind.
fn network() -> Graph {
    let layer = |unit| Layer::sparse(0.3, 0.6).unit(unit).with_bias(vec![]);
    let mut net = Builder::new([3, 4, 2]);
    let x = net.conv(net.input(), Window::new(4, [2, 2]), Function::Relu, layer(Unit::Block4x1));
    let x = net.max_pool(x, Window::pool([2, 2]).stride([1, 1]).same());
    let a = net.depthwise(x, Window::new(4, [3, 3]), Function::Relu6, Layer::dense());
    let x = net.add(x, a);
    let gate = net.average_pool(x, Window::pool([3, 4]));
    let x = net.mul(x, gate);
    let x = net.pad(x, [[1, 0], [0, 0], [0, 0]]);
    let x = net.concatenate(&[x, x], 2);
    let x = net.function(x, Function::Tanh);
    let x = net.fully_connected(x, 5, Function::Logistic, layer(Unit::Block1x4));
    let x = net.fully_connected(x, 4, Function::None, layer(Unit::Weight));
    let y = net.fully_connected(x, 3, Function::None, layer(Unit::Group(4)));
    net.graph(y, Function::Softmax).unwrap()
}

/// What came of three steps: refused as a program, by the tuner, too large, or run.
fn run(bytes: &[u8], reserve: &[u8], recipe: Recipe, memory: &mut [u32]) -> usize {
    let Ok(program) = Program::new_checked(bytes) else { return 0 };
    let needed = Tuner::<f32, 1>::bytes(&program, &recipe).all;
    if needed > MOST {
        return 2;
    }
    let source = Source::of_reserve(reserve);
    let Ok(mut tuner) =
        Tuner::<f32, 1>::new(program, source, recipe, &mut memory.as_mut_bytes()[..needed])
    else {
        return 1;
    };
    for step in 0..3 {
        let input: Vec<[f32; 1]> =
            (0..24).map(|at| [(at * 7 + step) as f32 / 100.0 - 0.8]).collect();
        // The number of outputs may be another now.
        let _ = tuner.step(&input, Target::Classes(&[0]));
        tuner.infer(&input);
    }
    for number in 0..tuner.program().layer_count() {
        tuner.live_weights(number).for_each(drop);
        tuner.weights(number, |_, _, _| ());
    }
    3
}

fn case(reserve: Reserve) -> Case {
    let recipe = Recipe { refresh_backward_every: 1, reserve, ..Recipe::default() };
    Case::of(network(), recipe, &mut Rng::new(8))
}

#[test]
fn programs() {
    let mut outcomes = [0; 4];
    let mut memory = vec![0; MOST / 4];
    for reserve in [Reserve::Exact, Reserve::Image { table: 0.2 }] {
        let case = case(reserve);
        for at in 0..case.program.len() {
            let was = case.program[at];
            for to in [was ^ 1, was ^ 0x80, 0, 0xff] {
                let mut bytes = case.program.clone();
                bytes[at] = to;
                outcomes[run(&bytes, &case.reserve, case.recipe, &mut memory)] += 1;
            }
        }
        for len in 0..case.program.len() {
            assert_eq!(run(&case.program[..len], &case.reserve, case.recipe, &mut memory), 0);
        }
    }
    assert!(outcomes[0] > 1000 && outcomes[3] > 1000, "{outcomes:?}");
}

#[test]
fn programs_twice() {
    let mut outcomes = [0; 4];
    let mut memory = vec![0; MOST / 4];
    let (case, mut rng) = (case(Reserve::Exact), Rng::new(4));
    for _ in 0..8_000 {
        let mut bytes = case.program.clone();
        for _ in 0..rng.range(2, 4) {
            let at = rng.range(0, bytes.len() - 1);
            bytes[at] = rng.pick(&[bytes[at].wrapping_add(1), bytes[at].wrapping_sub(1), 0, 1, 2]);
        }
        outcomes[run(&bytes, &case.reserve, case.recipe, &mut memory)] += 1;
    }
    assert!(outcomes[3] > 1000, "{outcomes:?}");
}

#[test]
fn reserves() {
    let mut outcomes = [0; 4];
    let mut memory = vec![0; MOST / 4];
    let mut formats = vec![];
    for seed in 0..40 {
        let mut case = Case::new(seed);
        case.recipe.reserve = Reserve::Image { table: 0.2 };
        let Case { graph, recipe, .. } = case;
        let case =
            Case::of(graph, Recipe { refresh_backward_every: 1, ..recipe }, &mut Rng::new(seed));
        let program = Program::new_checked(&case.program).unwrap();
        if Tuner::<f32, 1>::bytes(&program, &case.recipe).all > MOST || case.reserve.len() > 300 {
            continue;
        }
        formats.extend(case.formats.iter().copied());
        for at in 0..case.reserve.len() {
            let was = case.reserve[at];
            for to in [was ^ 1, was ^ 0x80, 0, 0xff, 0x80] {
                let mut bytes = case.reserve.clone();
                bytes[at] = to;
                outcomes[run(&case.program, &bytes, case.recipe, &mut memory)] += 1;
            }
        }
        for len in 0..case.reserve.len() {
            outcomes[run(&case.program, &case.reserve[..len], case.recipe, &mut memory)] += 1;
        }
    }
    let all = [Format::Dense, Format::Index8, Format::Delta8, Format::Delta4, Format::Rice];
    assert!(all.iter().all(|format| formats.contains(format)), "{formats:?}");
    assert!(outcomes[1] > 500 && outcomes[3] > 500, "{outcomes:?}");
}
