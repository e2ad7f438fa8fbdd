//! Nothing in here can panic: a network learns, and goes on from where it was.
#![no_std]
#![no_main]

use kastanet::image::record::section;
use kastanet::image::{Aligned, Image};
use kastanet::network::Network;
use kastanet::train::{Bf16, Program, Recipe, Source, Target, Tuner, Value};
// Its panic handler.
use kastanet_boards_no_panic as _;

/// As in `no_panic`.
// SAFETY: no other function of the program has this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub fn _start(image: &[u8], memory: &mut [u8], recipe: &Recipe, is_new: bool) -> Option<u32> {
    Some(
        train::<f32>(image, memory, recipe, is_new)?
            ^ train::<Bf16>(image, memory, recipe, is_new)?,
    )
}

/// What firmware does with a network that learns.
#[inline(always)]
fn train<V: Value>(image: &[u8], memory: &mut [u8], recipe: &Recipe, is_new: bool) -> Option<u32> {
    let image = Image::new_checked(image).ok()?;
    let program = Program::new_checked(image.section(section::TRAINABLE)?).ok()?;
    let mut arena = Aligned([0; 64]);
    let mut network = Network::with_operators(image, &mut arena.0, &[]).ok()?;
    let source = Source::of_image(image);
    let mut tuner: Tuner<'_, '_, V, 1> = match is_new {
        true => Tuner::new(program, source, *recipe, memory).ok()?,
        false => Tuner::resume(program, source, *recipe, memory).ok()?,
    };
    let mut input = [[0.0]; 16];
    program.read_input(&mut network, input.as_flattened_mut()).ok()?;
    tuner.set_weights(0, input.as_flattened(), &[])?;
    let learned = tuner.step(&input, Target::Classes(&[program.outputs() as u16])).ok()?;
    tuner.step(&input, Target::Values(&input)).ok()?;
    tuner.step_with(|place| place.fill([learned.losses[0]]), None).ok()?;
    input[0] = *tuner.infer(&input).first()?;
    let mut seen = input[0][0].to_bits() ^ tuner.counters().entered;
    tuner.weights(1, |row, col, weight| seen ^= weight.to_bits() ^ (row ^ col) as u32);
    tuner.live_weights(0).for_each(|live| seen ^= live.value.to_bits());
    let (values, _) = tuner.dense_mut(0)?;
    seen ^= values.first()?.get().to_bits();
    tuner.saved()?.flatten().for_each(|&byte| seen ^= u32::from(byte));
    Some(seen)
}
