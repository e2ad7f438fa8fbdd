//! FULLY_CONNECTED over the live weights.
//!
//! ```text
//! forward           y[r] = b[r] + Σ w[r, c] · x[c]        over the forward set, c ascending
//! back              dx[c] += Σ w[r, c] · dy[r]            over the forward set, r ascending
//! gradient          g[r, c] = dy[r] · x[c]                for one unit of the backward set
//! ```
//!
//! A unit has H rows and W columns, one of which is 1: H · W = U weights.

use super::lanes::{self, Lanes};
use super::live::{Live, Part, Place};
use super::value::Value;
use crate::kernels::dots;
use crate::sparse::TILE;

/// Adds the products of the forward set to `y`, which holds the biases.
#[inline(always)]
pub(super) fn forward<const H: usize, const W: usize, const U: usize, const N: usize, V: Value>(
    live: &Live<'_, V>,
    x: &[Lanes<N>],
    y: &mut [Lanes<N>],
) {
    let each = |part: Part<'_, V>| {
        let Part { place, forward, columns, values, .. } = part;
        let x = x.get(place.start * W..).unwrap_or_default();
        let mut to = rows::<H, N>(y, place);
        let units = columns.iter().zip(values.as_chunks::<U>().0).take(forward);
        if let Some(x) = x.first_chunk::<TILE>().filter(|_| W == 1) {
            // Every column is in a whole tile, and no comparison needed.
            units.for_each(|(&column, weights)| {
                if let Some(x) = x.get(usize::from(column)) {
                    to.iter_mut().zip(weights).for_each(|(to, weight)| {
                        lanes::add_scaled(to, weight.get(), x);
                    });
                }
            });
        } else {
            for (&column, weights) in units {
                for (member, weight) in weights.iter().enumerate() {
                    let x = x.get(usize::from(column) * W + member % W);
                    if let (Some(to), Some(x)) = (to.get_mut(member / W), x) {
                        lanes::add_scaled(to, weight.get(), x);
                    }
                }
            }
        }
        let y = y.get_mut(place.line * H..).unwrap_or_default();
        y.iter_mut().zip(to).for_each(|(y, to)| *y = to);
    };
    match N {
        1 => live.parts().for_each(each),
        _ => live.by_tile(each),
    }
}

/// Adds what `dy` asks of the input to `dx`.
#[inline(always)]
pub(super) fn back<const H: usize, const W: usize, const U: usize, const N: usize, V: Value>(
    live: &Live<'_, V>,
    dy: &[Lanes<N>],
    dx: &mut [Lanes<N>],
) {
    for Part { place, forward, columns, values, .. } in live.parts() {
        let dx = dx.get_mut(place.start * W..).unwrap_or_default();
        let dy = rows::<H, N>(dy, place);
        for (&column, weights) in columns.iter().zip(values.as_chunks::<U>().0).take(forward) {
            for (member, weight) in weights.iter().enumerate() {
                let dx = dx.get_mut(usize::from(column) * W + member % W);
                if let (Some(dy), Some(dx)) = (dy.get(member / W), dx) {
                    lanes::add_scaled(dx, weight.get(), dy);
                }
            }
        }
    }
}

/// What gives the gradients of a segment's units.
pub(super) struct Gradient<'x, const H: usize, const N: usize> {
    x: &'x [Lanes<N>],
    dy: [Lanes<N>; H],
}

impl<'x, const H: usize, const N: usize> Gradient<'x, H, N> {
    /// For the segment at `place` of units of `width` columns.
    #[inline(always)]
    pub fn new(place: Place, width: usize, x: &'x [Lanes<N>], dy: &[Lanes<N>]) -> Self {
        Gradient { x: x.get(place.start * width..).unwrap_or_default(), dy: rows(dy, place) }
    }

    /// Of the unit at `column` of the tile.
    #[inline(always)]
    pub fn at<const W: usize, const U: usize>(&self, column: u8) -> [f32; U] {
        let mut gradients = [0.0; U];
        for (member, gradient) in gradients.iter_mut().enumerate() {
            let x = self.x.get(usize::from(column) * W + member % W);
            if let (Some(x), Some(dy)) = (x, self.dy.get(member / W)) {
                *gradient = lanes::dot(dy, x);
            }
        }
        gradients
    }

    /// Of the units at `columns`, of a number of lanes that is a multiple of 8: of eight units together. Where the
    /// last are fewer, some of those before them are computed again.
    #[inline(always)]
    pub fn each<const W: usize, const U: usize>(&self, columns: &[u8], to: &mut [[f32; U]]) {
        for (columns, to) in columns.as_chunks().0.iter().zip(to.as_chunks_mut().0) {
            *to = self.eight::<W, U>(columns);
        }
        match (columns.last_chunk(), to.last_chunk_mut()) {
            (Some(columns), Some(to)) => *to = self.eight::<W, U>(columns),
            _ => {
                let at = |place: usize| columns.get(place).copied().unwrap_or_default();
                let few = self.eight::<W, U>(&[0, 1, 2, 3, 4, 5, 6, 7].map(at));
                to.iter_mut().zip(few).for_each(|(to, unit)| *to = unit);
            }
        }
    }

    #[inline(always)]
    fn eight<const W: usize, const U: usize>(&self, columns: &[u8; 8]) -> [[f32; U]; 8] {
        let mut gradients = [[0.0; U]; 8];
        for member in 0..U {
            let x = match self.x.first_chunk::<TILE>().filter(|_| W == 1) {
                // Every column is in a whole tile, and no comparison needed.
                Some(x) => columns.map(|column| x.get(usize::from(column)).unwrap_or(&[0.0; N])),
                None => columns.map(|column| {
                    let x = self.x.get(usize::from(column) * W + member % W);
                    x.unwrap_or(&[0.0; N])
                }),
            };
            let sums = dots(x, self.dy.get(member / W).unwrap_or(&[0.0; N]));
            for (unit, sum) in gradients.iter_mut().zip(sums) {
                unit.iter_mut().skip(member).take(1).for_each(|gradient| *gradient = sum);
            }
        }
        gradients
    }
}

/// The rows of a line; 0 past the last.
#[inline(always)]
fn rows<const H: usize, const N: usize>(y: &[Lanes<N>], place: Place) -> [Lanes<N>; H] {
    let line = y.get(place.line * H..).unwrap_or_default();
    let mut rows = [[0.0; N]; H];
    rows.iter_mut().zip(line).for_each(|(row, y)| *row = *y);
    rows
}
