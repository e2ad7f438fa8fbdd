//! Weight matrices as kernels walk them, with the invariants that kernels rely on.

use crate::random::Rng;
use kastanet::sparse::{Block1x4, Block4x1, Dense, Matrix, Segments, TILE};

/// Row, column, value.
pub type Entry = (usize, usize, i8);

/// What is not zero in rows of `cols` weights.
pub fn nonzeros(weights: &[i8], cols: usize) -> Vec<Entry> {
    let entries = weights.iter().enumerate().map(|(at, &w)| (at / cols, at % cols, w));
    entries.filter(|entry| entry.2 != 0).collect()
}

/// The nonzeros of a checked matrix by its walk, which is walked once more for nothing.
///
/// # Panics
///
/// Where the walk breaks an invariant: as many columns as values, ascending, each in the matrix;
/// nothing after the last.
pub fn walked(matrix: &Matrix<'_>, rows: usize, cols: usize) -> Vec<Entry> {
    match matrix {
        Matrix::Dense(matrix) => dense(matrix, rows, cols),
        Matrix::Delta8(matrix) => segments(matrix.rows(), rows, cols),
        Matrix::Delta4(matrix) => segments(matrix.rows(), rows, cols),
        Matrix::Nm(matrix) => segments(matrix.rows(), rows, cols),
        Matrix::Index8(matrix) => segments(matrix.rows(), rows, cols),
        Matrix::Rice(matrix) => segments(matrix.rows(), rows, cols),
        Matrix::Block4x1(matrix) => block4x1(matrix, rows, cols),
        Matrix::Block1x4(matrix) => block1x4(matrix, rows, cols),
    }
}

fn dense(matrix: &Dense<'_>, rows: usize, cols: usize) -> Vec<Entry> {
    assert_eq!(matrix.values().len(), rows * cols);
    nonzeros(matrix.values(), cols.max(1))
}

fn segments<'a>(mut walk: impl Segments<'a>, rows: usize, cols: usize) -> Vec<Entry> {
    let (mut space, mut entries) = ([0xa5; TILE], vec![]);
    for (row, first) in tiles(rows, cols, TILE) {
        let segment = walk.next_segment(&mut space);
        let (columns, values) = (segment.columns(), segment.values());
        assert_eq!(columns.len(), values.len(), "row {row}, tile from {first}");
        check(columns, (cols - first).min(TILE));
        let pairs = columns.iter().zip(values);
        entries.extend(pairs.map(|(&column, &value)| (row, first + usize::from(column), value)));
    }
    let after = walk.next_segment(&mut space);
    assert!(after.columns().is_empty() && after.values().is_empty(), "after the last");
    entries.retain(|entry| entry.2 != 0);
    entries
}

fn block4x1(matrix: &Block4x1<'_>, rows: usize, cols: usize) -> Vec<Entry> {
    let (mut walk, mut entries) = (matrix.groups(), vec![]);
    for (group, first) in tiles(rows.div_ceil(4), cols, TILE) {
        let segment = walk.next_segment();
        assert_eq!(segment.columns().len(), segment.values().len());
        check(segment.columns(), (cols - first).min(TILE));
        for (&column, values) in segment.columns().iter().zip(segment.values()) {
            let column = first + usize::from(column);
            entries.extend((4 * group..).zip(values).map(|(row, &value)| (row, column, value)));
        }
    }
    assert!(walk.next_segment().columns().is_empty(), "after the last");
    entries.retain(|entry| entry.2 != 0);
    entries.sort_unstable();
    entries
}

fn block1x4(matrix: &Block1x4<'_>, rows: usize, cols: usize) -> Vec<Entry> {
    let (mut walk, mut entries) = (matrix.rows(), vec![]);
    for (row, first) in tiles(rows, cols / 4, TILE) {
        let segment = walk.next_segment();
        assert_eq!(segment.blocks().len(), segment.values().len());
        check(segment.blocks(), (cols / 4 - first).min(TILE));
        for (&block, values) in segment.blocks().iter().zip(segment.values()) {
            let column = 4 * (first + usize::from(block));
            entries.extend((column..).zip(values).map(|(column, &value)| (row, column, value)));
        }
    }
    assert!(walk.next_segment().blocks().is_empty(), "after the last");
    entries.retain(|entry| entry.2 != 0);
    entries
}

/// Line and first unit of each tile, in the order of the walk.
fn tiles(lines: usize, units: usize, tile: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..lines).flat_map(move |line| (0..units).step_by(tile).map(move |first| (line, first)))
}

fn check(columns: &[u8], width: usize) {
    assert!(columns.is_sorted_by(|a, b| a < b), "columns do not ascend: {columns:?}");
    assert!(columns.iter().all(|&column| usize::from(column) < width), "{columns:?} of {width}");
}

/// Where a random matrix has its weights.
#[derive(Clone, Copy, Debug)]
pub enum Mask {
    /// Each with a probability.
    Random(f64),
    /// One in every so many.
    Every(usize),
    /// The last alone.
    Last,
    /// Up to N of every M of a row.
    Nm(usize, usize),
}

impl Mask {
    /// Every kind, from nothing to everything.
    pub const ALL: [Mask; 14] = [
        Mask::Random(0.0),
        Mask::Random(0.01),
        Mask::Random(0.1),
        Mask::Random(0.5),
        Mask::Random(1.0),
        Mask::Every(2),
        Mask::Every(17),
        Mask::Every(300),
        Mask::Every(4099),
        Mask::Last,
        Mask::Nm(1, 16),
        Mask::Nm(1, 8),
        Mask::Nm(1, 4),
        Mask::Nm(2, 4),
    ];

    /// Weights in these places.
    pub fn weights(self, rng: &mut Rng, rows: usize, cols: usize) -> Vec<i8> {
        let mut weights = vec![0; rows * cols];
        let len = weights.len();
        match self {
            Mask::Random(density) => weights
                .iter_mut()
                .for_each(|w| *w = if rng.unit() < density { value(rng) } else { 0 }),
            Mask::Every(step) => {
                (rng.range(0, step - 1)..len).step_by(step).for_each(|at| weights[at] = value(rng))
            }
            Mask::Last => weights[len - 1] = value(rng),
            Mask::Nm(n, m) => {
                for group in weights.chunks_mut(cols).flat_map(|row| row.chunks_mut(m)) {
                    (0..n).for_each(|_| group[rng.range(0, group.len() - 1)] = value(rng));
                }
            }
        }
        weights
    }
}

/// Any weight but zero.
fn value(rng: &mut Rng) -> i8 {
    rng.pick(&[-128, -1, 1, 127, rng.clone().int8() | 1])
}
