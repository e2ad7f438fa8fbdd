//! All units of a layer that can be chosen, with what each is worth now: live, else in the table, else as
//! its reserve says.

use super::base::{Base, TILE_BYTES};
use super::grid::Grid;
use super::live::{Live, Place, places};
use super::overlay::Overlay;
use super::rank::unit_key;
use super::scan;
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
    /// Calls `f` with key and index of each candidate whose key is in `keys`; gives how many keys are above,
    /// or anything unless `count_above`.
    pub fn each<const U: usize>(
        &self,
        keys: Range<u32>,
        count_above: bool,
        space: &mut [u8; TILE_BYTES],
        mut f: impl FnMut(u32, u32),
    ) -> u32 {
        let (grid, mut above, mut entry) = (self.live.grid, 0, 0);
        let mut take = |key: u32, index: u32| match key >= keys.end {
            true => 1,
            false if key >= keys.start => {
                f(key, index);
                0
            }
            false => 0,
        };
        let mut tiles = self.base.tiles::<V>(grid);
        for (part, (place, len)) in self.live.parts().zip(places(grid)) {
            let first = first(grid, place);
            let units = part.values.as_chunks::<U>().0;
            if count_above {
                for (&column, unit) in part.columns.iter().zip(units) {
                    above += take(unit_key(unit.map(V::get)), first + u32::from(column));
                }
            } else {
                let column = |at: usize| part.columns.get(at).copied().unwrap_or_default();
                scan::each(units, &mut (keys.start, keys.end - 1), |at, unit, _| {
                    take(unit_key(unit.map(V::get)), first + u32::from(column(at)));
                });
            }
            let start = entry;
            for (index, weights) in self.overlay.entries::<U>(&mut entry, first + len as u32) {
                above += take(unit_key(weights.map(V::get)), index);
            }
            let Some(tiles) = &mut tiles else { continue };
            if !count_above && !tiles.may_have::<U>(place, keys.clone()) {
                tiles.skip::<U>(len);
                continue;
            }
            let mut tile = tiles.fill::<U>(place, len, space);
            hide(&mut tile, part.columns, (self.overlay, start), first..first + len as u32);
            above += tile.each(keys.clone(), |column, key| {
                take(key, first + column as u32);
            });
        }
        above
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
