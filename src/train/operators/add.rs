//! The sum of two inputs; a dimension of 1 serves the whole other one.
//!
//! ```text
//! y[e] = x[a(e)] + x2[b(e)]
//! dx[a(e)] += dy[e]      for each e in order, and so for dx2[b(e)]
//! ```

use super::broadcast::each;
use crate::train::lanes::add;
use crate::train::{Lanes, Shape};

/// Writes all of `y`.
pub(super) fn forward<const N: usize>(shape: &Shape, x: [&[Lanes<N>]; 2], y: &mut [Lanes<N>]) {
    each(shape, |element, [a, b]| {
        if let (Some(y), Some(a), Some(b)) = (y.get_mut(element), x[0].get(a), x[1].get(b)) {
            *y = *a;
            add(y, b);
        }
    });
}

/// Adds to `dx`, the gradient of input `index`.
pub(super) fn backward<const N: usize>(
    shape: &Shape,
    _x: [&[Lanes<N>]; 2],
    dy: &[Lanes<N>],
    index: usize,
    dx: &mut [Lanes<N>],
) {
    each(shape, |element, [a, b]| {
        let own = if index == 0 { a } else { b };
        if let (Some(dx), Some(dy)) = (dx.get_mut(own), dy.get(element)) {
            add(dx, dy);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::{broadcasts, combine, test_binary};
    use super::*;

    test_binary!(broadcasts(), |shape: &Shape, x: [&[f64]; 2], y: &mut [f64]| {
        combine(shape, x, y, |a, b| a + b);
    });
}
