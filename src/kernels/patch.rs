//! Windows as they lie in memory, one or four of a shape.

use super::tile::WINDOWS;

/// A window: gathered, or inside the input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patch<'a> {
    /// From the first channel of its first tap to the last channel of its last, or further.
    pub x: &'a [i8],
    /// Elements from a row of taps to the next.
    pub row: usize,
    /// Height and width in taps.
    pub kernel: [usize; 2],
    /// Channels: elements from a tap to the next.
    pub channels: usize,
}

impl Patch<'_> {
    /// Whether there is a tap, and `count` channels of every tap lie in `x`.
    #[inline]
    pub fn holds(&self, count: usize) -> bool {
        Extent::of(self.kernel, self.channels, count).ends_in(self.x, self.row)
    }

    /// Whether the weights of as many taps, row after row, have `count` channels each.
    #[inline]
    pub fn fits(&self, count: usize, weights: &[i8]) -> bool {
        fits(self.kernel, self.channels, count, weights)
    }

    /// The same from a channel on.
    #[inline]
    pub fn from(&self, channel: usize) -> Self {
        Patch { x: self.x.get(channel..).unwrap_or_default(), ..*self }
    }
}

/// Four windows of one shape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patches<'a> {
    /// [`Patch::x`] of each.
    pub x: [&'a [i8]; WINDOWS],
    /// [`Patch::row`] of each.
    pub rows: [usize; WINDOWS],
    /// Of all, as the next.
    pub kernel: [usize; 2],
    /// Elements from a tap to the next.
    pub channels: usize,
}

impl<'a> Patches<'a> {
    /// As [`Patch::holds`], for all.
    #[inline]
    pub fn holds(&self, count: usize) -> bool {
        let extent = Extent::of(self.kernel, self.channels, count);
        self.x.iter().zip(self.rows).all(|(x, row)| extent.ends_in(x, row))
    }

    /// As [`Patch::fits`].
    #[inline]
    pub fn fits(&self, count: usize, weights: &[i8]) -> bool {
        fits(self.kernel, self.channels, count, weights)
    }

    /// Each by itself.
    #[inline]
    pub fn each(&self) -> [Patch<'a>; WINDOWS] {
        let Patches { x: [a, b, c, d], rows, kernel, channels } = *self;
        let [e, f, g, h] = rows;
        [(a, e), (b, f), (c, g), (d, h)].map(|(x, row)| Patch { x, row, kernel, channels })
    }

    /// Row `ky` of the taps of each.
    #[inline]
    pub fn taps(&self, ky: usize) -> [&'a [i8]; WINDOWS] {
        let run = self.kernel[1] * self.channels;
        self.each().map(|patch| {
            let from = patch.x.get(ky * patch.row..).unwrap_or_default();
            from.get(..run).unwrap_or_default()
        })
    }

    /// Leaves the next `count` channels of each behind.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        for x in &mut self.x {
            *x = x.get(count..).unwrap_or_default();
        }
    }
}

/// How far taps reach.
#[derive(Clone, Copy)]
struct Extent {
    /// Rows of taps before the last.
    before: usize,
    /// Elements of the last.
    last: usize,
}

impl Extent {
    /// Of no tap, an extent that ends nowhere.
    #[inline]
    fn of([height, width]: [usize; 2], channels: usize, count: usize) -> Self {
        if height == 0 || width == 0 {
            return Extent { before: 0, last: usize::MAX };
        }
        let last = (width - 1).saturating_mul(channels).saturating_add(count);
        Extent { before: height - 1, last }
    }

    #[inline]
    fn ends_in(&self, x: &[i8], row: usize) -> bool {
        let (before, wraps) = self.before.overflowing_mul(row);
        !wraps && self.last <= x.len() && before <= x.len() - self.last
    }
}

#[inline]
fn fits([height, width]: [usize; 2], channels: usize, count: usize, weights: &[i8]) -> bool {
    Extent::of([height, width], channels, count).ends_in(weights, width.saturating_mul(channels))
}
