//! What happens on the device: the image that ships, and one adaptation by the boards' own code.

use super::network::{Parameters, backward, graph, sparsity};
use super::recordings::{CHANNELS, CLASSES, Fold, WINDOW};
use crate::run::Memory;
use anyhow::{Context, Result};
use kastanet::continual::Buffer;
use kastanet::image::Image;
use kastanet::image::record::section;
use kastanet::train::{Extremes, Program, Source, Tuner, Value};
use kastanet_boards_common::adapt::{self, Part, Settings};
use kastanet_cli::arrays::Array;
use kastanet_cli::pack::{AlignedBytes, Options, pack};
use kastanet_cli::quantise::{self, Samples};
use kastanet_cli::trainable::Trainable;
use serde::{Deserialize, Serialize};

/// Windows that calibrate.
const CALIBRATING: usize = 200;

/// Bytes of a window.
const LEN: usize = WINDOW * CHANNELS;

/// Windows that are replayed.
pub const REPLAYED: usize = 64;

type Replayed = Buffer<{ REPLAYED * LEN }, REPLAYED, CLASSES>;

/// The image that ships.
pub fn image(fold: &Fold<'_>, parameters: &Parameters, is_sparse: bool) -> Result<AlignedBytes> {
    let graph = graph(parameters)?;
    let windows = fold.windows(&fold.known);
    let some: Vec<f32> = windows
        .iter()
        .step_by((windows.len() / CALIBRATING).max(1))
        .flat_map(|(window, _)| window.iter().copied())
        .collect();
    let shape = vec![some.len() / LEN, WINDOW, 1, CHANNELS];
    let array = Array::from_f32(shape, &some);
    let quantised = quantise::calibrated(&graph, &Samples::new(&graph, &array)?, || ())?;
    let sparsity = if is_sparse { sparsity() } else { Default::default() };
    let (backward, backward_of) = if is_sparse { backward() } else { (None, vec![]) };
    let trainable = Trainable { recompute: true, backward, backward_of, ..Trainable::default() };
    let trainable = Some(trainable);
    let packed = pack(quantised, &Options { sparsity, trainable, ..Options::default() })?;
    Ok(AlignedBytes::new(&packed.image))
}

/// Windows as the image takes them.
struct Windows([Vec<(Vec<i8>, u8)>; 4]);

impl Windows {
    fn new(fold: &Fold<'_>, image: Image<'_>) -> Result<Self> {
        let input = image.inputs().next().context("an input")?;
        let byte = |value: &f32| {
            let step = (value / input.scale()).round() as i32 + input.zero_point();
            step.clamp(-128, 127) as i8
        };
        let parts = [&fold.new, &fold.new_test, &fold.known, &fold.known_test];
        Ok(Windows(parts.map(|pieces| {
            let windows = fold.windows(pieces).into_iter();
            windows.map(|(window, class)| (window.iter().map(byte).collect(), class)).collect()
        })))
    }

    fn part(&self, part: Part) -> &[(Vec<i8>, u8)] {
        let [new, new_test, known, known_test] = &self.0;
        match part {
            Part::New => new,
            Part::NewTest => new_test,
            Part::Known => known,
            Part::KnownTest => known_test,
        }
    }
}

impl adapt::Windows for Windows {
    fn count(&self, part: Part) -> u32 {
        self.part(part).len() as u32
    }

    fn read(&mut self, part: Part, number: u32, into: &mut [i8]) -> Option<u8> {
        let (window, class) = self.part(part).get(number as usize)?;
        (window.len() == into.len()).then(|| into.copy_from_slice(window))?;
        Some(*class)
    }
}

/// How it adapts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Not at all.
    Untuned,
    /// To new windows alone.
    NewAlone,
    /// With replay, by the forward set alone.
    FixedMask,
    /// With replay.
    Replay,
    /// The same, live weights in bf16.
    ReplayBf16,
}

/// What came of it, in percent of the windows.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Of the new wearer's windows, in floats and as deployed.
    pub new: [f64; 2],
    /// Of the others'.
    pub known: [f64; 2],
    /// Outputs of layers that were cut off at int8's ends, in ten-thousandths of the windows' first.
    pub cut: u32,
    /// Bytes of the tuner's memory.
    pub tuner: usize,
    /// Bytes of the replay buffer.
    pub buffer: usize,
    /// Bytes of the image that ships, and of the one that was deployed.
    pub images: [usize; 2],
}

/// One adaptation.
pub fn adapt(
    fold: &Fold<'_>,
    image: &AlignedBytes,
    how: How,
    settings: Settings,
) -> Result<Outcome> {
    match how {
        How::ReplayBf16 => run::<kastanet::train::Bf16>(fold, image, how, settings),
        _ => run::<f32>(fold, image, how, settings),
    }
}

fn run<V: Value>(
    fold: &Fold<'_>,
    image: &AlignedBytes,
    how: How,
    settings: Settings,
) -> Result<Outcome> {
    let image = Image::new_checked(image)?;
    let mut windows = Windows::new(fold, image)?;
    let mut buffer = Box::new(Replayed::new(settings.seed));
    let (mut window, mut extremes) = ([0; LEN], [Extremes::default(); 5]);
    let mut replay = buffer.view(LEN);
    let replays = !matches!(how, How::NewAlone | How::Untuned);
    if replays {
        adapt::fill(&mut windows, &mut replay, &settings, &mut window)?;
    }
    let program = Program::new_checked(image.section(section::TRAINABLE).unwrap_or_default())?;
    let steps = settings.steps(adapt::Windows::count(&windows, Part::New), replays);
    let mut recipe = settings.recipe(&program, steps);
    if how == How::FixedMask {
        recipe.explore_until = 0;
    }
    let tuner = Tuner::<V, 1>::bytes(&program, &recipe).all;
    let mut memory = Memory::of(tuner);
    let mut learner = Tuner::<V, 1>::new(program, Source::of_image(image), recipe, memory.bytes())?;
    let end = if how == How::Untuned { 0 } else { steps };
    adapt::learn(&mut learner, &mut windows, &mut replay, &settings, (&mut window, end))?;
    let share = |[right, all]: adapt::Known| 100.0 * f64::from(right) / f64::from(all);
    let new = share(adapt::ask(&mut learner, &mut windows, Part::NewTest, &mut window)?);
    let known = share(adapt::ask(&mut learner, &mut windows, Part::KnownTest, &mut window)?);
    let mut bytes = AlignedBytes::zeroed(learner.deployed_len().context("an image")?);
    let seen = (&mut window[..], &mut extremes[..]);
    let deployed = adapt::deploy(&mut learner, &mut windows, &replay, seen, &mut bytes)?.image;
    let mut arena = AlignedBytes::zeroed(deployed.arena_len());
    let mut judge = |part| adapt::infer(deployed, &mut arena, &mut windows, part, &mut window);
    let (new_int8, cut) = judge(Part::NewTest)?;
    let (known_int8, _) = judge(Part::KnownTest)?;
    Ok(Outcome {
        new: [new, share(new_int8)],
        known: [known, share(known_int8)],
        cut,
        tuner,
        buffer: size_of::<Replayed>(),
        images: [image.bytes().len(), deployed.bytes().len()],
    })
}
