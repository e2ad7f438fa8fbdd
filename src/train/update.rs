//! The step of a layer's weights: gradient, optimizer, and who has crossed the end of the forward set.
//!
//! ```text
//! for each segment, its forward part and the rest
//!     gradients of its units
//!     their weights take a step
//!     where a unit's magnitude is now on the other side of the forward set's end, its segment is marked
//! ```
//!
//! The set itself is left alone until it is due: see [`forward_set`](super::forward_set). What a device mostly
//! runs has all three in one loop: see [`plain`](super::plain).

use super::live::{Live, PartMut, Place};
use super::rank::{Threshold, unit_key};
use super::rule::{Rule, State};
use super::value::Value;
use crate::sparse::TILE;

/// Weights whose gradients are taken before they move.
const CHUNK: usize = 64;

/// By any rule; `gradient` gives those of the unit at a column of the segment at a place. For one sample at a time
/// the loop stands once in the program, whatever gives gradients.
#[inline(always)]
pub(super) fn step<const U: usize, const N: usize, V: Value>(
    live: &mut Live<'_, V>,
    rule: (&Rule, Threshold),
    gradient: impl Fn(&Place, u8) -> [f32; U],
) -> u32 {
    each_chunk(live, rule, &|place, columns, _, gradients| {
        for (gradients, &column) in gradients.iter_mut().zip(columns) {
            *gradients = gradient(place, column);
        }
    })
}

/// By any rule, for a host; `fill` writes the gradients of the units at some columns of the segment at a place.
/// Both parts take their step at once, so that little is left over where eight do together.
#[inline(always)]
pub(super) fn step_at_once<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    (rule, end): (&Rule, Threshold),
    fill: impl Fn(&Place, &[u8], &mut [[f32; U]]),
) -> u32 {
    let (width, mut holding) = (live.grid.width(), 0);
    let mut space = [[0.0; U]; TILE];
    live.by_tile_mut(|part| {
        let PartMut { place, forward, columns, values, segment, first, second, .. } = part;
        let number = (place.line * width + place.start) as u32;
        let gradients = space.get_mut(..columns.len()).unwrap_or_default();
        fill(&place, columns, gradients);
        let state = State { first, second };
        let numbers = (columns, number * U as u32);
        rule.steps(forward * U, values, numbers, gradients.as_flattened(), state);
        if let Some(segment) = segment {
            let (held, crossed) = sides::<U, V>(end, (columns, number), values, forward);
            holding += held;
            segment.settle(crossed == 0);
        }
    });
    holding
}

/// How many of a segment's units are on the forward set's side of `end`, and how many are not where they stand,
/// the first `forward` being on this side.
#[inline(always)]
fn sides<const U: usize, V: Value>(
    end: Threshold,
    (columns, first): (&[u8], u32),
    units: &[V],
    forward: usize,
) -> (u32, u32) {
    let (forward, mut held, mut inside) = (forward as u32, 0, 0);
    for (at, (&column, unit)) in (0..).zip(columns.iter().zip(units.as_chunks::<U>().0)) {
        let index = first + u32::from(column);
        let holds = u32::from(end.holds_straight(unit_key(unit.map(V::get)), index));
        held += holds;
        inside += holds & u32::from(at < forward);
    }
    (held, held - inside + forward - inside)
}

/// By any rule, from the buffer, whose gradients are scaled by `scale`; leaves it at 0.
#[inline(never)]
pub(super) fn step_collected<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    rule: (&Rule, Threshold),
    scale: f32,
) -> u32 {
    each_chunk::<U, V>(live, rule, &|_, _, buffer, gradients| {
        for (gradient, sum) in gradients.as_flattened_mut().iter_mut().zip(buffer) {
            *gradient = core::mem::take(sum) * scale;
        }
    })
}

/// Writes gradients: see [`each_chunk`].
type Fill<'f, const U: usize> = &'f dyn Fn(&Place, &[u8], &mut [f32], &mut [[f32; U]]);

/// A step whose gradients `fill` writes, of the units at some columns of the segment at a place, whose part
/// of the buffer it is given too.
#[inline(never)]
fn each_chunk<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    (rule, end): (&Rule, Threshold),
    fill: Fill<'_, U>,
) -> u32 {
    let (width, mut holding) = (live.grid.width(), 0);
    let mut space = [0.0; CHUNK];
    let space = space.as_chunks_mut::<U>().0;
    for part in live.parts_mut() {
        let first = (part.place.line * width + part.place.start) as u32;
        let PartMut { place, forward, columns, values, segment, mut gradients, .. } = part;
        let state = State { first: part.first, second: part.second };
        let mut rest = Units { columns, values, state };
        let (mut left, mut crossed) = (forward, false);
        while !rest.columns.is_empty() {
            let is_forward = left > 0;
            let len = if is_forward { left } else { rest.columns.len() };
            let here = rest.take(len.min(CHUNK / U).min(rest.columns.len()), U);
            let len = here.columns.len();
            let buffer = gradients.split_off_mut(..len * U).unwrap_or_default();
            let taken = space.get_mut(..len).unwrap_or_default();
            fill(&place, here.columns, buffer, taken);
            let ends = segment.is_some().then_some(end);
            let (held, others) = here.step(rule, ends, (is_forward, first), taken);
            holding += held;
            crossed |= others;
            left -= if is_forward { len } else { 0 };
        }
        if let Some(segment) = segment {
            segment.settle(!crossed);
        }
    }
    holding
}

/// Units that stand side by side.
struct Units<'u, V> {
    columns: &'u [u8],
    values: &'u mut [V],
    state: State<'u>,
}

impl<'u, V: Value> Units<'u, V> {
    /// Takes the first `len` away, of `size` weights each.
    #[inline(always)]
    fn take(&mut self, len: usize, size: usize) -> Units<'u, V> {
        Units {
            columns: self.columns.split_off(..len).unwrap_or_default(),
            values: self.values.split_off_mut(..len * size).unwrap_or_default(),
            state: State {
                first: self.state.first.split_off_mut(..len * size).unwrap_or_default(),
                second: self.state.second.split_off_mut(..len * size).unwrap_or_default(),
            },
        }
    }

    /// The step of units of one part, of a segment whose first unit is number `first`; gives how many are on
    /// the forward set's side of its end now, and whether some are not where they stand: without an end, none.
    #[inline(always)]
    fn step<const U: usize>(
        self,
        rule: &Rule,
        end: Option<Threshold>,
        (is_forward, first): (bool, u32),
        gradients: &[[f32; U]],
    ) -> (u32, bool) {
        let Units { columns, values, state } = self;
        rule.steps(
            if is_forward { values.len() } else { 0 },
            values,
            (columns, first * U as u32),
            gradients.as_flattened(),
            state,
        );
        let Some(end) = end else { return (0, false) };
        let held = held::<U, V>(end, (columns, first), values);
        (held, held != if is_forward { columns.len() as u32 } else { 0 })
    }
}

/// How many of the units at `columns`, of which column 0 is unit number `first`, are on the forward set's side
/// of `end`.
#[inline(always)]
fn held<const U: usize, V: Value>(
    end: Threshold,
    (columns, first): (&[u8], u32),
    units: &[V],
) -> u32 {
    let mut held = 0;
    for (&column, unit) in columns.iter().zip(units.as_chunks::<U>().0) {
        held += u32::from(end.holds(unit_key(unit.map(V::get)), first + u32::from(column)));
    }
    held
}

/// Adds gradients to the buffer.
#[inline(always)]
pub(super) fn collect<const U: usize, V: Value>(
    live: &mut Live<'_, V>,
    gradient: impl Fn(&Place, u8) -> [f32; U],
) {
    for part in live.parts_mut() {
        let buffer = part.gradients.as_chunks_mut::<U>().0;
        for (&column, sums) in part.columns.iter().zip(buffer) {
            let gradients = gradient(&part.place, column);
            sums.iter_mut().zip(gradients).for_each(|(sum, gradient)| *sum += gradient);
        }
    }
}
