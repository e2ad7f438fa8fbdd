//! From sums to bytes on RV32IMC, by MULHU and MULHSU.
//!
//! Both roundings, of the doubled high multiplication and of the shift by r to the right, fold into one
//! multiplication and one shift, as floors of floors do; and the zero point z goes with them:
//!
//! ```text
//! g = (2x · 2m) >> 32                                             slli mulh?u
//! x ≥ 0:  y = (g + 2^r + 1 + z · 2^(r + 1)) >> (r + 1)            add sra bgt sb
//! x < 0:  y = (g + 2^r − 1 + z · 2^(r + 1)) >> (r + 1)            add addi sra bge sb
//! ```
//!
//! where x = sum + bias. A negative x cannot be rounded to more than the zero point, nor another to
//! less, so that each is held to one end of the range only; and where the zero point is that end, as
//! after ReLU, a negative x is done at once. One comparison tells a usual x, from 0 to below
//! [`USUAL`], from all others; an x beyond ±[`USUAL`], where this would overflow, takes the long way.
//! Instructions an output: 11 of a vector; of a tile 9, 7 for what ReLU cuts off, and 15 a row of
//! four. A scale that is not a shift to the right by up to [`MOST`] is left to [`outputs`].

use super::rv32im;
use crate::kernels::tile::WINDOWS;
use crate::kernels::{Channels, Places, outputs};
use crate::quant::Range;
use core::arch::naked_asm;

/// Below it, and not below its negative, sums go the short way.
const USUAL: i32 = 1 << 26;

/// The longest shift to the right, such that nothing overflows: 2^27 + 257 · 2^20 + 1 < 2^31.
const MOST: u32 = 20;

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
    /// To the right.
    shift: u32,
    zero_point: i32,
    min: i32,
    max: i32,
    y: *mut i8,
}

/// The macro `output`: the byte of t0 to `at` behind `y`. t1 is 2m, t2 is r + 1, t3 what is added
/// before the shift, a4 the zero point, a5 and a6 the range, a7 [`USUAL`]. Uses t5 and t6.
macro_rules! output {
    () => {
        r"
        .macro output at, y
        bgeu t0, a7, .Lother\@
        slli t0, t0, 1
        mulhu t0, t0, t1
        add t0, t0, t3
        sra t0, t0, t2
        bgt t0, a6, .Llarge\@
        .Lstore\@:
        sb t0, \at(\y)
        .Lnext\@:
        .subsection 1
        .Llarge\@:
        sb a6, \at(\y)
        j .Lnext\@
        .Lother\@:
        bne a4, a5, .Lboth\@
        bgez t0, .Llong\@
        .Lsmall\@:
        sb a5, \at(\y)
        j .Lnext\@
        .Lboth\@:
        add t5, t0, a7
        bgeu t5, a7, .Llong\@
        slli t0, t0, 1
        mulhsu t0, t0, t1
        add t0, t0, t3
        addi t0, t0, -2
        sra t0, t0, t2
        bge t0, a5, .Lstore\@
        j .Lsmall\@
        .Llong\@:
        jal t6, 9f
        j .Lstore\@
        .subsection 0
        .endm
        "
    };
}

/// What `output` calls for an unusual t0, at 9: both roundings one after the other.
macro_rules! long {
    () => {
        "
        9:
        addi sp, sp, -16
        sw t3, 0(sp)
        sw t4, 4(sp)
        mul t5, t0, t1
        srli t5, t5, 31
        addi t3, t2, -2
        li t4, 1
        sll t4, t4, t3
        addi t3, t3, 1
        bltz t0, 10f
        mulhu t0, t0, t1
        add t0, t0, t5
        add t0, t0, t4
        srl t0, t0, t3
        j 11f
        10:
        mulhsu t0, t0, t1
        addi t4, t4, -1
        add t0, t0, t5
        add t0, t0, t4
        sra t0, t0, t3
        11:
        add t0, t0, a4
        bge t0, a5, 12f
        mv t0, a5
        12:
        bge a6, t0, 13f
        mv t0, a6
        13:
        lw t3, 0(sp)
        lw t4, 4(sp)
        addi sp, sp, 16
        jr t6
        "
    };
}

/// The rows of four sums from `sums` to `end`, as far as their shifts allow; gives their end.
#[unsafe(naked)]
unsafe extern "C" fn tile(
    _of: &Tile,
    _sums: *const [i32; WINDOWS],
    _end: *const [i32; WINDOWS],
) -> *const [i32; WINDOWS] {
    naked_asm!(
        rv32im!(),
        output!(),
        r"
        .macro row at
        lb t0, 0(s1)
        lw t1, 0(s0)
        lw t4, 4 * \at(a3)
        addi t5, t0, {most}
        bgeu t5, s8, 4f + 8 * \at
        neg t0, t0
        add s1, s1, s2
        add s0, s0, s3
        slli t1, t1, 1
        sll t3, a0, t0
        addi t2, t0, 1
        addi t3, t3, 1
        lw t0, 16 * \at(a1)
        add t0, t0, t4
        output \at, s4
        lw t0, 16 * \at + 4(a1)
        add t0, t0, t4
        output \at, s5
        lw t0, 16 * \at + 8(a1)
        add t0, t0, t4
        output \at, s6
        lw t0, 16 * \at + 12(a1)
        add t0, t0, t4
        output \at, s7
        .endm
        ",
        "addi sp, sp, -48",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "sw s4, 16(sp)",
        "sw s5, 20(sp)",
        "sw s6, 24(sp)",
        "sw s7, 28(sp)",
        "sw s8, 32(sp)",
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
        "slli a0, a4, 1",
        "addi a0, a0, 1", // 2 · zero point + 1
        "slli s3, s2, 2",
        "li a7, {usual}",
        "li s8, {most}",
        "sub t0, a2, a1",
        "andi t0, t0, 16",
        "beqz t0, 3f",
        "addi a1, a1, -16",
        "addi a3, a3, -4",
        "addi s4, s4, -1",
        "addi s5, s5, -1",
        "addi s6, s6, -1",
        "addi s7, s7, -1",
        "j 2f",
        "1:",
        "row 0",
        "2:",
        "row 1",
        "addi a1, a1, 32",
        "addi a3, a3, 8",
        "addi s4, s4, 2",
        "addi s5, s5, 2",
        "addi s6, s6, 2",
        "addi s7, s7, 2",
        "3:",
        "bne a1, a2, 1b",
        "4:", // before the first of two rows
        "mv a0, a1",
        "j 5f",
        "addi a0, a1, 16", // before the second
        "5:",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "lw s4, 16(sp)",
        "lw s5, 20(sp)",
        "lw s6, 24(sp)",
        "lw s7, 28(sp)",
        "lw s8, 32(sp)",
        "addi sp, sp, 48",
        "ret",
        long!(),
        ".purgem output",
        ".purgem row",
        ".option pop",
        usual = const USUAL,
        most = const MOST,
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
        "lw a0, 24(a0)",
        "slli t3, a4, 1",
        "addi t3, t3, 1",
        "sll t3, t3, t2",
        "addi t3, t3, 1",
        "addi t2, t2, 1",
        "li a7, {usual}",
        "andi t5, a2, 3",
        "add a2, a2, a0", // the end
        "add a0, a0, t5",
        "slli t6, t5, 2",
        "add a1, a1, t6",
        "add a3, a3, t6",
        "li t0, -40",
        "mul t5, t5, t0",
        "lla t0, 2f",
        "add t5, t5, t0",
        "jr t5",
        "1:",
        "addi a0, a0, 4",
        "addi a1, a1, 16",
        "addi a3, a3, 16",
        ".irp at, -4, -3, -2, -1",
        "lw t0, 4 * \\at(a1)",
        "lw t4, 4 * \\at(a3)",
        "add t0, t0, t4",
        "output \\at, a0",
        ".endr",
        "2:",
        "bne a0, a2, 1b",
        "ret",
        long!(),
        ".purgem output",
        ".option pop",
        usual = const USUAL,
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
    let enough = channels.bias.len() >= count && y.len() >= count;
    if !enough || u32::from(shift.unsigned_abs()) > MOST || !holds_zero(range) {
        return outputs::finish(sums, channels, range, y);
    }
    let of = Vector {
        bias: channels.bias.as_ptr(),
        doubled: (multiplier as u32) << 1,
        shift: shift.unsigned_abs().into(),
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
    channels: &Channels<'_>,
    range: Range,
    places: &mut Places<'_>,
) {
    let count = sums.len();
    let (scales, shifts) = (channels.multipliers.len(), channels.shifts.len());
    let one = scales == 1 && shifts == 1;
    let all = channels.bias.len() >= count && (one || scales.min(shifts) >= count);
    if !all || !places.hold(count) || !holds_zero(range) {
        return outputs::finish_tile(sums, channels, range, places);
    }
    let of = Tile {
        bias: channels.bias.as_ptr(),
        multipliers: channels.multipliers.as_ptr(),
        shifts: channels.shifts.as_ptr(),
        step: usize::from(!one),
        zero_point: range.zero_point,
        min: range.min.into(),
        max: range.max.into(),
        y: places.each().map(<[i8]>::as_mut_ptr),
    };
    let all = sums.as_ptr_range();
    // SAFETY: there are biases for all sums, a scale for each or one for all, and room for as many
    // outputs in each window.
    let done = unsafe { tile(&of, all.start, all.end).offset_from_unsigned(all.start) };
    if let Some(sums @ [_, ..]) = sums.get(done..) {
        outputs::finish_tile(sums, &channels.from(done), range, &mut places.from(done));
    }
}
