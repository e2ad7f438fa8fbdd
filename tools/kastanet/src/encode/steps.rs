//! Formats of steps from one nonzero of a row to the next.

use super::{Encoded, gaps};
use kastanet::sparse::{Delta4, Delta8};

/// Appends a row's steps and values to the streams; gives the number of steps.
type EncodeRow = fn(&mut Encoded, &[i8]) -> usize;

pub(super) fn delta8(encoded: Encoded, weights: &[i8]) -> Option<Encoded> {
    with_rows(encoded, weights, delta8_row)
}

pub(super) fn delta4(encoded: Encoded, weights: &[i8]) -> Option<Encoded> {
    with_rows(encoded, weights, delta4_row)
}

fn with_rows(mut encoded: Encoded, weights: &[i8], encode_row: EncodeRow) -> Option<Encoded> {
    let rows = weights.chunks_exact(encoded.cols);
    let counts: Vec<usize> = rows.map(|row| encode_row(&mut encoded, row)).collect();
    encoded.with_table(&counts)
}

fn delta8_row(encoded: &mut Encoded, row: &[i8]) -> usize {
    let before = encoded.indices.len();
    for (mut gap, value) in gaps(row) {
        while gap > Delta8::MAX {
            encoded.indices.push(Delta8::MAX as u8);
            encoded.values.push(0);
            gap -= Delta8::MAX + 1;
        }
        encoded.indices.push(gap as u8);
        encoded.values.push(value);
    }
    encoded.indices.len() - before
}

fn delta4_row(encoded: &mut Encoded, row: &[i8]) -> usize {
    let mut steps = vec![];
    for (gap, value) in gaps(row) {
        let skip = usize::from(Delta4::SKIP);
        steps.extend(std::iter::repeat_n(Delta4::SKIP, gap / skip));
        steps.push((gap % skip) as u8);
        encoded.values.push(value);
    }
    let pairs = steps.chunks(2).map(|pair| pair[0] | pair.get(1).copied().unwrap_or(0) << 4);
    encoded.indices.extend(pairs);
    steps.len()
}
