//! Saving and resuming between any two steps gives the bits of a run that did not stop; what is damaged is
//! refused, or its sets are still what they should be.

use crate::case::{Case, lanes};
use host_tests::cases;
use host_tests::random::Rng;
use kastanet::image::crc32;
use kastanet::train::{
    Bf16, Error, Function, Grid, LiveWeight, Loss, Program, Recipe, Reserve, Schedule, Scope,
    Source, Target, Training, Tuner, Value,
};
use kastanet_cli::training::{Builder, Layer};
use zerocopy::IntoBytes;

const STEPS: u32 = 12;

/// A tuner in `memory`: at step 0, or one that goes on.
fn tuner<'c, 'm, V: Value>(
    case: &'c Case,
    recipe: Recipe,
    memory: &'m mut [u32],
    saved: Option<&[u8]>,
) -> Result<Tuner<'c, 'm, V, 1>, Error> {
    let program = Program::new_checked(&case.program).unwrap();
    let (source, memory) = (Source::of_reserve(&case.reserve), memory.as_mut_bytes());
    match saved {
        None => {
            let mut tuner = Tuner::new(program, source, recipe, memory)?;
            case.give_first(&mut tuner);
            Ok(tuner)
        }
        Some(saved) => {
            memory[..saved.len()].copy_from_slice(saved);
            Tuner::resume(program, source, recipe, memory)
        }
    }
}

/// Bytes of what is known of a run, and of a layer, besides weights.
const HEAD: usize = 36;
const STATE: usize = 56;

fn memory<V: Value>(case: &Case) -> Vec<u32> {
    let program = Program::new_checked(&case.program).unwrap();
    vec![0xffc0_0001; Tuner::<V, 1>::bytes(&program, &case.recipe).all.div_ceil(4)]
}

fn steps<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, case: &Case, count: u32, rng: &mut Rng) {
    for _ in 0..count * case.recipe.batch {
        let (input, class) = case.sample(rng);
        tuner.step(&lanes(&input), Target::Classes(&[class])).unwrap();
    }
}

fn saved<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>) -> Vec<u8> {
    tuner.saved().expect("between steps").flatten().copied().collect()
}

/// Gives what was changed the checksum that belongs to it.
fn seal(saved: &mut [u8]) {
    let (summed, sum) = saved.split_last_chunk_mut::<4>().expect("a checksum");
    *sum = crc32(summed).to_le_bytes();
}

fn stop<V: Value>(seed: u64) {
    let (case, mut rng) = (Case::new(seed), Rng::new(seed));
    let stop = rng.range(0, STEPS as usize) as u32;
    let [mut one, mut other] = [memory::<V>(&case), memory::<V>(&case)];
    let mut whole = tuner::<V>(&case, case.recipe, &mut one, None).unwrap();
    let mut samples = Rng::new(seed);
    steps(&mut whole, &case, stop, &mut samples);
    let middle = saved(&mut whole);
    assert_eq!(middle.len(), Tuner::<V, 1>::bytes(whole.program(), &case.recipe).saved);
    let mut again = tuner::<V>(&case, case.recipe, &mut other, Some(&middle)).unwrap();
    assert!(saved(&mut again) == middle, "seed {seed}");
    steps(&mut again, &case, STEPS - stop, &mut samples.clone());
    steps(&mut whole, &case, STEPS - stop, &mut samples);
    assert!(saved(&mut again) == saved(&mut whole), "seed {seed}, stopped at {stop}");
}

#[test]
fn goes_on_with_the_same_bits() {
    for seed in 0..cases(200) {
        stop::<f32>(seed);
        stop::<Bf16>(seed + 5000);
    }
}

#[test]
fn what_another_run_has_saved_is_refused() {
    let (case, mut rng) = (Case::new(3), Rng::new(3));
    let mut one = memory::<f32>(&case);
    let mut first = tuner::<f32>(&case, case.recipe, &mut one, None).unwrap();
    steps(&mut first, &case, 2, &mut rng);
    let kept = saved(&mut first);
    let refused = |case: &Case, kept: &[u8]| {
        let mut memory = vec![0; memory::<f32>(case).len().max(kept.len().div_ceil(4))];
        tuner::<f32>(case, case.recipe, &mut memory, Some(kept)).err()
    };
    assert_eq!(refused(&case, &kept), None);
    for other in [4, 5, 6] {
        assert_eq!(refused(&Case::new(other), &kept), Some(Error::OtherRun), "{other}");
    }
    let (mut memory, halves) = (vec![0; kept.len().div_ceil(4)], Case::new(3));
    let found = tuner::<Bf16>(&halves, halves.recipe, &mut memory, Some(&kept)).err();
    assert!(found.is_some());
    assert_eq!(refused(&case, &vec![0; kept.len()]), Some(Error::OtherRun));
}

/// In the middle of a batch, gradients have been collected that are not saved.
#[test]
fn between_two_samples_of_a_step_is_no_place_to_stop() {
    let mut case = (0..).map(Case::new).find(|case| case.recipe.batch == 1).unwrap();
    case.recipe.batch = 2;
    let [mut one, mut other] = [memory::<f32>(&case), memory::<f32>(&case)];
    let mut first = tuner::<f32>(&case, case.recipe, &mut one, None).unwrap();
    let (input, class) = case.sample(&mut Rng::new(1));
    first.step(&lanes(&input), Target::Classes(&[class])).unwrap();
    assert!(first.saved().is_none());
    first.step(&lanes(&input), Target::Classes(&[class])).unwrap();
    tuner::<f32>(&case, case.recipe, &mut other, Some(&saved(&mut first))).unwrap();
}

/// How many units of a layer are in the forward set, and in the backward set.
fn counts<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, number: usize, grid: Grid) -> [usize; 2] {
    let whole = |weight: LiveWeight| match grid.unit.size() {
        1 => (weight.row, weight.col, weight.is_forward),
        _ => {
            let (height, width) = (grid.unit.height(), grid.unit.width());
            (weight.row / height, weight.col / width, weight.is_forward)
        }
    };
    let mut units: Vec<_> = tuner.live_weights(number).map(whole).collect();
    units.sort_unstable();
    units.dedup();
    let forward = units.iter().filter(|(.., is_forward)| *is_forward).count();
    units.dedup_by_key(|(row, col, _)| (*row, *col));
    [forward, units.len()]
}

/// Whether sets are as large as they should be, each unit in them once.
fn are_exact<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, scope: Scope) -> bool {
    let layers: Vec<_> = tuner.program().layers().enumerate().collect();
    let sparse = layers.into_iter().filter(|(_, layer)| layer.training == Training::Sparse);
    let each = sparse.map(|(number, layer)| {
        let [forward, backward] = counts(tuner, number, layer.grid);
        [forward, backward, layer.forward, layer.backward]
    });
    let fits = |[forward, live, wanted, backward]: [usize; 4]| {
        forward == wanted && (live == backward || live == forward)
    };
    let all: Vec<[usize; 4]> = each.collect();
    match scope {
        Scope::Layer => all.into_iter().all(fits),
        Scope::Network => fits([0, 1, 2, 3].map(|of| all.iter().map(|layer| layer[of]).sum())),
    }
}

#[test]
fn no_changed_byte_is_taken() {
    for seed in 0..cases(10) {
        let (case, mut rng) = (Case::new(seed), Rng::new(seed));
        let mut space = memory::<f32>(&case);
        let mut first = tuner::<f32>(&case, case.recipe, &mut space, None).unwrap();
        steps(&mut first, &case, 2, &mut rng);
        let kept = saved(&mut first);
        for at in (0..kept.len()).step_by(rng.range(1, 5)) {
            let mut damaged = kept.clone();
            damaged[at] ^= 1 << rng.range(0, 7);
            match tuner::<f32>(&case, case.recipe, &mut space, Some(&damaged)) {
                // What fills up is nothing's.
                Ok(mut tuner) => assert!(saved(&mut tuner) == kept, "seed {seed}, {at}"),
                Err(Error::OtherRun) => assert!(at < 12 || (20..24).contains(&at), "{at}"),
                Err(error) => assert_eq!(error, Error::Damaged, "seed {seed}, {at}"),
            }
        }
    }
}

#[test]
fn changed_states_are_refused_or_hold_exact_sets() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..cases(60) {
        let (mut case, mut rng) = (Case::new(seed), Rng::new(seed));
        case.recipe.refresh_backward_every = 2;
        let mut space = memory::<f32>(&case);
        let mut first = tuner::<f32>(&case, case.recipe, &mut space, None).unwrap();
        steps(&mut first, &case, 3, &mut rng);
        let kept = saved(&mut first);
        for _ in 0..200 {
            let mut damaged = kept.clone();
            for _ in 0..rng.range(1, 3) {
                let at = rng.range(12, damaged.len() - 1);
                damaged[at] = if rng.one_in(2) { rng.range(0, 255) as u8 } else { damaged[at] ^ 1 };
            }
            seal(&mut damaged);
            let mut space = memory::<f32>(&case);
            match tuner::<f32>(&case, case.recipe, &mut space, Some(&damaged)) {
                Ok(mut tuner) => {
                    taken += 1;
                    steps(&mut tuner, &case, 3, &mut rng);
                    assert!(are_exact(&mut tuner, case.recipe.scope), "seed {seed}");
                }
                Err(Error::OtherRun | Error::Damaged | Error::BadSaved { .. }) => refused += 1,
                Err(error) => panic!("seed {seed}: {error}"),
            }
        }
    }
    assert!(taken > 500 && refused > 500, "{taken} taken, {refused} refused");
}

/// With sets over the network, a layer's counts are only bounded by its room: units that are moved from one layer's
/// count to another's.
#[test]
fn counts_beyond_a_layers_room_are_refused() {
    let mut net = Builder::new([1, 1, 100]);
    let x = net.fully_connected(net.input(), 10, Function::Relu, Layer::counts(60, 200));
    let y = net.fully_connected(x, 1, Function::None, Layer::counts(3, 5));
    let recipe = Recipe {
        loss: Loss::MeanSquared,
        scope: Scope::Network,
        refresh_backward_every: 1,
        reserve: Reserve::Image { table: 0.0 },
        ..Recipe::default()
    };
    let mut rng = Rng::new(1);
    let case = Case::of(net.graph(y, Function::None).unwrap(), recipe, &mut rng);
    let mut space = memory::<f32>(&case);
    let mut first = tuner::<f32>(&case, recipe, &mut space, None).unwrap();
    steps(&mut first, &case, 2, &mut rng);
    let kept = saved(&mut first);
    // 11 segments of 4 bytes each, a column for each of 205 + 10 units, a byte that fills up, and the checksum.
    let segments = kept.len() - 220 - 44..kept.len() - 220;
    for [more, less] in segments.clone().flat_map(|a| segments.clone().map(move |b| [a, b])) {
        let mut damaged = kept.clone();
        damaged[more] = damaged[more].wrapping_add(16);
        damaged[less] = damaged[less].wrapping_sub(16);
        seal(&mut damaged);
        let mut space = memory::<f32>(&case);
        if let Ok(mut tuner) = tuner::<f32>(&case, recipe, &mut space, Some(&damaged)) {
            steps(&mut tuner, &case, 1, &mut rng.clone());
            assert!(are_exact(&mut tuner, Scope::Network), "{more} {less}");
        }
    }
}

/// Of sets over the network, some layer has room that it does not use, where units lie that have left.
#[test]
fn what_lies_in_unused_room_does_not_matter() {
    let layer = || Layer::counts(1, 2).without_bias();
    let recipe = Recipe {
        schedule: Schedule::Constant { rate: 0.5 },
        exploration: 0.05,
        scope: Scope::Network,
        refresh_backward_every: 1,
        reserve: Reserve::Image { table: 1.0 },
        ..Recipe::default()
    };
    let mut moved = 0;
    for seed in 0..cases(40) {
        let mut net = Builder::new([1, 1, 4]);
        let x = net.fully_connected(net.input(), 2, Function::None, layer());
        let y = net.fully_connected(x, 2, Function::None, layer());
        let mut rng = Rng::new(seed);
        let case = Case::of(net.graph(y, Function::None).unwrap(), recipe, &mut rng);
        let [mut one, mut other] = [memory::<f32>(&case), memory::<f32>(&case)];
        let mut first = tuner::<f32>(&case, recipe, &mut one, None).unwrap();
        for _ in 0..20 {
            steps(&mut first, &case, 1, &mut rng);
            tuner::<f32>(&case, recipe, &mut other, Some(&saved(&mut first))).unwrap();
        }
        moved += u32::from(first.live_weights(0).count() != 2);
    }
    assert!(moved > 5, "{moved}");
}

/// Before the first step nothing has been chosen, so nothing can be known of it.
#[test]
fn what_is_known_too_early_is_refused() {
    let case = Case::new(3);
    let mut space = memory::<f32>(&case);
    let mut first = tuner::<f32>(&case, case.recipe, &mut space, None).unwrap();
    let kept = saved(&mut first);
    for at in (HEAD..HEAD + STATE).step_by(4) {
        let mut damaged = kept.clone();
        damaged[at..at + 4].fill(0xff);
        seal(&mut damaged);
        let refused = tuner::<f32>(&case, case.recipe, &mut space, Some(&damaged)).err();
        assert_eq!(refused, Some(Error::BadSaved { layer: 0 }), "{at}");
    }
}

/// Recipes under which memory has as many bytes, and means something else.
#[test]
fn what_another_recipe_has_saved_is_refused() {
    let mut net = Builder::new([1, 1, 8]);
    let y = net.fully_connected(net.input(), 8, Function::None, Layer::counts(16, 32));
    let recipe = |reserve| Recipe { reserve, ..Recipe::default() };
    let all = [Reserve::Image { table: 1.0 }, Reserve::None];
    let graph = net.graph(y, Function::None).unwrap();
    let case = Case::of(graph, recipe(all[0]), &mut Rng::new(1));
    let mut space = vec![0; 4 * memory::<f32>(&case).len()];
    let mut seen = vec![];
    for reserve in all {
        for scope in [Scope::Layer, Scope::Network] {
            let recipe = Recipe { scope, ..recipe(reserve) };
            let mut first = tuner::<f32>(&case, recipe, &mut space, None).unwrap();
            let kept = saved(&mut first);
            seen.push((recipe, kept));
        }
    }
    for (at, (recipe, _)) in seen.iter().enumerate() {
        for (other, (_, kept)) in seen.iter().enumerate() {
            let found = tuner::<f32>(&case, *recipe, &mut space, Some(kept)).err();
            assert_eq!(found, (at != other).then_some(Error::OtherRun), "{at} {other}");
        }
    }
}

/// What was learned with one image goes on with another of the same layers, and not with one of others.
#[test]
fn goes_on_with_another_image() {
    let (mut migrated, mut refused) = (0, 0);
    for seed in 0..cases(60) {
        let case = Case::new(seed);
        let [mut one, mut other] = [memory::<f32>(&case), memory::<f32>(&case)];
        let mut first = tuner::<f32>(&case, case.recipe, &mut one, None).unwrap();
        steps(&mut first, &case, 3, &mut Rng::new(seed));
        let mut kept = saved(&mut first);
        // Another image: its checksum, and that of its program.
        kept[..8].iter_mut().for_each(|byte| *byte ^= 0x55);
        seal(&mut kept);
        let program = Program::new_checked(&case.program).unwrap();
        let source = Source::of_reserve(&case.reserve);
        let mut go_on = |kept: &[u8], recipe| {
            let memory = other.as_mut_bytes();
            memory[..kept.len()].copy_from_slice(kept);
            Tuner::<f32, 1>::resume(program, source, recipe, memory).map(|_| ()).err()
        };
        assert_eq!(go_on(&kept, case.recipe), Some(Error::OtherRun));
        let memory = other.as_mut_bytes();
        memory[..kept.len()].copy_from_slice(&kept);
        let mut again = Tuner::<f32, 1>::migrate(program, source, case.recipe, memory)
            .expect("the same layers");
        assert!(saved(&mut again) == saved(&mut first), "seed {seed}");
        migrated += 1;
        // Another layout, as its checksum says.
        kept[8] ^= 1;
        seal(&mut kept);
        let memory = other.as_mut_bytes();
        memory[..kept.len()].copy_from_slice(&kept);
        let outcome = Tuner::<f32, 1>::migrate(program, source, case.recipe, memory);
        assert_eq!(outcome.map(|_| ()).err(), Some(Error::OtherRun));
        kept[20] ^= 1;
        let memory = other.as_mut_bytes();
        memory[..kept.len()].copy_from_slice(&kept);
        let outcome = Tuner::<f32, 1>::migrate(program, source, case.recipe, memory);
        assert_eq!(outcome.map(|_| ()).err(), Some(Error::Damaged));
        refused += 1;
    }
    assert!(migrated > 50 && refused > 50);
}
