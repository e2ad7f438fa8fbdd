//! The input as it is: for a function of its own.
//!
//! ```text
//! y[e] = x[e]
//! dx[e] += dy[e]
//! ```

use crate::train::lanes::add;
use crate::train::{Lanes, Shape};

/// Writes all of `y`.
pub(super) fn forward<const N: usize>(_shape: &Shape, x: &[Lanes<N>], y: &mut [Lanes<N>]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y = *x);
}

/// Adds to `dx`.
pub(super) fn backward<const N: usize>(
    _shape: &Shape,
    _x: &[Lanes<N>],
    _y: &[Lanes<N>],
    dy: &[Lanes<N>],
    dx: &mut [Lanes<N>],
) {
    dx.iter_mut().zip(dy).for_each(|(dx, dy)| add(dx, dy));
}

#[cfg(test)]
mod tests {
    use super::super::tests::{identities, test_unary};
    use super::*;

    test_unary!(identities(), |_: &Shape, x: &[f64], y: &mut [f64]| y.copy_from_slice(x));
}
