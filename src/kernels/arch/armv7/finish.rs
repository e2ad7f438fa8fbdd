//! From sums to bytes on Armv7-M and up.
//!
//! For sums that are [narrow](Channels::narrow) no step can overflow, and with DSP instructions an output
//! takes eight, of which two share a load:
//!
//! ```text
//! each channel:   r = (2 · zero point + 1) << (shift − 1)        half and zero point, before the shift
//! each output:    x = 2 · bias + 2 · sum                         add
//!                 v = r + (x · multiplier, its upper half)       smmlar
//!                 y = (v − (1 where x < 0)) >> shift             add, asr
//!                 saturate, store                                ssat, strb
//! ```
//!
//! Ties go away from zero by the sign of x, where the rule of [`quant`](crate::quant) takes that of v
//! without r. They differ where a negative x gives 0, which a shift rounds to 0 either way.

use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places, outputs};
use crate::quant::Range;
use core::arch::naked_asm;

/// What [`channels`] reads and writes, in the order of its registers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Tile {
    /// Four of each channel.
    sums: *const [i32; WINDOWS],
    /// One a channel, as the next two.
    bias: *const i32,
    /// Q31.
    multipliers: *const i32,
    /// To the left where positive.
    shifts: *const i8,
    /// The first window's outputs; those of the next are `stride` bytes further on.
    y: *mut i8,
    /// Distance of the windows' outputs.
    stride: usize,
    /// Three times as much.
    stride3: usize,
    /// One past the last of `sums`.
    end: *const [i32; WINDOWS],
    /// 2 · zero point + 1.
    odd: i32,
}

/// The byte of the doubled sum in `$x`, to `$to`. Multiplier, shift and rounding are r7, r8, r9.
#[cfg(not(kastanet_core = "armv7m"))]
macro_rules! output {
    ($x:literal, $high:literal, $to:literal) => {
        concat!(
            "smmlar lr, ",
            $x,
            ", r7, r9\n",
            "add lr, lr, ",
            $x,
            ", asr #31\n",
            "asr lr, lr, r8\n",
            "ssat lr, #8, lr\n",
            "strb lr, ",
            $to,
            "\n",
        )
    };
}

/// The same without a multiplication that rounds.
#[cfg(kastanet_core = "armv7m")]
macro_rules! output {
    ($x:literal, $high:literal, $to:literal) => {
        concat!(
            "smull lr, ",
            $high,
            ", ",
            $x,
            ", r7\n",
            "add lr, r9, lr, lsr #31\n",
            "add lr, lr, ",
            $high,
            "\n",
            "add lr, lr, ",
            $x,
            ", asr #31\n",
            "asr lr, lr, r8\n",
            "ssat lr, #8, lr\n",
            "strb lr, ",
            $to,
            "\n",
        )
    };
}

/// Two windows of a channel, twice whose bias is r10.
#[cfg(not(kastanet_core = "armv7m"))]
macro_rules! windows {
    ($a:literal, $b:literal) => {
        concat!(
            "ldrd r11, r12, [r0], #8\n",
            "add r11, r10, r11, lsl #1\n",
            output!("r11", "", $a),
            "add r12, r10, r12, lsl #1\n",
            output!("r12", "", $b),
        )
    };
}

/// The same; the upper half of a product needs a register.
#[cfg(kastanet_core = "armv7m")]
macro_rules! windows {
    ($a:literal, $b:literal) => {
        concat!(
            "ldr r11, [r0], #4\n",
            "add r11, r10, r11, lsl #1\n",
            output!("r11", "r12", $a),
            "ldr r11, [r0], #4\n",
            "add r11, r10, r11, lsl #1\n",
            output!("r11", "r12", $b),
        )
    };
}

/// One channel.
macro_rules! channel {
    () => {
        concat!(
            "ldrsb r8, [r3], #1\n",
            "ldr lr, [sp, #4]\n",
            "ldr r7, [r2], #4\n",
            "ldr r10, [r1], #4\n",
            "mvn r9, r8\n",
            "rsb r8, r8, #0\n",
            "lsl r9, lr, r9\n",
            "lsl r10, r10, #1\n",
            windows!("[r4]", "[r4, r5]"),
            windows!("[r4, r5, lsl #1]", "[r4, r6]"),
            "add r4, #1\n",
        )
    };
}

/// Outputs of at least one channel: two a round, the first alone where their number is odd.
#[unsafe(naked)]
unsafe extern "C" fn channels(_of: &Tile) {
    naked_asm!(
        dsp!(),
        "push {{r4-r11, lr}}",
        "ldrd r2, r3, [r0, #28]",
        "push {{r2, r3}}",
        "ldm r0, {{r0-r6}}",
        "ldr lr, [sp]",
        "sub lr, r0",
        "lsls lr, lr, #27",
        "bmi.w 2f",
        "1:",
        channel!(),
        "2:",
        channel!(),
        "ldr lr, [sp]",
        "cmp r0, lr",
        "bne 1b",
        "add sp, #8",
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Lanes::finish_tile`](crate::kernels::Lanes::finish_tile).
pub fn finish_tile(
    sums: &[[i32; WINDOWS]],
    of: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let count = sums.len();
    let all = of.bias.len().min(of.multipliers.len()).min(of.shifts.len()) >= count;
    let plain = of.narrow && range.is_full() && i8::try_from(range.zero_point).is_ok();
    if !(all && plain && places.hold(count) && count > 0) {
        return outputs::finish_tile(sums, of, range, places);
    }
    let sums = sums.as_ptr_range();
    let of = Tile {
        sums: sums.start,
        bias: of.bias.as_ptr(),
        multipliers: of.multipliers.as_ptr(),
        shifts: of.shifts.as_ptr(),
        y: places.y.as_mut_ptr(),
        stride: places.stride,
        stride3: 3 * places.stride,
        end: sums.end,
        odd: 2 * range.zero_point + 1,
    };
    // SAFETY: there are `count` sums, biases, multipliers and shifts, and each window has room for
    // as many outputs.
    unsafe { channels(&of) };
}

/// What [`vector`] reads and writes, in the order of its registers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Vector {
    /// One an output.
    sums: *const i32,
    /// As many.
    bias: *const i32,
    /// As many.
    y: *mut i8,
    /// One past the last of `sums`.
    end: *const i32,
    /// Rounding, multiplier and shift of all.
    rounding: i32,
    multiplier: i32,
    shift: u32,
}

/// The byte of the sum and bias in `$x` and `$bias`; jumps to 8 where it is not narrow.
macro_rules! output_of {
    ($x:literal, $bias:literal) => {
        concat!(
            "add ",
            $x,
            ", ",
            $bias,
            "\n",
            "adds ",
            $x,
            ", ",
            $x,
            "\n",
            "bvs 8f\n",
            output!($x, $bias, "[r2], #1"),
        )
    };
}

/// Four outputs.
macro_rules! four_of {
    () => {
        concat!(
            "ldm r0!, {{r4-r6, r10}}\n",
            "ldrd r11, r12, [r1], #8\n",
            output_of!("r4", "r11"),
            output_of!("r5", "r12"),
            "ldrd r11, r12, [r1], #8\n",
            output_of!("r6", "r11"),
            output_of!("r10", "r12"),
        )
    };
}

/// Outputs of a number of channels that is divisible by four, until one is not narrow; gives one past
/// the last that is right.
#[unsafe(naked)]
unsafe extern "C" fn vector(_of: &Vector) -> *mut i8 {
    naked_asm!(
        dsp!(),
        "push {{r4-r11, lr}}",
        "ldrd r4, r7, [r0, #16]",
        "ldr r8, [r0, #24]",
        "ldm r0, {{r0-r3}}",
        "mov r9, r4",
        "sub r4, r3, r0",
        "lsls r4, r4, #27",
        "bmi 2f",
        "1:",
        four_of!(),
        "2:",
        four_of!(),
        "cmp r0, r3",
        "bne 1b",
        "8:",
        "mov r0, r2",
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Lanes::finish`](crate::kernels::Lanes::finish).
pub fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
    let done = finish_one(sums, channels, range, y).unwrap_or(0);
    let (sums, y) = (sums.get(done..), y.get_mut(done..));
    let (Some(sums @ [_, ..]), Some(y)) = (sums, y) else { return };
    finish_each(sums, &channels.from(done), range, y);
}

/// Any channels, one after the other.
fn finish_each(sums: &[i32], of: &Channels<'_>, range: Range, y: &mut [i8]) {
    let places = y.iter_mut().zip(sums);
    match of.one() {
        Some(scale) => places.zip(of.bias).for_each(|((y, sum), &bias)| {
            *y = range.clamp(scale.apply(sum.wrapping_add(bias)));
        }),
        None => places.zip(of.each()).for_each(|((y, sum), (bias, scale))| {
            *y = range.clamp(scale.apply(sum.wrapping_add(bias)));
        }),
    }
}

/// The same for channels with one scale, up to the first sum that is not narrow; gives their number.
#[inline]
fn finish_one(sums: &[i32], of: Channels<'_>, range: Range, y: &mut [i8]) -> Option<usize> {
    let (&[multiplier], &[shift @ -22..0]) = (of.multipliers, of.shifts) else { return None };
    let (shift, count) = (u32::from(shift.unsigned_abs()), sums.len() / 4 * 4);
    let room = y.len().min(of.bias.len()) >= count;
    if !(room && range.is_full() && i8::try_from(range.zero_point).is_ok() && count > 0) {
        return None;
    }
    let of = Vector {
        sums: sums.as_ptr(),
        bias: of.bias.as_ptr(),
        y: y.as_mut_ptr(),
        end: sums.get(..count)?.as_ptr_range().end,
        rounding: (2 * range.zero_point + 1) << (shift - 1),
        multiplier,
        shift,
    };
    // SAFETY: there are `count` sums, biases and places for outputs.
    let end = unsafe { vector(&of) };
    Some(end.addr() - y.as_ptr().addr())
}
