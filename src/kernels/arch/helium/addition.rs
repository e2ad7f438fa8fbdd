//! The sum of two vectors on Helium: four elements a round of 24 instructions.
//!
//! ```text
//! a = (a − zero point) << 20                              vldrb vsub vshl
//! a = half to the nearest by shift of a · multiplier      vqrdmulh vpt vadd vrshl
//! b likewise; y = a + b                                   7, vadd
//! y = the same of y, + zero point, held to the range      4, vqadd vmax vmin vstrb
//! ```

use super::helium;
use crate::kernels::{Addition, HEADROOM};
use crate::quant::Scale;
use core::arch::naked_asm;

/// A scale, in the order in which it is loaded.
#[repr(C)]
struct Factor {
    multiplier: i32,
    /// To the right where negative.
    shift: i32,
    /// What is added to a negative number before it is shifted: −1, but 0 for a shift of 0.
    away: i32,
}

impl From<Scale> for Factor {
    fn from(scale: Scale) -> Self {
        let shift = scale.shift();
        Factor { multiplier: scale.multiplier(), shift, away: if shift < 0 { -1 } else { 0 } }
    }
}

/// An [`Addition`], in the order in which it is loaded.
#[repr(C)]
struct Sum {
    zero_points: [i32; 2],
    min: i32,
    max: i32,
    terms: [Factor; 2],
    output: Factor,
    zero_point: i32,
}

/// As [`Lanes::add`](crate::kernels::Lanes::add).
pub fn add(y: &mut [i8], x: &[i8], addition: &Addition) {
    let Addition { terms: [a, b], scale, range } = addition;
    if [a.scale, b.scale, *scale].iter().any(|scale| scale.shift() > 0) {
        return addition.add(y, x);
    }
    let sum = Sum {
        zero_points: [a.zero_point, b.zero_point],
        min: range.min.into(),
        max: range.max.into(),
        terms: [a.scale.into(), b.scale.into()],
        output: (*scale).into(),
        zero_point: range.zero_point,
    };
    // SAFETY: there are as many of both.
    unsafe { sums(y.as_mut_ptr(), x.as_ptr(), y.len().min(x.len()), &sum) }
}

/// Replaces `count` y by their sums with x.
#[unsafe(naked)]
unsafe extern "C" fn sums(_y: *mut i8, _x: *const i8, _count: usize, _sum: &Sum) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "vpush {{d8-d11}}",
        "wlstp.32 lr, r2, 2f",
        "ldm r3!, {{r4, r5, r6, r7}}",
        "vdup.32 q2, r4",
        "vdup.32 q3, r5",
        "vdup.32 q4, r6",
        "vdup.32 q5, r7",
        "ldm r3, {{r4, r5, r6, r7, r8, r9, r10, r11, r12}}",
        "ldr r2, [r3, #36]",
        "1:",
        "vldrb.s32 q0, [r0]",
        "vsub.i32 q0, q0, q2",
        "vshl.i32 q0, q0, #{headroom}",
        "vqrdmulh.s32 q0, q0, r4",
        "vpt.s32 lt, q0, zr",
        "vaddt.i32 q0, q0, r6",
        "vrshl.s32 q0, r5",
        "vldrb.s32 q1, [r1], #4",
        "vsub.i32 q1, q1, q3",
        "vshl.i32 q1, q1, #{headroom}",
        "vqrdmulh.s32 q1, q1, r7",
        "vpt.s32 lt, q1, zr",
        "vaddt.i32 q1, q1, r9",
        "vrshl.s32 q1, r8",
        "vadd.i32 q0, q0, q1",
        "vqrdmulh.s32 q0, q0, r10",
        "vpt.s32 lt, q0, zr",
        "vaddt.i32 q0, q0, r12",
        "vrshl.s32 q0, r11",
        "vqadd.s32 q0, q0, r2",
        "vmax.s32 q0, q0, q4",
        "vmin.s32 q0, q0, q5",
        "vstrb.32 q0, [r0], #4",
        "letp lr, 1b",
        "2:",
        "vpop {{d8-d11}}",
        "pop {{r4-r11, pc}}",
        headroom = const HEADROOM,
    )
}
