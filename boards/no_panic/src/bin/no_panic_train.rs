//! Nothing in here can panic: a network learns, keeps what it learns, and goes on from where it was.
#![no_std]
#![no_main]

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use kastanet::image::record::section;
use kastanet::image::{Aligned, Image};
use kastanet::network::Network;
use kastanet::persist::{Binding, Log};
use kastanet::train::{Bf16, Extremes, Program, Recipe, Source, Target, Tuner, Value, saturated};
// Its panic handler.
use kastanet_boards_no_panic as _;

/// As in `no_panic`.
// SAFETY: no other function of the program has this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub fn _start(
    image: &[u8],
    memory: &mut [u8],
    recipe: &Recipe,
    index: &mut [u32],
    flash: &mut [u8],
) -> Option<u32> {
    Some(
        train::<f32>(image, memory, recipe, (index, flash))?
            ^ train::<Bf16>(image, memory, recipe, (index, flash))?,
    )
}

/// Flash as a HAL gives it.
struct Flash<'f>(&'f mut [u8]);

impl ErrorType for Flash<'_> {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash<'_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let from = self.0.get(at as usize..).and_then(|rest| rest.get(..bytes.len()));
        let from = from.ok_or(NorFlashErrorKind::OutOfBounds)?;
        bytes.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Flash<'_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let page = self.0.get_mut(from as usize..to as usize);
        page.ok_or(NorFlashErrorKind::OutOfBounds)?.fill(0xff);
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let to = self.0.get_mut(at as usize..).and_then(|rest| rest.get_mut(..bytes.len()));
        let to = to.ok_or(NorFlashErrorKind::OutOfBounds)?;
        to.iter_mut().zip(bytes).for_each(|(to, from)| *to &= *from);
        Ok(())
    }
}

/// What firmware does with a network that learns.
#[inline(always)]
fn train<V: Value>(
    image: &[u8],
    memory: &mut [u8],
    recipe: &Recipe,
    (index, flash): (&mut [u32], &mut [u8]),
) -> Option<u32> {
    let image = Image::new_checked(image).ok()?;
    let program = Program::new_checked(image.section(section::TRAINABLE)?).ok()?;
    let mut arena = Aligned([0; 64]);
    let mut network = Network::with_operators(image, &mut arena.0, &[]).ok()?;
    let source = Source::of_image(image);
    let saved = Tuner::<V, 1>::bytes(&program, recipe).saved;
    let binding = Binding { image: image.crc(), len: saved as u32 };
    let region = 0..flash.len() as u32;
    let mut log = match Log::open(Flash(flash), region.clone(), binding, index) {
        Ok(log) => log,
        Err(_) => Log::discard(Flash(flash), region, binding, index).ok()?,
    };
    let found = log.load(&mut [memory.get_mut(..saved)?]);
    let mut tuner: Tuner<'_, '_, V, 1> = match found {
        Ok(_) => Tuner::resume(program, source, *recipe, memory).ok()?,
        Err(_) => Tuner::new(program, source, *recipe, memory).ok()?,
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
    let mut extremes = [Extremes::default(); 4];
    tuner.observe(&input, &mut extremes);
    let len = tuner.deployed_len()?;
    let mut adapted = Aligned([0; 4096]);
    let adapted = tuner.deploy(&extremes, adapted.0.get_mut(..len)?).ok()?;
    seen ^= adapted.widened ^ adapted.image.crc();
    network.infer_with(|op, bytes| seen ^= saturated(op, bytes)).ok()?;
    let written = log.commit(tuner.saved()?).ok()?;
    tuner.saved()?.flatten().for_each(|&byte| seen ^= u32::from(byte));
    Some(seen ^ written.bytes ^ log.found().lost ^ log.newest()?)
}
