//! A tuner that is reset at any time goes on where it was, and ends where one ends that never was.

use crate::history::Cell;
use core::ops::ControlFlow;
use host_tests::cases;
use host_tests::nor::{Driver, Nor};
use host_tests::random::Rng;
use kastanet::image::record::section;
use kastanet::image::{Aligned, Image};
use kastanet::persist::{Binding, Error, Log, index_len};
use kastanet::train::{Loss, Program, Recipe, Schedule, Source, Target, Tuner};

static IMAGE: &[u8] = kastanet::include_image!("../../../src/image/golden/trained-v1.kst");

type Learner<'m> = Tuner<'static, 'm, f32, 1>;

fn recipe(program: &Program<'_>) -> Recipe {
    Recipe {
        loss: Loss::SoftmaxCrossEntropy,
        schedule: Schedule::Constant { rate: 0.01 },
        refresh_backward_every: 7,
        ..Recipe::of(program)
    }
}

/// Takes step number `number`.
fn step(tuner: &mut Learner<'_>, number: u32) {
    let mut rng = Rng::new(number.into());
    let input: Vec<_> = (0..tuner.program().inputs()).map(|_| [rng.unit() as f32 - 0.5]).collect();
    let class = rng.range(0, tuner.program().outputs() - 1) as u16;
    tuner.step(&input, Target::Classes(&[class])).unwrap();
}

fn saved(tuner: &mut Learner<'_>) -> Vec<u8> {
    tuner.saved().unwrap().flatten().copied().collect()
}

/// Goes on from what the log holds until step number `end`, or until power fails; gives the last state.
fn live(flash: &Cell<4, 512>, end: u32, every: u32, die_at: Option<u32>) -> ControlFlow<Vec<u8>> {
    let image = Image::new_checked(IMAGE).unwrap();
    let program = Program::new_checked(image.section(section::TRAINABLE).unwrap()).unwrap();
    let recipe = recipe(&program);
    let bytes = Learner::bytes(&program, &recipe);
    let mut memory = Aligned([0xee; 8192]);
    let mut index = vec![0; index_len(bytes.saved)];
    let binding = Binding { image: image.crc(), len: bytes.saved as u32 };
    let region = 0..flash.borrow().bytes.len() as u32;
    let mut log = Log::open(Driver(flash), region, binding, &mut index).unwrap();
    let source = Source::of_image(image);
    let mut tuner = match log.load(&mut [&mut memory.0[..bytes.saved]]) {
        Ok(_) => Learner::resume(program, source, recipe, &mut memory.0).unwrap(),
        Err(Error::Empty) => Learner::new(program, source, recipe, &mut memory.0).unwrap(),
        Err(error) => panic!("{error}"),
    };
    while tuner.counters().steps < end {
        let number = tuner.counters().steps;
        if Some(number) == die_at {
            return ControlFlow::Continue(());
        }
        step(&mut tuner, number);
        let is_due = (number + 1).is_multiple_of(every);
        if is_due && log.commit(tuner.saved().unwrap()).is_err() {
            return ControlFlow::Continue(());
        }
    }
    ControlFlow::Break(saved(&mut tuner))
}

/// Power fails between two steps, or inside a write or an erase.
#[test]
fn resets_at_any_time_end_in_the_same_state() {
    let end = cases(10_000) as u32;
    let never = Cell::new(Nor::<4, 512>::new(32, 0));
    let ControlFlow::Break(expected) = live(&never, end, u32::MAX, None) else {
        panic!("no reset")
    };
    let (mut rng, flash) = (Rng::new(1), Cell::new(Nor::new(32, 0)));
    let mut resets = [0; 2];
    let found = loop {
        let in_flash = rng.one_in(2);
        flash.borrow_mut().left = in_flash.then(|| rng.range(0, 40_000));
        let die_at = (!in_flash).then(|| rng.range(0, end as usize) as u32);
        match live(&flash, end, 20, die_at) {
            ControlFlow::Break(found) => break found,
            ControlFlow::Continue(()) => resets[usize::from(in_flash)] += 1,
        }
    };
    assert!(found == expected, "after {resets:?} resets");
    println!("{resets:?} resets, {} bytes", found.len());
    assert!(resets[1] > 10, "{resets:?}");
}
