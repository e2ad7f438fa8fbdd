//! FULLY_CONNECTED over all weights of a dense layer, for a host: tiles of sums that stay in registers.
//!
//! Reading a number takes as long as adding a product, so each is to be in several products once it is read.
//! All three products of training are of one shape, a tile of 4 × 16 sums, into which pairs of 4 and of 16
//! numbers go:
//!
//! ```text
//!                sums                             one pair                                    order
//! forward        4 rows of y, 16 lanes            4 weights of a column, 16 lanes of its x    c ascending
//! back           4 columns of dx, 16 lanes        4 weights of a row, 16 lanes of its dy      r ascending
//! gradient       4 rows, 16 columns               a lane of 4 dy, that lane of 16 x           see below
//!
//! for each tile
//!     sums := the tile of y or dx, or 0
//!     for each pair (a, b)
//!         sums[i] += a[i] · b                     4 · 2 vectors of 8: with b and a product, 11 registers
//! ```
//!
//! In the gradient the lanes of an x are to lie 16 x apart, so 64 columns at a time are transposed first. A sum
//! over the lanes has the order of [`lanes::dot`]: those 8 apart first, then the eight sums. So whether a layer
//! is dense is not seen in its bits.

use super::lanes::{self, Lanes};
use super::live::{EVERY, Live};
use super::rule::{Rule, State};
use super::value::Value;

/// Sums of a tile: as many as leave registers for what is added.
const HEIGHT: usize = 4;
const WIDTH: usize = 16;

/// Columns that are transposed at a time: 64 lanes of them fill half of a processor's nearest cache.
const PANEL: usize = 64;

type Tile = [[f32; WIDTH]; HEIGHT];

/// Whether a fully connected layer is dense, of single weights, and its lanes fill tiles.
#[inline(always)]
pub(super) fn suits<const N: usize, V>(live: &Live<'_, V>) -> bool {
    N > 0 && N.is_multiple_of(WIDTH) && live.segments.is_none() && live.grid.unit.size() == 1
}

/// Adds the products of all weights to `y`, which holds the biases.
#[inline(always)]
pub(super) fn forward<const N: usize, V: Value>(
    live: &Live<'_, V>,
    x: &[Lanes<N>],
    y: &mut [Lanes<N>],
) {
    let cols = live.grid.cols.max(1);
    let rows = live.arrays.values.chunks(HEIGHT * cols);
    for (y, weights) in y.chunks_mut(HEIGHT).zip(rows) {
        let [a, b, c, d] = rows_of(weights, cols);
        each_block(y, |block, sums| {
            let weights = a.iter().zip(b).zip(c.iter().zip(d));
            let weights = weights.map(|((a, b), (c, d))| [a, b, c, d].map(|weight| weight.get()));
            add(sums, weights.zip(x.iter().map(|x| part(x, block))));
        });
    }
}

/// Adds what `dy` asks of the input to `dx`.
#[inline(always)]
pub(super) fn back<const N: usize, V: Value>(
    live: &Live<'_, V>,
    dy: &[Lanes<N>],
    dx: &mut [Lanes<N>],
) {
    let rows = live.arrays.values.chunks(live.grid.cols.max(1));
    for (number, dx) in dx.chunks_mut(HEIGHT).enumerate() {
        let start = number * HEIGHT;
        each_block(dx, |block, sums| {
            let weights = rows.clone().map(|row| {
                let row = row.get(start..).unwrap_or_default();
                match row.first_chunk::<HEIGHT>() {
                    Some(weights) => weights.map(V::get),
                    None => core::array::from_fn(|at| row.get(at).map_or(0.0, |w| w.get())),
                }
            });
            add(sums, weights.zip(dy.iter().map(|dy| part(dy, block))));
        });
    }
}

/// The step of all weights.
#[inline(always)]
pub(super) fn step<const N: usize, V: Value>(
    live: &mut Live<'_, V>,
    rule: &Rule,
    x: &[Lanes<N>],
    dy: &[Lanes<N>],
) {
    let cols = live.grid.cols;
    gradients(x.get(..cols).unwrap_or_default(), dy, |row, col, gradients| {
        let (start, len) = (row * cols + col, gradients.len());
        let weights = live.arrays.part(start, len, 1);
        let state = State { first: weights.first, second: weights.second };
        let columns = EVERY.get(..len).unwrap_or_default();
        rule.steps(weights.values.len(), weights.values, (columns, start as u32), gradients, state);
    });
}

/// Adds the gradients of all weights to the buffer.
#[inline(always)]
pub(super) fn collect<const N: usize, V: Value>(
    live: &mut Live<'_, V>,
    x: &[Lanes<N>],
    dy: &[Lanes<N>],
) {
    let cols = live.grid.cols;
    gradients(x.get(..cols).unwrap_or_default(), dy, |row, col, gradients| {
        let buffer = live.arrays.gradients.get_mut(row * cols + col..).unwrap_or_default();
        buffer.iter_mut().zip(gradients).for_each(|(sum, gradient)| *sum += gradient);
    });
}

/// Calls `f` with a row, a column and the gradients from there on, of some of the row's weights.
#[inline(always)]
fn gradients<const N: usize>(
    x: &[Lanes<N>],
    dy: &[Lanes<N>],
    mut f: impl FnMut(usize, usize, &[f32]),
) {
    let mut panel = [[0.0; PANEL]; N];
    for (number, x) in x.chunks(PANEL).enumerate() {
        transpose(x, &mut panel);
        for (group, dy) in dy.chunks(HEIGHT).enumerate() {
            let mut sums = [[0.0; PANEL]; HEIGHT];
            let rows = rows_of(dy, 1).map(|row| row.first().unwrap_or(&[0.0; N]));
            for block in 0..x.len().div_ceil(WIDTH) {
                let tile = gradient_tile(rows, &panel, block);
                for (sums, tile) in sums.iter_mut().zip(tile) {
                    if let Some(sums) = sums.as_chunks_mut().0.get_mut(block) {
                        *sums = tile;
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate().take(dy.len()) {
                let sums = sums.get(..x.len()).unwrap_or_default();
                f(group * HEIGHT + row, number * PANEL, sums);
            }
        }
    }
}

/// The gradients of 4 rows and of the columns of a block of the panel.
#[inline(always)]
fn gradient_tile<const N: usize>(
    dy: [&Lanes<N>; HEIGHT],
    panel: &[[f32; PANEL]; N],
    block: usize,
) -> Tile {
    let mut all = [[-0.0; WIDTH]; HEIGHT];
    for first in 0..8 {
        let lanes = (first..N).step_by(8);
        let pairs = lanes.map(|lane| {
            let dy = dy.map(|dy| dy.get(lane).copied().unwrap_or_default());
            (dy, panel.get(lane).map_or(&[0.0; WIDTH], |x| part(x, block)))
        });
        let mut sums = [[-0.0; WIDTH]; HEIGHT];
        add(&mut sums, pairs);
        all.iter_mut().zip(&sums).for_each(|(all, sums)| lanes::add(all, sums));
    }
    all
}

/// Adds to a tile the products of all pairs.
#[inline(always)]
fn add<'b>(sums: &mut Tile, pairs: impl Iterator<Item = ([f32; HEIGHT], &'b [f32; WIDTH])>) {
    let mut tile = *sums;
    pairs.for_each(|(a, b)| {
        tile.iter_mut().zip(a).for_each(|(sums, a)| lanes::add_scaled(sums, a, b));
    });
    *sums = tile;
}

/// Calls `f` with the number of each block of lanes and the sums of `to`, of at most 4, to be added to.
#[inline(always)]
fn each_block<const N: usize>(to: &mut [Lanes<N>], f: impl Fn(usize, &mut Tile)) {
    for block in 0..N / WIDTH {
        let mut sums = [[0.0; WIDTH]; HEIGHT];
        sums.iter_mut().zip(&*to).for_each(|(sums, to)| *sums = *part(to, block));
        f(block, &mut sums);
        for (to, sums) in to.iter_mut().zip(sums) {
            if let Some(to) = to.as_chunks_mut().0.get_mut(block) {
                *to = sums;
            }
        }
    }
}

/// Lanes, or columns, number 16 · `block` and on.
#[inline(always)]
fn part<const L: usize>(all: &[f32; L], block: usize) -> &[f32; WIDTH] {
    all.as_chunks().0.get(block).unwrap_or(&[0.0; WIDTH])
}

/// The rows of `len` that `all` has, at most 4; the first again for those that it lacks.
#[inline(always)]
fn rows_of<T>(all: &[T], len: usize) -> [&[T]; HEIGHT] {
    let row = |number| all.get(number * len..(number + 1) * len);
    let first = row(0).unwrap_or_default();
    core::array::from_fn(|number| row(number).unwrap_or(first))
}

/// The lanes of at most 64 columns, lane by lane.
#[inline(always)]
fn transpose<const N: usize>(x: &[Lanes<N>], panel: &mut [[f32; PANEL]; N]) {
    for (col, x) in x.iter().enumerate() {
        for (row, x) in panel.iter_mut().zip(x) {
            row.iter_mut().skip(col).take(1).for_each(|place| *place = *x);
        }
    }
}
