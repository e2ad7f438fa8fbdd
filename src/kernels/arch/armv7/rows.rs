//! Whole rows on Armv7-M and up: what comes before, between and after the products.
//!
//! A row of a pruned layer has a dozen or two nonzeros, so the steps around them count as much as
//! they do. These loops go over many rows without leaving assembly:
//!
//! - [`tile_run`]: the sums of rows of [`Index8`](crate::sparse::Index8) with a tile of four windows, 15
//!   instructions a row and 6 a nonzero;
//! - [`lay`]: four windows to a paired tile, 7.5 instructions a column.

use crate::kernels::Patches;
use crate::kernels::arch::start::Rows;
use crate::kernels::tile::WINDOWS;
use core::arch::naked_asm;
use zerocopy::FromBytes;

/// Where a tile starts.
type Cells = *const [i32; 2];

/// The sums of the next segment, its count at `r0`, columns at `r1`, values at `r2`, with the tile at
/// `r3`, in `r8` to `r11`. Changes r4 to r7 too.
///
/// The steps of up to 32 nonzeros stand one after the other, 24 bytes each, and a table tells for each count
/// where to enter; where there are more, 8 are taken first.
macro_rules! segment {
    () => {
        "
        .macro step
        ldrb.w r8, [r1], #1
        ldrsb.w r10, [r2], #1
        add.w r8, r3, r8, lsl #3
        ldrd r8, r9, [r8]
        smlal r4, r5, r10, r8
        smlal r6, r7, r10, r9
        .endm
        movs r4, #0
        movs r5, #0
        movs r6, #0
        movs r7, #0
        ldrb r11, [r0], #1
        1:
        tbh [pc, r11, lsl #1]
        2:
        .set .Lcount, 0
        .rept 33
        .short (4f - 2b) / 2 - 12 * .Lcount
        .set .Lcount, .Lcount + 1
        .endr
        .rept 223
        .short (3f - 2b) / 2
        .endr
        3:
        .rept 8
        step
        .endr
        sub r11, #8
        b 1b
        .rept 32
        step
        .endr
        4:
        sbfx r8, r4, #0, #23
        lsrs r4, r4, #23
        adc r9, r4, r5, lsl #9
        sbfx r10, r6, #0, #23
        lsrs r6, r6, #23
        adc r11, r6, r7, lsl #9
        .purgem step
        "
    };
}

/// Sums of `count` rows of one tile each; gives the end of their columns.
#[unsafe(naked)]
unsafe extern "C" fn single(_rows: &Rows<Cells>, _sums: *mut [i32; 4], _count: usize) -> *const u8 {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "mov lr, r1",
        "mov r12, r2",
        "ldm r0, {{r0-r3}}",
        "9:",
        segment!(),
        "stm lr!, {{r8-r11}}",
        "subs r12, #1",
        "bne 9b",
        "mov r0, r1",
        "pop {{r4-r11, pc}}",
    )
}

/// The same for rows of several tiles.
#[unsafe(naked)]
unsafe extern "C" fn several(
    _rows: &Rows<Cells>,
    _sums: *mut [i32; 4],
    _count: usize,
) -> *const u8 {
    naked_asm!(
        "push {{r0, r2, r3, r4-r11, lr}}",
        "mov lr, r1",
        "ldm r0, {{r0-r3, r12}}",
        "9:",
        "movs r4, #0",
        "movs r5, #0",
        "strd r4, r5, [lr]",
        "strd r4, r5, [lr, #8]",
        "7:",
        segment!(),
        "ldm lr, {{r4-r7}}",
        "add r8, r4",
        "add r9, r5",
        "add r10, r6",
        "add r11, r7",
        "stm lr, {{r8-r11}}",
        "add r3, #2048",
        "subs r12, #1",
        "bne 7b",
        "add lr, #16",
        "ldr r4, [sp]",
        "ldrd r3, r12, [r4, #12]",
        "ldr r4, [sp, #4]",
        "subs r4, #1",
        "str r4, [sp, #4]",
        "bne 9b",
        "mov r0, r1",
        "add sp, #12",
        "pop {{r4-r11, pc}}",
    )
}

/// As [`Raw::tile_run`](crate::kernels::arch::raw::Raw::tile_run).
#[inline]
pub unsafe fn tile_run(rows: &Rows<Cells>, sums: &mut [[i32; WINDOWS]]) -> usize {
    let (to, count) = (sums.as_mut_ptr(), sums.len());
    let end = match (count, rows.tiles) {
        (0, _) | (_, 0) => {
            sums.fill([0; WINDOWS]);
            return 0;
        }
        // SAFETY: the caller's promise; there is a row and it has a tile.
        (_, 1) => unsafe { single(rows, to, count) },
        // SAFETY: the same.
        _ => unsafe { several(rows, to, count) },
    };
    end.addr() - rows.columns.addr()
}

/// What [`put`] reads and writes, in the order of its registers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Lay {
    /// The tile.
    cells: *mut [i32; 2],
    /// The windows.
    x: [*const i8; WINDOWS],
    /// Elements of a row of taps.
    run: usize,
    /// Rows of taps.
    rows: usize,
    /// From the end of a row to the next, of each window.
    skip: [usize; WINDOWS],
}

/// Rows of taps, at least 1, to a tile.
#[unsafe(naked)]
unsafe extern "C" fn put(_of: &Lay) {
    naked_asm!(
        "
        .macro column
        ldrsb r6, [r1], #1
        ldrsb r7, [r2], #1
        ldrsb r8, [r3], #1
        ldrsb r9, [r4], #1
        add r6, r6, r7, lsl #23
        add r7, r8, r9, lsl #23
        strd r6, r7, [r0], #8
        .endm
        push {{r4-r10, lr}}
        mov lr, r0
        ldm r0, {{r0-r5}}
        ldr r12, [lr, #24]
        0:
        subs r10, r5, #4
        blo 2f
        1:
        column
        column
        column
        column
        subs r10, #4
        bhs 1b
        2:
        adds r10, #4
        beq 4f
        3:
        column
        subs r10, #1
        bne 3b
        4:
        subs r12, #1
        beq 5f
        ldrd r6, r7, [lr, #28]
        ldrd r8, r9, [lr, #36]
        add r1, r6
        add r2, r7
        add r3, r8
        add r4, r9
        b 0b
        5:
        pop {{r4-r10, pc}}
        .purgem column
        ",
    )
}

/// As [`Lanes::lay`](crate::kernels::Lanes::lay).
#[inline]
pub fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
    let [rows, width] = windows.kernel;
    let run = width * windows.channels;
    let Ok(cells) = <[[i32; 2]]>::mut_from_bytes(bytes) else { return };
    if rows.checked_mul(run) != Some(cells.len()) || !windows.holds(windows.channels) {
        return;
    }
    let (cells, x) = (cells.as_mut_ptr(), windows.x.map(<[i8]>::as_ptr));
    let skip = windows.rows.map(|row| row.wrapping_sub(run));
    // SAFETY: the tile has `rows` times `run` columns, and each window as many elements.
    unsafe { put(&Lay { cells, x, run, rows, skip }) }
}
