//! Sets are exact, and a choice moves no weight: seen in steps whose learning rate is 0.

use crate::case::{Case, known, lanes};
use host_tests::cases;
use host_tests::random::Rng;
use kastanet::train::{Bf16, Grid, Reserve, Schedule, Scope, Target, Training, Tuner, Unit, Value};
use std::cmp::Reverse;

/// A case that moves for 9 steps and then stands still.
fn case(seed: u64) -> Case {
    let mut case = Case::new(seed);
    let rate = case.recipe.schedule.at(0);
    case.recipe.schedule = Schedule::Step { rate, factor: 0.0, every: 9 };
    case.recipe.explore_until = u32::MAX;
    case.recipe.refresh_backward_every = [1, 2, 3][seed as usize % 3];
    case.recipe.refresh_forward_every = [1, 3][seed as usize % 2];
    case
}

fn steps<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, case: &Case, count: u32, rng: &mut Rng) {
    for _ in 0..count * case.recipe.batch {
        let (input, class) = case.sample(rng);
        tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
    }
}

/// Row, column and magnitude of what is chosen as one, in the order of units.
fn units<V: Value>(case: &Case, number: usize, known: &[Option<u32>]) -> Vec<Option<f32>> {
    let grid = case.graph.layers[number].grid;
    let unit = |at: usize| {
        let (line, unit) = (at / grid.width(), at % grid.width());
        let members = (0..grid.unit.size()).filter_map(|member| grid.weight(line, unit, member));
        let weights: Option<Vec<u32>> =
            members.map(|(row, col)| known[row * grid.cols + col]).collect();
        let magnitude = |&bits: &u32| V::nearest(f32::from_bits(bits)).get().abs();
        Some(weights?.iter().map(magnitude).fold(0.0, |sum, magnitude| sum + magnitude))
    };
    (0..grid.units()).map(unit).collect()
}

/// The unit of a weight.
fn unit(case: &Case, number: usize, row: usize, col: usize) -> usize {
    let grid = case.graph.layers[number].grid;
    match grid.unit {
        Unit::Block4x1 => row / 4 * grid.width() + col,
        Unit::Block1x4 => row * grid.width() + col / 4,
        _ => row * grid.width() + col,
    }
}

/// The `count` largest of all that can be chosen, or of each group, ascending.
fn largest(grid: Grid, magnitudes: &[Option<f32>], count: usize) -> Vec<usize> {
    let contests: Vec<Vec<usize>> = match grid.unit {
        Unit::Group(group) => {
            let rows = (0..grid.rows).map(|row| row * grid.cols..(row + 1) * grid.cols);
            let rows: Vec<Vec<usize>> = rows.map(Iterator::collect).collect();
            rows.iter().flat_map(|row| row.chunks(group)).map(<[usize]>::to_vec).collect()
        }
        _ => vec![(0..magnitudes.len()).filter(|&at| magnitudes[at].is_some()).collect()],
    };
    let mut chosen = vec![];
    for mut contest in contests {
        contest.sort_by_key(|&at| (Reverse(magnitudes[at].unwrap_or(0.0).to_bits()), at));
        chosen.extend_from_slice(&contest[..count.min(contest.len())]);
    }
    chosen.sort_unstable();
    chosen
}

/// Both sets hold the largest, of equal ones those of the lower index, and are as large as they should be.
fn exact<V: Value>(seed: u64) {
    let (mut case, mut rng) = (case(seed), Rng::new(seed));
    case.recipe.scope = Scope::Layer;
    case.with::<V, 1, _>(|mut tuner| {
        // The last choice of both sets is at a step that is a multiple of both periods.
        steps(&mut tuner, &case, 13, &mut rng);
        let known = known(&mut tuner);
        for (number, known) in known.iter().enumerate() {
            let layer = tuner.program().layer(number).unwrap();
            if layer.training != Training::Sparse {
                continue;
            }
            let magnitudes = units::<V>(&case, number, known);
            let weights = &case.graph.layers[number];
            let live: Vec<_> = tuner.live_weights(number).collect();
            for (is_forward, count, all) in
                [(false, weights.backward, layer.backward), (true, weights.forward, layer.forward)]
            {
                let chosen = live.iter().filter(|weight| weight.is_forward || !is_forward);
                let mut chosen: Vec<usize> =
                    chosen.map(|weight| unit(&case, number, weight.row, weight.col)).collect();
                chosen.sort_unstable();
                chosen.dedup();
                let expected = largest(layer.grid, &magnitudes, count);
                let fixed = case.recipe.reserve == Reserve::None;
                assert_eq!(chosen.len(), all, "seed {seed}, layer {number}");
                assert!(fixed || chosen == expected, "seed {seed}, layer {number}");
            }
        }
    });
}

#[test]
fn sets_are_exact_and_one_in_the_other() {
    for seed in 0..cases(150) {
        exact::<f32>(seed);
        exact::<Bf16>(seed + 7000);
    }
}

/// What enters has the weight that it had when it left, or its first one: a choice changes no weight but
/// those that fall back for want of room, and those are counted.
#[test]
fn a_promoted_weight_has_what_it_has_learned() {
    let (mut entered, mut fallen) = (0, 0);
    for seed in 0..cases(300) {
        let (mut case, mut rng) = (case(seed), Rng::new(seed));
        case.recipe.refresh_backward_every = 3;
        case.recipe.refresh_forward_every = 1;
        case.with::<f32, 1, _>(|mut tuner| {
            steps(&mut tuner, &case, 9, &mut rng);
            let (before, counted) = (known(&mut tuner), tuner.counters());
            steps(&mut tuner, &case, 1, &mut rng);
            let (after, now) = (known(&mut tuner), tuner.counters());
            entered += now.entered - counted.entered;
            fallen += now.fallen - counted.fallen;
            let mut fell = 0;
            for (number, (before, after)) in before.iter().zip(&after).enumerate() {
                let grid = case.graph.layers[number].grid;
                let differs = (0..before.len()).filter(|&at| before[at] != after[at]);
                let mut units: Vec<usize> = differs
                    .inspect(|&at| {
                        let first = case.dense(number)[at];
                        assert_eq!(after[at], Some(first.to_bits()), "seed {seed}");
                    })
                    .map(|at| unit(&case, number, at / grid.cols, at % grid.cols))
                    .collect();
                units.sort_unstable();
                units.dedup();
                fell += units.len() as u32;
            }
            assert_eq!(fell, now.fallen - counted.fallen, "seed {seed}");
        });
    }
    assert!(entered > 500 && fallen > 50, "{entered} entered, {fallen} fell");
}
