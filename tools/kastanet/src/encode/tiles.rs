//! Formats of indices within tiles: of nonzeros, and of blocks with one.

use super::Encoded;
use kastanet::sparse::{Block1x4, Block4x1, TILE};

pub(super) fn index8(encoded: Encoded, weights: &[i8]) -> Option<Encoded> {
    let cols = encoded.cols;
    with_lines(encoded, weights.chunks_exact(cols).map(|row| row.iter().map(|&w| [w])))
}

pub(super) fn block4x1(encoded: Encoded, weights: &[i8]) -> Option<Encoded> {
    let cols = encoded.cols;
    let groups = weights.chunks(Block4x1::ROWS * cols);
    let weight = |group: &[i8], row, col| group.get(row * cols + col).copied().unwrap_or(0);
    with_lines(
        encoded,
        groups
            .map(|group| (0..cols).map(move |col| [0, 1, 2, 3].map(|row| weight(group, row, col)))),
    )
}

pub(super) fn block1x4(encoded: Encoded, weights: &[i8]) -> Option<Encoded> {
    let (blocks, rest) = weights.as_chunks::<{ Block1x4::COLUMNS }>();
    let per_row = encoded.cols / Block1x4::COLUMNS;
    if !rest.is_empty() || !encoded.cols.is_multiple_of(Block1x4::COLUMNS) {
        return None;
    }
    with_lines(encoded, blocks.chunks_exact(per_row).map(|row| row.iter().copied()))
}

/// Appends the units of each line that are not zero, tile after tile.
fn with_lines<const N: usize>(
    mut encoded: Encoded,
    lines: impl Iterator<Item = impl Iterator<Item = [i8; N]>>,
) -> Option<Encoded> {
    let mut counts = vec![];
    for line in lines {
        for (at, unit) in line.enumerate() {
            if at % TILE == 0 {
                counts.push(0);
            }
            if unit != [0; N] {
                encoded.indices.push((at % TILE) as u8);
                encoded.values.extend(unit);
                *counts.last_mut()? += 1;
            }
        }
    }
    encoded.with_table(&counts)
}
