//! Armv8.1-M with the vector extension: Cortex-M55, M85.
//!
//! A vector is 16 bytes. VMLADAVA multiplies two and adds the 16 products to a core register, a load
//! with a vector of byte offsets gathers 16 inputs, and a loop that ends in LETP switches off the
//! lanes past its count, so that there are no tails. Sixteen nonzeros of a segment:
//!
//! ```text
//! i = columns[0..16]; w = values[0..16]     vldrb vldrb
//! sum += Σ w · x[i]                         vldrb vmladava
//!                                           letp
//! ```
//!
//! Windows of a tile stay rows and share what is loaded of the weights. Instructions a round:
//!
//! | loop | products | instructions |
//! |---|---|---|
//! | `dense` | 16 | 4 |
//! | `dense4`, `tile_dense` | 64 | 10 |
//! | `tile_dense4` | 64 | 9 |
//! | `segment` | 16 | 5 |
//! | `tile_segment` | 64 | 11 |
//! | `block4x1` | 64 | 11 |
//! | `tile_block4x1` | 256 | 35 |
//! | `block1x4` | 16 | 5 |
//! | `tile_block1x4` | 64 | 11 |
//! | `depthwise4` | 4 | 7 |

mod tile;

use super::checked::{Raw, Taps};
use crate::kernels::tile::{WINDOWS, Windows};
use core::arch::naked_asm;

/// The loops of Helium.
#[derive(Clone, Copy, Debug)]
pub struct Helium;

/// Lets the assembler know the instructions where the target alone does not.
macro_rules! helium {
    () => {
        ".cpu cortex-m55"
    };
}

use helium;

#[unsafe(naked)]
unsafe extern "C" fn dense(_w: *const i8, _x: *const i8, _count: usize) -> i32 {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "mov r12, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r0], #16",
        "vldrb.u8 q1, [r1], #16",
        "vmladava.s8 r12, q0, q1",
        "letp lr, 1b",
        "2:",
        "mov r0, r12",
        "pop {{r7, pc}}",
    )
}

/// One row times each of four: either may be the weights.
#[unsafe(naked)]
unsafe extern "C" fn dense4(
    _rows: *const [*const i8; 4],
    _one: *const i8,
    _count: usize,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4-r11, lr}}",
        "ldm r0, {{r5, r7, r9, r11}}",
        "movs r4, #0",
        "movs r6, #0",
        "mov r8, #0",
        "mov r10, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r1], #16",
        "vldrb.u8 q1, [r5], #16",
        "vmladava.s8 r4, q0, q1",
        "vldrb.u8 q2, [r7], #16",
        "vmladava.s8 r6, q0, q2",
        "vldrb.u8 q1, [r9], #16",
        "vmladava.s8 r8, q0, q1",
        "vldrb.u8 q2, [r11], #16",
        "vmladava.s8 r10, q0, q2",
        "letp lr, 1b",
        "2:",
        "stm r3, {{r4, r6, r8, r10}}",
        "pop {{r4-r11, pc}}",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn segment(
    _columns: *const u8,
    _values: *const i8,
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "mov r12, #0",
        "wlstp.8 lr, r2, 2f",
        "1:",
        "vldrb.u8 q0, [r0], #16",
        "vldrb.u8 q1, [r1], #16",
        "vldrb.u8 q2, [r3, q0]",
        "vmladava.s8 r12, q1, q2",
        "letp lr, 1b",
        "2:",
        "mov r0, r12",
        "pop {{r7, pc}}",
    )
}

/// VLD4 parts the values of 16 blocks into rows. It cannot be told to load fewer, so those of the
/// last blocks are gathered.
#[unsafe(naked)]
unsafe extern "C" fn block4x1(
    _columns: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, r8, r10, lr}}",
        "vpush {{d8, d9}}",
        "movs r4, #0",
        "movs r6, #0",
        "mov r8, #0",
        "mov r10, #0",
        "lsrs r5, r2, #4",
        "wls lr, r5, 2f",
        "1:",
        "vldrb.u8 q0, [r0], #16",
        "vldrb.u8 q4, [r3, q0]",
        "vld40.8 {{q0, q1, q2, q3}}, [r1]",
        "vld41.8 {{q0, q1, q2, q3}}, [r1]",
        "vld42.8 {{q0, q1, q2, q3}}, [r1]",
        "vld43.8 {{q0, q1, q2, q3}}, [r1]!",
        "vmladava.s8 r4, q0, q4",
        "vmladava.s8 r6, q1, q4",
        "vmladava.s8 r8, q2, q4",
        "vmladava.s8 r10, q3, q4",
        "le lr, 1b",
        "2:",
        "and r2, r2, #15",
        "wlstp.8 lr, r2, 4f",
        // Once.
        "3:",
        "vldrb.u8 q0, [r0]",
        "vldrb.u8 q1, [r3, q0]",
        "mov r12, #0",
        "vidup.u8 q0, r12, #4",
        "vldrb.u8 q2, [r1, q0]",
        "vmladava.s8 r4, q2, q1",
        "adds r1, #1",
        "vldrb.u8 q3, [r1, q0]",
        "vmladava.s8 r6, q3, q1",
        "adds r1, #1",
        "vldrb.u8 q2, [r1, q0]",
        "vmladava.s8 r8, q2, q1",
        "adds r1, #1",
        "vldrb.u8 q3, [r1, q0]",
        "vmladava.s8 r10, q3, q1",
        "letp lr, 3b",
        "4:",
        "vpop {{d8, d9}}",
        "ldr r12, [sp, #24]",
        "stm r12, {{r4, r6, r8, r10}}",
        "pop {{r4, r5, r6, r8, r10, pc}}",
    )
}

/// `x` is aligned to 4: words are gathered.
#[unsafe(naked)]
unsafe extern "C" fn block1x4(
    _blocks: *const u8,
    _values: *const [i8; 4],
    _count: usize,
    _x: *const i8,
) -> i32 {
    naked_asm!(
        helium!(),
        "push {{r7, lr}}",
        "mov r12, #0",
        "wlstp.32 lr, r2, 2f",
        "1:",
        "vldrb.u32 q0, [r0], #4",
        "vldrb.u8 q1, [r1], #16",
        "vldrw.u32 q2, [r3, q0, uxtw #2]",
        "vmladava.s8 r12, q1, q2",
        "letp lr, 1b",
        "2:",
        "mov r0, r12",
        "pop {{r7, pc}}",
    )
}

/// The same wherever `x` lies, for windows that start in the middle of a word.
unsafe fn block1x4_misaligned(
    blocks: *const u8,
    values: *const [i8; 4],
    count: usize,
    x: *const i8,
) -> i32 {
    let mut sum = 0_i32;
    for i in 0..count {
        // SAFETY: there are as many values as blocks, and four elements of x for each.
        let (w, x) = unsafe {
            let x = x.add(4 * usize::from(*blocks.add(i)));
            (*values.add(i), *x.cast::<[i8; 4]>())
        };
        let products = w.iter().zip(x).map(|(&w, x)| i32::from(w) * i32::from(x));
        sum = products.fold(sum, i32::wrapping_add);
    }
    sum
}

/// `taps` in the order height, width, channels, skip.
#[unsafe(naked)]
unsafe extern "C" fn depthwise4(
    _w: *const i8,
    _x: *const i8,
    _taps: &Taps,
    _sums: &mut [i32; 4],
) {
    naked_asm!(
        helium!(),
        "push {{r4, r5, r6, lr}}",
        "ldm r2, {{r2, r4, r5, r6}}",
        "vmov.i32 q2, #0",
        "1:",
        "dls lr, r4",
        "2:",
        "vldrb.s32 q0, [r0]",
        "vldrb.s32 q1, [r1]",
        "vmul.i32 q0, q0, q1",
        "vadd.i32 q2, q2, q0",
        "add r0, r5",
        "add r1, r5",
        "le lr, 2b",
        "add r1, r6",
        "subs r2, #1",
        "bne 1b",
        "vstrw.32 q2, [r3]",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// Whether words can be gathered from there.
#[inline]
fn is_aligned(x: *const i8) -> bool {
    x.addr().is_multiple_of(4)
}

// SAFETY, for all below: each passes its caller's promise on.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Raw for Helium {
    type Layout = Windows;

    #[inline]
    unsafe fn dense(w: *const i8, x: *const i8, count: usize) -> i32 {
        unsafe { dense(w, x, count) }
    }

    #[inline]
    unsafe fn dense4(w: [*const i8; 4], x: *const i8, count: usize, sums: &mut [i32; 4]) {
        unsafe { dense4(&w, x, count, sums) }
    }

    #[inline]
    unsafe fn segment(columns: *const u8, values: *const i8, count: usize, x: *const i8) -> i32 {
        unsafe { segment(columns, values, count, x) }
    }

    #[inline]
    unsafe fn block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
        sums: &mut [i32; 4],
    ) {
        unsafe { block4x1(columns, values, count, x, sums) }
    }

    #[inline]
    unsafe fn block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        x: *const i8,
    ) -> i32 {
        match is_aligned(x) {
            true => unsafe { block1x4(blocks, values, count, x) },
            false => unsafe { block1x4_misaligned(blocks, values, count, x) },
        }
    }

    #[inline]
    unsafe fn tile_dense(
        w: *const i8,
        tile: [*const i8; WINDOWS],
        count: usize,
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { dense4(&tile, w, count, sums) }
    }

    #[inline]
    unsafe fn tile_dense4(
        w: [*const i8; 4],
        tile: [*const i8; WINDOWS],
        count: usize,
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        unsafe { tile::dense4(&w, &tile, count, sums) }
    }

    #[inline]
    unsafe fn tile_segment(
        columns: *const u8,
        values: *const i8,
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [i32; WINDOWS],
    ) {
        unsafe { tile::segment(columns, values, count, &tile, sums) }
    }

    #[inline]
    unsafe fn tile_block4x1(
        columns: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [[i32; WINDOWS]; 4],
    ) {
        unsafe { tile::block4x1(columns, values, count, &tile, sums) }
    }

    #[inline]
    unsafe fn tile_block1x4(
        blocks: *const u8,
        values: *const [i8; 4],
        count: usize,
        tile: [*const i8; WINDOWS],
        sums: &mut [i32; WINDOWS],
    ) {
        if tile.iter().all(|&x| is_aligned(x)) {
            return unsafe { tile::block1x4(blocks, values, count, &tile, sums) };
        }
        *sums = tile.map(|x| unsafe { block1x4_misaligned(blocks, values, count, x) });
    }

    #[inline]
    unsafe fn depthwise4(w: *const i8, x: *const i8, taps: &Taps, sums: &mut [i32; 4]) {
        unsafe { depthwise4(w, x, taps, sums) }
    }
}
