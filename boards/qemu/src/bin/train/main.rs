//! The trained part of an image given at build time learns, without a heap: of that, or of one that stands
//! behind it in the same file.
//!
//! With `IMAGE`, its number, the program prints what every machine prints. With `IMAGE STORAGE SHIFT`, where the
//! emulator takes 2^SHIFT nanoseconds an instruction, it prints what steps cost with live weights as `f32` or
//! `bf16`: `step NUMBER INSTRUCTIONS FALLEN` for each, the last of which counts units that have fallen back so far,
//! and `ram MEMORY STACK` in bytes.
#![no_std]
#![no_main]

#[path = "../bench/counter.rs"]
mod counter;
#[path = "../bench/stack.rs"]
mod stack;

use core::fmt::{self, Write as _};
use counter::Counter;
use kastanet::image::{Aligned, Image};
use kastanet::train::{Bf16, Tuner, Value};
use kastanet_boards_common::train::{self, STEPS, train as learn, training_len};
use kastanet_boards_qemu::{Console, IMAGE, entry, run};
use semihosting::experimental::env;
use stack::Painted;
use static_cell::ConstStaticCell;

/// The RAM that it trains in: what the image says, or the build for other ways to train.
const LEN: usize = match option_env!("KASTANET_TRAINING_LEN") {
    Some(len) => match usize::from_str_radix(len, 10) {
        Ok(len) => len,
        Err(_) => panic!("KASTANET_TRAINING_LEN is a number of bytes"),
    },
    None => training_len(include_bytes!(concat!(env!("OUT_DIR"), "/model.kst"))),
};

static MEMORY: ConstStaticCell<Aligned<LEN>> = ConstStaticCell::new(Aligned([0; LEN]));

#[entry]
fn main() -> ! {
    run(program)
}

fn program(console: &mut Console) -> Result<(), Error> {
    let memory = &mut MEMORY.take().0;
    let args = env::args::<64>().map_err(|_| Error::Arguments)?;
    let mut args = args.skip(1).filter_map(Result::ok);
    let number = args.next().unwrap_or("0").parse().map_err(|_| Error::Arguments)?;
    let image = train::image_of(IMAGE, number);
    match (args.next(), args.next()) {
        (None, _) => Ok(learn(image, memory, console)?),
        (Some("f32"), Some(shift)) => measure::<f32>(image, shift, memory, console),
        (Some("bf16"), Some(shift)) => measure::<Bf16>(image, shift, memory, console),
        _ => Err(Error::Arguments),
    }
}

fn measure<V: Value>(
    image: &[u8],
    shift: &str,
    memory: &mut [u8],
    console: &mut Console,
) -> Result<(), Error> {
    let shift = shift.parse().map_err(|_| Error::Arguments)?;
    let counter = Counter::start(shift).ok_or(Error::Counter)?;
    let image = Image::new_checked(image).map_err(train::Error::from)?;
    let program = train::program(&image)?;
    let recipe = train::measured(&program);
    let len = Tuner::<V, 1>::bytes(&program, &recipe).all;
    let painted = Painted::new();
    let mut tuner = train::start::<V>((image, program), recipe, memory)?;
    for number in 0..STEPS {
        let instructions = step(&mut tuner, number, &counter)?;
        let fallen = tuner.counters().fallen;
        writeln!(console, "step {number} {instructions} {fallen}")?;
    }
    let stack = painted.used().ok_or(Error::Stack)?;
    Ok(writeln!(console, "ram {len} {stack}")?)
}

/// Takes a step; gives its instructions, without those that draw the input. Never inlined, so that what it
/// needs of the stack lies below its caller's frame.
#[inline(never)]
fn step<V: Value>(
    tuner: &mut Tuner<'_, '_, V, 1>,
    number: u32,
    counter: &Counter,
) -> Result<u64, Error> {
    let (start, mut drawn) = (counter::now(), 0);
    train::step_around(tuner, number, &mut |draw| {
        let start = counter::now();
        draw();
        drawn = counter.instructions(start, counter::now());
    })?;
    Ok(counter.instructions(start, counter::now()).saturating_sub(drawn))
}

enum Error {
    Train(train::Error),
    Arguments,
    Counter,
    Stack,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Train(error) => write!(f, "{error}"),
            Error::Arguments => write!(f, "usage: train [IMAGE [f32|bf16 SHIFT]]"),
            Error::Counter => write!(f, "the counter is not exact: start with -icount shift=SHIFT"),
            Error::Stack => write!(f, "more stack used than is watched"),
        }
    }
}

impl From<train::Error> for Error {
    fn from(error: train::Error) -> Self {
        Error::Train(error)
    }
}

impl From<fmt::Error> for Error {
    fn from(error: fmt::Error) -> Self {
        Error::Train(error.into())
    }
}
