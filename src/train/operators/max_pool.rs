//! The largest of each window, channel by channel. Taps in the padding do not count.
//!
//! ```text
//! y[o, c] = max x[t, c] over the taps t ∈ T(o) of window o
//! dx[m, c] += dy[o, c]      for each window o, m the first t ∈ T(o), row by row, with x[t, c] = y[o, c]
//! ```
//!
//! Each lane has its own m. On the way back it is looked for again: that takes no memory, and `y`
//! would not tell it once a function has been applied.

use super::pooling::{Window, windows};
use crate::train::{Lanes, Shape};

/// Writes all of `y`.
pub(super) fn forward<const N: usize>(shape: &Shape, x: &[Lanes<N>], y: &mut [Lanes<N>]) {
    for (window, y) in windows(shape).zip(y.chunks_exact_mut(shape.y[2].max(1))) {
        for (channel, y) in y.iter_mut().enumerate() {
            (*y, _) = largest(x, &window, channel);
        }
    }
}

/// Adds to `dx`.
pub(super) fn backward<const N: usize>(
    shape: &Shape,
    x: &[Lanes<N>],
    _y: &[Lanes<N>],
    dy: &[Lanes<N>],
    dx: &mut [Lanes<N>],
) {
    for (window, dy) in windows(shape).zip(dy.chunks_exact(shape.y[2].max(1))) {
        for (channel, dy) in dy.iter().enumerate() {
            let (_, places) = largest(x, &window, channel);
            for (lane, (dy, place)) in dy.iter().zip(places).enumerate() {
                if let Some(dx) = dx.get_mut(place).and_then(|dx| dx.get_mut(lane)) {
                    *dx += dy;
                }
            }
        }
    }
}

/// The first of a channel's largest taps, lane by lane: its value, and its element.
fn largest<const N: usize>(
    x: &[Lanes<N>],
    window: &Window,
    channel: usize,
) -> (Lanes<N>, [usize; N]) {
    let mut taps = window.taps().filter_map(|tap| Some((tap + channel, x.get(tap + channel)?)));
    let Some((place, &value)) = taps.next() else { return ([0.0; N], [usize::MAX; N]) };
    let (mut values, mut places) = (value, [place; N]);
    for (tap, x) in taps {
        for ((value, place), &x) in values.iter_mut().zip(&mut places).zip(x) {
            if x > *value || x.is_nan() {
                (*value, *place) = (x, tap);
            }
        }
    }
    (values, places)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{pool, pools, test_unary};
    use super::*;

    test_unary!(pools(), |shape: &Shape, x: &[f64], y: &mut [f64]| {
        pool(shape, x, y, |taps| taps.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    });

    /// One window of 2 × 2; the first lane's largest is its second tap and its third, the second
    /// lane's all four.
    #[test]
    fn ties_go_to_the_first_tap() {
        let shape = Shape {
            x: [2, 2, 1],
            x2: [0; 3],
            y: [1, 1, 1],
            kernel: [2, 2],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
        };
        let x = [[1.0, -4.0], [3.0, -4.0], [3.0, -4.0], [2.0, -4.0]];
        let mut dx = [[0.5; 2]; 4];
        backward(&shape, &x, &[[3.0, -4.0]], &[[2.0, 8.0]], &mut dx);
        assert_eq!(dx, [[0.5, 8.5], [2.5, 0.5], [0.5, 0.5], [0.5, 0.5]]);
    }
}
