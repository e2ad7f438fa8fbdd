//! Reserves for training programs: bytes in the order of units, in any format.

use kastanet::sparse::Format;
use kastanet::train::Grid;
use kastanet::train::record::{Header, Layer, Operation};
use kastanet_cli::encode::{Encoded, encode};
use zerocopy::{FromBytes, IntoBytes};

/// The byte of a weight that is not there.
pub const ABSENT: i8 = -128;

/// A layer's reserve.
#[derive(Clone, Debug)]
pub struct Stored {
    /// How it is stored.
    pub format: Format,
    /// A byte a weight, in the order of units.
    pub bytes: Vec<i8>,
}

impl Stored {
    /// What its bytes are worth: nothing of a unit of which no byte is there.
    pub fn weights(&self, grid: &Grid, scales: &[f32]) -> Vec<Option<f32>> {
        let (size, width) = (grid.unit.size(), grid.width());
        let is_there = |byte: i8| byte != ABSENT && (byte != 0 || self.format == Format::Dense);
        let worth = |(at, &byte): (usize, &i8)| {
            let (row, _) = grid.weight(at / size / width, at / size % width, at % size)?;
            is_there(byte).then(|| f32::from(byte) * scales[row])
        };
        self.bytes.iter().enumerate().map(worth).collect()
    }

    fn encoded(&self, grid: &Grid) -> Encoded {
        let dense = self.format == Format::Dense;
        let bytes = self.bytes.iter().map(|&b| if b == ABSENT && !dense { 0 } else { b });
        let bytes: Vec<i8> = bytes.collect();
        encode(self.format, &bytes, grid.width() * grid.unit.size())
            .expect("a format that holds it")
    }
}

/// Writes where each layer's reserve lies into `program`; gives the reserves' bytes.
pub fn section(program: &mut [u8], grids: &[Grid], stored: &[Option<Stored>]) -> Vec<u8> {
    let (header, rest) = Header::ref_from_prefix(&*program).expect("a header");
    let start =
        program.len() - rest.len() + usize::from(header.operations.get()) * size_of::<Operation>();
    let mut bytes = vec![];
    for (number, (grid, stored)) in grids.iter().zip(stored).enumerate() {
        let Some(stored) = stored else { continue };
        let at = start + number * size_of::<Layer>();
        let record = Layer::mut_from_bytes(&mut program[at..][..size_of::<Layer>()]);
        put(record.expect("a layer"), &stored.encoded(grid), &mut bytes);
    }
    bytes
}

fn put(record: &mut Layer, encoded: &Encoded, bytes: &mut Vec<u8>) {
    let mut append = |stream: &[u8]| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend_from_slice(stream);
        ((bytes.len() - stream.len()) as u32).into()
    };
    record.format = encoded.format as u8;
    record.parameter = encoded.parameter;
    record.counts = append(&encoded.counts);
    record.indices = append(&encoded.indices);
    record.indices_len = (encoded.indices.len() as u32).into();
    record.values = append(encoded.values.as_bytes());
    record.values_len = (encoded.values.len() as u32).into();
}
