//! From sums to bytes on RV32IMC, by MULHU and MULHSU.
//!
//! Both roundings fold into a multiplication by 2m, which is an unsigned word, and a shift:
//!
//! ```text
//! h = (x · 2m + 2^31) >> 32                               mulh?u mul srli add
//! x ≥ 0:  y = (h + 2^(r − 1)) >> r + zero point           add srl add bgt sb
//! x < 0:  y = (h + 2^(r − 1) − 1) >> r + zero point       add sra add bge sb
//! ```
//!
//! where x = sum + bias and the shift is r > 0 to the right. A negative x cannot be rounded to more
//! than the zero point, nor another to less, so that each is held to one end of the range only;
//! and where the zero point is that end, as after ReLU, a negative x is done at once. Instructions
//! an output: 14 of a vector, 12 of a tile of four windows, and 18 a row. Whatever
//! is not so is left to [`outputs`].

use super::rv32im;
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, outputs};
use crate::quant::Range;
use core::arch::naked_asm;

/// What [`tile`] takes, in the order of its fields.
#[repr(C)]
struct Tile {
    bias: *const i32,
    multipliers: *const i32,
    shifts: *const i8,
    /// 1 where there is a scale for each channel, 0 where there is one for all.
    step: usize,
    zero_point: i32,
    min: i32,
    max: i32,
    y: [*mut i8; WINDOWS],
}

/// What [`vector`] takes, in the order of its fields.
#[repr(C)]
struct Vector {
    bias: *const i32,
    /// Twice the multiplier.
    doubled: u32,
    /// To the right, above 0.
    right: u32,
    zero_point: i32,
    min: i32,
    max: i32,
    y: *mut i8,
}

/// The macro `output`: the byte of t0 to `at` behind `y`. t1 is 2m, t2 the shift, t3 and t4 its
/// halves for either sign, a4 the zero point, a5 and a6 the range. Uses t5.
macro_rules! output {
    () => {
        r"
        .macro output at, y
        bltz t0, .Lnegative\@
        mul t5, t0, t1
        mulhu t0, t0, t1
        srli t5, t5, 31
        add t0, t0, t3
        add t0, t0, t5
        srl t0, t0, t2
        add t0, t0, a4
        bgt t0, a6, .Llarge\@
        .Lstore\@:
        sb t0, \at(\y)
        .subsection 1
        .option norvc
        .Llarge\@:
        mv t0, a6
        j .Lstore\@
        .Lnegative\@:
        beq a4, a5, .Lsmall\@
        mul t5, t0, t1
        mulhsu t0, t0, t1
        srli t5, t5, 31
        add t0, t0, t4
        add t0, t0, t5
        sra t0, t0, t2
        add t0, t0, a4
        bge t0, a5, .Lstore\@
        .Lsmall\@:
        mv t0, a5
        j .Lstore\@
        .subsection 0
        .endm
        "
    };
}

/// The rows of four sums from `sums` to `end`, as far as shifts are to the right; gives their end.
#[unsafe(naked)]
unsafe extern "C" fn tile(
    _of: &Tile,
    _sums: *const [i32; WINDOWS],
    _end: *const [i32; WINDOWS],
) -> *const [i32; WINDOWS] {
    naked_asm!(
        rv32im!(),
        output!(),
        "addi sp, sp, -32",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "sw s4, 16(sp)",
        "sw s5, 20(sp)",
        "sw s6, 24(sp)",
        "sw s7, 28(sp)",
        "lw a3, 0(a0)",
        "lw s0, 4(a0)",
        "lw s1, 8(a0)",
        "lw s2, 12(a0)",
        "lw a4, 16(a0)",
        "lw a5, 20(a0)",
        "lw a6, 24(a0)",
        "lw s4, 28(a0)",
        "lw s5, 32(a0)",
        "lw s6, 36(a0)",
        "lw s7, 40(a0)",
        "slli s3, s2, 2",
        "li a7, 1",
        "beq a1, a2, 2f",
        "1:",
        "lb t2, 0(s1)",
        "lw t1, 0(s0)",
        "lw t6, 0(a3)",
        "bgez t2, 2f",
        "add s1, s1, s2",
        "add s0, s0, s3",
        "addi a3, a3, 4",
        "not t3, t2",
        "sll t3, a7, t3", // 2^(r - 1)
        "neg t2, t2",
        "addi t4, t3, -1",
        "slli t1, t1, 1",
        "lw t0, 0(a1)",
        "add t0, t0, t6",
        "output 0, s4",
        "lw t0, 4(a1)",
        "add t0, t0, t6",
        "output 0, s5",
        "lw t0, 8(a1)",
        "add t0, t0, t6",
        "output 0, s6",
        "lw t0, 12(a1)",
        "add t0, t0, t6",
        "output 0, s7",
        "addi a1, a1, 16",
        "addi s4, s4, 1",
        "addi s5, s5, 1",
        "addi s6, s6, 1",
        "addi s7, s7, 1",
        "bne a1, a2, 1b",
        "2:",
        "mv a0, a1",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "lw s4, 16(sp)",
        "lw s5, 20(sp)",
        "lw s6, 24(sp)",
        "lw s7, 28(sp)",
        "addi sp, sp, 32",
        "ret",
        ".purgem output",
        ".option pop",
    )
}

/// `count` sums.
#[unsafe(naked)]
unsafe extern "C" fn vector(_of: &Vector, _sums: *const i32, _count: usize) {
    naked_asm!(
        rv32im!(),
        output!(),
        "lw a3, 0(a0)",
        "lw t1, 4(a0)",
        "lw t2, 8(a0)",
        "lw a4, 12(a0)",
        "lw a5, 16(a0)",
        "lw a6, 20(a0)",
        "lw a7, 24(a0)",
        "li t3, 1",
        "addi t4, t2, -1",
        "sll t3, t3, t4", // 2^(r - 1)
        "addi t4, t3, -1",
        "add a2, a2, a7", // the end
        "sub t5, a2, a7",
        "andi t5, t5, 3",
        "add a7, a7, t5",
        "slli t6, t5, 2",
        "add a1, a1, t6",
        "add a3, a3, t6",
        "li t0, -52",
        "mul t5, t5, t0",
        "lla t0, 2f",
        "add t5, t5, t0",
        "jr t5",
        "1:",
        "addi a7, a7, 4",
        "addi a1, a1, 16",
        "addi a3, a3, 16",
        ".irp at, -4, -3, -2, -1",
        "lw t0, 4 * \\at(a1)",
        "lw t6, 4 * \\at(a3)",
        "add t0, t0, t6",
        "output \\at, a7",
        ".endr",
        "2:",
        "bne a7, a2, 1b",
        "ret",
        ".purgem output",
        ".option pop",
    )
}

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
    if channels.bias.len() < count || y.len() < count || !holds_zero(range) {
        return outputs::finish(sums, channels, range, y);
    }
    let of = Vector {
        bias: channels.bias.as_ptr(),
        doubled: (multiplier as u32) << 1,
        right: shift.unsigned_abs().into(),
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
    channels: Channels<'_>,
    range: Range,
    y: &mut [&mut [i8]; WINDOWS],
) {
    let count = sums.len();
    let (scales, shifts) = (channels.multipliers.len(), channels.shifts.len());
    let one = scales == 1 && shifts == 1;
    let all = channels.bias.len() >= count && (one || scales.min(shifts) >= count);
    if !all || y.iter().any(|y| y.len() < count) || !holds_zero(range) {
        return outputs::finish_tile(sums, channels, range, y);
    }
    let of = Tile {
        bias: channels.bias.as_ptr(),
        multipliers: channels.multipliers.as_ptr(),
        shifts: channels.shifts.as_ptr(),
        step: usize::from(!one),
        zero_point: range.zero_point,
        min: range.min.into(),
        max: range.max.into(),
        y: y.each_mut().map(|y| y.as_mut_ptr()),
    };
    let all = sums.as_ptr_range();
    // SAFETY: there are biases for all sums, a scale for each or one for all, and room for as many
    // outputs in each window.
    let done = unsafe { tile(&of, all.start, all.end).offset_from_unsigned(all.start) };
    if let Some(sums @ [_, ..]) = sums.get(done..) {
        let mut y = y.each_mut().map(|y| y.get_mut(done..).unwrap_or_default());
        outputs::finish_tile(sums, channels.from(done), range, &mut y);
    }
}
