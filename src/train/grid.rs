//! A weight matrix cut into units: what is chosen, or not, as one.
//!
//! ```text
//!     weight          block 4 × 1      block 1 × 4
//!     0 1 2 3 4 5     0 1 2 3 4 5      0 0 0 0 1 1
//!     6 7 8 …         0 1 2 3 4 5      2 2 2 2 3 3
//!                     0 1 2 3 4 5      …
//!                     0 1 2 3 4 5
//!                     6 7 8 …
//! ```
//!
//! Units stand in *lines* from left to right; a line is a row, or four. A line is cut into tiles of 256
//! units, so that a unit's place in its tile is a byte, as in [`Index8`](crate::sparse::Index8). A unit at
//! the edge may lack members: those hold 0 and stay 0.

use super::live::Place;
use super::record;
use crate::sparse::TILE;

/// What is chosen as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unit {
    /// A weight.
    Weight,
    /// The weights of 4 consecutive rows in one column.
    Block4x1,
    /// 4 consecutive weights of a row.
    Block1x4,
    /// A weight; of each group of so many consecutive ones of a row, the largest are chosen.
    Group(usize),
}

impl Unit {
    /// Rows of a unit.
    pub const fn height(self) -> usize {
        if matches!(self, Unit::Block4x1) { 4 } else { 1 }
    }

    /// Columns of a unit.
    pub const fn width(self) -> usize {
        if matches!(self, Unit::Block1x4) { 4 } else { 1 }
    }

    /// Weights of a unit.
    pub const fn size(self) -> usize {
        self.height() * self.width()
    }

    pub(super) fn of(record: &record::Layer) -> Option<Self> {
        match (record.unit, record.group) {
            (0, 0) => Some(Unit::Weight),
            (1, 0) => Some(Unit::Block4x1),
            (2, 0) => Some(Unit::Block1x4),
            (3, group @ (2 | 4 | 8 | 16)) => Some(Unit::Group(group.into())),
            _ => None,
        }
    }
}

/// The units of a weight matrix.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Outputs.
    pub rows: usize,
    /// Weights of an output.
    pub cols: usize,
    /// What is chosen as one.
    pub unit: Unit,
}

impl Grid {
    /// Lines of units.
    pub fn lines(&self) -> usize {
        self.rows.div_ceil(self.unit.height())
    }

    /// Units of a line, at least 1.
    pub fn width(&self) -> usize {
        self.cols.div_ceil(self.unit.width()).max(1)
    }

    /// Units in all.
    pub fn units(&self) -> usize {
        self.lines() * self.width()
    }

    /// Tiles of a line.
    pub fn tiles(&self) -> usize {
        self.width().div_ceil(TILE)
    }

    /// Where segment number `number` stands.
    pub(super) fn place(&self, number: usize) -> Place {
        let tiles = self.tiles().max(1);
        Place { line: number / tiles, start: number % tiles * TILE }
    }

    /// Units of the whole layer when `kept` of each group are chosen, or that many in all.
    pub fn chosen(&self, kept: usize) -> usize {
        match self.unit {
            Unit::Group(group) => self.rows * in_groups(self.cols, group, kept),
            _ => kept,
        }
    }

    /// Row and column of member `member` of unit `unit` of line `line`; `None` past the edge.
    pub fn weight(&self, line: usize, unit: usize, member: usize) -> Option<(usize, usize)> {
        let (row, col) = match self.unit {
            Unit::Block4x1 => (4 * line + member, unit),
            Unit::Block1x4 => (line, 4 * unit + member),
            _ => (line, unit),
        };
        (row < self.rows && col < self.cols).then_some((row, col))
    }
}

/// How many of `len` consecutive units are chosen when `kept` of each `group` are; the last may be shorter.
pub(super) fn in_groups(len: usize, group: usize, kept: usize) -> usize {
    let group = group.max(1);
    len / group * kept.min(group) + kept.min(len % group)
}
