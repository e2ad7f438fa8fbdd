//! The mean of each window, channel by channel. Taps in the padding do not count.
//!
//! ```text
//! y[o, c] = 1/|T(o)| · Σ x[t, c] over the taps t ∈ T(o) of window o
//! dx[t, c] += 1/|T(o)| · dy[o, c]      for each window o, each t ∈ T(o)
//! ```
//!
//! Taps are summed row by row, then multiplied by the reciprocal of their number: one division a
//! window.

use super::pooling::windows;
use crate::train::lanes::{add, add_scaled};
use crate::train::{Lanes, Shape};

/// Writes all of `y`.
pub(super) fn forward<const N: usize>(shape: &Shape, x: &[Lanes<N>], y: &mut [Lanes<N>]) {
    for (window, y) in windows(shape).zip(y.chunks_exact_mut(shape.y[2].max(1))) {
        y.fill([0.0; N]);
        for tap in window.taps() {
            let x = x.get(tap..).unwrap_or_default();
            y.iter_mut().zip(x).for_each(|(y, x)| add(y, x));
        }
        let share = window.share();
        y.as_flattened_mut().iter_mut().for_each(|y| *y *= share);
    }
}

/// Adds to `dx`.
pub(super) fn backward<const N: usize>(
    shape: &Shape,
    _x: &[Lanes<N>],
    _y: &[Lanes<N>],
    dy: &[Lanes<N>],
    dx: &mut [Lanes<N>],
) {
    for (window, dy) in windows(shape).zip(dy.chunks_exact(shape.y[2].max(1))) {
        let share = window.share();
        for tap in window.taps() {
            let dx = dx.get_mut(tap..).unwrap_or_default();
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| add_scaled(dx, share, dy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{pool, pools, test_unary};
    use super::*;

    test_unary!(pools(), |shape: &Shape, x: &[f64], y: &mut [f64]| {
        pool(shape, x, y, |taps| taps.iter().sum::<f64>() / taps.len() as f64);
    });
}
