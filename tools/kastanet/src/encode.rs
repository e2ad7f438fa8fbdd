//! Weight matrices to streams: the writer's side of `kastanet::sparse`.

use kastanet::image::record::STREAM_ALIGN;
use kastanet::sparse::{Delta4, Delta8, Format, Streams};

/// A matrix in one format.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The format.
    pub format: Format,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Number of weights that are not zero.
    pub nonzeros: usize,
    /// Bytes of one entry of the row table.
    pub count_width: u8,
    /// Row table.
    pub counts: Vec<u8>,
    /// Index stream.
    pub indices: Vec<u8>,
    /// Value stream.
    pub values: Vec<i8>,
}

impl Encoded {
    /// Bytes in the image, row table and padding included.
    pub fn stored_len(&self) -> usize {
        [self.counts.len(), self.indices.len(), self.values.len()]
            .iter()
            .map(|len| len.next_multiple_of(STREAM_ALIGN))
            .sum()
    }

    /// The streams, as the reader takes them.
    pub fn streams(&self) -> Streams<'_> {
        Streams {
            rows: self.rows,
            cols: self.cols,
            count_width: self.count_width,
            counts: &self.counts,
            indices: &self.indices,
            values: &self.values,
        }
    }
}

/// Encodes a dense matrix of rows of `cols` weights. `None` where a row has more steps than the
/// row table can hold (65,535).
pub fn encode(format: Format, weights: &[i8], cols: usize) -> Option<Encoded> {
    let rows = weights.len().checked_div(cols)?;
    let nonzeros = weights.iter().filter(|&&weight| weight != 0).count();
    let empty = Encoded {
        format,
        rows,
        cols,
        nonzeros,
        count_width: 0,
        counts: vec![],
        indices: vec![],
        values: vec![],
    };
    match format {
        Format::Dense => Some(Encoded { values: weights.to_vec(), ..empty }),
        Format::Delta8 => with_rows(empty, weights, delta8_row),
        Format::Delta4 => with_rows(empty, weights, delta4_row),
    }
}

/// Encodes in the format that takes the fewest bytes; dense where equal.
pub fn smallest(weights: &[i8], cols: usize) -> Option<Encoded> {
    let all = Format::ALL.iter().filter_map(|&format| encode(format, weights, cols));
    all.min_by_key(|encoded| (encoded.stored_len(), encoded.format as u8))
}

/// Appends a row's steps and values to the streams; gives the number of steps.
type EncodeRow = fn(&mut Encoded, &[i8]) -> usize;

fn with_rows(mut encoded: Encoded, weights: &[i8], encode_row: EncodeRow) -> Option<Encoded> {
    let rows = weights.chunks_exact(encoded.cols);
    let counts: Vec<usize> = rows.map(|row| encode_row(&mut encoded, row)).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    encoded.count_width = if most <= usize::from(u8::MAX) { 1 } else { 2 };
    let width = usize::from(encoded.count_width);
    let table = counts.iter().map(|&count| u16::try_from(count).ok());
    for count in table {
        encoded.counts.extend_from_slice(&count?.to_le_bytes()[..width]);
    }
    Some(encoded)
}

/// Nonzeros of a row as (columns skipped since the one before, value).
fn gaps(row: &[i8]) -> impl Iterator<Item = (usize, i8)> + '_ {
    let nonzeros = row.iter().enumerate().filter(|&(_, &value)| value != 0);
    nonzeros.scan(0, |next, (col, &value)| {
        let gap = col - std::mem::replace(next, col + 1);
        Some((gap, value))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use kastanet::sparse::Matrix;

    fn nonzeros(weights: &[i8], cols: usize) -> Vec<(usize, usize, i8)> {
        let all = weights.iter().enumerate();
        all.filter(|(_, w)| **w != 0).map(|(at, &w)| (at / cols, at % cols, w)).collect()
    }

    #[test]
    fn every_format_gives_the_weights_back() {
        let gaps = [0, 1, 14, 15, 16, 29, 30, 31, 45, 254, 255, 256, 257, 511, 512, 513, 770];
        for format in Format::ALL {
            for (cols, density) in [(1, 1), (1, 0), (7, 2), (300, 40), (2000, 3), (5, 0)] {
                let weights: Vec<i8> = (0..cols * 5)
                    .map(|i| if i * 31 % (cols * 2) < density { (i % 7) as i8 - 3 } else { 0 })
                    .collect();
                check(format, &weights, cols);
            }
            for gap in gaps {
                let mut row = vec![0; gap + 1];
                row[gap] = -7;
                check(format, &row, gap + 1);
            }
        }
    }

    fn check(format: Format, weights: &[i8], cols: usize) {
        let encoded = encode(format, weights, cols).unwrap();
        let matrix = Matrix::new_checked(format, encoded.streams()).unwrap();
        let expected = nonzeros(weights, cols);
        assert_eq!(encoded.nonzeros, expected.len());
        assert_eq!(matrix.entries().collect::<Vec<_>>(), expected, "{format:?} {cols}");
    }

    #[test]
    fn worked_matrix_is_the_documented_one() {
        let weights = [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];
        let encoded = encode(Format::Delta4, &weights, 6).unwrap();
        assert_eq!((encoded.counts, encoded.indices), (vec![2, 0, 2, 2], vec![0x21, 0x40, 0x02]));
        let encoded = encode(Format::Delta8, &weights, 6).unwrap();
        assert_eq!(encoded.indices, [1, 2, 0, 4, 2, 0]);
    }

    #[test]
    fn smallest_prefers_dense_when_dense() {
        assert_eq!(smallest(&[1; 64], 8).unwrap().format, Format::Dense);
        let mut sparse = [0; 640];
        sparse[100] = 1;
        assert_eq!(smallest(&sparse, 640).unwrap().format, Format::Delta8);
    }
}
