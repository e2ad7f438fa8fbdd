//! Where an image holds the weights of a trained layer.

use crate::encode::{Encoded, Streams};
use kastanet::sparse::Format;

/// Where an image holds the weights of a trained layer; on a host nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The weight record of the forward set.
    pub weights: Option<u16>,
    /// Its part of the reserve.
    pub reserve: Option<Reserve>,
}

/// Streams of the section RESERVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the layer's record")]
pub struct Reserve {
    pub format: Format,
    pub parameter: u8,
    pub counts: u32,
    pub indices: u32,
    pub indices_len: u32,
    pub values: u32,
    pub values_len: u32,
}

impl Reserve {
    /// Puts a matrix into the section.
    pub fn put(matrix: &Encoded, section: &mut Streams) -> Self {
        let values: Vec<u8> = matrix.values.iter().map(|&value| value as u8).collect();
        Reserve {
            format: matrix.format,
            parameter: matrix.parameter,
            counts: section.put(&matrix.counts),
            indices: section.put(&matrix.indices),
            indices_len: matrix.indices.len() as u32,
            values: section.put(&values),
            values_len: values.len() as u32,
        }
    }
}
