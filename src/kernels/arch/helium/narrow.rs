//! From the sums of a tile to bytes on Helium, where they are [narrow](Channels::narrow): a vector has
//! a channel of four windows, whose scale is in core registers.
//!
//! ```text
//! x = sum + bias                                              vldrw vadd
//! v = (−1 where x < 0) + (2 · x · multiplier, its upper half, rounded)
//!                                                             vshr vqrdmlah
//! v = half to the nearest by shift of v                       ldrsb vrshl
//! four channels of a window to a word: saturated to 16 bits, + zero point, saturated to eight
//!                                                             2 vqmovnb, 2 vqmovnt, 2 vqadd, vqmovnb vqmovnt
//! held to the range, a word to each window                    vmax vmin vstrw
//! ```
//!
//! Ties go away from zero by the sign of x, where the rule of [`quant`](crate::quant) takes that of the
//! product. They differ where a negative x gives 0, which a shift rounds to 0 either way. 2.4
//! instructions an output.

use super::helium;
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places};
use crate::quant::Range;
use core::arch::naked_asm;

/// What [`rounds`] reads and writes, in the order of its registers.
#[repr(C)]
struct Tile {
    /// Four of each channel.
    sums: *const [i32; WINDOWS],
    /// One a channel, as the next two.
    bias: *const i32,
    /// Q31.
    multipliers: *const i32,
    /// To the right where negative.
    shifts: *const i8,
    /// Of the outputs.
    zero_point: i32,
    min: i32,
    max: i32,
    /// Rounds of four channels.
    rounds: usize,
    /// Where the first outputs of each window go.
    y: [*mut i8; WINDOWS],
}

/// Writes the outputs of as many channels as go by four; gives their number. None where sums are not
/// narrow or a window's outputs do not start at a word.
#[inline]
pub fn finish_tile(
    sums: &[[i32; WINDOWS]],
    of: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) -> usize {
    let count = sums.len() / 4 * 4;
    let all = of.bias.len().min(of.multipliers.len()).min(of.shifts.len()) >= count;
    let words = (places.y.as_ptr().addr() | places.stride).is_multiple_of(4);
    let plain = of.narrow && i8::try_from(range.zero_point).is_ok();
    if !(all && words && plain && places.hold(count)) {
        return 0;
    }
    let (y, stride) = (places.y.as_mut_ptr(), places.stride);
    let tile = Tile {
        sums: sums.as_ptr(),
        bias: of.bias.as_ptr(),
        multipliers: of.multipliers.as_ptr(),
        shifts: of.shifts.as_ptr(),
        zero_point: range.zero_point,
        min: range.min.into(),
        max: range.max.into(),
        rounds: count / 4,
        y: [0, 1, 2, 3].map(|window| y.wrapping_add(window * stride)),
    };
    // SAFETY: there are `count` sums, biases, multipliers and shifts, and each window has room for as
    // many outputs, from a multiple of four on.
    unsafe { rounds(&tile) }
    count
}

/// A channel's sums, and its bias added to them.
macro_rules! sums {
    ($x:literal, $bias:literal) => {
        concat!("vldrw.u32 ", $x, ", [r0], #16\n", "vadd.i32 ", $x, ", ", $x, ", ", $bias, "\n")
    };
}

/// Scales `$x` to `$v`.
macro_rules! scale {
    ($v:literal, $x:literal, $multiplier:literal) => {
        concat!(
            "ldrsb r12, [r3], #1\n",
            "vshr.s32 ",
            $v,
            ", ",
            $x,
            ", #31\n",
            "vqrdmlah.s32 ",
            $v,
            ", ",
            $x,
            ", ",
            $multiplier,
            "\n",
            "vrshl.s32 ",
            $v,
            ", r12\n",
        )
    };
}

#[unsafe(naked)]
unsafe extern "C" fn rounds(_tile: &Tile) {
    naked_asm!(
        helium!(),
        "push {{r4-r8, lr}}",
        "vpush {{d8-d15}}",
        "ldrd r12, lr, [r0, #24]",
        "ldr r8, [r0, #16]",
        "ldr r4, [r0, #20]",
        "vdup.8 q6, r4",
        "vdup.8 q7, r12",
        "vldrw.u32 q5, [r0, #32]",
        "movs r4, #4",
        "vsub.i32 q5, q5, r4",
        "ldm r0, {{r0-r3}}",
        "wls lr, lr, 2f",
        "1:",
        "ldm r1!, {{r4-r7}}",
        sums!("q0", "r4"),
        sums!("q1", "r5"),
        sums!("q2", "r6"),
        sums!("q3", "r7"),
        "ldm r2!, {{r4-r7}}",
        scale!("q4", "q0", "r4"),
        scale!("q0", "q1", "r5"),
        scale!("q1", "q2", "r6"),
        scale!("q2", "q3", "r7"),
        "vqmovnb.s32 q3, q4",
        "vqmovnt.s32 q3, q1",
        "vqmovnb.s32 q4, q0",
        "vqmovnt.s32 q4, q2",
        "vqadd.s16 q3, q3, r8",
        "vqadd.s16 q4, q4, r8",
        "vqmovnb.s16 q3, q3",
        "vqmovnt.s16 q3, q4",
        "vmax.s8 q3, q3, q6",
        "vmin.s8 q3, q3, q7",
        "vstrw.32 q3, [q5, #4]!",
        "le lr, 1b",
        "2:",
        "vpop {{d8-d15}}",
        "pop {{r4-r8, pc}}",
    )
}
