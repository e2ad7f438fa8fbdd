//! The forward set of a layer, row after row, columns ascending.

use crate::sparse::TILE;
use crate::train::live::Segment;
use crate::train::value::Value;
use crate::train::view::View;

/// Where the units of a line lie: its number, its first segment, and its first unit.
#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    number: usize,
    segment: usize,
    unit: usize,
}

impl Line {
    /// The line below.
    pub fn next<V>(self, view: &View<'_, V>) -> Line {
        let grid = view.live.grid;
        let (segment, tiles) = (self.segment, grid.tiles());
        let units = match &view.live.segments {
            Some(segments) => segments.iter().skip(segment).take(tiles).map(Segment::live).sum(),
            None => grid.width(),
        };
        Line { number: self.number + 1, segment: segment + tiles, unit: self.unit + units }
    }

    /// Calls `f` with column and value of each weight of one of the line's rows, columns ascending.
    pub fn each<V: Value>(self, view: &View<'_, V>, row: usize, mut f: impl FnMut(usize, f32)) {
        let (grid, live) = (view.live.grid, &view.live);
        let unit_of = grid.unit;
        let first = row % unit_of.height();
        let mut unit = self.unit;
        for number in self.segment..self.segment + grid.tiles() {
            let start = grid.place(number).start;
            let len = (grid.width() - start).min(TILE);
            let segment = match &live.segments {
                Some(segments) => segments.get(number).copied().unwrap_or_default(),
                None => Segment::new(len, len),
            };
            for at in 0..segment.forward() {
                let column = match &live.segments {
                    Some(_) => live.arrays.columns.get(unit + at).copied().map_or(0, usize::from),
                    None => at,
                };
                for member in first..first + unit_of.width() {
                    let place = grid.weight(self.number, start + column, member);
                    let value = live.arrays.values.get((unit + at) * unit_of.size() + member);
                    if let (Some((_, col)), Some(value)) = (place, value) {
                        f(col, value.get());
                    }
                }
            }
            unit += segment.live();
        }
    }
}

/// Each row with the line that it is in.
pub(super) fn lines<V>(view: &View<'_, V>) -> impl Iterator<Item = (usize, Line)> {
    let (mut line, height) = (Line::default(), view.layer.grid.unit.height());
    (0..view.layer.grid.rows).map(move |row| {
        if row > 0 && row % height == 0 {
            line = line.next(view);
        }
        (row, line)
    })
}
