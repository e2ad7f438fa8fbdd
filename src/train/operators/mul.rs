//! The product of two inputs; a dimension of 1 serves the whole other one.
//!
//! ```text
//! y[e] = x[a(e)] · x2[b(e)]
//! dx[a(e)] += dy[e] · x2[b(e)]      for each e in order, and so for dx2[b(e)]
//! ```

use super::broadcast::each;
use crate::train::lanes::add_product;
use crate::train::{Lanes, Shape};

/// Writes all of `y`.
pub(super) fn forward<const N: usize>(shape: &Shape, x: [&[Lanes<N>]; 2], y: &mut [Lanes<N>]) {
    each(shape, |element, [a, b]| {
        if let (Some(y), Some(a), Some(b)) = (y.get_mut(element), x[0].get(a), x[1].get(b)) {
            *y = *a;
            y.iter_mut().zip(b).for_each(|(y, b)| *y *= b);
        }
    });
}

/// Adds to `dx`, the gradient of input `index`.
pub(super) fn backward<const N: usize>(
    shape: &Shape,
    x: [&[Lanes<N>]; 2],
    dy: &[Lanes<N>],
    index: usize,
    dx: &mut [Lanes<N>],
) {
    let other = if index == 0 { x[1] } else { x[0] };
    each(shape, |element, [a, b]| {
        let (own, factor) = if index == 0 { (a, b) } else { (b, a) };
        let (dx, dy, factor) = (dx.get_mut(own), dy.get(element), other.get(factor));
        if let (Some(dx), Some(dy), Some(factor)) = (dx, dy, factor) {
            add_product(dx, dy, factor);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::{broadcasts, combine, test_binary};
    use super::*;

    test_binary!(broadcasts(), |shape: &Shape, x: [&[f64]; 2], y: &mut [f64]| {
        combine(shape, x, y, |a, b| a * b);
    });
}
