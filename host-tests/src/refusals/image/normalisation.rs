//! Means and standard deviations.

use super::super::only;
use super::Seen;
use crate::editor::Editor;
use kastanet::image::record::{OPTIONAL, SectionRecord, section};
use kastanet::image::{Error, OpKind};
use zerocopy::FromZeros;

/// Gives the image means and standard deviations, or what is said to be such.
pub fn normalised(image: &mut Editor, bytes: &[u8]) {
    let mut sections = image.sections();
    let (kind, flags) = (section::NORMALISATION.into(), OPTIONAL.into());
    sections.push((SectionRecord { kind, flags, ..SectionRecord::new_zeroed() }, bytes.to_vec()));
    image.assemble(&sections);
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The example has three channels.
pub fn normalisation_mismatch() -> Vec<Error> {
    let mut seen = Seen::default();
    for pairs in [1, 3] {
        let fits = super::after(|image| normalised(image, &bytes(&vec![1.0; 2 * pairs])));
        assert_eq!(fits, None, "{pairs} pairs");
    }
    for pairs in [2, 4, 48] {
        let expected = Error::NormalisationMismatch { found: pairs };
        let change = |image: &mut Editor| normalised(image, &bytes(&vec![1.0; 2 * pairs as usize]));
        seen.refused(expected, "another number of channels", change);
    }
    let mut two = only(OpKind::Add, |image| {
        let ports = image.section(section::PORTS).start;
        image.bytes[ports] == 2
    });
    normalised(&mut two, &bytes(&[1.0, 1.0]));
    let expected = Error::NormalisationMismatch { found: 1 };
    seen.equal(two.check().err(), expected, "two inputs");
    seen.0
}

pub fn bad_normalisation() -> Vec<Error> {
    let mut seen = Seen::default();
    let tiny = f32::from_bits(1);
    let good = [0.0, -0.0, -f32::MAX, f32::MAX, tiny, 1.0];
    assert_eq!(super::after(|image| normalised(image, &bytes(&good))), None);
    let mut bad = |at: usize, number: f32| {
        let mut numbers = good;
        numbers[at] = number;
        let expected = Error::BadNormalisation { channel: at as u32 % 3 };
        let what = format!("{number} at {at}");
        seen.refused(expected, &what, |image| normalised(image, &bytes(&numbers)));
    };
    for channel in 0..3 {
        for mean in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            bad(channel, mean);
        }
        for std in [f32::NAN, f32::INFINITY, 0.0, -0.0, -1.0, -tiny] {
            bad(3 + channel, std);
        }
    }
    seen.0
}
