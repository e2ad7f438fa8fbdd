//! The operations of a training program that have no weights: forward, and back.
//!
//! Each adds to its input's gradient; whoever is the first to do so has it cleared before.

mod add;
mod average_pool;
mod broadcast;
mod check;
mod function;
mod identity;
mod max_pool;
mod mul;
mod place;
mod pooling;
#[cfg(test)]
mod tests;

use super::{Function, Kind, Lanes, Shape};

pub(super) use check::check;

/// Applies a function to an output, element by element.
pub(super) fn apply<const N: usize>(function: Function, y: &mut [Lanes<N>]) {
    function::forward(function, y);
}

/// Takes the gradient of a function's output, `y`, back to that of its input.
pub(super) fn apply_back<const N: usize>(function: Function, y: &[Lanes<N>], dy: &mut [Lanes<N>]) {
    function::backward(function, y, dy);
}

/// Writes `y` from `x`, or for two inputs from `x` and `x2`; of kinds without weights.
pub(super) fn forward<const N: usize>(
    kind: Kind,
    shape: &Shape,
    [x, x2]: [&[Lanes<N>]; 2],
    y: &mut [Lanes<N>],
) {
    match kind {
        Kind::AveragePool => average_pool::forward(shape, x, y),
        Kind::MaxPool => max_pool::forward(shape, x, y),
        Kind::Add => add::forward(shape, [x, x2], y),
        Kind::Mul => mul::forward(shape, [x, x2], y),
        Kind::Place => place::forward(shape, x, y),
        Kind::Identity => identity::forward(shape, x, y),
        Kind::FullyConnected | Kind::Conv | Kind::Depthwise => (),
    }
}

/// Adds to the gradient of input number `index` what `dy` asks of it.
pub(super) fn backward<const N: usize>(
    (kind, shape): (Kind, &Shape),
    [x, x2]: [&[Lanes<N>]; 2],
    dy: &[Lanes<N>],
    index: usize,
    dx: &mut [Lanes<N>],
) {
    match kind {
        Kind::AveragePool => average_pool::backward(shape, x, &[], dy, dx),
        Kind::MaxPool => max_pool::backward(shape, x, &[], dy, dx),
        Kind::Add => add::backward(shape, [x, x2], dy, index, dx),
        Kind::Mul => mul::backward(shape, [x, x2], dy, index, dx),
        Kind::Place => place::backward(shape, x, &[], dy, dx),
        Kind::Identity => identity::backward(shape, x, &[], dy, dx),
        Kind::FullyConnected | Kind::Conv | Kind::Depthwise => (),
    }
}
