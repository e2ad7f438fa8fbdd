//! Weight matrices to streams: the writer's side of `kastanet::sparse`.

mod nm;
mod rice;
mod steps;
mod streams;
mod tiles;

#[cfg(test)]
mod tests;

use kastanet::image::record::STREAM_ALIGN;
use kastanet::sparse::{self, Format};

pub use streams::Streams;

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
    /// Bytes of one entry of the row table, or what else the format needs to know.
    pub parameter: u8,
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
    pub fn streams(&self) -> sparse::Streams<'_> {
        sparse::Streams {
            rows: self.rows,
            cols: self.cols,
            parameter: self.parameter,
            counts: &self.counts,
            indices: &self.indices,
            values: &self.values,
        }
    }

    /// Writes the row table in the fewest bytes. `None` where an entry is above 65,535.
    fn with_table(mut self, counts: &[usize]) -> Option<Self> {
        let most = counts.iter().copied().max().unwrap_or(0);
        self.parameter = if most <= usize::from(u8::MAX) { 1 } else { 2 };
        for &count in counts {
            let count = u16::try_from(count).ok()?.to_le_bytes();
            self.counts.extend_from_slice(&count[..self.parameter.into()]);
        }
        Some(self)
    }
}

/// Encodes a dense matrix of rows of `cols` weights. `None` where the format cannot hold it:
/// [`why_not`] says why.
pub fn encode(format: Format, weights: &[i8], cols: usize) -> Option<Encoded> {
    let rows = weights.len().checked_div(cols)?;
    let nonzeros = weights.iter().filter(|&&weight| weight != 0).count();
    let (counts, indices, values) = (vec![], vec![], vec![]);
    let empty = Encoded { format, rows, cols, nonzeros, parameter: 0, counts, indices, values };
    match format {
        Format::Dense => Some(Encoded { values: weights.to_vec(), ..empty }),
        Format::Delta8 => steps::delta8(empty, weights),
        Format::Delta4 => steps::delta4(empty, weights),
        Format::Block4x1 => tiles::block4x1(empty, weights),
        Format::Block1x4 => tiles::block1x4(empty, weights),
        Format::Nm => nm::nm(empty, weights),
        Format::Index8 => tiles::index8(empty, weights),
        Format::Rice => Some(rice::rice(empty, weights)),
    }
}

/// Why [`encode`] gave nothing for rows of `cols` weights in `format`.
pub fn why_not(format: Format, cols: usize) -> String {
    let name = format.name();
    match format {
        _ if cols == 0 => "its weights have no columns".into(),
        Format::Block1x4 => format!(
            "{name} holds rows of a multiple of 4 weights and these have {cols}; \
             choose `--format auto`"
        ),
        Format::Nm => format!(
            "{name} holds 1:16, 1:8, 1:4 or 2:4 weights and these have more; \
             choose `--format auto`, or prune with `--unit nm:N:M`"
        ),
        _ => "a row has more than 65535 steps; choose `--format dense`".into(),
    }
}

/// The formats, those that run with the fewest instructions first.
const CHEAPEST: [Format; 8] = [
    Format::Dense,
    Format::Block4x1,
    Format::Block1x4,
    Format::Index8,
    Format::Nm,
    Format::Delta8,
    Format::Delta4,
    Format::Rice,
];

/// Encodes in every format that holds the weights, those that are cheaper to run first.
pub fn all(weights: &[i8], cols: usize) -> Vec<Encoded> {
    CHEAPEST.iter().filter_map(|&format| encode(format, weights, cols)).collect()
}

/// Encodes in the format that takes the fewest bytes.
pub fn smallest(weights: &[i8], cols: usize) -> Option<Encoded> {
    smallest_of(&CHEAPEST, weights, cols)
}

/// Encodes in the one of these formats that takes the fewest bytes; of equals the first.
pub fn smallest_of(formats: &[Format], weights: &[i8], cols: usize) -> Option<Encoded> {
    let encoded = formats.iter().filter_map(|&format| encode(format, weights, cols));
    encoded.min_by_key(Encoded::stored_len)
}

/// Nonzeros as (weights skipped since the one before, value).
fn gaps(weights: &[i8]) -> impl Iterator<Item = (usize, i8)> + '_ {
    let nonzeros = weights.iter().enumerate().filter(|&(_, &value)| value != 0);
    nonzeros.scan(0, |next, (at, &value)| {
        let gap = at - std::mem::replace(next, at + 1);
        Some((gap, value))
    })
}
