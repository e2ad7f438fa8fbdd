//! The trained part of the image given at build time learns, without a heap.
//!
//! Without arguments it prints what every machine prints. With `STORAGE SHIFT`, where the emulator takes
//! 2^SHIFT nanoseconds an instruction, it prints what steps cost with live weights as `f32` or `bf16`:
//! `step NUMBER INSTRUCTIONS` for each, and `ram MEMORY STACK` in bytes.
#![no_std]
#![no_main]

#[path = "../bench/counter.rs"]
mod counter;
#[path = "../bench/stack.rs"]
mod stack;

use core::fmt::{self, Write as _};
use counter::Counter;
use kastanet::image::{Aligned, Image};
use kastanet::train::{Bf16, Source, Tuner, Value};
use kastanet_boards_common::train::{self, STEPS};
use kastanet_boards_common::{self as common, training_len};
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
    match (args.next(), args.next()) {
        (None, _) => Ok(common::train(IMAGE, memory, console)?),
        (Some("f32"), Some(shift)) => measure::<f32>(shift, memory, console),
        (Some("bf16"), Some(shift)) => measure::<Bf16>(shift, memory, console),
        _ => Err(Error::Arguments),
    }
}

fn measure<V: Value>(shift: &str, memory: &mut [u8], console: &mut Console) -> Result<(), Error> {
    let shift = shift.parse().map_err(|_| Error::Arguments)?;
    let counter = Counter::start(shift).ok_or(Error::Counter)?;
    let image = Image::new_checked(IMAGE).map_err(common::Error::from)?;
    let program = train::program(&image)?;
    let recipe = train::recipe(&program);
    let len = Tuner::<V, 1>::bytes(&program, &recipe).all;
    let source = Source::of_image(image);
    let painted = Painted::new();
    let mut tuner =
        Tuner::<V, 1>::new(program, source, recipe, memory).map_err(common::Error::from)?;
    for number in 0..STEPS {
        let start = counter::now();
        step(&mut tuner, number)?;
        let instructions = counter.instructions(start, counter::now());
        writeln!(console, "step {number} {instructions}")?;
    }
    let stack = painted.used().ok_or(Error::Stack)?;
    Ok(writeln!(console, "ram {len} {stack}")?)
}

/// Never inlined, so that what it needs of the stack lies below its caller's frame.
#[inline(never)]
fn step<V: Value>(tuner: &mut Tuner<'_, '_, V, 1>, number: u32) -> Result<(), Error> {
    train::step(tuner, number)?;
    Ok(())
}

enum Error {
    Common(common::Error),
    Arguments,
    Counter,
    Stack,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Common(error) => write!(f, "{error}"),
            Error::Arguments => write!(f, "usage: train [f32|bf16 SHIFT]"),
            Error::Counter => write!(f, "the counter is not exact: start with -icount shift=SHIFT"),
            Error::Stack => write!(f, "more stack used than is watched"),
        }
    }
}

impl From<common::Error> for Error {
    fn from(error: common::Error) -> Self {
        Error::Common(error)
    }
}

impl From<fmt::Error> for Error {
    fn from(error: fmt::Error) -> Self {
        Error::Common(error.into())
    }
}
