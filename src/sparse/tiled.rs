//! What formats share whose row table has an entry a tile and whose indices are bytes within the
//! tile: the check and the walk.
//!
//! ```text
//!     counts     of line 0, tile 0 │ of line 0, tile 1 │ … │ of line 1, tile 0 │ …
//!     indices    as many bytes     │ as many bytes     │ …      ascending in each
//!     values     one for each index, or one block
//! ```

use super::run::Run;
use super::streams::{Counts, Lines};
use super::{Error, Streams, TILE};
use crate::rolled::{Rolled, rolled};

/// Checks the row table and the indices of `lines` lines of `units` columns, or blocks of columns;
/// a line is `height` rows. Gives the number of indices before the last line.
pub(super) fn check(
    streams: &Streams<'_>,
    lines: usize,
    units: usize,
    height: usize,
) -> Result<usize, Error> {
    let tiles = units.div_ceil(TILE);
    let entries = lines.checked_mul(tiles).ok_or(Error::TooLarge)?;
    let mut walk = Lines::new_checked(streams, entries)?;
    let mut last = 0;
    for entry in (0..entries).rolled() {
        let (line, tile) = (entry / tiles.max(1), entry % tiles.max(1));
        if tile == 0 {
            last = walk.taken(streams);
        }
        let (_, indices) = walk.next(1)?;
        check_tile(indices, units - tile * TILE, (line * height) as u32)?;
    }
    walk.end().map(|()| last)
}

/// Checks the indices of a tile that has `units` units, or begins with them.
fn check_tile(indices: &[u8], units: usize, row: u32) -> Result<(), Error> {
    if !indices.is_sorted_by(|before, after| {
        rolled();
        before < after
    }) {
        return Err(Error::ColumnsNotAscending { row });
    }
    match indices.last().is_none_or(|&last| usize::from(last) < units) {
        true => Ok(()),
        false => Err(Error::ColumnOutOfRange { row }),
    }
}

/// The walk over the tiles, a `V` for each index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles<'a, V> {
    counts: Counts<'a>,
    indices: &'a [u8],
    values: &'a [V],
}

impl<'a, V> Tiles<'a, V> {
    /// Of checked streams, with their values.
    pub fn assumed(streams: &Streams<'a>, values: &'a [V]) -> Self {
        Tiles { counts: Counts::assumed(streams), indices: streams.indices, values }
    }

    /// The next `lines` lines of a matrix of `cols` columns, at least one, where counts are a byte each
    /// and the next tile is a line's first: whoever takes them counts a line's columns from there.
    #[inline]
    pub fn run(&self, lines: usize, cols: usize) -> Option<Run<'a, V>> {
        let tiles = cols.div_ceil(TILE);
        if tiles != 1 && !self.counts.fill_lines(tiles) {
            return None;
        }
        let counts = self.counts.bytes(lines.checked_mul(tiles)?)?;
        Some(Run::new(cols, counts, self.indices, self.values))
    }

    /// Leaves `tiles` tiles behind, which have `indices` indices together: with another number, what
    /// the walk gives from there on would not keep to any invariant.
    #[inline]
    pub fn skip(&mut self, tiles: usize, indices: usize) {
        self.counts.skip(tiles);
        self.indices = self.indices.get(indices..).unwrap_or_default();
        self.values = self.values.get(indices..).unwrap_or_default();
    }

    /// The indices and values of the next tile; equally many.
    #[inline]
    pub fn next(&mut self) -> Option<(&'a [u8], &'a [V])> {
        let count = self.counts.next()?;
        let (indices, indices_rest) = self.indices.split_at_checked(count)?;
        let (values, values_rest) = self.values.split_at_checked(count)?;
        (self.indices, self.values) = (indices_rest, values_rest);
        Some((indices, values))
    }
}
