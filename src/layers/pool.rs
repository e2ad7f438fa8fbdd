//! AVERAGE_POOL_2D and MAX_POOL_2D: the mean or the largest of each window, over the taps that lie
//! in the input; the padding does not count. Input and output have one scale and zero point, so
//! nothing is requantised. No scratch.

use super::windows::{images, one_by_one};
use super::{Error, Memory, Operator, ensure, int8, params};
use crate::image::record::Window;
use crate::image::{Op, OpKind};
use crate::kernels::{Geometry, pool};
use crate::rolled::Rolled;

/// The mean of each window, rounded to the nearest, ties away from zero.
pub static AVERAGE_POOL_2D: Operator =
    Operator { kind: OpKind::AveragePool2d, in_place: false, check, run: run_average };

/// The largest of each window.
pub static MAX_POOL_2D: Operator =
    Operator { kind: OpKind::MaxPool2d, in_place: false, check, run: run_max };

fn check(op: &Op<'_>) -> Result<usize, Error> {
    let ([input], output) = int8::<1>(op)?;
    let window = params::<Window>(op)?;
    super::check_window(window, input, output)?;
    super::no_weights(op)?;
    super::same_zero_point(op)?;
    let geometry = Geometry::new(input.dims(), window);
    let plain = window.multiplier.get() == 1 && geometry.dilation == [1, 1];
    ensure(plain && geometry.taps() <= pool::MAX_TAPS, Error::BadParameters)?;
    let [_, height, width, channels] = output.dims();
    let full = meets(&geometry, height - 1, width - 1) && meets(&geometry, 0, 0);
    ensure(full && channels == geometry.input[2], Error::BadShape)?;
    Ok(0)
}

/// Whether the window at output position (`oy`, `ox`) has a tap in the input. Those between two
/// that do then have one too.
fn meets(geometry: &Geometry, oy: usize, ox: usize) -> bool {
    geometry.taps_inside(0, oy).is_some() && geometry.taps_inside(1, ox).is_some()
}

fn run_average(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    run(op, memory, pool::average)
}

fn run_max(op: &Op<'_>, memory: Memory<'_>) -> Option<()> {
    run(op, memory, pool::max)
}

fn run(
    op: &Op<'_>,
    memory: Memory<'_>,
    pool: fn(&Geometry, &[i8], [usize; 2], &mut [i8]),
) -> Option<()> {
    let window = op.params::<Window>()?;
    let [_, _, width, channels] = op.output()?.dims();
    images(op, memory, |gather, output, _| {
        one_by_one([width, channels], output, |at, y| {
            pool(&gather.geometry, gather.input, at, y);
            y.iter_mut().rolled().for_each(|y| *y = (*y).max(window.min).min(window.max));
            Some(())
        })
    })
}
