//! What loops are given to start from: the rows of a matrix, a tile of windows, the taps of a filter.

use crate::kernels::tile::{Interleaved, Layout, Paired, WINDOWS, Windows};

/// Where a tile's columns start.
pub trait Start: Layout {
    /// Pointers to the first column.
    type Start: Copy;

    /// The start of column `first`, where the tile has `cols` columns from there on.
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start>;

    /// The start `cols` columns further on. It need not lie in the tile unless it is read from.
    fn skip(start: Self::Start, cols: usize) -> Self::Start;
}

impl Start for Interleaved {
    type Start = *const [i8; WINDOWS];

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        tile.get(first..).filter(|tile| cols <= tile.len()).map(<[_]>::as_ptr)
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.wrapping_add(cols)
    }
}

impl Start for Paired {
    type Start = *const [i32; 2];

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        tile.get(first..).filter(|tile| cols <= tile.len()).map(<[_]>::as_ptr)
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.wrapping_add(cols)
    }
}

impl Start for Windows {
    type Start = [*const i8; WINDOWS];

    #[inline]
    fn start(tile: Self::Tile<'_>, first: usize, cols: usize) -> Option<Self::Start> {
        let start = |window: &[i8]| {
            window.get(first..).filter(|window| cols <= window.len()).map(<[_]>::as_ptr)
        };
        let [a, b, c, d] = tile.map(start);
        Some([a?, b?, c?, d?])
    }

    #[inline]
    fn skip(start: Self::Start, cols: usize) -> Self::Start {
        start.map(|start| start.wrapping_add(cols))
    }
}

/// The taps of a depthwise filter, in elements.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Taps {
    /// Rows of taps, at least 1.
    pub height: usize,
    /// Taps of a row, at least 1.
    pub width: usize,
    /// From a tap to the next, in weights and window.
    pub channels: usize,
    /// From the tap after a row's last to the next row's first, in the window: below zero, wrapped, where
    /// rows overlap.
    pub skip: usize,
}

/// Where four windows lie, in the order of its fields.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Starts {
    /// The first channel of each one's first tap.
    pub x: [*const i8; WINDOWS],
    /// [`Taps::skip`] of each.
    pub skip: [usize; WINDOWS],
}

/// Successive rows of a matrix, in the order of its fields.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Rows<X> {
    /// Indices of each tile of each row.
    pub counts: *const u8,
    /// Columns, from a tile's first.
    pub columns: *const u8,
    /// A value a column.
    pub values: *const i8,
    /// What they are multiplied with.
    pub x: X,
    /// Tiles of a row, at least 1.
    pub tiles: usize,
}
