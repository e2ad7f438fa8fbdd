//! What a unit is worth that is neither live nor in the table: its reserve.
//!
//! Units lie in their own order, line after line, each with its members side by side, so that a tile is a
//! run of bytes whatever the shape of a unit. A stored byte q stands for q · the scale of its row, rounded
//! as live weights are. In a tile, the byte −128 says that there is no such unit, or that it is not to be
//! looked at.

use super::grid::{Grid, Unit};
use super::live::Place;
use super::tile::{self, ABSENT, Tile};
use super::value::Value;
use crate::sparse::{Matrix, SegmentRows, Segments, TILE};
use core::marker::PhantomData;
use core::ops::Range;
use zerocopy::IntoBytes;
use zerocopy::little_endian::F32;

/// Where units get their first values from.
pub(super) enum Base<'b> {
    /// Nowhere: what is live stays live.
    None,
    /// From all θ of the layer, in the order of units.
    Exact(&'b mut [f32]),
    /// From the image.
    Image(Stored<'b>),
}

/// Reserve values of single units, of ascending indices.
pub(super) struct Reserves<'b, V> {
    tiles: Tiles<'b, V>,
    /// Tiles that have been taken, the last of which is in the space.
    taken: usize,
    exact: Option<&'b [f32]>,
    /// All bytes, where all are stored.
    dense: &'b [u8],
}

impl<V: Value> Reserves<'_, V> {
    /// The tile of unit `index`, which has not been taken.
    pub fn tile<'t, const U: usize>(
        &'t mut self,
        index: u32,
        space: &'t mut [u8; TILE_BYTES],
    ) -> Tile<'t, U, V> {
        let number = self.number(index);
        while self.taken < number {
            self.tiles.skip::<U>(self.len(self.taken));
            self.taken += 1;
        }
        self.taken = number + 1;
        self.tiles.fill::<U>(self.tiles.grid.place(number), self.len(number), space)
    }

    /// The reserve of unit `index`, which is not in a tile before that of the one before; `space` is left alone
    /// in between.
    pub fn at<const U: usize>(
        &mut self,
        index: u32,
        space: &mut [u8; TILE_BYTES],
    ) -> Option<[f32; U]> {
        if let Some(theta) = self.exact {
            return theta.as_chunks::<U>().0.get(index as usize).copied();
        }
        let (number, column) =
            (self.number(index), index as usize % self.tiles.grid.width() % TILE);
        let place = self.tiles.grid.place(number);
        if !self.dense.is_empty() {
            let bytes = self.dense.as_chunks().0.get(index as usize)?;
            return tile::stored::<U, V>(bytes, &self.tiles.scales(place));
        }
        if self.taken <= number {
            return self.tile::<U>(index, space).unit(column);
        }
        let bytes = space.get_mut(..self.len(number) * U).unwrap_or_default();
        Tile::<U, V>::stored(bytes, self.tiles.scales(place)).unit(column)
    }

    /// The number of the tile of unit `index`.
    fn number(&self, index: u32) -> usize {
        let (grid, width) = (self.tiles.grid, self.tiles.grid.width());
        index as usize / width * grid.tiles() + index as usize % width / TILE
    }

    /// How many units tile `number` has.
    fn len(&self, number: usize) -> usize {
        (self.tiles.grid.width() - self.tiles.grid.place(number).start).min(TILE)
    }
}

impl Base<'_> {
    /// The walk over the tiles; `None` where there is no reserve.
    pub fn tiles<V: Value>(&self, grid: Grid) -> Option<Tiles<'_, V>> {
        let (scales, exact, dense, rows) = match self {
            Base::None => return None,
            Base::Exact(theta) => (&[][..], Some(&**theta), &[][..], None),
            Base::Image(Stored { matrix, scales }) => match matrix {
                Matrix::Dense(dense) => (*scales, None, dense.values().as_bytes(), None),
                _ => (*scales, None, &[][..], matrix.segments()),
            },
        };
        Some(Tiles { grid, scales, exact, dense, rows, value: PhantomData })
    }
}

impl<'b> Base<'b> {
    /// The reserves of single units; `None` where there are none.
    pub fn reserves<V: Value>(&self, grid: Grid) -> Option<Reserves<'_, V>> {
        let tiles = self.tiles(grid)?;
        Some(Reserves { exact: tiles.exact, dense: tiles.dense, tiles, taken: 0 })
    }
}

/// Bytes in the image.
#[derive(Clone, Copy)]
pub(super) struct Stored<'b> {
    /// Rows: lines. Columns: units times their weights.
    pub matrix: Matrix<'b>,
    /// One a row of weights.
    pub scales: &'b [F32],
}

/// Bytes of the largest tile.
pub(super) const TILE_BYTES: usize = 4 * TILE;

/// Reserve values tile by tile.
pub(super) struct Tiles<'b, V> {
    grid: Grid,
    scales: &'b [F32],
    exact: Option<&'b [f32]>,
    dense: &'b [u8],
    rows: Option<SegmentRows<'b>>,
    value: PhantomData<V>,
}

impl<V: Value> Tiles<'_, V> {
    /// The next tile, at `place`, of `len` units; bytes are written to `space`.
    pub fn fill<'t, const U: usize>(
        &'t mut self,
        place: Place,
        len: usize,
        space: &'t mut [u8; TILE_BYTES],
    ) -> Tile<'t, U, V> {
        if let Some(theta) = &mut self.exact {
            let units = theta.split_off(..len * U).unwrap_or_default();
            return Tile::exact(units.as_chunks::<U>().0);
        }
        let bytes = space.get_mut(..len * U).unwrap_or_default();
        match (&mut self.rows, self.dense.split_off(..len * U)) {
            (Some(rows), _) => scatter(rows, bytes),
            (None, Some(dense)) => bytes.copy_from_slice(dense),
            (None, None) => bytes.fill(ABSENT),
        }
        Tile::stored(bytes, self.scales(place))
    }

    /// Passes the next tile, of `len` units, by.
    pub fn skip<const U: usize>(&mut self, len: usize) {
        let _ = self.dense.split_off(..len * U);
        let _ = self.exact.as_mut().map(|theta| theta.split_off(..len * U));
        if let Some(rows) = &mut self.rows {
            pass(rows, (len * U).div_ceil(TILE));
        }
    }

    /// Whether a unit of the next tile, at `place`, can have a key in `keys`, as far as scales tell.
    pub fn may_have<const U: usize>(&self, place: Place, keys: Range<u32>) -> bool {
        self.exact.is_some() || tile::may_have::<U, V>(self.scales(place), keys)
    }

    /// The scales of the members of the units at `place`.
    fn scales<const U: usize>(&self, place: Place) -> [f32; U] {
        core::array::from_fn(|member| {
            let row = match self.grid.unit {
                Unit::Block4x1 => 4 * place.line + member,
                _ => place.line,
            };
            self.scales.get(row).map_or(0.0, |scale| scale.get())
        })
    }
}

/// Passes segments by.
#[inline(never)]
fn pass(rows: &mut SegmentRows<'_>, segments: usize) {
    for _ in 0..segments {
        rows.next_segment(&mut [0; TILE]);
    }
}

/// Writes the nonzeros of as many segments as `bytes` has tiles.
#[inline(never)]
fn scatter(rows: &mut SegmentRows<'_>, bytes: &mut [u8]) {
    bytes.fill(ABSENT);
    for tile in bytes.chunks_mut(TILE) {
        let mut space = [0; TILE];
        let segment = rows.next_segment(&mut space);
        for (&column, &value) in segment.columns().iter().zip(segment.values()) {
            if let Some(byte) = tile.get_mut(usize::from(column)).filter(|_| value != 0) {
                *byte = value as u8;
            }
        }
    }
}
