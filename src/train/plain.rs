//! The step of single weights of a fully connected layer by the plain rule, one sample at a time.
//!
//! ```text
//! for each live weight w of row r and column c
//!     w ← w − η · (dy[r] · x[c] + coefficient · w)
//!     count it where its magnitude is now on the other side of the forward set's end
//! ```
//!
//! This is what a device spends its time on, so gradient, step and comparison are one loop, in which the
//! comparison is one instruction and a branch.

use super::lanes::Lanes;
use super::live::Live;
use super::rank::{Threshold, key};
use super::rule::Rule;
use super::value::Value;
use crate::sparse::TILE;

/// The step of all live weights; gives how many are on the forward set's side of `end` now.
#[inline(never)]
pub(super) fn step<const N: usize, V: Value>(
    live: &mut Live<'_, V>,
    (rule, end): (&Rule, Threshold),
    x: &[Lanes<N>],
    dy: &[Lanes<N>],
) -> u32 {
    let (mut columns, mut values) = (&*live.arrays.columns, &mut *live.arrays.values);
    let mut segments = live.segments.as_deref_mut().unwrap_or_default().iter_mut();
    let (x, dy) = (x.as_flattened(), dy.as_flattened());
    let x = x.get(..live.grid.cols).unwrap_or_default();
    let (mut first, mut holding) = (0, 0);
    for &dy in dy {
        for x in x.chunks(TILE) {
            let Some(segment) = segments.next() else { return holding };
            let (forward, rest) = (segment.forward(), segment.live() - segment.forward());
            let row = Row { rule, end, first, dy, x };
            let (into, out) = row.step((&mut columns, &mut values), (forward, rest));
            holding += forward as u32 + into - out;
            segment.settle(into + out == 0);
            first += x.len() as u32;
        }
    }
    holding
}

/// A segment.
struct Row<'r> {
    rule: &'r Rule,
    end: Threshold,
    /// Number of its first weight.
    first: u32,
    dy: f32,
    x: &'r [f32],
}

impl Row<'_> {
    /// The step of the next `forward` weights, which are in the forward set, and of the `rest` behind
    /// them; gives how many cross into the forward set, and out of it.
    #[inline(never)]
    fn step<V: Value>(
        &self,
        (columns, weights): (&mut &[u8], &mut &mut [V]),
        (forward, rest): (usize, usize),
    ) -> (u32, u32) {
        let near = (take(columns, forward), take_mut(weights, forward));
        let far = (take(columns, rest), take_mut(weights, rest));
        match self.x.first_chunk::<TILE>() {
            // Every column is in a whole tile, and no comparison needed.
            Some(x) => {
                let x = |column: u8| x.get(usize::from(column)).copied();
                (self.each::<false, V>(far, x), self.each::<true, V>(near, x))
            }
            None => {
                let x = |column: u8| self.x.get(usize::from(column)).copied();
                (self.each::<false, V>(far, x), self.each::<true, V>(near, x))
            }
        }
    }

    #[inline(always)]
    fn each<const FORWARD: bool, V: Value>(
        &self,
        (columns, weights): (&[u8], &mut [V]),
        x: impl Fn(u8) -> Option<f32>,
    ) -> u32 {
        let Row { end, first, dy, .. } = *self;
        let (mut crossed, near) = (0, end.key << 1);
        let rule = self.rule.at(FORWARD);
        for (&column, weight) in columns.iter().zip(weights) {
            let Some(x) = x(column) else { break };
            let number = rule.step(weight.get(), dy * x);
            *weight = rule.keep(number, first + u32::from(column));
            // The bit that is shifted out of a weight is its sign.
            let doubled = weight.get().to_bits() << 1;
            // Nearly always the key alone tells that it has not crossed.
            if if FORWARD { doubled <= near } else { doubled >= near } {
                let holds = end.holds(key(weight.get()), first + u32::from(column));
                crossed += u32::from(holds != FORWARD);
            }
        }
        crossed
    }
}

fn take<'s, T>(slice: &mut &'s [T], len: usize) -> &'s [T] {
    slice.split_off(..len).unwrap_or_default()
}

fn take_mut<'s, T>(slice: &mut &'s mut [T], len: usize) -> &'s mut [T] {
    slice.split_off_mut(..len).unwrap_or_default()
}
