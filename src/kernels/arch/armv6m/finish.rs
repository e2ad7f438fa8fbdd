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

use crate::kernels::{Channels, outputs};
use crate::quant::Range;
use core::arch::naked_asm;

/// Negative sums are from −2^26 on.
const USUAL_BITS: u32 = 26;

/// The longest shift to the right, such that nothing overflows: 2^29 + 257 · 2^20 + 1 < 2^31.
const MOST: u32 = 20;

/// What [`vector`] takes, in the order of its fields.
#[repr(C)]
struct Vector {
    sums: *const i32,
    bias: *const i32,
    y: *mut i8,
    /// One past the last output.
    end: *mut i8,
    /// Of the multiplier.
    low: u32,
    high: u32,
    /// What is added before the shift, where x ≥ 0.
    before: i32,
    /// r + 1.
    shift: u32,
    /// What x is below.
    bound: i32,
    min: i32,
    /// How far the zero point is above it.
    above: i32,
}

/// The macro `high`: g of x in r3, in r3; the halves of m are in r6 and r7, `shift` is the shift
/// that knows whether x is negative. Uses r4 and r5.
macro_rules! high {
    () => {
        r"
        .macro high shift
        lsls r3, r3, #2
        uxth r4, r3
        \shift r3, r3, #16
        mov r5, r4
        muls r5, r6, r5
        lsrs r5, r5, #16
        muls r4, r7, r4
        adds r4, r4, r5
        mov r5, r3
        muls r5, r6, r5
        adds r4, r4, r5
        \shift r4, r4, #16
        muls r3, r7, r3
        adds r3, r3, r4
        .endm
        "
    };
}

/// The outputs up to the first whose sum is unusual; gives where that goes, or the end.
#[unsafe(naked)]
unsafe extern "C" fn vector(_of: &Vector) -> *mut i8 {
    naked_asm!(
        high!(),
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "adds r0, #24",
        "ldm r0!, {{r4-r7}}",
        "mov r8, r4",  // before
        "mov r10, r5", // shift
        "mov r9, r6",  // bound
        "mov r12, r7", // min
        "ldr r4, [r0]",
        "mov lr, r4", // above
        "subs r0, #40",
        "ldr r1, [r0, #4]",
        "ldr r2, [r0, #8]",
        "ldr r4, [r0, #12]",
        "mov r11, r4", // end
        "ldr r6, [r0, #16]",
        "ldr r7, [r0, #20]",
        "ldr r0, [r0]",
        "1:",
        "ldm r0!, {{r3}}",
        "ldm r1!, {{r4}}",
        "adds r3, r3, r4",
        "cmp r3, r9",
        "bhs 3f",
        "high lsrs",
        "add r3, r8",
        "mov r4, r10",
        "asrs r3, r4",
        "2:",
        "strb r3, [r2]",
        "adds r2, #1",
        "cmp r2, r11",
        "bne 1b",
        "b 5f",
        "3:",
        "cmp r3, #0",
        "bge 5f",
        "mov r4, lr",
        "cmp r4, #0",
        "beq 4f",
        "movs r4, #1",
        "lsls r4, r4, #{bits}",
        "adds r4, r4, r3",
        "bmi 5f",
        "high asrs",
        "add r3, r8",
        "subs r3, #2",
        "mov r4, r10",
        "asrs r3, r4",
        "cmp r3, r12",
        "bge 2b",
        "4:",
        "mov r3, r12",
        "b 2b",
        "5:",
        "mov r0, r2",
        "pop {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        ".purgem high",
        bits = const USUAL_BITS,
    )
}

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
