//! Where a layer's weights, biases, multipliers and shifts are written to.

use super::out::Out;
use super::rows::lines;
use super::write::Writer;
use crate::image::record::WeightsRecord;
use crate::sparse::{Format, TILE};
use crate::train::program::Training;
use crate::train::value::Value;
use crate::train::view::View;

/// Where a matrix is written to.
pub(super) struct Matrix {
    /// Of a sparse one, where its row table and columns start, and bytes of an entry.
    table: Option<[usize; 3]>,
    values: usize,
    /// How far from value to value one row, and one column, is in a dense one.
    steps: [usize; 2],
    cols: usize,
    /// Values so far.
    count: usize,
}

impl Matrix {
    pub fn new<V: Value>(
        writer: &mut Writer<'_, '_>,
        record: &mut WeightsRecord,
        view: &View<'_, V>,
        is_depthwise: bool,
    ) -> Self {
        let grid = view.layer.grid;
        let (rows, cols) = (grid.rows, grid.cols);
        let is_sparse = view.layer.training == Training::Sparse && !is_depthwise;
        let (format, width, nonzeros) = match is_sparse {
            true => {
                let (nonzeros, most) = count(view);
                (Format::Index8, if most < 256 { 1 } else { 2 }, nonzeros)
            }
            false => (Format::Dense, 0, rows * cols),
        };
        record.format = format as u8;
        record.parameter = width as u8;
        record.nonzeros = (nonzeros as u32).into();
        let [table_len, indices_len] = match is_sparse {
            true => [rows * cols.div_ceil(TILE) * width, nonzeros],
            false => [0; 2],
        };
        let (offset, counts) = writer.room(table_len);
        record.counts_offset = offset.into();
        let (offset, indices) = writer.room(indices_len);
        (record.indices_offset, record.indices_len) = (offset.into(), (indices_len as u32).into());
        let (offset, values) = writer.room(nonzeros);
        (record.values_offset, record.values_len) = (offset.into(), (nonzeros as u32).into());
        let table = is_sparse.then_some([counts, indices, width]);
        // A depthwise filter's columns are channels.
        let steps = if is_depthwise { [1, rows] } else { [cols, 1] };
        Matrix { table, values, steps, cols, count: 0 }
    }

    /// The next weight of a row.
    pub fn put(&mut self, out: &mut Out<'_>, row: usize, col: usize, value: i8) {
        let at = match self.table {
            None => row * self.steps[0] + col * self.steps[1],
            Some([counts, indices, width]) => {
                let entry = row * self.cols.div_ceil(TILE) + col / TILE;
                out.increment(counts + entry * width, width);
                out.put(indices + self.count, &[(col % TILE) as u8]);
                self.count
            }
        };
        self.count += 1;
        out.put(self.values + at, &[value as u8]);
    }
}

/// How many weights a layer's forward set has, and how many a tile of 256 columns of a row at most.
fn count<V: Value>(view: &View<'_, V>) -> (usize, usize) {
    let (mut all, mut most) = (0, 0);
    for (row, line) in lines(view) {
        let (mut tile, mut here) = (0, 0);
        line.each(view, row, |col, _| {
            here = if col / TILE == tile { here + 1 } else { 1 };
            tile = col / TILE;
            (all, most) = (all + 1, most.max(here));
        });
    }
    (all, most)
}

/// Where biases, multipliers and shifts are written to.
pub(super) struct Channels {
    biases: usize,
    multipliers: usize,
    shifts: usize,
}

impl Channels {
    pub fn new(writer: &mut Writer<'_, '_>, record: &mut WeightsRecord, channels: usize) -> Self {
        let (offset, biases) = writer.room(channels * size_of::<i32>());
        record.bias_offset = offset.into();
        let (offset, multipliers) = writer.room(channels * size_of::<i32>());
        record.multipliers_offset = offset.into();
        let (offset, shifts) = writer.room(channels);
        record.shifts_offset = offset.into();
        Channels { biases, multipliers, shifts }
    }

    pub fn put(&self, out: &mut Out<'_>, row: usize, bias: i32, (multiplier, shift): (i32, i32)) {
        out.put(self.biases + 4 * row, &bias.to_le_bytes());
        out.put(self.multipliers + 4 * row, &multiplier.to_le_bytes());
        out.put(self.shifts + row, &[shift as u8]);
    }
}
