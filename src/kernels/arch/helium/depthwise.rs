//! Depthwise filters on Helium: channels side by side, in 32 bit lanes.
//!
//! ```text
//! for each tap, eight channels at a time:
//!     w, x = eight weights, eight inputs        vldrb vldrb       16 bit lanes
//!     even += w · x;  odd += w · x              vmullb vadd vmullt vadd
//! ```
//!
//! 15 instructions a tap for 16 channels, 9 for eight. Sums of channels are four words apart, where
//! the even and the odd lanes are scattered to in the end.

use super::helium;
use crate::kernels::arch::checked::Taps;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// From a channel's sum to the next.
type Sums = *mut [i32; WINDOWS];

/// Adds a tap's products of the eight channels `at` bytes further on to two vectors.
macro_rules! eight {
    ($at:literal, $even:literal, $odd:literal) => {
        concat!(
            "vldrb.s16 q0, [r0, #",
            $at,
            "]\n",
            "vldrb.s16 q1, [r1, #",
            $at,
            "]\n",
            "vmullb.s16 q2, q0, q1\n",
            "vadd.i32 ",
            $even,
            ", ",
            $even,
            ", q2\n",
            "vmullt.s16 q3, q0, q1\n",
            "vadd.i32 ",
            $odd,
            ", ",
            $odd,
            ", q3\n",
        )
    };
}

/// A tap after the other: the body of a function, `$sum` for each. Taps in the order height, width,
/// channels, skip.
macro_rules! taps {
    ($($sum:expr),+) => {
        concat!(
            "ldm r2, {{r2, r4, r5, r6}}\n",
            "1:\n",
            "dls lr, r4\n",
            "2:\n",
            $($sum,)+
            "add r0, r5\n",
            "add r1, r5\n",
            "le lr, 2b\n",
            "add r1, r6\n",
            "subs r2, #1\n",
            "bne 1b\n",
        )
    };
}

/// The sums of 16 channels.
#[unsafe(naked)]
unsafe extern "C" fn sixteen(_w: *const i8, _x: *const i8, _taps: &Taps, _sums: Sums) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, lr}}",
        "vpush {{d8-d15}}",
        "vmov.i32 q4, #0",
        "vmov.i32 q5, #0",
        "vmov.i32 q6, #0",
        "vmov.i32 q7, #0",
        taps!(eight!("0", "q4", "q5"), eight!("8", "q6", "q7")),
        "vidup.u32 q0, r2, #8",
        "vstrw.32 q4, [r3, q0, uxtw #2]",
        "add r4, r3, #16",
        "vstrw.32 q5, [r4, q0, uxtw #2]",
        "add r4, r3, #128",
        "vstrw.32 q6, [r4, q0, uxtw #2]",
        "add r4, r3, #144",
        "vstrw.32 q7, [r4, q0, uxtw #2]",
        "vpop {{d8-d15}}",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// The sums of eight.
#[unsafe(naked)]
unsafe extern "C" fn eight(_w: *const i8, _x: *const i8, _taps: &Taps, _sums: Sums) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, lr}}",
        "vpush {{d8-d11}}",
        "vmov.i32 q4, #0",
        "vmov.i32 q5, #0",
        taps!(eight!("0", "q4", "q5")),
        "vidup.u32 q0, r2, #8",
        "vstrw.32 q4, [r3, q0, uxtw #2]",
        "adds r3, #16",
        "vstrw.32 q5, [r3, q0, uxtw #2]",
        "vpop {{d8-d11}}",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// The sums of four.
#[unsafe(naked)]
pub unsafe extern "C" fn four(_w: *const i8, _x: *const i8, _taps: &Taps, _sums: Sums) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, lr}}",
        "vmov.i32 q2, #0",
        taps!(
            "vldrb.s32 q0, [r0]\n",
            "vldrb.s32 q1, [r1]\n",
            "vmul.i32 q0, q0, q1\n",
            "vadd.i32 q2, q2, q0\n"
        ),
        "vidup.u32 q0, r2, #4",
        "vstrw.32 q2, [r3, q0, uxtw #2]",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// As [`Raw::depthwise`](crate::kernels::arch::checked::Raw::depthwise): as many channels at a
/// time as there are, the last of which overlap those before.
#[inline]
pub unsafe fn depthwise(w: *const i8, x: *const i8, taps: &Taps, sums: Sums, count: usize) {
    let (step, sum): (_, unsafe extern "C" fn(_, _, _, _)) = match count {
        16.. => (16, sixteen),
        8.. => (8, eight),
        _ => (4, four),
    };
    let mut at = 0;
    while at < count {
        let first = at.min(count - step);
        // SAFETY: the caller's promise, for `step` channels from `first` on; `count`, at least
        // four, is no less than `step`.
        unsafe { sum(w.add(first), x.add(first), taps, sums.add(first)) }
        at += step;
    }
}
