//! A few hundred steps of Top-KAST on an image's trained part: the same bits everywhere.

mod error;

use crate::random;
use core::fmt::Write;
use kastanet::image::record::section;
use kastanet::image::{Image, crc32};
use kastanet::train::{
    Bf16, Function, Lanes, Outcome, Program, Recipe, Schedule, Source, Target, Tuner, Value,
};

pub use error::Error;

/// Steps that [`train`] takes.
pub const STEPS: u32 = 200;

/// Steps between two choices of backward sets, and between two lines of text.
const EVERY: u32 = 20;

/// Bytes of memory that the image asks for in its header: for an array sized at compile time.
/// 0 where there is no header.
pub const fn training_len(image: &[u8]) -> usize {
    match image.split_at_checked(20) {
        Some((_, [a, b, c, d, ..])) => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    }
}

/// Image number `number` of some that stand one after another, each at a multiple of 16 bytes; empty where there
/// are fewer.
pub fn image_of(images: &[u8], number: usize) -> &[u8] {
    let mut rest = images;
    for at in 0.. {
        let len = match rest.split_at_checked(8) {
            Some((_, [a, b, c, d, ..])) => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
            _ => return &[],
        };
        if at == number {
            return rest.get(..len).unwrap_or_default();
        }
        rest = rest.get(len.next_multiple_of(16).max(16)..).unwrap_or_default();
    }
    &[]
}

/// How the scenario trains: one sample a step, plain SGD, sets refreshed at two rates.
pub fn recipe(program: &Program<'_>) -> Recipe {
    Recipe {
        schedule: Schedule::Constant { rate: 0.02 },
        exploration: 1e-3,
        refresh_backward_every: EVERY,
        seed: 2026,
        ..Recipe::of(program)
    }
}

/// The same with smaller steps, as when what is learned makes sense: for measurements.
pub fn measured(program: &Program<'_>) -> Recipe {
    Recipe { schedule: Schedule::Constant { rate: 0.01 }, exploration: 1e-4, ..recipe(program) }
}

/// The image's trained part.
///
/// # Errors
///
/// [`Error::Image`], or [`Error::Program`] where there is none.
pub fn program<'a>(image: &Image<'a>) -> Result<Program<'a>, Error> {
    Ok(Program::new_checked(image.section(section::TRAINABLE).unwrap_or_default())?)
}

/// Takes step number `number` of the scenario: random inputs, and a random class or the inputs as target.
///
/// # Errors
///
/// [`Error::Loss`].
pub fn step<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, number: u32) -> Result<Outcome<1>, Error> {
    step_around(tuner, number, &mut |draw| draw())
}

/// A tuner at step 0, in a function of its own: that it stands once in a program that trains at several places.
///
/// # Errors
///
/// [`Error::Tuner`].
#[inline(never)]
pub fn start<'a, 'm, V: Value>(
    (image, program): (Image<'a>, Program<'a>),
    recipe: Recipe,
    memory: &'m mut [u8],
) -> Result<Tuner<'a, 'm, V, 1>, Error> {
    Ok(Tuner::new(program, Source::of_image(image), recipe, memory)?)
}

/// The same; `around` has the input drawn, which is no part of a step's cost.
///
/// # Errors
///
/// [`Error::Loss`].
#[inline(never)]
pub fn step_around<V: Value>(
    tuner: &mut Tuner<'_, '_, V, 1>,
    number: u32,
    around: &mut dyn FnMut(&mut dyn FnMut()),
) -> Result<Outcome<1>, Error> {
    let outputs = tuner.program().outputs().max(1) as u64;
    let classifies = tuner.program().last() == Function::Softmax;
    let class = [(random::word(number.into(), u64::MAX) % outputs) as u16];
    let target = classifies.then_some(Target::Classes(&class));
    Ok(tuner.step_with(|input| around(&mut || fill(number, input)), target)?)
}

fn fill(seed: u32, input: &mut [Lanes<1>]) {
    for ([to], index) in input.iter_mut().zip(0..) {
        let steps = (random::word(seed.into(), index) >> 40) as i32 - (1 << 23);
        *to = steps as f32 / (1 << 23) as f32;
    }
}

/// Trains with live weights as `f32` and as bf16; prints losses and checksums of all that is kept.
///
/// # Errors
///
/// [`Error::Image`], [`Error::Program`], [`Error::Tuner`], [`Error::Loss`] or [`Error::Console`].
pub fn train(image: &[u8], memory: &mut [u8], out: &mut dyn Write) -> Result<(), Error> {
    let image = Image::new_checked(image)?;
    writeln!(out, "image {:08x}: {} bytes", image.crc(), image.bytes().len())?;
    run::<f32>("f32", image, memory, out)?;
    run::<Bf16>("bf16", image, memory, out)
}

fn run<V: Value>(
    name: &str,
    image: Image<'_>,
    memory: &mut [u8],
    out: &mut dyn Write,
) -> Result<(), Error> {
    let program = program(&image)?;
    let recipe = recipe(&program);
    let bytes = Tuner::<V, 1>::bytes(&program, &recipe);
    writeln!(out, "{name}: {} bytes, {} of them to be kept", bytes.all, bytes.saved)?;
    let mut tuner = start::<V>((image, program), recipe, memory)?;
    let (mut losses, mut last) = (0, 0);
    for number in 0..STEPS {
        last = step(&mut tuner, number)?.losses.map(f32::to_bits)[0];
        losses = chain(losses, &last.to_le_bytes());
        if number % EVERY == EVERY - 1 {
            let counters = tuner.counters();
            let (entered, fallen) = (counters.entered, counters.fallen);
            writeln!(out, "{name} {number}: loss {last:08x}, entered {entered}, fallen {fallen}")?;
        }
    }
    let kept = tuner.saved().into_iter().flatten().fold(0, chain);
    Ok(writeln!(out, "{name}: losses {losses:08x}, last {last:08x}, kept {kept:08x}")?)
}

/// The checksum of the checksum so far and the one of `bytes`.
fn chain(so_far: u32, bytes: &[u8]) -> u32 {
    let both = u64::from(so_far) | u64::from(crc32(bytes)) << 32;
    crc32(&both.to_le_bytes())
}
