//! A network meets a wearer it has never seen: it learns from the new windows and from some that it knows, is written
//! as int8 again, and is judged by windows of both.
//!
//! ```text
//! step s, of two for each new window:   even: a new window        odd: one from the replay buffer
//! order of the new windows:             a permutation for each epoch, computed from its number
//! rate:                                 half a cosine from the first step to the last
//! ```
//!
//! All that a step depends on is its number, the tuner and the buffer: what is kept of those two goes on with the same
//! bits.

mod error;
mod life;

use crate::random;
use kastanet::continual::{Offer, Replay};
use kastanet::image::Image;
use kastanet::network::Network;
use kastanet::train::{
    Deployed, Extremes, Lanes, Program, Recipe, Schedule, Target, Tuner, Value, predicted,
    saturated,
};

pub use error::Error;
pub use life::{Cut, Outcome, Plan, Room, live};

/// What windows are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The new wearer's, to learn from.
    New,
    /// The new wearer's, to judge by.
    NewTest,
    /// Those known before, offered to the replay buffer.
    Known,
    /// Those known before, to judge by.
    KnownTest,
}

/// Where windows come from.
pub trait Windows {
    /// How many there are.
    fn count(&self, part: Part) -> u32;

    /// Writes the bytes of one to `into`; gives its class. `None` where it cannot be read.
    fn read(&mut self, part: Part, number: u32, into: &mut [i8]) -> Option<u8>;
}

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How often the new windows are gone through.
    pub epochs: u32,
    /// The rate of the first step.
    pub rate: f32,
    /// Of the order.
    pub seed: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { epochs: 5, rate: 0.02, seed: 0 }
    }
}

impl Settings {
    /// Steps in all: two for each window where there is something to replay.
    pub fn steps(&self, new: u32, replays: bool) -> u32 {
        self.epochs * new * if replays { 2 } else { 1 }
    }

    /// The recipe: plain SGD, one window a step, sets refreshed at two rates.
    pub fn recipe(&self, program: &Program<'_>, steps: u32) -> Recipe {
        let schedule = Schedule::Cosine { rate: self.rate, steps: steps.max(1) };
        Recipe { schedule, seed: self.seed, ..Recipe::of(program) }
    }

    /// The number of the new window that comes at place `at` of all epochs'.
    fn window(&self, at: u32, count: u32) -> u32 {
        let (epoch, place) = (at / count.max(1), at % count.max(1));
        let drawn = random::word(self.seed.into(), epoch.into());
        let offset = (drawn >> 32) as u32 % count.max(1);
        let mut factor = drawn as u32 % count.max(1);
        // The next number that has no divisor in common with the count.
        while gcd(factor, count.max(1)) != 1 {
            factor += 1;
        }
        let place = u64::from(place) * u64::from(factor) + u64::from(offset);
        (place % u64::from(count.max(1))) as u32
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Offers the known windows to the buffer, each once, in an order of chance.
///
/// # Errors
///
/// [`Error::Window`] and [`Error::Class`].
pub fn fill(
    windows: &mut dyn Windows,
    replay: &mut Replay<'_>,
    settings: &Settings,
    window: &mut [i8],
) -> Result<(), Error> {
    let count = windows.count(Part::Known);
    for at in 0..count {
        let number = settings.window(at, count);
        let class = windows.read(Part::Known, number, window).ok_or(Error::Window)?;
        match replay.offer(class, window) {
            Offer::UnknownClass | Offer::WrongLength => return Err(Error::Class),
            _ => (),
        }
    }
    Ok(())
}

/// Takes steps from where the tuner is up to number `end`. `window` has room for one.
///
/// # Errors
///
/// [`Error::Window`], [`Error::Loss`] and [`Error::Gone`] where a step was given up.
pub fn learn<V: Value>(
    tuner: &mut Tuner<'_, '_, V, 1>,
    windows: &mut dyn Windows,
    replay: &mut Replay<'_>,
    settings: &Settings,
    (window, end): (&mut [i8], u32),
) -> Result<(), Error> {
    let count = windows.count(Part::New);
    let replays = replay.samples().next().is_some();
    while tuner.counters().steps < end {
        let step = tuner.counters().steps;
        let sample = if replays && step % 2 == 1 { replay.draw() } else { None };
        let outcome = match sample {
            Some(sample) => tuner.step_i8(sample.bytes, Target::Classes(&[sample.class.into()]))?,
            None => {
                let at = if replays { step / 2 } else { step };
                let number = settings.window(at, count);
                let class = windows.read(Part::New, number, window).ok_or(Error::Window)?;
                tuner.step_i8(window, Target::Classes(&[class.into()]))?
            }
        };
        if outcome.skipped {
            return Err(Error::Gone { step });
        }
    }
    Ok(())
}

/// How many windows of a part are known, and of how many.
pub type Known = [u32; 2];

/// Asks the tuner, in floats, for the windows of a part.
///
/// # Errors
///
/// [`Error::Window`].
pub fn ask<V: Value>(
    tuner: &mut Tuner<'_, '_, V, 1>,
    windows: &mut dyn Windows,
    part: Part,
    window: &mut [i8],
) -> Result<Known, Error> {
    judge(windows, part, window, |window| Ok(predicted(tuner.infer_i8(window))[0]))
}

/// Asks an image for the windows of a part; also gives how many outputs were cut off.
///
/// # Errors
///
/// [`Error::Window`], [`Error::Network`] and [`Error::ImageChanged`].
pub fn infer(
    image: Image<'_>,
    arena: &mut [u8],
    windows: &mut dyn Windows,
    part: Part,
    window: &mut [i8],
) -> Result<(Known, u32), Error> {
    let mut network = Network::new(image, arena)?;
    let mut cut = 0_u32;
    let known = judge(windows, part, window, |window| {
        let input = network.input_i8_mut(0).ok_or(Error::Window)?;
        if input.len() != window.len() {
            return Err(Error::Window);
        }
        input.copy_from_slice(window);
        network.infer_with(|op, output| cut = cut.saturating_add(saturated(op, output)))?;
        let output = network.output_i8(0).ok_or(Error::Window)?;
        let most = output.iter().max().copied().unwrap_or_default();
        Ok(output.iter().position(|&byte| byte == most).unwrap_or(0) as u16)
    })?;
    Ok((known, cut))
}

fn judge(
    windows: &mut dyn Windows,
    part: Part,
    window: &mut [i8],
    mut predict: impl FnMut(&[i8]) -> Result<u16, Error>,
) -> Result<Known, Error> {
    let (mut right, count) = (0, windows.count(part));
    for number in 0..count {
        let class = windows.read(part, number, window).ok_or(Error::Window)?;
        right += u32::from(predict(window)? == class.into());
    }
    Ok([right, count])
}

/// Writes what was learned as an image into `into`, with ranges of the buffer's samples and of as many new windows.
///
/// # Errors
///
/// [`Error::Window`] and [`Error::Deploy`].
pub fn deploy<'d, V: Value>(
    tuner: &mut Tuner<'_, '_, V, 1>,
    windows: &mut dyn Windows,
    replay: &Replay<'_>,
    (window, extremes): (&mut [i8], &mut [Extremes]),
    into: &'d mut [u8],
) -> Result<Deployed<'d>, Error> {
    extremes.fill(Extremes::default());
    for sample in replay.samples() {
        let _: &[Lanes<1>] = tuner.observe_i8(sample.bytes, extremes);
    }
    let count = windows.count(Part::New);
    for number in (0..count).step_by((count / 64).max(1) as usize) {
        windows.read(Part::New, number, window).ok_or(Error::Window)?;
        tuner.observe_i8(window, extremes);
    }
    Ok(tuner.deploy(extremes, into)?)
}
