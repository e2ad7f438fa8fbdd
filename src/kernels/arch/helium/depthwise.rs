//! Depthwise filters on Helium: channels side by side, in 32 bit lanes.
//!
//! ```text
//! for each tap, eight channels at a time:
//!     w, x = eight weights, eight inputs        vldrb vldrb       16 bit lanes
//!     even += w · x;  odd += w · x              vmullb vadd vmullt vadd
//! ```
//!
//! 15 instructions a tap for 16 channels, 9 for eight, 15 for eight of two windows. Sums of channels are
//! four words apart, where the even and the odd lanes are scattered to in the end.

use super::helium;
use crate::kernels::arch::start::{Starts, Taps};
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;

/// From a channel's sum to the next.
type Sums = *mut [i32; WINDOWS];

/// Adds a tap's products of eight channels to two vectors: weights in q0, inputs at `$x`.
macro_rules! eight {
    ($x:literal, $even:literal, $odd:literal) => {
        concat!(
            "vldrb.s16 q1, ",
            $x,
            "\n",
            "vmullb.s16 q2, q0, q1\n",
            "vadd.i32 ",
            $even,
            ", ",
            $even,
            ", q2\n",
            "vmullt.s16 q2, q0, q1\n",
            "vadd.i32 ",
            $odd,
            ", ",
            $odd,
            ", q2\n",
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

/// What [`sixteen`] and [`eights`] begin with: r2, r4, r5 and r7 hold height, width, channels and the
/// weights, r9 and r8 the windows' starts and
/// their end, q3 where the even sums go.
macro_rules! enter {
    () => {
        "
        push {{r4-r11, lr}}
        vpush {{d8-d15}}
        mov r7, r0
        ldr r8, [sp, #104]
        ldm r2, {{r2, r4, r5}}
        mov r9, r1
        add r8, r1, r8, lsl #2
        movs r6, #0
        vidup.u32 q3, r6, #8
        vshl.i32 q3, q3, #2
        vadd.i32 q3, q3, r3
        movs r3, #4
        "
    };
}

/// No sums yet.
macro_rules! zero {
    () => {
        "
        vmov.i32 q4, #0
        vmov.i32 q5, #0
        vmov.i32 q6, #0
        vmov.i32 q7, #0
        "
    };
}

/// The sums of 16 channels of the first `count` windows, from channel `first` of each on.
#[unsafe(naked)]
unsafe extern "C" fn sixteen(
    _w: *const i8,
    _windows: &Starts,
    _taps: &Taps,
    _sums: Sums,
    _first: usize,
    _count: usize,
) {
    naked_asm!(
        helium!(),
        enter!(),
        "ldr r12, [sp, #100]",
        "3:",
        "ldr r6, [r9, #16]",
        "ldr r1, [r9], #4",
        "mov r0, r7",
        "add r1, r12",
        "mov r10, r2",
        zero!(),
        "1:",
        "dls lr, r4",
        "2:",
        "vldrb.s16 q0, [r0]",
        eight!("[r1]", "q4", "q5"),
        "vldrb.s16 q0, [r0, #8]",
        eight!("[r1, #8]", "q6", "q7"),
        "add r0, r5",
        "add r1, r5",
        "le lr, 2b",
        "add r1, r6",
        "subs r10, #1",
        "bne 1b",
        "vstrw.32 q4, [q3]",
        "vstrw.32 q5, [q3, #16]",
        "vstrw.32 q6, [q3, #128]",
        "vstrw.32 q7, [q3, #144]",
        "vadd.i32 q3, q3, r3",
        "cmp r9, r8",
        "bne 3b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}

/// The sums of eight channels of the first `count` windows, an even number, which share weights in twos.
#[unsafe(naked)]
unsafe extern "C" fn eights(
    _w: *const i8,
    _windows: &Starts,
    _taps: &Taps,
    _sums: Sums,
    _first: usize,
    _count: usize,
) {
    naked_asm!(
        helium!(),
        enter!(),
        "3:",
        "ldr r0, [sp, #100]",
        "ldrd r1, r6, [r9]",
        "add r1, r0",
        "add r6, r0",
        "ldrd r11, r12, [r9, #16]",
        "add r9, #8",
        "mov r0, r7",
        "mov r10, r2",
        zero!(),
        "1:",
        "dls lr, r4",
        "2:",
        "vldrb.s16 q0, [r0]",
        eight!("[r1]", "q4", "q5"),
        eight!("[r6]", "q6", "q7"),
        "add r0, r5",
        "add r1, r5",
        "add r6, r5",
        "le lr, 2b",
        "add r1, r11",
        "add r6, r12",
        "subs r10, #1",
        "bne 1b",
        "vstrw.32 q4, [q3]",
        "vstrw.32 q5, [q3, #16]",
        "vstrw.32 q6, [q3, #4]",
        "vstrw.32 q7, [q3, #20]",
        "vadd.i32 q3, q3, r3",
        "vadd.i32 q3, q3, r3",
        "cmp r9, r8",
        "bne 3b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}

/// The sums of eight channels of one window.
#[unsafe(naked)]
unsafe extern "C" fn eight(_w: *const i8, _x: *const i8, _taps: &Taps, _sums: Sums) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, lr}}",
        "vpush {{d8-d11}}",
        "vmov.i32 q4, #0",
        "vmov.i32 q5, #0",
        taps!("vldrb.s16 q0, [r0]\n", eight!("[r1]", "q4", "q5")),
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

/// As [`Raw::depthwise`](crate::kernels::arch::raw::Raw::depthwise): as many channels at a
/// time as there are, the last of which overlap those before.
#[inline]
pub unsafe fn depthwise(w: *const i8, x: *const i8, taps: &Taps, sums: Sums, count: usize) {
    if count >= 16 {
        let starts = Starts { x: [x; WINDOWS], skip: [taps.skip; WINDOWS] };
        // SAFETY: the caller's promise, for one window.
        return unsafe { sixteens(w, &starts, taps, sums, count, 1) };
    }
    let (step, sum): (_, unsafe extern "C" fn(_, _, _, _)) = match count {
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

/// As [`Raw::tile_depthwise`](crate::kernels::arch::raw::Raw::tile_depthwise).
#[inline]
pub unsafe fn tile(w: *const i8, starts: &Starts, taps: &Taps, sums: Sums, count: usize) {
    match count {
        // SAFETY: the caller's promise.
        16.. => unsafe { sixteens(w, starts, taps, sums, count, WINDOWS) },
        8.. => {
            let last = count - 8;
            // SAFETY: the caller's promise, for the first eight channels and the last.
            unsafe {
                eights(w, starts, taps, sums, 0, WINDOWS);
                if last > 0 {
                    eights(w.add(last), starts, taps, sums.add(last), last, WINDOWS);
                }
            }
        }
        _ => {
            for (window, (&x, &skip)) in starts.x.iter().zip(&starts.skip).enumerate() {
                // SAFETY: the caller's promise, for one window, whose sums start as many words behind
                // the first window's.
                unsafe {
                    let sums = sums.cast::<i32>().add(window).cast();
                    depthwise(w, x, &Taps { skip, ..*taps }, sums, count);
                }
            }
        }
    }
}

/// [`sixteen`] for `count` channels, at least as many, of the first `windows`.
#[inline]
unsafe fn sixteens(
    w: *const i8,
    starts: &Starts,
    taps: &Taps,
    sums: Sums,
    count: usize,
    windows: usize,
) {
    let mut at = 0;
    while at < count {
        let first = at.min(count - 16);
        // SAFETY: the caller's promise, for 16 channels from `first` on.
        unsafe { sixteen(w.add(first), starts, taps, sums.add(first), first, windows) }
        at += 16;
    }
}
