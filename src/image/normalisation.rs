//! What turns raw values into what the network was trained on: the section `normalisation`.

use super::record::section;
use super::{Error, Image, records};
use crate::quant::normalise;
use crate::rolled::Rolled;
use zerocopy::little_endian::F32;

/// Mean and standard deviation of what enters the network, which takes (raw − mean) / std.
///
/// There is one pair for each channel of the only input, or one for all. The check has seen that every
/// mean is finite and every standard deviation finite and above 0.
#[derive(Clone, Copy, Debug)]
pub struct Normalisation<'a> {
    mean: &'a [F32],
    std: &'a [F32],
}

impl<'a> Normalisation<'a> {
    /// As many means as standard deviations, at least one of each.
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let values: &[F32] = records(bytes)?;
        let (mean, std) = values.split_at_checked(values.len() / 2)?;
        (mean.len() == std.len() && !mean.is_empty()).then_some(Normalisation { mean, std })
    }

    /// The means: one for each channel, or one for all.
    pub fn mean(&self) -> impl ExactSizeIterator<Item = f32> + use<'a> {
        self.mean.iter().map(|mean| mean.get())
    }

    /// The standard deviations, as many as there are means.
    pub fn std(&self) -> impl ExactSizeIterator<Item = f32> + use<'a> {
        self.std.iter().map(|std| std.get())
    }

    /// What the network takes in place of `raw` values that start at channel 0, the channels side by side.
    pub(crate) fn apply(&self, raw: impl Iterator<Item = f32>) -> impl Iterator<Item = f32> {
        let pairs = self.mean.iter().zip(self.std).cycle();
        raw.zip(pairs).map(|(raw, (mean, std))| normalise(raw, mean.get(), std.get()))
    }
}

impl<'a> Image<'a> {
    /// Mean and standard deviation that raw values are normalised with before they enter the network;
    /// `None` where the image has none. [`Network::write_input`](crate::network::Network::write_input)
    /// applies it.
    pub fn normalisation(&self) -> Option<Normalisation<'a>> {
        self.section(section::NORMALISATION).and_then(Normalisation::new)
    }
}

/// Where the section is there, its numbers can be used, and are as many as the only input needs.
pub(super) fn check(image: &Image<'_>) -> Result<(), Error> {
    let Some(bytes) = image.section(section::NORMALISATION) else { return Ok(()) };
    let bad_len = Error::BadSectionLength { kind: section::NORMALISATION, len: bytes.len() as u32 };
    let Normalisation { mean, std } = Normalisation::new(bytes).ok_or(bad_len)?;
    let (mut inputs, found) = (image.inputs(), mean.len() as u32);
    let input = inputs.next().filter(|_| inputs.len() == 0);
    let input = input.ok_or(Error::NormalisationMismatch { found })?;
    let [.., channels] = input.dims();
    if mean.len() != 1 && mean.len() != channels {
        return Err(Error::NormalisationMismatch { found });
    }
    for (channel, (mean, std)) in (0_u32..).zip(mean.iter().zip(std)).rolled() {
        let (mean, std) = (mean.get(), std.get());
        if !(mean.is_finite() && std.is_finite() && std > 0.0) {
            return Err(Error::BadNormalisation { channel });
        }
    }
    Ok(())
}
