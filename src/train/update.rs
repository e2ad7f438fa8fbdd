//! The step of a layer's weights, all in one pass: gradient, optimizer, and who has crossed the end of
//! the forward set.
//!
//! ```text
//! for each live unit
//!     g := its gradient
//!     its weights take a step
//!     where its magnitude is now on the other side of the forward set's end, its segment is marked
//! ```
//!
//! The set itself is left alone until it is due: see [`forward_set`](super::forward_set).

use super::live::{Live, PartMut};
use super::rank::{Threshold, unit_key};
use super::rule::Rule;
use super::value::Value;

/// By any rule; `gradient` gives those of the unit at a column of a segment.
#[inline(always)]
pub(super) fn step<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    (rule, end): (&Rule, Threshold),
    mut gradient: impl FnMut(&PartMut<'_, V>, usize, u8) -> [f32; U],
) -> u32 {
    let (width, mut holding) = (live.grid.width(), 0);
    for mut part in live.parts_mut() {
        let (mut settled, first_unit) = (true, part.place.line * width + part.place.start);
        for at in 0..part.columns.len() {
            let Some(&column) = part.columns.get(at) else { break };
            let (unit, is_forward) = (first_unit + usize::from(column), at < part.forward);
            let gradients = gradient(&part, at, column);
            let key = unit_key(step_unit(&mut part, (at, unit), gradients, rule, is_forward));
            let holds = end.holds(key, unit as u32);
            holding += u32::from(holds);
            settled &= holds == is_forward;
        }
        if let Some(segment) = part.segment {
            segment.settle(settled);
        }
    }
    holding
}

/// The step of the unit at `at` of a segment, number `unit` of its layer; gives its weights.
#[inline(always)]
fn step_unit<const U: usize, V: Value>(
    part: &mut PartMut<'_, V>,
    (at, unit): (usize, usize),
    gradients: [f32; U],
    rule: &Rule,
    is_forward: bool,
) -> [f32; U] {
    let (mut moved, coefficient) = ([0.0; U], rule.coefficient(is_forward));
    for (member, (moved, gradient)) in moved.iter_mut().zip(gradients).enumerate() {
        let at = at * U + member;
        let state = (part.first.get_mut(at), part.second.get_mut(at));
        let Some(weight) = part.values.get_mut(at) else { break };
        let number = rule.step(coefficient, weight.get(), gradient, state);
        *weight = rule.keep(number, (unit * U + member) as u32);
        *moved = weight.get();
    }
    moved
}

/// By the plain rule, of single weights.
#[inline(always)]
pub(super) fn plain<V: Value>(
    live: &mut Live<'_, V>,
    (rule, end): (&Rule, Threshold),
    gradient: impl Fn(&super::live::Place, u8) -> f32,
) -> u32 {
    let (width, mut holding) = (live.grid.width(), 0);
    for part in live.parts_mut() {
        let PartMut { place, forward, columns, values, segment, .. } = part;
        let first_unit = (place.line * width + place.start) as u32;
        let mut crossed = 0;
        holding += forward as u32;
        let (near, far) = values.split_at_mut(forward.min(values.len()));
        let (near_columns, far_columns) = columns.split_at(forward.min(columns.len()));
        for (is_forward, columns, values) in [(true, near_columns, near), (false, far_columns, far)]
        {
            let coefficient = rule.coefficient(is_forward);
            for (&column, weight) in columns.iter().zip(values) {
                let number = rule.plain(coefficient, weight.get(), gradient(&place, column));
                *weight = rule.keep(number, first_unit + u32::from(column));
                let key = unit_key([weight.get()]);
                // One comparison in nearly all cases.
                if (key <= end.key) == is_forward || key == end.key {
                    let holds = end.holds(key, first_unit + u32::from(column));
                    crossed += u32::from(holds != is_forward);
                    holding += u32::from(holds && !is_forward);
                    holding -= u32::from(!holds && is_forward);
                }
            }
        }
        if let Some(segment) = segment {
            segment.settle(crossed == 0);
        }
    }
    holding
}

/// Adds gradients to the buffer.
#[inline(always)]
pub(super) fn collect<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    gradient: impl Fn(&PartMut<'_, V>, u8) -> [f32; U],
) {
    for mut part in live.parts_mut() {
        let buffer = core::mem::take(&mut part.gradients).as_chunks_mut::<U>().0;
        for (&column, sums) in part.columns.iter().zip(buffer) {
            let gradients = gradient(&part, column);
            sums.iter_mut().zip(gradients).for_each(|(sum, gradient)| *sum += gradient);
        }
    }
}

/// By any rule, from the buffer, whose gradients are scaled by `scale`; leaves it at 0.
pub(super) fn step_collected<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    rule: (&Rule, Threshold),
    scale: f32,
) -> u32 {
    let holding = step::<U, V>(live, rule, |part, at, _| {
        let collected = part.gradients.as_chunks::<U>().0.get(at).copied().unwrap_or([0.0; U]);
        collected.map(|gradient| gradient * scale)
    });
    live.arrays.gradients.fill(0.0);
    holding
}
