//! Which sets are due, and their choice in all layers.

use super::backward_set::{self, Choice};
use super::base::Base;
use super::forward_set;
use super::groups::{self, Groups};
use super::lanes::Lanes;
use super::memory::Memory;
use super::program::Training;
use super::rank::Threshold;
use super::rebuild::put_back;
use super::recipe::{Reserve, Scope};
use super::slots::{self, Quota};
use super::tuner::Tuner;
use super::value::Value;
use super::view::View;

/// Sets are still to be chosen; they are being explored; they stay.
pub(super) const NEW: u32 = 0;
const EXPLORING: u32 = 1;
pub(super) const SETTLED: u32 = 2;

impl<'a, V: Value, const N: usize> Tuner<'a, '_, V, N> {
    /// Chooses the first sets.
    pub(super) fn prepare(&mut self) {
        if self.memory.held.head.phase == NEW {
            self.choose_backward(true);
            self.memory.held.head.phase = EXPLORING;
        }
    }

    /// Chooses the sets that are due.
    pub(super) fn refresh(&mut self) {
        let step = self.memory.held.head.step;
        if self.memory.held.head.phase != EXPLORING {
            return;
        }
        if step > 0 && step.is_multiple_of(self.recipe.refresh_backward_every) {
            self.choose_backward(false);
        } else if step.is_multiple_of(self.recipe.refresh_forward_every) {
            self.choose_forward();
        }
        if step >= self.recipe.explore_until && self.recipe.explore_until < u32::MAX {
            self.settle();
        }
    }

    fn sparse_layers(&self) -> impl Iterator<Item = usize> + use<'a, V, N> {
        let layers = self.program.layers().enumerate();
        layers.filter(|(_, layer)| layer.training == Training::Sparse).map(|(number, _)| number)
    }

    /// Chooses backward sets anew, and forward sets in them.
    #[inline(never)]
    fn choose_backward(&mut self, first: bool) {
        if self.recipe.reserve == Reserve::None && !first {
            return self.choose_forward();
        }
        if self.recipe.scope == Scope::Network {
            let chosen = self.choose_backward_globally();
            self.count(chosen, first);
            return self.choose_forward();
        }
        for number in self.sparse_layers() {
            let Some((mut view, activations)) = self.layer(number) else { continue };
            let chosen = choose_backward(&mut view, activations, first);
            self.count(chosen, first);
        }
    }

    /// Counts what fell back and what entered.
    fn count(&mut self, (fallen, entered): (u32, u32), first: bool) {
        let head = &mut self.memory.held.head;
        head.fallen = head.fallen.saturating_add(fallen);
        head.entered = head.entered.saturating_add(if first { 0 } else { entered });
    }

    /// Chooses forward sets in the backward sets.
    #[inline(never)]
    fn choose_forward(&mut self) {
        if self.recipe.scope == Scope::Network {
            return self.choose_forward_globally();
        }
        for number in self.sparse_layers() {
            let Some((mut view, activations)) = self.layer(number) else { continue };
            let Some((buckets, _)) = Memory::<V, N>::scratch(activations) else { continue };
            if let Some(quota) = Quota::of(&view.layer) {
                slots::choose_forward(&mut view.live, quota);
                continue;
            }
            let wanted = view.layer.forward as u32;
            let held = (view.state.end(), view.state.holding);
            view.state.ends(forward_set::choose(&mut view.live, held, wanted, buckets), wanted);
        }
    }

    /// Ends exploration: backward sets become forward sets.
    #[inline(never)]
    fn settle(&mut self) {
        for number in self.sparse_layers() {
            let Some((mut view, _)) = self.layer(number) else { continue };
            if let Base::Exact(theta) = &mut view.base {
                match view.live.grid.unit.size() {
                    1 => put_back::<1, V>(theta, &view.live, |is_forward, _, _| !is_forward),
                    _ => put_back::<4, V>(theta, &view.live, |is_forward, _, _| !is_forward),
                }
            }
            view.state.live = view.live.keep_forward() as u32;
        }
        self.memory.held.head.phase = SETTLED;
    }
}

/// Chooses a layer's backward set, and its forward set in it; gives how many units fell back and entered.
#[inline(never)]
fn choose_backward<V: Value, const N: usize>(
    view: &mut View<'_, V>,
    activations: &mut [Lanes<N>],
    first: bool,
) -> (u32, u32) {
    let Some((buckets, space)) = Memory::<V, N>::scratch(activations) else { return (0, 0) };
    let View { layer, state, live, overlay, base, .. } = view;
    if let Some(quota) = Quota::of(layer) {
        let fallen_and_entered =
            groups::choose(&mut Groups { live, overlay, base, space, quota }, buckets);
        state.entries = overlay.len as u32;
        return fallen_and_entered;
    }
    let guess = (!first).then_some(state.backward_key);
    let (wanted, size) = (layer.backward as u32, live.grid.unit.size());
    let held = (if first { Threshold::ALL } else { state.end() }, state.holding);
    let mut choice = Choice { live, overlay, base, space, forward: held };
    let chosen = match size {
        1 => backward_set::choose::<1, V>(&mut choice, buckets, wanted, guess),
        _ => backward_set::choose::<4, V>(&mut choice, buckets, wanted, guess),
    };
    let (end, mut holding) = choice.forward;
    state.entries = overlay.len as u32;
    if first || chosen.is_none_or(|chosen| chosen.fallen > 0) {
        holding = forward_set::count(live, end);
    }
    let wanted = layer.forward as u32;
    state.ends(forward_set::choose(live, (end, holding), wanted, buckets), wanted);
    let Some(chosen) = chosen else { return (0, 0) };
    state.backward_key = chosen.end.key;
    (chosen.fallen, chosen.entered)
}
