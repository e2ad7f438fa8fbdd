//! The smartwatch's recordings, without one wearer: what is learned from before it ships, and what it meets then.
//!
//! | windows of | |
//! |---|---|
//! | the nine's right wrists, the first 80 % of each series | pretraining, replay |
//! | the rest of these | how much is forgotten |
//! | the tenth's left wrist, the first half of each series | adaptation |
//! | the rest of these | how much is learned |
//!
//! 100 samples each, every 50; none straddles a split. Channels are standardised by the nine's pretraining samples.

use anyhow::{Context, Result};
use kastanet_cli::arrays::Archive;
use std::path::Path;

/// Samples of a window, channels, and samples from one to the next.
pub const WINDOW: usize = 100;
pub const CHANNELS: usize = 6;
const HOP: usize = 50;

/// The exercises.
pub const CLASSES: usize = 7;

/// Whose recordings there are.
pub const WEARERS: usize = 10;

/// All recordings.
pub struct Recordings {
    /// Sample by sample.
    samples: Vec<f32>,
    series: Vec<Series>,
}

/// One exercise of one wearer, with the watch on one side.
struct Series {
    start: usize,
    end: usize,
    class: u8,
    wearer: usize,
    is_right: bool,
}

/// A piece of a series.
#[derive(Clone, Copy)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
    pub class: u8,
}

impl Recordings {
    /// Reads `watch.npz`.
    pub fn read(path: &Path) -> Result<Self> {
        let archive = Archive::open(path)?;
        let integers = |key| archive.array(key)?.integers().context("integers are missing");
        let scale = archive.array("scale")?.f32s().context("the scale is missing")?;
        let samples = integers("samples")?;
        let samples = samples.iter().zip(scale.iter().cycle());
        let samples = samples.map(|(&sample, scale)| sample as f32 * scale).collect();
        let (starts, class) = (integers("starts")?, integers("label")?);
        let (wearer, side) = (integers("wearer")?, integers("side")?);
        let series = starts.windows(2).zip(class).zip(wearer.into_iter().zip(side));
        let series = series.map(|((bounds, class), (wearer, side))| Series {
            start: bounds[0] as usize,
            end: bounds[1] as usize,
            class: class as u8,
            wearer: wearer as usize,
            is_right: side == 1,
        });
        Ok(Recordings { samples, series: series.collect() })
    }

    /// The recordings as they are when `wearer` comes last.
    pub fn without(&self, wearer: usize) -> Fold<'_> {
        let pieces = |is_new: bool, share: [usize; 2], is_first: bool| -> Vec<Piece> {
            let wanted = self
                .series
                .iter()
                .filter(|series| (series.wearer == wearer) == is_new && series.is_right != is_new);
            let piece = |&Series { start, end, class, .. }: &Series| {
                let split = start + (end - start) * share[0] / share[1];
                if is_first {
                    Piece { start, end: split, class }
                } else {
                    Piece { start: split, end, class }
                }
            };
            wanted.map(piece).collect()
        };
        let known = pieces(false, [4, 5], true);
        let (mean, deviation) = self.standard(&known);
        Fold {
            samples: &self.samples,
            known_test: pieces(false, [4, 5], false),
            new: pieces(true, [1, 2], true),
            new_test: pieces(true, [1, 2], false),
            known,
            mean,
            deviation,
        }
    }

    /// Mean and deviation of each channel.
    fn standard(&self, pieces: &[Piece]) -> ([f32; CHANNELS], [f32; CHANNELS]) {
        let (mut sums, mut squares, mut count) = ([0.0; CHANNELS], [0.0; CHANNELS], 0.0);
        for piece in pieces {
            for sample in
                self.samples[piece.start * CHANNELS..piece.end * CHANNELS].chunks(CHANNELS)
            {
                for (channel, &value) in sample.iter().enumerate() {
                    sums[channel] += f64::from(value);
                    squares[channel] += f64::from(value).powi(2);
                }
                count += 1.0;
            }
        }
        let mean = sums.map(|sum: f64| (sum / count) as f32);
        let deviation = std::array::from_fn(|channel| {
            let mean: f64 = sums[channel] / count;
            (squares[channel] / count - mean * mean).sqrt() as f32
        });
        (mean, deviation)
    }
}

/// The recordings without one wearer, and that wearer's.
pub struct Fold<'r> {
    pub samples: &'r [f32],
    pub known: Vec<Piece>,
    pub known_test: Vec<Piece>,
    pub new: Vec<Piece>,
    pub new_test: Vec<Piece>,
    pub mean: [f32; CHANNELS],
    pub deviation: [f32; CHANNELS],
}

impl Fold<'_> {
    /// The windows of some pieces, standardised, and their classes.
    pub fn windows(&self, pieces: &[Piece]) -> Vec<(Vec<f32>, u8)> {
        let starts = pieces.iter().flat_map(|piece| {
            let last = piece.end.saturating_sub(WINDOW);
            (piece.start..=last).step_by(HOP).map(|start| (start, piece.class))
        });
        starts.map(|(start, class)| (self.window(start), class)).collect()
    }

    fn window(&self, start: usize) -> Vec<f32> {
        let samples = &self.samples[start * CHANNELS..(start + WINDOW) * CHANNELS];
        let numbers = samples.iter().enumerate();
        numbers
            .map(|(at, sample)| (sample - self.mean[at % CHANNELS]) / self.deviation[at % CHANNELS])
            .collect()
    }
}
