//! The average or the largest of the taps of a window, each channel by itself. Taps in the
//! padding do not count.

use super::Geometry;
use super::depthwise::BLOCK;
use crate::rolled::Rolled;

/// Taps that a window may have for sums to fit 32 bits.
pub const MAX_TAPS: usize = 1 << 23;

/// The mean of the taps at output position `at`, rounded to the nearest, ties away from zero.
/// `y` has one element a channel.
pub fn average(geometry: &Geometry, image: &[i8], at: [usize; 2], y: &mut [i8]) {
    for (block, y) in y.chunks_mut(BLOCK).enumerate() {
        let (mut sums, mut count) = ([0_i32; BLOCK], 0_i32);
        taps(geometry, image, at, |tap| {
            let tap = tap.get(block * BLOCK..).unwrap_or_default();
            for (sum, &x) in sums.iter_mut().zip(tap) {
                *sum = sum.wrapping_add(x.into());
            }
            count = count.wrapping_add(1);
        });
        for (y, sum) in y.iter_mut().zip(sums).rolled() {
            *y = rounded_quotient(sum, count) as i8;
        }
    }
}

/// The largest tap at output position `at`. `y` has one element a channel.
pub fn max(geometry: &Geometry, image: &[i8], at: [usize; 2], y: &mut [i8]) {
    y.fill(i8::MIN);
    taps(geometry, image, at, |tap| {
        for (y, &x) in y.iter_mut().zip(tap) {
            *y = x.max(*y);
        }
    });
}

/// Calls `each` with the channels of each tap that is not in the padding.
#[inline]
fn taps(geometry: &Geometry, image: &[i8], [oy, ox]: [usize; 2], mut each: impl FnMut(&[i8])) {
    // Only those inside are walked, so that a window far larger than the input costs no time.
    let rows = geometry.taps_inside(0, oy).unwrap_or_default();
    let columns = geometry.taps_inside(1, ox).unwrap_or_default();
    for ky in rows {
        for kx in columns.clone() {
            let at = geometry.tap(0, oy, ky).zip(geometry.tap(1, ox, kx));
            each(at.and_then(|(y, x)| geometry.channels(image, y, x)).unwrap_or_default());
        }
    }
}

/// `sum` / `count`, rounded to the nearest, ties away from zero; 0 where there is nothing to count.
#[inline]
pub fn rounded_quotient(sum: i32, count: i32) -> i32 {
    let half = count / 2;
    let nudged = if sum > 0 { sum.wrapping_add(half) } else { sum.wrapping_sub(half) };
    nudged.checked_div(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 3 × 3 image of two channels, windows of 2 × 2 with padding above and to the left.
    const GEOMETRY: Geometry = Geometry {
        input: [3, 3, 2],
        kernel: [2, 2],
        stride: [2, 2],
        dilation: [1, 1],
        pad: [1, 1],
    };
    const IMAGE: [i8; 18] = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8, 9, -9];

    #[test]
    fn averages_taps_in_range() {
        let average = |at| {
            let mut y = [99; 2];
            average(&GEOMETRY, &IMAGE, at, &mut y);
            y
        };
        assert_eq!(average([0, 0]), [1, -1]);
        assert_eq!(average([0, 1]), [3, -3]); // 2.5, away from zero
        assert_eq!(average([1, 0]), [6, -6]); // 5.5, away from zero
        assert_eq!(average([1, 1]), [7, -7]);
    }

    #[test]
    fn finds_the_largest_in_range() {
        let mut y = [99; 2];
        max(&GEOMETRY, &IMAGE, [1, 0], &mut y);
        assert_eq!(y, [7, -4]);
        max(&GEOMETRY, &IMAGE, [0, 0], &mut y);
        assert_eq!(y, [1, -1]);
    }

    #[test]
    fn blocks_cover_every_channel() {
        let geometry = Geometry {
            input: [1, 2, 19],
            kernel: [1, 2],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
        };
        let image: [i8; 38] = core::array::from_fn(|i| i as i8);
        let mut y = [0; 19];
        average(&geometry, &image, [0, 0], &mut y);
        assert_eq!(y, core::array::from_fn(|i| i as i8 + 10)); // 9.5, away from zero
    }

    #[test]
    fn quotients_round_away_from_zero() {
        assert_eq!([7, 8, 9, 10].map(|sum| rounded_quotient(sum, 4)), [2, 2, 2, 3]);
        assert_eq!([-7, -8, -9, -10].map(|sum| rounded_quotient(sum, 4)), [-2, -2, -2, -3]);
        assert_eq!([rounded_quotient(-4, 3), rounded_quotient(0, 5)], [-1, 0]);
    }
}
