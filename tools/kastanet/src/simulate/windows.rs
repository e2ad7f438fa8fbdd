//! The user's samples, as the image takes them.

use crate::data::Data;
use crate::evaluate::stored;
use crate::failure::Failure;
use kastanet::image::Image;
use kastanet_boards_common::adapt::{Part, Windows};

/// Samples by what they are for: the bytes of each, and its class.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// To learn from.
    pub new: Vec<(Vec<i8>, u8)>,
    /// To judge by, of the same kind.
    pub new_test: Vec<(Vec<i8>, u8)>,
    /// Those known before.
    pub known: Vec<(Vec<i8>, u8)>,
    /// To judge by, of the same kind.
    pub known_test: Vec<(Vec<i8>, u8)>,
}

impl Samples {
    fn part(&self, part: Part) -> &[(Vec<i8>, u8)] {
        match part {
            Part::New => &self.new,
            Part::NewTest => &self.new_test,
            Part::Known => &self.known,
            Part::KnownTest => &self.known_test,
        }
    }
}

impl Windows for Samples {
    fn count(&self, part: Part) -> u32 {
        self.part(part).len().min(u32::MAX as usize) as u32
    }

    fn read(&mut self, part: Part, number: u32, into: &mut [i8]) -> Option<u8> {
        let (bytes, class) = self.part(part).get(number as usize)?;
        (bytes.len() == into.len()).then(|| into.copy_from_slice(bytes))?;
        Some(*class)
    }
}

/// The bytes that a network takes of some samples, and their classes.
///
/// # Errors
///
/// Samples or classes that do not fit the image, classes beyond 255.
pub fn bytes(image: Image<'_>, data: &Data) -> Result<Vec<(Vec<i8>, u8)>, Failure> {
    let labels: Vec<&str> = image.labels().collect();
    let outputs = image.outputs().next().map_or(0, |output| output.elements());
    let classes = data.classes_of(&labels, outputs)?;
    let samples = stored(image, data)?;
    let pairs = samples.into_iter().zip(classes);
    let pairs =
        pairs.map(|(bytes, class)| Ok((bytes, u8::try_from(class).map_err(|_| beyond(data))?)));
    pairs.collect()
}

fn beyond(data: &Data) -> Failure {
    Failure::new(format!("{} has classes beyond 255", data.name))
        .help("a device's replay buffer counts up to 256 classes")
}
