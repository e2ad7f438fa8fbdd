//! From sums to bytes where a product has 32 bits: the multiplier m in halves.
//!
//! Both roundings and the zero point z fold into one shift, as floors of floors do:
//!
//! ```text
//! x = sum + bias;  4x = h · 2^16 + l;  m = mh · 2^16 + ml
//! g = (4x · m) >> 32 = h · mh + ((l · mh + ((l · ml) >> 16) + h · ml) >> 16)
//! x ≥ 0:  y = (g + 2^r + 1 + z · 2^(r + 1)) >> (r + 1)
//! x < 0:  y = (g + 2^r − 1 + z · 2^(r + 1)) >> (r + 1)
//! ```
//!
//! As m < 2^31, g ≤ 2x, and so from 0 to below (max − z) · 2^r no x gives more than max; below that
//! bound nothing overflows either. An x that is neither below it nor from −2^26 to −1, and a
//! scale that is not a shift to the right by up to [`MOST`], are left to [`outputs`].

mod high;
mod tile;
mod vector;

use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places, outputs};
use crate::quant::Range;
use high::MOST;
use tile::{Tile, tile};
use vector::{Vector, vector};

/// As [`Lanes::finish`](crate::kernels::Lanes::finish).
pub fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
    let (&[multiplier], &[shift @ ..0]) = (channels.multipliers, channels.shifts) else {
        return outputs::finish(sums, channels, range, y);
    };
    let (zero_point, min, max) = (range.zero_point, range.min.into(), range.max.into());
    let (shift, count) = (u32::from(shift.unsigned_abs()), sums.len());
    let enough = channels.bias.len() >= count && y.len() >= count;
    if !enough || shift > MOST || !(min..=max).contains(&zero_point) {
        return outputs::finish(sums, channels, range, y);
    }
    let y = y.get_mut(..count).unwrap_or_default();
    let mut of = Vector {
        sums: sums.as_ptr(),
        bias: channels.bias.as_ptr(),
        y: y.as_mut_ptr(),
        end: y.as_mut_ptr_range().end,
        low: multiplier as u32 & 0xffff,
        high: multiplier as u32 >> 16,
        before: ((2 * zero_point + 1) << shift) + 1,
        shift: shift + 1,
        bound: (max - zero_point) << shift,
        min,
        above: zero_point - min,
    };
    let mut done = 0;
    while done < count {
        of.y = y.as_mut_ptr().wrapping_add(done);
        of.sums = sums.as_ptr().wrapping_add(done);
        of.bias = channels.bias.as_ptr().wrapping_add(done);
        // SAFETY: from `done` on there is an output at least, and sums and biases for all.
        done = unsafe { vector(&of) }.addr() - y.as_ptr().addr();
        if let (Some(sum), Some(y)) = (sums.get(done), y.get_mut(done)) {
            let (sum, y) = (core::slice::from_ref(sum), core::slice::from_mut(y));
            outputs::finish(sum, channels.from(done), range, y);
            done += 1;
        }
    }
}

/// As [`Lanes::finish_tile`](crate::kernels::Lanes::finish_tile).
pub fn finish_tile(
    mut sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let (count, zero_point) = (sums.len(), range.zero_point);
    let (min, max) = (range.min.into(), range.max.into());
    let scales = channels.multipliers.len().min(channels.shifts.len());
    let all = channels.bias.len().min(scales) >= count && (min..=max).contains(&zero_point);
    if !all || !places.hold(count) {
        return outputs::finish_tile(sums, channels, range, places);
    }
    let short = |shift: &i8| (-(MOST as i8)..0).contains(shift);
    let mut first = 0;
    while let Some(are_short) = channels.shifts.get(first).map(short) {
        let shifts = channels.shifts.iter().skip(first).take(sums.len());
        let alike = shifts.take_while(|shift| short(shift) == are_short).count();
        let Some((some @ [_, ..], rest)) = sums.split_at_checked(alike) else { return };
        let (channels, mut places) = (channels.from(first), places.from(first));
        (first, sums) = (first + alike, rest);
        if !are_short {
            outputs::finish_tile(some, &channels, range, &mut places);
            continue;
        }
        let some = some.as_ptr_range();
        let mut of = Tile {
            bias: channels.bias.as_ptr(),
            multipliers: channels.multipliers.as_ptr(),
            shifts: channels.shifts.as_ptr(),
            y: places.y.as_mut_ptr(),
            end: some.end,
            stride: places.stride,
            odd: 2 * zero_point + 1,
            spans: [max - zero_point, zero_point - min],
            min,
        };
        // SAFETY: there is a sum; there are biases and scales for all, and room for as many outputs in
        // each window.
        unsafe { tile(&mut of, some.start) }
    }
}
