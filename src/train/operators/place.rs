//! The input, put into a part of the output: PAD, and one input of CONCATENATION.
//!
//! ```text
//! y[h + top, w + left, c + first] = x[h, w, c]
//! dx[h, w, c] += dy[h + top, w + left, c + first]
//! ```
//!
//! `top` and `left` are the shape's padding, `first` is the first of its dilation. The rest of the
//! output is left as it is.

use crate::train::lanes::add;
use crate::train::{Lanes, Shape};

/// Writes the input's part of `y`.
pub(super) fn forward<const N: usize>(shape: &Shape, x: &[Lanes<N>], y: &mut [Lanes<N>]) {
    for (start, x) in starts(shape).zip(x.chunks_exact(shape.x[2].max(1))) {
        let y = y.get_mut(start..).unwrap_or_default();
        y.iter_mut().zip(x).for_each(|(y, x)| *y = *x);
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
    for (start, dx) in starts(shape).zip(dx.chunks_exact_mut(shape.x[2].max(1))) {
        let dy = dy.get(start..).unwrap_or_default();
        dx.iter_mut().zip(dy).for_each(|(dx, dy)| add(dx, dy));
    }
}

/// Where in the output the channels of each position of the input go.
fn starts(shape: &Shape) -> impl Iterator<Item = usize> {
    let ([height, width, _], [_, y_width, y_channels]) = (shape.x, shape.y);
    let ([top, left], first) = (shape.pad, shape.dilation[0]);
    (0..height).flat_map(move |row| {
        let row = (row + top) * y_width + left;
        (row..row + width).map(move |position| position * y_channels + first)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{places, test_unary};
    use super::*;

    test_unary!(places(), |shape: &Shape, x: &[f64], y: &mut [f64]| {
        let ([height, width, channels], [_, y_width, y_channels]) = (shape.x, shape.y);
        for h in 0..height {
            for w in 0..width {
                for c in 0..channels {
                    let at = [h + shape.pad[0], w + shape.pad[1], c + shape.dilation[0]];
                    y[(at[0] * y_width + at[1]) * y_channels + at[2]] =
                        x[(h * width + w) * channels + c];
                }
            }
        }
    });
}
