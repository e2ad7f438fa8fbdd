//! From sums to bytes on Helium, four channels a vector.
//!
//! ```text
//! x = sum + bias                                   vldrw vldrw vadd
//! x = high half of 2 · x · multiplier, rounded     vqrdmulh
//! x = x − [x < 0], half to the nearest by shift    vshr vadd vrshl
//! y = x + zero point, held to the range            vqadd vmax vmin vstrb
//! ```
//!
//! These are the steps of [`requantise`](crate::quant::requantise), to the bit: half to the nearest
//! with ties away from zero is a rounding shift after the subtraction, VQRDMULH saturates only for a
//! multiplier of −2^31, and VRSHL rounds without overflow. Three instructions an output where channels
//! share their scale; 4.5 where they do not and some may shift to the left; 3.5 in a tile, and fewer for
//! [narrow](super::narrow) sums.

use super::{helium, narrow};
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places, outputs};
use crate::quant::Range;
use core::arch::naked_asm;

/// What every output goes through in the end.
#[repr(C)]
struct Limits {
    zero_point: i32,
    min: i32,
    max: i32,
}

impl From<Range> for Limits {
    fn from(range: Range) -> Self {
        Limits { zero_point: range.zero_point, min: range.min.into(), max: range.max.into() }
    }
}

/// The scale of all channels, whose shift is not to the left.
#[repr(C)]
struct One {
    multiplier: i32,
    /// To the right where negative.
    shift: i32,
    limits: Limits,
}

/// The scales of channels.
#[repr(C)]
struct Each {
    bias: *const i32,
    multipliers: *const i32,
    shifts: *const i8,
    limits: Limits,
    /// Multipliers and shifts from one vector to the next: none where all channels share theirs.
    step: usize,
}

/// As [`Lanes::finish`](crate::kernels::Lanes::finish).
#[inline]
pub fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
    let Channels { bias, multipliers, shifts, .. } = channels;
    let count = sums.len().min(bias.len()).min(y.len());
    let (from, to, limits) = (sums.as_ptr(), y.as_mut_ptr(), range.into());
    match (multipliers, shifts) {
        (&[multiplier], &[shift]) if shift < 0 => {
            let one = One { multiplier, shift: shift.into(), limits };
            // SAFETY: there are `count` sums, biases and outputs.
            unsafe { finish_one(from, bias.as_ptr(), count, to, &one) }
        }
        (&[_], &[_]) => outputs::finish(sums, channels, range, y),
        _ => {
            let count = count.min(multipliers.len()).min(shifts.len());
            let (multipliers, shifts) = (multipliers.as_ptr(), shifts.as_ptr());
            let each = Each { bias: bias.as_ptr(), multipliers, shifts, limits, step: 4 };
            // SAFETY: there are `count` sums, biases, multipliers, shifts and outputs.
            unsafe { finish_each(from, &each, count, to) }
        }
    }
}

/// As [`Lanes::finish_tile`](crate::kernels::Lanes::finish_tile).
#[inline]
pub fn finish_tile(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let done = narrow::finish_tile(sums, channels, range, places);
    if let Some(sums) = sums.get(done..).filter(|sums| !sums.is_empty()) {
        finish_any(sums, &channels.from(done), range, &mut places.from(done));
    }
}

/// The same for any sums.
#[inline(never)]
fn finish_any(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let Channels { bias, multipliers, shifts, .. } = *channels;
    let y = places.each();
    let count = y.iter().fold(sums.len().min(bias.len()), |count, y| count.min(y.len()));
    let (one, step) = match (multipliers, shifts) {
        (&[multiplier], &[shift]) => (Some(([multiplier; 4], [shift; 4])), 0),
        _ => (None, 4),
    };
    let (count, multipliers, shifts) = match &one {
        Some((multipliers, shifts)) => (count, multipliers.as_ptr(), shifts.as_ptr()),
        None => {
            let count = count.min(multipliers.len()).min(shifts.len());
            (count, multipliers.as_ptr(), shifts.as_ptr())
        }
    };
    let each = Each { bias: bias.as_ptr(), multipliers, shifts, limits: range.into(), step };
    let starts = y.map(<[i8]>::as_mut_ptr);
    // SAFETY: there are `count` sums, biases and outputs of each window; multipliers and shifts
    // are as many, or the four that are taken for all.
    unsafe { tile_each(sums.as_ptr(), &each, count / 4, &starts) }
    let done = count / 4 * 4;
    if let Some(sums) = sums.get(done..).filter(|sums| !sums.is_empty()) {
        outputs::finish_tile(sums, &channels.from(done), range, &mut places.from(done));
    }
}

#[unsafe(naked)]
unsafe extern "C" fn finish_one(
    _sums: *const i32,
    _bias: *const i32,
    _count: usize,
    _y: *mut i8,
    _one: &One,
) {
    naked_asm!(
        helium!(),
        "push {{r4-r8, lr}}",
        "ldr r4, [sp, #24]",
        "ldm r4, {{r4, r5, r6, r7, r8}}",
        "vdup.32 q2, r7",
        "vdup.32 q3, r8",
        "wlstp.32 lr, r2, 2f",
        "1:",
        "vldrw.u32 q0, [r0], #16",
        "vldrw.u32 q1, [r1], #16",
        "vadd.i32 q0, q0, q1",
        "vqrdmulh.s32 q0, q0, r4",
        "vshr.s32 q1, q0, #31",
        "vadd.i32 q0, q0, q1",
        "vrshl.s32 q0, r5",
        "vqadd.s32 q0, q0, r6",
        "vmax.s32 q0, q0, q2",
        "vmin.s32 q0, q0, q3",
        "vstrb.32 q0, [r3], #4",
        "letp lr, 1b",
        "2:",
        "pop {{r4-r8, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn finish_each(_sums: *const i32, _each: &Each, _count: usize, _y: *mut i8) {
    naked_asm!(
        helium!(),
        "push {{r4-r9, lr}}",
        "vpush {{d8-d11}}",
        "ldm r1, {{r4, r5, r6, r7, r8, r9}}",
        "vdup.32 q2, r8",
        "vdup.32 q3, r9",
        "vmov.i32 q5, #0",
        "wlstp.32 lr, r2, 2f",
        "1:",
        "vldrw.u32 q0, [r0], #16",
        "vldrw.u32 q1, [r4], #16",
        "vadd.i32 q0, q0, q1",
        "vldrb.s32 q1, [r6], #4",
        "vmax.s32 q4, q1, q5",
        "vshl.s32 q0, q0, q4",
        "vldrw.u32 q4, [r5], #16",
        "vqrdmulh.s32 q0, q0, q4",
        "vand q4, q0, q1",
        "vshr.s32 q4, q4, #31",
        "vadd.i32 q0, q0, q4",
        "vmin.s32 q1, q1, q5",
        "vrshl.s32 q0, q0, q1",
        "vqadd.s32 q0, q0, r7",
        "vmax.s32 q0, q0, q2",
        "vmin.s32 q0, q0, q3",
        "vstrb.32 q0, [r3], #4",
        "letp lr, 1b",
        "2:",
        "vpop {{d8-d11}}",
        "pop {{r4-r9, pc}}",
    )
}

/// Ends a window's four channels: shifts to the right are in q4, −1 in q5 where there is one.
macro_rules! window {
    ($x:literal, $y:literal) => {
        concat!(
            "vpt.s32 lt, ",
            $x,
            ", zr\n",
            "vaddt.i32 ",
            $x,
            ", ",
            $x,
            ", q5\n",
            "vrshl.s32 ",
            $x,
            ", ",
            $x,
            ", q4\n",
            "vqadd.s32 ",
            $x,
            ", ",
            $x,
            ", r12\n",
            "vmax.s32 ",
            $x,
            ", ",
            $x,
            ", q6\n",
            "vmin.s32 ",
            $x,
            ", ",
            $x,
            ", q7\n",
            "vstrb.32 ",
            $x,
            ", [",
            $y,
            "], #4\n",
        )
    };
}

/// Four channels of four windows a round, which VLD4 parts.
#[unsafe(naked)]
unsafe extern "C" fn tile_each(
    _sums: *const [i32; WINDOWS],
    _each: &Each,
    _rounds: usize,
    _y: &[*mut i8; WINDOWS],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "wls lr, r2, 2f",
        "ldm r3, {{r4, r5, r6, r7}}",
        "ldrd r11, r12, [r1, #16]",
        "vdup.32 q6, r11",
        "vdup.32 q7, r12",
        "ldr r12, [r1, #12]",
        "ldr r11, [r1, #24]",
        "ldrd r8, r9, [r1]",
        "ldr r3, [r1, #8]",
        "1:",
        "vld40.32 {{q0, q1, q2, q3}}, [r0]",
        "vld41.32 {{q0, q1, q2, q3}}, [r0]",
        "vld42.32 {{q0, q1, q2, q3}}, [r0]",
        "vld43.32 {{q0, q1, q2, q3}}, [r0]!",
        "vldrw.u32 q4, [r8], #16",
        "vadd.i32 q0, q0, q4",
        "vadd.i32 q1, q1, q4",
        "vadd.i32 q2, q2, q4",
        "vadd.i32 q3, q3, q4",
        "vldrb.s32 q4, [r3]",
        "add r3, r11",
        "vmov.i32 q5, #0",
        "vmax.s32 q5, q5, q4",
        "vshl.s32 q0, q0, q5",
        "vshl.s32 q1, q1, q5",
        "vshl.s32 q2, q2, q5",
        "vshl.s32 q3, q3, q5",
        "vldrw.u32 q5, [r9]",
        "add r9, r9, r11, lsl #2",
        "vqrdmulh.s32 q0, q0, q5",
        "vqrdmulh.s32 q1, q1, q5",
        "vqrdmulh.s32 q2, q2, q5",
        "vqrdmulh.s32 q3, q3, q5",
        "vmov.i32 q5, #0",
        "vmin.s32 q4, q4, q5",
        "vshr.s32 q5, q4, #31",
        window!("q0", "r4"),
        window!("q1", "r5"),
        window!("q2", "r6"),
        window!("q3", "r7"),
        "le lr, 1b",
        "2:",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}
