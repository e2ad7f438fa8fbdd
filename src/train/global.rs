//! Both sets chosen over all sparse layers together.
//!
//! ```text
//! units are numbered through, layer after layer
//! the backward set ends where the largest of all end; each layer is brought to its part of it
//!     where a layer's table has no room, units of that layer fall back, and the end is looked for again
//! the forward set ends where the largest of all live units end
//! ```
//!
//! Within a layer this is what [`backward_set`](super::backward_set) and [`forward_set`](super::forward_set) do. A
//! layer's share of either set changes from choice to choice, and may be nothing.

use super::backward_set::Choice;
use super::base::TILE_BYTES;
use super::candidates::Candidates;
use super::forward_set;
use super::grid::Unit;
use super::memory::{Held, Memory};
use super::program::{Program, Training};
use super::rank::Threshold;
use super::recipe::{RecipeError, Reserve, Scope};
use super::search::{Buckets, search};
use super::source::Source;
use super::tuner::Tuner;
use super::value::Value;
use super::view::View;

/// Whether a network's layers can be chosen from together.
pub(super) fn check(program: &Program<'_>, scope: Scope) -> Result<(), RecipeError> {
    let mut units = program.layers().filter(|layer| layer.training == Training::Sparse);
    let first = units.next().map(|layer| layer.grid.unit);
    let is_one = units.all(|layer| Some(layer.grid.unit) == first);
    let fits = is_one && !matches!(first, Some(Unit::Group(_))) && program.chosen()[2] < 1 << 31;
    if scope == Scope::Layer || fits { Ok(()) } else { Err(RecipeError::Scope) }
}

impl<'a, 'm, V: Value, const N: usize> Tuner<'a, 'm, V, N> {
    /// Chooses the backward sets anew; gives how many units fell back and entered.
    #[inline(never)]
    pub(super) fn choose_backward_globally(&mut self) -> (u32, u32) {
        let Some((mut layers, buckets, space)) = self.together() else { return (0, 0) };
        match layers.unit.size() {
            1 => layers.choose_backward::<1>(buckets, space),
            _ => layers.choose_backward::<4>(buckets, space),
        }
    }

    /// Chooses the forward set in the backward sets.
    #[inline(never)]
    pub(super) fn choose_forward_globally(&mut self) {
        if let Some((mut layers, buckets, _)) = self.together() {
            layers.choose_forward(buckets);
        }
    }

    fn together(
        &mut self,
    ) -> Option<(Together<'_, 'a, 'm, V>, &mut Buckets, &mut [u8; TILE_BYTES])> {
        let Tuner { program, source, recipe, memory: Memory { held, activations } } = self;
        let mut layers = program.layers().filter(|layer| layer.training == Training::Sparse);
        let unit = layers.next()?.grid.unit;
        let (buckets, space) = Memory::<V, N>::scratch(activations)?;
        let from = (&*program, &*source, recipe.reserve);
        Some((Together { held, from, unit }, buckets, space))
    }
}

/// All sparse layers.
struct Together<'t, 'a, 'm, V> {
    held: &'t mut Held<'m, V>,
    from: (&'t Program<'a>, &'t Source<'a>, Reserve),
    unit: Unit,
}

impl<V: Value> Together<'_, '_, '_, V> {
    /// Calls `f` with each layer and the number of its first unit.
    fn each(&mut self, mut f: impl FnMut(&mut View<'_, V>, u32)) {
        let mut first = 0;
        for number in 0..self.from.0.layer_count() {
            let Some(mut view) = self.held.layer(self.from, number) else { return };
            if view.layer.training == Training::Sparse {
                f(&mut view, first);
                first += view.layer.grid.units() as u32;
            }
        }
    }

    fn choose_backward<const U: usize>(
        &mut self,
        buckets: &mut Buckets,
        space: &mut [u8; TILE_BYTES],
    ) -> (u32, u32) {
        let (mut fallen, mut entered) = (0, 0);
        loop {
            let Some(end) = self.end::<U>(buckets, space) else { return (fallen, entered) };
            let fell = self.fall_back::<U>(end, buckets, space);
            fallen += fell;
            if fell == 0 {
                self.each(|view, first| {
                    let (end, mut choice) = (end.from(first), choice(view, space));
                    choice.mark::<U>(end);
                    let leaving = choice.leaving::<U>(end);
                    entered += choice.rebuild::<U>(end, leaving, (buckets, None));
                    view.state.entries = view.overlay.len as u32;
                });
                return (fallen, entered);
            }
        }
    }

    /// Where the backward set ends.
    fn end<const U: usize>(
        &mut self,
        buckets: &mut Buckets,
        space: &mut [u8; TILE_BYTES],
    ) -> Option<Threshold> {
        let [_, wanted, units] = self.from.0.chosen();
        search(wanted as u32, None, units, buckets, |taker| {
            let mut above = 0;
            self.each(|view, first| {
                taker.first = first;
                let View { live, overlay, base, .. } = view;
                above += Candidates { live, overlay, base }.each::<U>(taker, space);
            });
            above
        })
    }

    /// Has units fall back where a table has no room for those that leave; gives how many.
    fn fall_back<const U: usize>(
        &mut self,
        end: Threshold,
        buckets: &mut Buckets,
        space: &mut [u8; TILE_BYTES],
    ) -> u32 {
        let mut fallen = 0;
        self.each(|view, first| {
            let (end, mut choice) = (end.from(first), choice(view, space));
            choice.mark::<U>(end);
            let leaving = choice.leaving::<U>(end);
            if !choice.has_room_for(leaving) {
                fallen += choice.fall_back::<U>(end, buckets).0;
            }
            view.state.entries = view.overlay.len as u32;
        });
        fallen
    }

    fn choose_forward(&mut self, buckets: &mut Buckets) {
        let [wanted, _, units] = self.from.0.chosen();
        self.each(|view, _| forward_set::unsettle_all(&mut view.live));
        let end = search(wanted as u32, None, units, buckets, |taker| {
            let mut above = 0;
            self.each(|view, first| {
                taker.first = first;
                above += forward_set::take_all(&view.live, taker);
            });
            above
        });
        let end = end.unwrap_or(Threshold::ALL);
        self.each(|view, first| {
            let end = end.from(first);
            forward_set::put_in_order(&mut view.live, end);
            view.state.ends(end, 0);
        });
    }
}

fn choice<'c, 'l, V>(
    view: &'c mut View<'l, V>,
    space: &'c mut [u8; TILE_BYTES],
) -> Choice<'c, 'l, 'l, V> {
    let View { live, overlay, base, .. } = view;
    Choice { live, overlay, base, space, forward: (Threshold::ALL, 0) }
}
