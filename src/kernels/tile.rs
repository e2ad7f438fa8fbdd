//! Four windows side by side, so that a convolution decodes each weight once for four positions.
//!
//! Three layouts stand here, each for the cores that like it; RV32's, pairs a + b·2^16, stands with its
//! loops (`arch/rv32/halves.rs`). For windows a, b, c, d and columns 0, 1, …:
//!
//! ```text
//! Interleaved   a0 b0 c0 d0 | a1 b1 c1 d1 | …            a byte each; four loads from one address
//! Paired        a0 + b0·2^23, c0 + d0·2^23 | a1 + …      a word a pair; two products a multiply
//! Windows       a0 a1 a2 … | b0 b1 … | c0 … | d0 …       rows as they are; vectors gather from each
//! ```
//!
//! The paired layout makes one 32 × 32 → 64 bit multiply-accumulate do the work of two: w · (a + b·2^23)
//! = w·a + w·b·2^23, and a sum of up to 255 products of bytes fits the lower 23 bits, from
//! which the upper sum is told apart in the end ([`Paired::split`]).

use super::Patches;
use zerocopy::FromBytes;

/// Windows of a tile.
pub const WINDOWS: usize = 4;

/// Bytes of scratch a column that are enough for every layout.
pub const COLUMN_BYTES: usize = 8;

/// How a tile lies in memory.
pub trait Layout {
    /// Bytes of scratch a column.
    const COLUMN_BYTES: usize;

    /// Whether windows lie as rows, so that they need not be laid.
    const ROWS: bool = false;

    /// A tile that is only read.
    type Tile<'a>: Copy;

    /// Four windows that lie in memory as rows, where this layout can leave them there.
    fn in_place(windows: [&[i8]; WINDOWS]) -> Option<Self::Tile<'_>>;

    /// Writes columns from `first` on, the same number from each window. `bytes` are the tile's:
    /// columns times [`Layout::COLUMN_BYTES`], aligned to 4.
    fn put(bytes: &mut [u8], first: usize, windows: [&[i8]; WINDOWS]);

    /// Writes a tile of four windows.
    #[inline]
    fn lay(bytes: &mut [u8], windows: &Patches<'_>) {
        let run = windows.kernel[1] * windows.channels;
        for ky in 0..windows.kernel[0] {
            Self::put(bytes, ky * run, windows.taps(ky));
        }
    }

    /// The bytes of each window, where they lie in one piece.
    fn windows(_: &mut [u8]) -> Option<[&mut [i8]; WINDOWS]> {
        None
    }

    /// The tile in the bytes that `put` has written. `None` where they are misaligned.
    fn of(bytes: &[u8]) -> Option<Self::Tile<'_>>;
}

/// A byte of each window, column after column.
#[derive(Clone, Copy, Debug)]
pub struct Interleaved;

impl Layout for Interleaved {
    const COLUMN_BYTES: usize = 4;
    type Tile<'a> = &'a [[i8; WINDOWS]];

    fn in_place(_: [&[i8]; WINDOWS]) -> Option<Self::Tile<'_>> {
        None
    }

    #[inline]
    fn put(bytes: &mut [u8], first: usize, [a, b, c, d]: [&[i8]; WINDOWS]) {
        let Ok(cells) = <[[i8; WINDOWS]]>::mut_from_bytes(bytes) else { return };
        let cells = cells.get_mut(first..).unwrap_or_default();
        for ((((cell, &a), &b), &c), &d) in cells.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *cell = [a, b, c, d];
        }
    }

    #[inline]
    fn of(bytes: &[u8]) -> Option<Self::Tile<'_>> {
        FromBytes::ref_from_bytes(bytes).ok()
    }
}

/// Two words a column, of two windows each.
#[derive(Clone, Copy, Debug)]
pub struct Paired;

impl Layout for Paired {
    const COLUMN_BYTES: usize = 8;
    type Tile<'a> = &'a [[i32; 2]];

    fn in_place(_: [&[i8]; WINDOWS]) -> Option<Self::Tile<'_>> {
        None
    }

    #[inline]
    fn put(bytes: &mut [u8], first: usize, [a, b, c, d]: [&[i8]; WINDOWS]) {
        let Ok(cells) = <[[i32; 2]]>::mut_from_bytes(bytes) else { return };
        let cells = cells.get_mut(first..).unwrap_or_default();
        for ((((cell, &a), &b), &c), &d) in cells.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *cell = [Self::pair(a, b), Self::pair(c, d)];
        }
    }

    #[inline]
    fn of(bytes: &[u8]) -> Option<Self::Tile<'_>> {
        FromBytes::ref_from_bytes(bytes).ok()
    }
}

impl Paired {
    /// Columns whose products are added before the sums are split: 255 · 2^14 < 2^22.
    pub const MOST: usize = 255;

    /// Two bytes in a word. The lower one borrows from the upper where it is negative.
    #[inline]
    pub fn pair(a: i8, b: i8) -> i32 {
        i32::from(a).wrapping_add(i32::from(b) << 23)
    }

    /// The two sums in an accumulator of at most [`Paired::MOST`] products each.
    #[inline]
    pub fn split(sum: i64) -> [i32; 2] {
        let low = ((sum as i32) << 9) >> 9;
        [low, ((sum + (1 << 22)) >> 23) as i32]
    }
}

/// The windows one after the other, or where they lie in the input.
#[derive(Clone, Copy, Debug)]
pub struct Windows;

impl Layout for Windows {
    const COLUMN_BYTES: usize = 4;
    const ROWS: bool = true;
    type Tile<'a> = [&'a [i8]; WINDOWS];

    fn in_place(windows: [&[i8]; WINDOWS]) -> Option<Self::Tile<'_>> {
        Some(windows)
    }

    #[inline]
    fn put(bytes: &mut [u8], first: usize, windows: [&[i8]; WINDOWS]) {
        let cols = (bytes.len() / WINDOWS).max(1);
        let Ok(bytes) = <[i8]>::mut_from_bytes(bytes) else { return };
        for (to, from) in bytes.chunks_exact_mut(cols).zip(windows) {
            if let Some(to) = to.get_mut(first..).and_then(|to| to.get_mut(..from.len())) {
                to.copy_from_slice(from);
            }
        }
    }

    #[inline]
    fn windows(bytes: &mut [u8]) -> Option<[&mut [i8]; WINDOWS]> {
        let bytes = <[i8]>::mut_from_bytes(bytes).ok()?;
        let (low, high) = bytes.split_at_mut(bytes.len() / 2);
        let (a, b) = low.split_at_mut(low.len() / 2);
        let (c, d) = high.split_at_mut(high.len() / 2);
        Some([a, b, c, d])
    }

    #[inline]
    fn of(bytes: &[u8]) -> Option<Self::Tile<'_>> {
        let bytes = <[i8]>::ref_from_bytes(bytes).ok()?;
        let (low, high) = bytes.split_at(bytes.len() / 2);
        let ((a, b), (c, d)) = (low.split_at(low.len() / 2), high.split_at(high.len() / 2));
        Some([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_tells_the_extremes_apart() {
        let bytes = [i8::MIN, -127, -1, 0, 1, i8::MAX];
        for (a, b, w) in bytes
            .iter()
            .flat_map(|&a| bytes.map(|b| (a, b)))
            .flat_map(|(a, b)| bytes.map(|w| (a, b, w)))
        {
            let product = i64::from(Paired::pair(a, b)) * i64::from(w);
            let [low, high] = Paired::split(product * Paired::MOST as i64);
            let times = |x: i8| i32::from(x) * i32::from(w) * Paired::MOST as i32;
            assert_eq!([low, high], [times(a), times(b)], "{a} {b} {w}");
        }
    }
}
