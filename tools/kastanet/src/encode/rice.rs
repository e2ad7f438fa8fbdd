//! Rice-coded gaps.

use super::{Encoded, gaps};
use kastanet::sparse::Rice;

/// With the parameter that takes the fewest bits.
pub(super) fn rice(mut encoded: Encoded, weights: &[i8]) -> Encoded {
    let (gaps, values): (Vec<usize>, Vec<i8>) = gaps(weights).unzip();
    let bits = |parameter: &u8| {
        gaps.iter().map(|gap| (gap >> parameter) + 1).sum::<usize>()
            + gaps.len() * usize::from(*parameter)
    };
    encoded.parameter = (0..=Rice::MAX_PARAMETER).min_by_key(bits).unwrap_or(0);
    let mut writer = Writer { bytes: vec![], bits: 0 };
    for gap in gaps {
        writer.zeros(gap >> encoded.parameter);
        writer.bit(1);
        (0..encoded.parameter).for_each(|at| writer.bit((gap >> at & 1) as u8));
    }
    Encoded { indices: writer.bytes, values, ..encoded }
}

/// Bits to bytes, from the low end.
struct Writer {
    bytes: Vec<u8>,
    bits: usize,
}

impl Writer {
    fn zeros(&mut self, count: usize) {
        self.bits += count;
        self.bytes.resize(self.bits.div_ceil(8), 0);
    }

    fn bit(&mut self, bit: u8) {
        let place = self.bits % 8;
        self.zeros(1);
        if let Some(last) = self.bytes.last_mut() {
            *last |= bit << place;
        }
    }
}
