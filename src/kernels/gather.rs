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

use super::tile::{self, Layout, WINDOWS};
use super::{Lanes, Patch, Patches, Tile};
use crate::image::record::Window;
use crate::rolled::Rolled;

/// The sizes that a window moves over.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// Height, width and channels of the input.
    pub input: [usize; 3],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step between windows.
    pub stride: [usize; 2],
    /// Step between taps.
    pub dilation: [usize; 2],
    /// Rows above and columns to the left.
    pub pad: [usize; 2],
}

impl Geometry {
    /// The geometry of `window` over an input of `dims`.
    pub fn new(dims: [usize; 4], window: &Window) -> Self {
        let [_, height, width, channels] = dims;
        let pair = |pair: [zerocopy::little_endian::U16; 2]| pair.map(|n| usize::from(n.get()));
        Geometry {
            input: [height, width, channels],
            kernel: pair(window.kernel),
            stride: pair(window.stride),
            dilation: pair(window.dilation),
            pad: pair(window.pad),
        }
    }

    /// Taps of one window.
    pub fn taps(&self) -> usize {
        self.kernel[0].saturating_mul(self.kernel[1])
    }

    /// Bytes of one gathered window.
    pub fn window_len(&self) -> usize {
        self.taps().saturating_mul(self.input[2])
    }

    /// Whether a window is one position of the input as it lies in memory: no gathering needed.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.pad == [0, 0]
    }

    /// Bytes of scratch in which a window is gathered. One is enough; with [`Geometry::tile_len`]
    /// bytes kernels take four at a time.
    pub fn scratch_len(&self) -> usize {
        if self.is_pointwise() { 0 } else { self.window_len() }
    }

    /// Whether the taps of a row lie side by side in the input.
    fn is_beside(&self) -> bool {
        self.dilation[1] == 1 || self.kernel[1] == 1
    }

    /// Whether windows side by side fit in a strip that takes no more room than they do.
    fn has_strips(&self) -> bool {
        self.stride[1] <= self.kernel[1] && self.is_beside()
    }

    /// Columns of a strip of `count` windows.
    fn strip(&self, count: usize) -> usize {
        (count - 1) * self.stride[1] + self.kernel[1]
    }

    /// Bytes of scratch of a tile, whatever the layout, and of its windows before they are laid.
    pub fn tile_len(&self) -> usize {
        let windows = if self.is_pointwise() { 0 } else { WINDOWS };
        self.window_len().saturating_mul(tile::COLUMN_BYTES + windows)
    }

    /// The taps of a window's rows (axis 0) or columns (axis 1) that lie in the input.
    pub fn taps_inside(&self, axis: usize, output: usize) -> Option<core::ops::Range<usize>> {
        self.some_inside(axis, output, (*self.kernel.get(axis)?, *self.dilation.get(axis)?))
    }

    /// The same of `taps` taps, `step` rows or columns apart.
    fn some_inside(
        &self,
        axis: usize,
        output: usize,
        (taps, step): (usize, usize),
    ) -> Option<core::ops::Range<usize>> {
        let (size, stride) = (*self.input.get(axis)?, *self.stride.get(axis)?);
        let (start, pad) = (output * stride, *self.pad.get(axis)?);
        // Tap t reads start + t · step − pad, which is from 0 to below size.
        let first = pad.saturating_sub(start).div_ceil(step.max(1));
        let end = (size + pad).saturating_sub(start).div_ceil(step.max(1)).min(taps);
        (first < end).then_some(first..end)
    }

    /// The input row (axis 0) or column (axis 1) of a tap; `None` in the padding.
    #[inline]
    pub fn tap(&self, axis: usize, output: usize, tap: usize) -> Option<usize> {
        self.place(axis, output, tap * self.dilation.get(axis)?)
    }

    /// The one so many rows or columns behind the first tap.
    #[inline]
    fn place(&self, axis: usize, output: usize, behind: usize) -> Option<usize> {
        let start = output * self.stride.get(axis)? + behind;
        let at = start.checked_sub(*self.pad.get(axis)?)?;
        (at < *self.input.get(axis)?).then_some(at)
    }

    /// Where a window that lies in the input whole starts in it.
    #[inline]
    pub fn offset(&self, [oy, ox]: [usize; 2]) -> Option<usize> {
        let (y, x) = (self.tap(0, oy, 0)?, self.tap(1, ox, 0)?);
        Some((y * self.input[1] + x) * self.input[2])
    }

    /// The channels at one position of the input.
    #[inline]
    pub fn channels<'a>(&self, input: &'a [i8], y: usize, x: usize) -> Option<&'a [i8]> {
        let [_, width, channels] = self.input;
        input.get((y * width + x) * channels..)?.get(..channels)
    }
}

/// A rectangle of bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Block {
    /// Its rows.
    pub rows: usize,
    /// Bytes of a row.
    pub len: usize,
    /// From a row to the next, where it goes and where it comes from.
    pub steps: [usize; 2],
}

impl Block {
    /// Whether it lies in `to` and in `from`, from the first byte on.
    #[inline]
    pub fn fits(&self, to: &[i8], from: &[i8]) -> bool {
        let Some(before) = self.rows.checked_sub(1) else { return false };
        let fits = |step: usize, len: usize| {
            let room = len.checked_sub(self.len);
            before.checked_mul(step).zip(room).is_some_and(|(before, room)| before <= room)
        };
        fits(self.steps[0], to.len()) && fits(self.steps[1], from.len())
    }

    /// Copies it.
    #[inline(never)]
    pub fn copy(&self, to: &mut [i8], from: &[i8]) {
        for row in (0..self.rows).rolled() {
            let [to_start, from_start] = self.steps.map(|step| row * step);
            let to = to.get_mut(to_start..).and_then(|to| to.get_mut(..self.len));
            let from = from.get(from_start..).and_then(|from| from.get(..self.len));
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
        }
    }
}

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
        if L::Layout::windows(&mut []).is_some() {
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
