//! Windows of an image as rows of bytes (im2col), one by itself or four in a tile.
//!
//! ```text
//! for each tap row ky, tap column kx:
//!     y = oy · stride − pad + ky · dilation, x likewise
//!     copy the channels at (y, x), or the zero point where (y, x) lies outside
//! ```
//!
//! The zero point stands for padding, so that the bias into which it is folded stays exact. The
//! taps of a row that lie side by side in the input are copied at once.

use super::tile::{Layout, WINDOWS};
use super::{Block, Geometry, Lanes, Patch, Patches, Tile};
use crate::rolled::Rolled;

/// The position after `at` in an output of `width` columns.
#[inline]
pub fn after([row, column]: [usize; 2], width: usize) -> [usize; 2] {
    if column + 1 < width { [row, column + 1] } else { [row + 1, 0] }
}

/// Gathers windows of one image of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Gather<'a> {
    /// The sizes.
    pub geometry: Geometry,
    /// The image: height × width × channels.
    pub input: &'a [i8],
    /// What padding holds.
    pub zero_point: i8,
}

impl<'a> Gather<'a> {
    /// The window of an output position: in place where it lies in the input as it is, else copied to
    /// `patch`, which has [`Geometry::window_len`] bytes.
    #[inline]
    pub fn window<'b, L: Lanes>(&self, at: [usize; 2], patch: &'b mut [i8]) -> Option<&'b [i8]>
    where
        'a: 'b,
    {
        if self.geometry.is_pointwise() {
            return self.point(at);
        }
        let window = patch.get_mut(..self.geometry.window_len())?;
        self.copy::<L>(at, window)?;
        Some(window)
    }

    /// Copies the window of an output position.
    #[inline]
    fn copy<L: Lanes>(&self, at: [usize; 2], window: &mut [i8]) -> Option<()> {
        let [rows, columns] = self.geometry.kernel;
        let Some((from, row)) = self.whole(at, columns) else {
            return self.copy_padded::<L>(at, columns, window);
        };
        let len = columns * self.geometry.input[2];
        L::copy(window, from, Block { rows, len, steps: [len, row] });
        Some(())
    }

    /// The input from the first tap of a window or strip of `columns` columns on, and the bytes from a row
    /// of its taps to the next, where none is padding and those of a row lie side by side.
    #[inline]
    fn whole(&self, at: [usize; 2], columns: usize) -> Option<(&'a [i8], usize)> {
        let Geometry { input, kernel, dilation, .. } = &self.geometry;
        let (y, x) = self.corner(at, columns);
        let last = y.wrapping_add(kernel[0].wrapping_sub(1).wrapping_mul(dilation[0]));
        let row = input[1] * input[2];
        let inside = last < input[0] && y <= last;
        self.input
            .get(y.wrapping_mul(row).wrapping_add(x?)..)
            .filter(|_| inside)
            .map(|from| (from, row.wrapping_mul(dilation[0])))
    }

    /// The same with padding around the taps inside, copied.
    #[inline(never)]
    fn copy_padded<L: Lanes>(
        &self,
        at: [usize; 2],
        columns: usize,
        window: &mut [i8],
    ) -> Option<()> {
        let Geometry { input, dilation, .. } = &self.geometry;
        L::fill(window, self.zero_point);
        let steps = [columns * input[2], dilation[0].wrapping_mul(input[1] * input[2])];
        // Columns of a strip of windows of one column each lie side by side, whatever the dilation.
        let step = if self.geometry.is_beside() { 1 } else { dilation[1] };
        let rows = self.geometry.taps_inside(0, at[0]);
        let columns = self.geometry.some_inside(1, at[1], (columns, step));
        let (Some(rows), Some(columns)) = (rows, columns) else { return Some(()) };
        let y = self.geometry.tap(0, at[0], rows.start)?;
        let x = self.geometry.place(1, at[1], columns.start * step)?;
        let from = self.input.get((y * input[1] + x) * input[2]..)?;
        let to = window.get_mut(rows.start * steps[0] + columns.start * input[2]..)?;
        // A block of rows of taps side by side, or one of taps for each row.
        let (blocks, block) = match self.geometry.is_beside() {
            true => (1, Block { rows: rows.len(), len: columns.len() * input[2], steps }),
            false => {
                let steps = [input[2], dilation[1] * input[2]];
                (rows.len(), Block { rows: columns.len(), len: input[2], steps })
            }
        };
        for row in (0..blocks).rolled() {
            L::copy(to.get_mut(row * steps[0]..)?, from.get(row * steps[1]..)?, block);
        }
        Some(())
    }

    /// The windows of `start` and of the three positions after it in an output of `width` columns, as a
    /// tile: in the first bytes given, as long as it, unless they may stay where they are; the others are for
    /// windows with padding. `None` where these are too few.
    #[inline]
    pub fn tile<'b, L: Lanes>(
        &self,
        start: [usize; 2],
        width: usize,
        (tile, windows): (&'b mut [u8], &mut [i8]),
    ) -> Option<Tile<'b, L>>
    where
        'a: 'b,
    {
        if L::Layout::ROWS {
            return self.rows::<L>(start, width, tile);
        }
        L::lay(tile, self.patches::<L>(start, width, windows).as_ref()?);
        L::Layout::of(tile)
    }

    /// The same where windows lie as rows.
    #[inline]
    fn rows<'b, L: Lanes>(
        &self,
        start: [usize; 2],
        width: usize,
        tile: &'b mut [u8],
    ) -> Option<Tile<'b, L>>
    where
        'a: 'b,
    {
        let mut next = start;
        let at = [(); WINDOWS].map(|()| {
            let following = after(next, width);
            core::mem::replace(&mut next, following)
        });
        if self.geometry.is_pointwise() {
            let [a, b, c, d] = at.map(|at| self.point(at));
            return L::Layout::in_place([a?, b?, c?, d?]);
        }
        for (at, window) in at.into_iter().zip(L::Layout::windows(tile)?) {
            self.copy::<L>(at, window)?;
        }
        L::Layout::of(tile)
    }

    /// The row of the first tap of a window or strip, which may wrap below zero, and where its columns
    /// start in an input row, if they lie in it side by side.
    #[inline]
    fn corner(&self, [oy, ox]: [usize; 2], columns: usize) -> (usize, Option<usize>) {
        let Geometry { stride, pad, input, .. } = &self.geometry;
        let x = (ox * stride[1]).wrapping_sub(pad[1]);
        let inside = x.wrapping_add(columns) <= input[1] && x < input[1];
        let start = inside && self.geometry.is_beside();
        ((oy * stride[0]).wrapping_sub(pad[0]), start.then(|| x * input[2]))
    }

    /// The channels at a position of the input, which are a window where that is all it holds.
    #[inline]
    fn point(&self, at: [usize; 2]) -> Option<&'a [i8]> {
        let (y, x) = self.corner(at, 1);
        let Geometry { input: [height, width, channels], .. } = self.geometry;
        let from = self.input.get(y * width * channels + x?..)?;
        from.get(..channels).filter(|_| y < height)
    }

    /// A window or strip gathered in `scratch`, and the bytes from a row of its taps to the next.
    fn gathered<'b, L: Lanes>(
        &self,
        at: [usize; 2],
        columns: usize,
        scratch: &'b mut [i8],
    ) -> Option<(&'b [i8], usize)> {
        self.copy_padded::<L>(at, columns, scratch)?;
        Some((scratch, columns * self.geometry.input[2]))
    }

    /// A window for a depthwise filter: inside the input where it lies there whole, else gathered
    /// in `scratch`.
    #[inline]
    pub fn patch<'b, L: Lanes>(&self, at: [usize; 2], scratch: &'b mut [i8]) -> Option<Patch<'b>>
    where
        'a: 'b,
    {
        let Geometry { kernel, input: [_, _, channels], .. } = self.geometry;
        let (x, row) = match self.whole(at, kernel[1]) {
            Some(whole) => whole,
            None => {
                let space = scratch.get_mut(..self.geometry.window_len())?;
                self.gathered::<L>(at, kernel[1], space)?
            }
        };
        Some(Patch { x, row, kernel, channels })
    }

    /// The windows of `start` and of the three positions after it in an output of `width` columns, of
    /// those in a row as many in one strip as there are.
    #[inline]
    pub fn patches<'b, L: Lanes>(
        &self,
        start: [usize; 2],
        width: usize,
        scratch: &'b mut [i8],
    ) -> Option<Patches<'b>>
    where
        'a: 'b,
    {
        let Geometry { kernel, stride, input: [_, _, channels], .. } = self.geometry;
        if start[1] + WINDOWS <= width
            && self.geometry.has_strips()
            && let Some((strip, row)) = self.whole(start, self.geometry.strip(WINDOWS))
        {
            let step = stride[1] * channels;
            let x = [0, step, 2 * step, 3 * step].map(|at| strip.get(at..).unwrap_or_default());
            return Some(Patches { x, rows: [row; WINDOWS], kernel, channels });
        }
        self.some_padded::<L>(start, width, scratch)
    }

    /// The same where not all are in one strip of the input.
    #[inline(never)]
    fn some_padded<'b, L: Lanes>(
        &self,
        mut at: [usize; 2],
        width: usize,
        scratch: &'b mut [i8],
    ) -> Option<Patches<'b>>
    where
        'a: 'b,
    {
        let Geometry { kernel, stride, input: [_, _, channels], .. } = self.geometry;
        let mut patches = Patches { kernel, channels, ..Patches::default() };
        let strips = self.geometry.has_strips();
        let (mut first, mut rest) = (0, scratch);
        while first < WINDOWS {
            let beside = if strips { width - at[1] } else { 1 };
            let count = beside.min(WINDOWS - first);
            let columns = self.geometry.strip(count);
            let (strip, row) = match self.whole(at, columns) {
                Some(whole) => whole,
                None => {
                    let len = kernel[0] * columns * channels;
                    let (space, after) = core::mem::take(&mut rest).split_at_mut_checked(len)?;
                    rest = after;
                    self.gathered::<L>(at, columns, space)?
                }
            };
            let places = patches.x.iter_mut().zip(&mut patches.rows).skip(first).take(count);
            for (window, (x, to)) in places.rolled().enumerate() {
                (*x, *to) = (strip.get(window * stride[1] * channels..)?, row);
            }
            first += count;
            at = after([at[0], at[1] + count - 1], width);
        }
        Some(patches)
    }
}
