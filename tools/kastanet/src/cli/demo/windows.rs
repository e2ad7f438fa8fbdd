//! The demo's recordings, cut into windows as `demo/README.md` says.

use crate::arrays::{Archive, Array, Element, to_npz};
use crate::data::Data;
use crate::failure::Failure;
use serde::Deserialize;

static RECORDINGS: &[u8] = include_bytes!("../../../demo/watch.npz");
static PROTOCOL: &str = include_str!("../../../demo/watch.toml");

/// The constants in `watch.toml`.
#[derive(Deserialize)]
pub struct Protocol {
    /// The exercises.
    pub class_names: Vec<String>,
    window: usize,
    hop: usize,
    split_num: usize,
    split_den: usize,
    train_wearers: Vec<i64>,
    train_side: i64,
    new_wearer: i64,
    new_side: i64,
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Protocol {
    /// Reads the constants.
    pub fn read() -> Result<Self, Failure> {
        toml::from_str(PROTOCOL).map_err(|error| broken().because(error.message()))
    }
}

/// The archive is part of the program, so this says that the program is not as it was built.
fn broken() -> Failure {
    Failure::new("the demo's data are damaged").help("build kastanet again")
}

/// All series, one after the other.
pub struct Recordings {
    samples: Vec<i64>,
    scale: Vec<f32>,
    starts: Vec<i64>,
    label: Vec<i64>,
    wearer: Vec<i64>,
    side: Vec<i64>,
}

/// Standardised windows, as float32 (windows, samples, 1, channels), and the exercise in each.
pub struct Windows {
    x: Array,
    y: Array,
}

impl Windows {
    /// For `evaluate`.
    pub fn data(&self) -> Result<Data, Failure> {
        Data::new("the recordings", self.x.clone(), &self.y)
    }

    /// For other commands.
    pub fn to_npz(&self) -> Result<Vec<u8>, Failure> {
        to_npz(&[("x", &self.x), ("y", &self.y)])
    }
}

/// One series: first sample, one past the last, the exercise.
struct Series {
    start: usize,
    end: usize,
    label: u8,
}

impl Recordings {
    /// Reads the archive.
    pub fn read() -> Result<Self, Failure> {
        let archive = Archive::new("watch.npz", RECORDINGS.into())?;
        let integers = |key| archive.array(key)?.integers().ok_or_else(broken);
        let (samples, starts) = (integers("samples")?, integers("starts")?);
        let (label, wearer, side) = (integers("label")?, integers("wearer")?, integers("side")?);
        let scale = archive.array("scale")?.f32s().ok_or_else(broken)?;
        Ok(Recordings { samples, scale, starts, label, wearer, side })
    }

    /// The parts of series that training learned from.
    pub fn train(&self, protocol: &Protocol) -> Result<Windows, Failure> {
        self.trained(protocol, |series, split| Series { end: split, ..series })
    }

    /// The rest of these series.
    pub fn test(&self, protocol: &Protocol) -> Result<Windows, Failure> {
        self.trained(protocol, |series, split| Series { start: split, ..series })
    }

    /// The series of a wearer and a wrist that training never saw.
    pub fn stranger(&self, protocol: &Protocol) -> Result<Windows, Failure> {
        let new = |wearer, side| wearer == protocol.new_wearer && side == protocol.new_side;
        self.windows(protocol, self.series(new))
    }

    /// One part of each series that was split; `part` is given where.
    fn trained(
        &self,
        protocol: &Protocol,
        part: impl Fn(Series, usize) -> Series,
    ) -> Result<Windows, Failure> {
        let trained =
            |wearer, side| protocol.train_wearers.contains(&wearer) && side == protocol.train_side;
        let parts = self.series(trained).into_iter().map(|series| {
            let len = series.end.saturating_sub(series.start);
            let split = (len * protocol.split_num).checked_div(protocol.split_den);
            let split = series.start + split.unwrap_or(0);
            part(series, split)
        });
        self.windows(protocol, parts)
    }

    fn series(&self, wanted: impl Fn(i64, i64) -> bool) -> Vec<Series> {
        let bounds = self.starts.windows(2).filter_map(|pair| match pair {
            &[start, end] => Some((usize::try_from(start).ok()?, usize::try_from(end).ok()?)),
            _ => None,
        });
        let people = self.wearer.iter().zip(&self.side);
        let all = bounds.zip(&self.label).zip(people);
        all.filter(|&(_, (&wearer, &side))| wanted(wearer, side))
            .map(|(((start, end), &label), _)| Series { start, end, label: label as u8 })
            .collect()
    }

    fn windows(
        &self,
        protocol: &Protocol,
        parts: impl IntoIterator<Item = Series>,
    ) -> Result<Windows, Failure> {
        let (mut x, mut y) = (vec![], vec![]);
        for part in parts {
            let last = part.end.saturating_sub(protocol.window);
            for start in (part.start..=last).step_by(protocol.hop.max(1)) {
                x.extend(self.window(protocol, start).ok_or_else(broken)?);
                y.push(part.label);
            }
        }
        let shape = vec![y.len(), protocol.window, 1, self.scale.len()];
        let y = Array { shape: vec![y.len()], element: Element::U8, bytes: y };
        Ok(Windows { x: Array::from_f32(shape, &x), y })
    }

    /// The standardised samples of one window.
    fn window(&self, protocol: &Protocol, start: usize) -> Option<Vec<f32>> {
        let channels = self.scale.len();
        let end = (start + protocol.window).checked_mul(channels)?;
        let samples = self.samples.get(start * channels..end)?;
        let values = samples.iter().enumerate().map(|(index, &sample)| {
            let channel = index % channels;
            let value = sample as f32 * self.scale.get(channel)?;
            Some((value - protocol.mean.get(channel)?) / protocol.std.get(channel)?)
        });
        values.collect()
    }
}
