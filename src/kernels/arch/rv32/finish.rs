//! From sums to bytes on RV32IMC, by MULHU and MULHSU.
//!
//! Both roundings, of the doubled high multiplication and of the shift by r to the right, fold into one
//! multiplication and one shift, as floors of floors do; and the zero point z goes with them:
//!
//! ```text
//! g = (2x · 2m) >> 32                                             slli mulh?u
//! x ≥ 0:  y = (g + 2^r + 1 + z · 2^(r + 1)) >> (r + 1)            add sra sb
//! x < 0:  y = (g + 2^r − 1 + z · 2^(r + 1)) >> (r + 1)            add addi sra bge sb
//! ```
//!
//! where x = sum + bias. A negative x cannot be rounded to more than the zero point, nor another to
//! less, so that each is held to one end of the range only; and where the zero point is that end, as
//! after ReLU, a negative x is done at once. As m < 2^31, g ≤ 2x, and so from 0 to below
//! (max − z) · 2^r no x gives more than max. One comparison tells such an x from all others, of
//! which those beyond ±[`USUAL`](output::USUAL), where this would overflow, take the long way.
//! Instructions an output: 10 of a vector; of a tile 8, 6 for what ReLU cuts off, and 11 a row of
//! four. A scale that is not a shift to the right by up to [`MOST`] is left to [`outputs`].

mod output;
mod tile;
mod vector;

use crate::kernels::outputs::ROWS;
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places, outputs};
use crate::quant::Range;
use output::MOST;
use tile::{Tile, tile};
use vector::{Vector, vector};

/// Whether every sum but the range's own ends lies where its sign says.
fn holds_zero(range: Range) -> bool {
    (i32::from(range.min)..=i32::from(range.max)).contains(&range.zero_point)
}

/// As [`Lanes::finish`](crate::kernels::Lanes::finish).
pub fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
    let count = sums.len();
    let (&[multiplier], &[shift @ ..0]) = (channels.multipliers, channels.shifts) else {
        return outputs::finish(sums, channels, range, y);
    };
    let enough = channels.bias.len() >= count && y.len() >= count;
    if !enough || u32::from(shift.unsigned_abs()) > MOST || !holds_zero(range) {
        return outputs::finish(sums, channels, range, y);
    }
    let of = Vector {
        bias: channels.bias.as_ptr(),
        doubled: (multiplier as u32) << 1,
        shift: shift.unsigned_abs().into(),
        zero_point: range.zero_point,
        min: range.min.into(),
        max: range.max.into(),
        y: y.as_mut_ptr(),
    };
    // SAFETY: there are `count` sums and biases, and room for as many outputs.
    unsafe { vector(&of, sums.as_ptr(), count) }
}

/// As [`Lanes::finish_tile`](crate::kernels::Lanes::finish_tile).
pub fn finish_tile(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    if let (&[multiplier], &[shift]) = (channels.multipliers, channels.shifts) {
        return one_scale(sums, channels, (multiplier, shift), range, places);
    }
    let count = sums.len();
    let scales = channels.multipliers.len().min(channels.shifts.len());
    let all = channels.bias.len() >= count && scales >= count;
    if !all || !places.hold(count) || count == 0 || !holds_zero(range) {
        return outputs::finish_tile(sums, channels, range, places);
    }
    match channels.narrow {
        // SAFETY: there is a sum; there are biases and scales for all sums, room for as many outputs
        // in each window, and narrow sums have short shifts.
        true => unsafe { rows(sums, channels, range, places) },
        false => some_rows(sums, channels, range, places),
    }
}

/// The same where all shifts are short: there is a sum, as many of each channel's as sums, and room
/// for as many outputs in each window.
#[inline]
unsafe fn rows(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let of = Tile {
        bias: channels.bias.as_ptr(),
        multipliers: channels.multipliers.as_ptr(),
        shifts: channels.shifts.as_ptr(),
        zero_point: range.zero_point,
        min: range.min.into(),
        max: range.max.into(),
        y: places.y.as_mut_ptr(),
        stride: places.stride,
    };
    let sums = sums.as_ptr_range();
    // SAFETY: the caller's promise.
    unsafe { tile(&of, sums.start, sums.end) }
}

/// The same where some shifts may be too long, or to the left.
#[inline(never)]
fn some_rows(
    mut sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let short = |shift: &i8| (-(MOST as i8)..0).contains(shift);
    let mut first = 0;
    while let Some(are_short) = channels.shifts.get(first).map(short) {
        let shifts = channels.shifts.iter().skip(first).take(sums.len());
        let alike = shifts.take_while(|shift| short(shift) == are_short).count();
        let Some((some @ [_, ..], rest)) = sums.split_at_checked(alike) else { return };
        let (channels, mut places) = (channels.from(first), places.from(first));
        match are_short {
            // SAFETY: there is a sum, as of all; of the rest there is what the caller found for all.
            true => unsafe { rows(some, &channels, range, &mut places) },
            false => outputs::finish_tile(some, &channels, range, &mut places),
        }
        (first, sums) = (first + alike, rest);
    }
}

/// The same where all channels have one scale: it is repeated, so that each has its own.
#[inline(never)]
fn one_scale(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    (multiplier, shift): (i32, i8),
    range: Range,
    places: &mut Places<'_>,
) {
    let (multipliers, shifts) = ([multiplier; ROWS], [shift; ROWS]);
    for (chunk, sums) in sums.chunks(ROWS).enumerate() {
        let first = chunk * ROWS;
        let Channels { bias, narrow, .. } = channels.from(first);
        let channels = Channels { bias, multipliers: &multipliers, shifts: &shifts, narrow };
        finish_tile(sums, &channels, range, &mut places.from(first));
    }
}
