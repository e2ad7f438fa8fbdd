//! All units of a layer that can be chosen, with what each is worth now: live, else in the table, else as
//! its reserve says.

use super::base::{Base, TILE_BYTES};
use super::grid::Grid;
use super::live::{Live, Place, places};
use super::overlay::Overlay;
use super::rank::unit_key;
use super::scan;
use super::search::Taker;
use super::tile::Tile;
use super::value::Value;
use core::ops::Range;

/// The candidates of a layer.
pub(super) struct Candidates<'c, 'l, 'b, V> {
    pub live: &'c Live<'l, V>,
    pub overlay: &'c Overlay<'l, V>,
    pub base: &'c Base<'b>,
}

impl<V: Value> Candidates<'_, '_, '_, V> {
    /// Has each candidate that the pass asks for taken in; gives how many keys are above.
    pub fn each<const U: usize>(&self, taker: &mut Taker<'_>, space: &mut [u8; TILE_BYTES]) -> u32 {
        let (keys, mut above) = (taker.keys(), 0);
        let low = if taker.counts_above { 0 } else { keys.start };
        for part in self.live.parts() {
            let (first, units) =
                (first(self.live.grid, part.place), part.values.as_chunks::<U>().0);
            above += units.len() as u32;
            // Nearly all are above.
            scan::each(units, &mut (low, keys.end - 1), |at, unit, _| {
                let column = part.columns.get(at).copied().unwrap_or_default();
                taker.take(unit_key(unit.map(V::get)), first + u32::from(column));
                above -= 1;
            });
        }
        let high = if taker.counts_above { u32::MAX } else { keys.end };
        self.each_other::<U>(keys.start..high, space, |key, index| {
            above += u32::from(key >= keys.end);
            taker.take(key, index);
            keys.start
        });
        above
    }

    /// Calls `f` with key and index of each candidate that is not live and whose key is in `keys`, and maybe of
    /// some above; it gives where `keys` start from there on.
    pub fn each_other<const U: usize>(
        &self,
        mut keys: Range<u32>,
        space: &mut [u8; TILE_BYTES],
        mut f: impl FnMut(u32, u32) -> u32,
    ) {
        let (grid, mut entry) = (self.live.grid, 0);
        let mut tiles = self.base.tiles::<V>(grid);
        for (part, (place, len)) in self.live.parts().zip(places(grid)) {
            let first = first(grid, place);
            let units = first..first + len as u32;
            let start = entry;
            for (index, weights) in self.overlay.entries::<U>(&mut entry, units.end) {
                let key = unit_key(weights.map(V::get));
                if key >= keys.start {
                    keys.start = f(key, index);
                }
            }
            let Some(tiles) = &mut tiles else { continue };
            if !tiles.may_have::<U>(place, keys.clone()) {
                tiles.skip::<U>(len);
                continue;
            }
            let mut tile = tiles.fill::<U>(place, len, space);
            hide(&mut tile, part.columns, (self.overlay, start), units);
            let start = keys.start;
            tile.each(start, |column, key| {
                if key >= keys.start {
                    keys.start = f(key, first + column as u32);
                }
            });
        }
    }
}

/// Hides from a tile what is live and what is in the table, from entry number `entry` on.
pub(super) fn hide<const U: usize, V: Value>(
    tile: &mut Tile<'_, U, V>,
    columns: &[u8],
    (overlay, mut entry): (&Overlay<'_, V>, usize),
    units: Range<u32>,
) {
    columns.iter().for_each(|&column| tile.hide(column.into()));
    for (index, _) in overlay.entries::<U>(&mut entry, units.end) {
        tile.hide(index.saturating_sub(units.start) as usize);
    }
}

/// The index of the first unit of the segment at `place`.
pub(super) fn first(grid: Grid, place: Place) -> u32 {
    (place.line * grid.width() + place.start) as u32
}
