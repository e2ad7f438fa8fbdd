//! From sums to bytes with vectors: a channel an element, 16 at a time where a register has 128
//! bits.
//!
//! Both roundings are instructions: VSMUL is the doubled high multiplication, rounded, and VSSRA the
//! shift to the right, rounded, whose ties go away from zero where one is subtracted from negative
//! values first:
//!
//! ```text
//! v = rounded(2 · ((sum + bias) << left) · m >> 32)                  vadd vsll vsmul
//! y = rounded((v + ([v < 0] & [right > 0])) >> right)                vsra vand vadd vssra
//! zero point and range                                               vsadd vmax vmin
//! ```
//!
//! 17 instructions with loads, stores and what narrows to bytes, for each window; 22 more for all four,
//! which share biases and scales. So 16 channels of four windows take 90.

use super::rv32v;
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places, outputs};
use crate::quant::Range;
use core::arch::naked_asm;

/// Where sums come from and bytes go, in the order of its fields.
#[repr(C)]
struct Finish {
    bias: *const i32,
    multipliers: *const i32,
    shifts: *const i8,
    /// 1 where there is a scale for each channel, 0 where there is one for all.
    step: usize,
    zero_point: i32,
    min: i32,
    max: i32,
    /// Bytes from a window's sum to the same window's next.
    stride: usize,
}

/// `count` channels of each window from `y` to `end`, whose sums start a word behind each other.
#[unsafe(naked)]
unsafe extern "C" fn requantise(
    _of: &Finish,
    _sums: *const i32,
    _count: usize,
    _y: *const *mut i8,
    _end: *const *mut i8,
) {
    naked_asm!(
        rv32v!(),
        "addi sp, sp, -16",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "lw t1, 0(a0)",
        "lw t2, 4(a0)",
        "lw t3, 8(a0)",
        "lw t4, 12(a0)",
        "lw a5, 16(a0)",
        "lw a6, 20(a0)",
        "lw a7, 24(a0)",
        "lw a0, 28(a0)",
        "csrwi vxrm, 0",
        "slli t6, t4, 2",
        "li s3, 0", // bytes written to each window
        "1:",
        "vsetvli t0, a2, e32, m4, ta, ma",
        "vle32.v v4, (t1)",
        "vlse32.v v8, (t2), t6",
        "vlse8.v v0, (t3), t4",
        "vsext.vf4 v12, v0",
        "vmin.vx v16, v12, zero",
        "vmax.vx v12, v12, zero", // to the left
        "vsra.vi v20, v16, 31",   // away from zero
        "vrsub.vi v16, v16, 0",   // to the right
        "mv s0, a3",
        "mv s1, a1",
        "2:",
        "vlse32.v v24, (s1), a0",
        "lw s2, 0(s0)",
        "vadd.vv v24, v24, v4",
        "vsll.vv v24, v24, v12",
        "vsmul.vv v24, v24, v8",
        "add s2, s2, s3",
        "vsra.vi v28, v24, 31",
        "vand.vv v28, v28, v20",
        "vadd.vv v24, v24, v28",
        "vssra.vv v24, v24, v16",
        "vsadd.vx v24, v24, a5",
        "vmax.vx v24, v24, a6",
        "vmin.vx v24, v24, a7",
        "vsetvli zero, zero, e16, m2, ta, ma",
        "vnsrl.wi v28, v24, 0",
        "vsetvli zero, zero, e8, m1, ta, ma",
        "vnsrl.wi v24, v28, 0",
        "vse8.v v24, (s2)",
        "vsetvli zero, zero, e32, m4, ta, ma",
        "addi s0, s0, 4",
        "addi s1, s1, 4",
        "bne s0, a4, 2b",
        "sub a2, a2, t0",
        "add s3, s3, t0",
        "slli t5, t0, 2",
        "add t1, t1, t5",
        "mul t5, t0, a0",
        "add a1, a1, t5",
        "mul t5, t0, t6",
        "add t2, t2, t5",
        "mul t5, t0, t4",
        "add t3, t3, t5",
        "bnez a2, 1b",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "addi sp, sp, 16",
        "ret",
        ".option pop",
    )
}

/// What sums of `count` channels become bytes by, the sums of a window `stride` bytes apart; `None`
/// where there are fewer biases or scales.
fn finish_of(channels: Channels<'_>, range: Range, count: usize, stride: usize) -> Option<Finish> {
    let (scales, shifts) = (channels.multipliers.len(), channels.shifts.len());
    let one = scales == 1 && shifts == 1;
    let all = channels.bias.len() >= count && (one || scales.min(shifts) >= count);
    all.then_some(Finish {
        bias: channels.bias.as_ptr(),
        multipliers: channels.multipliers.as_ptr(),
        shifts: channels.shifts.as_ptr(),
        step: usize::from(!one),
        zero_point: range.zero_point,
        min: range.min.into(),
        max: range.max.into(),
        stride,
    })
}

/// As [`Lanes::finish`](crate::kernels::Lanes::finish).
pub fn finish(sums: &[i32], channels: Channels<'_>, range: Range, y: &mut [i8]) {
    let count = sums.len();
    match finish_of(channels, range, count, size_of::<i32>()) {
        Some(of) if y.len() >= count => {
            let y = [y.as_mut_ptr()];
            let to = y.as_ptr_range();
            // SAFETY: there are biases for all sums, a scale for each or one for all, and room for as
            // many outputs.
            unsafe { requantise(&of, sums.as_ptr(), count, to.start, to.end) }
        }
        _ => outputs::finish(sums, channels, range, y),
    }
}

/// As [`Lanes::finish_tile`](crate::kernels::Lanes::finish_tile).
pub fn finish_tile(
    sums: &[[i32; WINDOWS]],
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let count = sums.len();
    match finish_of(*channels, range, count, size_of::<[i32; WINDOWS]>()) {
        Some(of) if places.hold(count) => {
            let y = places.each().map(<[i8]>::as_mut_ptr);
            let (sums, to) = (sums.as_flattened().as_ptr(), y.as_ptr_range());
            // SAFETY: as above, in each window.
            unsafe { requantise(&of, sums, count, to.start, to.end) }
        }
        _ => outputs::finish_tile(sums, channels, range, places),
    }
}
