//! From sums to bytes: bias, requantisation, zero point, clamp, channel after channel.
//!
//! ```text
//! y[r] = clamp(requantise(sum[r] + bias[r], multiplier[r], shift[r]) + zero point)
//! ```
//!
//! The input's zero point does not appear: the host has subtracted zero point · Σ w from the bias.
//! Sums come some rows at a time, so that neither this loop nor the one that makes them has to hold
//! the other's pointers in registers.

use super::Lanes;
use super::tile::WINDOWS;
use crate::quant::{Range, Scale};
use crate::rolled::Rolled;
use crate::sparse::TILE;
use zerocopy::{FromBytes, IntoBytes, KnownLayout};

/// Rows whose sums are collected before they are finished.
pub const ROWS: usize = 32;

/// The same over one vector.
pub const VECTOR_ROWS: usize = 64;

/// Sums of a tile, for those who call kernels tile after tile to keep: they are written anew each time.
pub type TileSums = [[i32; WINDOWS]; ROWS];

/// Working memory of a product, likewise.
#[derive(Debug, FromBytes, IntoBytes, KnownLayout)]
#[repr(C)]
pub struct Space {
    /// Of 32 rows with each window.
    pub sums: TileSums,
    /// Where a row's columns in a tile are decoded.
    pub columns: [u8; TILE],
}

/// Bias, multiplier and shift of each output channel.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    /// One a channel, the input's zero point folded in.
    pub bias: &'a [i32],
    /// One a channel, or one for all.
    pub multipliers: &'a [i32],
    /// As many as multipliers.
    pub shifts: &'a [i8],
    /// Whether all sums are known to be [narrow](Channels::narrow).
    pub narrow: bool,
}

impl<'a> Channels<'a> {
    /// The channels from `first` on.
    #[inline]
    pub fn from(&self, first: usize) -> Self {
        let bias = self.bias.get(first..).unwrap_or_default();
        if let [_] = self.multipliers {
            return Channels { bias, ..*self };
        }
        let multipliers = self.multipliers.get(first..).unwrap_or_default();
        let shifts = self.shifts.get(first..).unwrap_or_default();
        Channels { bias, multipliers, shifts, ..*self }
    }

    /// Notes whether sums of `cols` products are narrow: within ±2^30, bias included, and scaled by a
    /// shift of 1 to 22 to the right. Then twice a sum and all steps after it fit 32 bits, so that
    /// loops need not look. For those who run a layer over many positions.
    pub fn narrow(self, cols: usize) -> Self {
        let products = cols <= 1 << 15;
        let bias = self.bias.iter().rolled().all(|bias| bias.unsigned_abs() < 1 << 29);
        let shifts = self.shifts.iter().rolled().all(|shift| (-22..0).contains(shift));
        Channels { narrow: products && bias && shifts, ..self }
    }

    /// The scale of all channels, where they have one.
    #[inline]
    pub fn one(&self) -> Option<Scale> {
        match (self.multipliers, self.shifts) {
            (&[multiplier], &[shift]) => Some(Scale::new(multiplier, shift.into())),
            _ => None,
        }
    }

    /// Bias and scale of each channel, where they have one each.
    #[inline]
    pub fn each(&self) -> impl Iterator<Item = (i32, Scale)> + use<'a> {
        let scales = self.multipliers.iter().zip(self.shifts);
        let scales = scales.map(|(&multiplier, &shift)| Scale::new(multiplier, shift.into()));
        self.bias.iter().copied().zip(scales)
    }
}

/// Where the sums of one position go.
#[derive(Debug)]
pub struct Vector<'a, 'y> {
    /// From the next channel on.
    pub channels: Channels<'a>,
    /// Of the outputs.
    pub range: Range,
    /// From the next channel on.
    pub y: &'y mut [i8],
}

impl Vector<'_, '_> {
    /// Writes the next channels.
    #[inline]
    pub fn push<L: Lanes>(&mut self, sums: &[i32]) {
        let rest = core::mem::take(&mut self.y);
        let Some((y, rest)) = rest.split_at_mut_checked(sums.len()) else { return };
        L::finish(sums, self.channels, self.range, y);
        if !rest.is_empty() {
            self.channels = self.channels.from(sums.len());
            self.y = rest;
        }
    }
}

/// As [`Lanes::finish`], by any core.
#[inline]
pub fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
    let Some(scale) = channels.one() else {
        for ((y, &sum), (bias, scale)) in y.iter_mut().zip(sums).zip(channels.each()) {
            *y = range.clamp(scale.apply(sum.wrapping_add(bias)));
        }
        return;
    };
    let places = y.iter_mut().zip(sums).zip(channels.bias);
    match scale.is_plain() && range.is_full() {
        true => places.for_each(|((y, &sum), &bias)| {
            *y = range.saturate(scale.apply_plain(sum.wrapping_add(bias)));
        }),
        false => places.for_each(|((y, &sum), &bias)| {
            *y = range.clamp(scale.apply(sum.wrapping_add(bias)));
        }),
    }
}

/// Where the sums of a tile of positions go: those of window p to p · `stride` and on.
#[derive(Debug)]
pub struct Places<'y> {
    /// From the first window's next channel to the last one's last.
    pub y: &'y mut [i8],
    /// Channels of a position.
    pub stride: usize,
}

impl Places<'_> {
    /// The same without the next `count` channels of each.
    #[inline]
    pub fn from(&mut self, count: usize) -> Places<'_> {
        Places { y: self.y.get_mut(count..).unwrap_or_default(), stride: self.stride }
    }

    /// Whether there is room for `count` channels of each.
    #[inline]
    pub fn hold(&self, count: usize) -> bool {
        let (before, wraps) = self.stride.overflowing_mul(WINDOWS - 1);
        let len = self.y.len();
        !wraps && count <= self.stride && count <= len && before <= len - count
    }

    /// The next channels of each, as many as there are at least.
    #[inline]
    pub fn each(&mut self) -> [&mut [i8]; WINDOWS] {
        let mut windows = self.y.chunks_mut(self.stride.max(1));
        [(); WINDOWS].map(|()| windows.next().unwrap_or_default())
    }
}

/// As [`Lanes::finish_tile`], by any core.
#[inline]
pub fn finish_tile(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    y: &mut Places<'_>,
) {
    let [a, b, c, d] = y.each();
    let places = a.iter_mut().zip(b).zip(c).zip(d).zip(sums);
    let one = channels.one();
    let mut each = channels.each();
    for (((((a, b), c), d), sums), &bias) in places.zip(channels.bias) {
        let Some(scale) = one.or_else(|| each.next().map(|(_, scale)| scale)) else { return };
        let sums = sums.map(|sum| sum.wrapping_add(bias));
        [*a, *b, *c, *d] = match scale.is_plain() && range.is_full() {
            true => sums.map(|sum| range.saturate(scale.apply_plain(sum))),
            false => sums.map(|sum| range.clamp(scale.apply(sum))),
        };
    }
}
