//! The operations with weights: which loop runs for which shape of unit.

use super::base::Stored;
use super::dense;
use super::fully_connected::{self, Gradient};
use super::grid::{Grid, Unit};
use super::lanes::{self, Lanes};
use super::live::Live;
use super::operation::{Kind, Shape};
use super::plain;
use super::rank::Threshold;
use super::rule::Rule;
use super::source;
use super::update;
use super::value::Value;
use super::windows::Windows;
use crate::kernels::wide;

/// An operation with weights.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weighted {
    FullyConnected,
    Windows(Windows),
}

/// Runs `f` with the machine's widest vectors, where there is more than one lane to fill them.
#[inline(always)]
fn vectors<const N: usize, R>(f: impl FnOnce() -> R) -> R {
    if N > 1 { wide(f) } else { outlined(f) }
}

/// Runs `f` as a function of its own, which has all registers to itself.
#[inline(never)]
fn outlined<R>(f: impl FnOnce() -> R) -> R {
    f()
}

impl Weighted {
    /// The operation of a kind; `None` for one without weights.
    pub fn of(kind: Kind, shape: Shape) -> Option<Self> {
        match kind {
            Kind::FullyConnected => Some(Weighted::FullyConnected),
            Kind::Conv => Some(Weighted::Windows(Windows::conv(shape))),
            Kind::Depthwise => Some(Weighted::Windows(Windows::depthwise(shape))),
            _ => None,
        }
    }

    /// Adds the products of the input to the output, over the forward set.
    pub fn forward<const N: usize, V: Value>(
        &self,
        live: &Live<'_, V>,
        x: &[Lanes<N>],
        y: &mut [Lanes<N>],
    ) {
        vectors::<N, _>(
            #[inline(always)]
            || match (self, live.grid.unit) {
                (Weighted::Windows(windows), unit) => match unit.size() {
                    1 => windows.pass::<1, N, V>(live, x, y, false),
                    _ => windows.pass::<4, N, V>(live, x, y, false),
                },
                (_, Unit::Block4x1) => fully_connected::forward::<4, 1, 4, N, V>(live, x, y),
                (_, Unit::Block1x4) => fully_connected::forward::<1, 4, 4, N, V>(live, x, y),
                _ if dense::suits::<N, V>(live) => dense::forward(live, x, y),
                _ => fully_connected::forward::<1, 1, 1, N, V>(live, x, y),
            },
        )
    }

    /// Adds to the input's gradient what the output's asks, over the forward set.
    pub fn back<const N: usize, V: Value>(
        &self,
        live: &Live<'_, V>,
        dy: &[Lanes<N>],
        dx: &mut [Lanes<N>],
    ) {
        vectors::<N, _>(
            #[inline(always)]
            || match (self, live.grid.unit) {
                (Weighted::Windows(windows), unit) => match unit.size() {
                    1 => windows.pass::<1, N, V>(live, dy, dx, true),
                    _ => windows.pass::<4, N, V>(live, dy, dx, true),
                },
                (_, Unit::Block4x1) => fully_connected::back::<4, 1, 4, N, V>(live, dy, dx),
                (_, Unit::Block1x4) => fully_connected::back::<1, 4, 4, N, V>(live, dy, dx),
                _ if dense::suits::<N, V>(live) => dense::back(live, dy, dx),
                _ => fully_connected::back::<1, 1, 1, N, V>(live, dy, dx),
            },
        )
    }

    /// Adds the products of all weights but 0 that are read where they are stored: of the input to the output, or,
    /// going `back`, of the output's gradient to the input's.
    #[inline(never)]
    pub fn in_place<const N: usize, V: Value>(
        &self,
        (stored, grid): (Stored<'_>, Grid),
        from: &[Lanes<N>],
        to: &mut [Lanes<N>],
        back: bool,
    ) {
        source::each_weight::<V>(stored, grid, |row, col, weight| match self {
            Weighted::Windows(windows) => windows.add((row, col, weight), (from, &mut *to), back),
            Weighted::FullyConnected => {
                let (from_at, to_at) = if back { (row, col) } else { (col, row) };
                if let (Some(from), Some(to)) = (from.get(from_at), to.get_mut(to_at)) {
                    lanes::add_scaled(to, weight, from);
                }
            }
        });
    }

    /// The step of all live weights for one batch; gives how many units are on the forward set's side of
    /// `end` now.
    pub fn step<const N: usize, V: Value>(
        &self,
        live: &mut Live<'_, V>,
        rule: (&Rule, Threshold),
        (x, dy): (&[Lanes<N>], &[Lanes<N>]),
    ) -> u32 {
        let grid = live.grid;
        vectors::<N, _>(
            #[inline(always)]
            || match (self, grid.unit) {
                (Weighted::Windows(windows), unit) => match unit.size() {
                    1 => update::step::<1, N, V>(live, rule, |place, column| {
                        windows.unit(grid, *place, column, x, dy)
                    }),
                    _ => update::step::<4, N, V>(live, rule, |place, column| {
                        windows.unit(grid, *place, column, x, dy)
                    }),
                },
                _ if dense::suits::<N, V>(live) => {
                    dense::step(live, rule.0, x, dy);
                    0
                }
                (_, unit) if N > 0 && N.is_multiple_of(8) => eight_at_once(unit, live, rule, x, dy),
                (_, Unit::Block4x1) => update::step::<4, N, V>(live, rule, |place, column| {
                    Gradient::<4, N>::new(*place, 1, x, dy).at::<1, 4>(column)
                }),
                (_, Unit::Block1x4) => update::step::<4, N, V>(live, rule, |place, column| {
                    Gradient::<1, N>::new(*place, 4, x, dy).at::<4, 4>(column)
                }),
                _ if N == 1 && live.segments.is_some() && rule.0.is_plain() => {
                    plain::step(live, rule, x, dy)
                }
                _ => update::step::<1, N, V>(live, rule, |place, column| {
                    Gradient::<1, N>::new(*place, 1, x, dy).at::<1, 1>(column)
                }),
            },
        )
    }

    /// Adds the gradients of all live weights to the buffer.
    pub fn collect<const N: usize, V: Value>(
        &self,
        live: &mut Live<'_, V>,
        (x, dy): (&[Lanes<N>], &[Lanes<N>]),
    ) {
        let grid = live.grid;
        vectors::<N, _>(
            #[inline(always)]
            || match (self, grid.unit) {
                (Weighted::Windows(windows), unit) => match unit.size() {
                    1 => update::collect::<1, V>(live, |place, column| {
                        windows.unit(grid, *place, column, x, dy)
                    }),
                    _ => update::collect::<4, V>(live, |place, column| {
                        windows.unit(grid, *place, column, x, dy)
                    }),
                },
                (_, Unit::Block4x1) => update::collect::<4, V>(live, |place, column| {
                    Gradient::<4, N>::new(*place, 1, x, dy).at::<1, 4>(column)
                }),
                (_, Unit::Block1x4) => update::collect::<4, V>(live, |place, column| {
                    Gradient::<1, N>::new(*place, 4, x, dy).at::<4, 4>(column)
                }),
                _ if dense::suits::<N, V>(live) => dense::collect(live, x, dy),
                _ => update::collect::<1, V>(live, |place, column| {
                    Gradient::<1, N>::new(*place, 1, x, dy).at::<1, 1>(column)
                }),
            },
        )
    }
}

/// The step of a fully connected layer's weights, whose gradients are taken eight at a time.
#[inline(always)]
fn eight_at_once<const N: usize, V: Value>(
    unit: Unit,
    live: &mut Live<'_, V>,
    rule: (&Rule, Threshold),
    x: &[Lanes<N>],
    dy: &[Lanes<N>],
) -> u32 {
    match unit {
        Unit::Block4x1 => update::step_at_once::<4, V>(live, rule, |place, columns, to| {
            Gradient::<4, N>::new(*place, 1, x, dy).each::<1, 4>(columns, to)
        }),
        Unit::Block1x4 => update::step_at_once::<4, V>(live, rule, |place, columns, to| {
            Gradient::<1, N>::new(*place, 4, x, dy).each::<4, 4>(columns, to)
        }),
        _ => update::step_at_once::<1, V>(live, rule, |place, columns, to| {
            Gradient::<1, N>::new(*place, 1, x, dy).each::<1, 1>(columns, to)
        }),
    }
}

/// The gradient of bias number `row` of `rows`.
pub(super) fn bias_gradient<const N: usize>(dy: &[Lanes<N>], row: usize, rows: usize) -> f32 {
    let mut sums = [0.0; N];
    let positions = dy.get(row..).unwrap_or_default().iter().step_by(rows.max(1));
    positions.for_each(|dy| lanes::add(&mut sums, dy));
    lanes::sum(&sums)
}
