//! Whole runs of chance are the naive model's, bit for bit.

use crate::case::Case;
use host_tests::cases;
use host_tests::kast::Kast;
use host_tests::random::Rng;
use kastanet::train::{Bf16, Counters, Target, Tuner, Value};

const STEPS: u32 = 24;

/// What a run has shown, to know that it has shown something.
#[derive(Default)]
struct Seen {
    runs: u32,
    entered: u32,
    fallen: u32,
    in_table: usize,
}

fn follow<V: Value>(seed: u64, seen: &mut Seen) {
    let case = Case::new(seed);
    let mut rng = Rng::new(seed ^ 0xabcd);
    let mut naive = Kast::<V>::new(&case.graph, case.recipe, &case.first);
    case.with::<V, 1, _>(|mut tuner| {
        for step in 0..STEPS * case.recipe.batch {
            let (input, class) = case.sample(&mut rng);
            let lanes: Vec<[f32; 1]> = input.iter().map(|&x| [x]).collect();
            let outcome = tuner.step(&lanes, Target::Classes(&[class])).unwrap();
            let what = format!("seed {seed}, step {step}");
            let loss = naive.step(&input, class);
            if outcome.skipped {
                assert!(loss.is_nan() || loss >= 1e9, "{what}");
                return;
            }
            assert_eq!(outcome.losses[0].to_bits(), loss.to_bits(), "loss, {what}");
            same(&mut tuner, &naive, &what);
        }
        let (input, _) = case.sample(&mut rng);
        let lanes: Vec<[f32; 1]> = input.iter().map(|&x| [x]).collect();
        let outputs: Vec<u32> = tuner.infer(&lanes).iter().map(|y| y[0].to_bits()).collect();
        let expected: Vec<u32> = naive.infer(&input).into_iter().map(f32::to_bits).collect();
        assert_eq!(outputs, expected, "outputs, seed {seed}");
    });
    seen.runs += 1;
    seen.entered += naive.entered;
    seen.fallen += naive.fallen;
    let units = naive.layers.iter().flat_map(|layer| &layer.units);
    seen.in_table += units.filter(|unit| unit.is_in_table).count();
}

/// Sets, weights and counters are the same.
fn same<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, naive: &Kast<V>, what: &str) {
    for (number, layer) in naive.layers.iter().enumerate() {
        let mut live: Vec<_> = tuner
            .live_weights(number)
            .map(|weight| (weight.row, weight.col, weight.is_forward, weight.value.to_bits()))
            .collect();
        live.sort_unstable();
        let mut expected: Vec<_> = layer
            .places()
            .map(|(row, col, unit, member)| (row, col, &layer.units[unit], member))
            .filter(|(_, _, unit, _)| unit.is_live)
            .map(|(row, col, unit, member)| {
                (row, col, unit.is_forward, unit.weights[member].get().to_bits())
            })
            .collect();
        expected.sort_unstable();
        let differs = live.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert!(differs.is_none(), "live weights of layer {number}, {what}: {differs:?}");
        assert_eq!(live.len(), expected.len(), "live weights of layer {number}, {what}");
        let mut known = vec![None; layer.grid.rows * layer.grid.cols];
        tuner.weights(number, |row, col, weight| {
            known[row * layer.grid.cols + col] = Some(V::nearest(weight).get().to_bits());
        });
        for (row, col, unit, member) in layer.places() {
            let unit = &layer.units[unit];
            let is_known = unit.is_live || unit.is_in_table || unit.is_stored;
            let weight = is_known.then(|| unit.weights[member].get().to_bits());
            let found = known[row * layer.grid.cols + col];
            assert_eq!(found, weight, "layer {number}, weight {row}, {col}, {what}");
        }
    }
    let Counters { steps, skipped, entered, fallen, .. } = tuner.counters();
    let counted = [steps, skipped, entered, fallen];
    assert_eq!(counted, [naive.steps, 0, naive.entered, naive.fallen], "counters, {what}");
}

fn runs<V: Value>(start: u64, count: u64) {
    let mut seen = Seen::default();
    for seed in start..start + cases(count) {
        follow::<V>(seed, &mut seen);
    }
    assert!(seen.entered > seen.runs, "{} units entered in {} runs", seen.entered, seen.runs);
    assert!(seen.fallen * 10 > seen.runs, "{} units fell in {} runs", seen.fallen, seen.runs);
    assert!(seen.in_table > 0);
}

#[test]
fn of_floats() {
    runs::<f32>(0, 300);
}

#[test]
fn of_half_floats() {
    runs::<Bf16>(1_000_000, 200);
}
