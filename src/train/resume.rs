//! Going on from what was saved: every number is looked at before anything is computed with it.
//!
//! What was saved may come from a flash that has aged. A state that is taken is one in which sets are what
//! they should be and no number leads beyond floats; anything else is refused.

use super::base::{Base, TILE_BYTES};
use super::candidates::first;
use super::choose::{NEW, SETTLED};
use super::error::Error;
use super::forward_set;
use super::grid::Unit;
use super::live::{Part, places};
use super::memory::{Held, Memory, State};
use super::overlay::Overlay;
use super::program::{Program, Training};
use super::recipe::{Recipe, Scope};
use super::slots::Quota;
use super::source::Source;
use super::tuner::Tuner;
use super::value::Value;
use super::view::View;

/// What no weight and no mean of gradients reaches, since gradients are [limited](super::step); and what no
/// mean of their squares does.
const MOST: f32 = 1e30;
const MOST_SQUARE: f32 = 1e37;

impl<'a, 'm, V: Value, const N: usize> Tuner<'a, 'm, V, N> {
    /// A tuner that goes on where another stopped between two steps: `memory` starts with what
    /// [`Tuner::saved`] gave. With the same recipe it takes the steps that the other would have taken, to the last
    /// bit; whatever does not change what is kept in memory (rate, loss, batch, penalty, refreshes, seed) may also
    /// be another.
    ///
    /// # Errors
    ///
    /// Those of [`Tuner::new`], and [`Error::OtherRun`], [`Error::Damaged`] and [`Error::BadSaved`].
    pub fn resume(
        program: Program<'a>,
        source: Source<'a>,
        recipe: Recipe,
        memory: &'m mut [u8],
    ) -> Result<Self, Error> {
        let mut tuner = Self::over(program, source, recipe, memory)?;
        let head = *tuner.memory.held.head;
        if head.of != tuner.run() || head.phase > SETTLED {
            return Err(Error::OtherRun);
        }
        if !tuner.memory.held.is_sealed() || head.seen != 0 {
            return Err(Error::Damaged);
        }
        let (mut found, chosen) = ([0; 2], tuner.program.chosen());
        let mut last = 0;
        for (number, laid) in tuner.laid().enumerate() {
            let bad = Error::BadSaved { layer: number as u16 };
            let state = tuner.memory.held.states.get(number).ok_or(bad)?;
            if !lies_as(state, &laid, head.phase) {
                return Err(bad);
            }
            let (mut view, activations) = tuner.layer(number).ok_or(bad)?;
            let (_, space) = Memory::<V, N>::scratch(activations).ok_or(bad)?;
            let known = match view.layer.grid.unit.size() {
                1 => are_known::<1, V>(&view, space),
                _ => are_known::<4, V>(&view, space),
            };
            if !is_sound(&view, head.phase, laid.live as usize) || !known {
                return Err(bad);
            }
            if view.layer.training == Training::Sparse {
                let [forward, backward] = counts(&view);
                let wanted = expected(head.phase, view.layer.forward, view.layer.backward);
                if recipe.scope == Scope::Layer && [forward, backward] != wanted {
                    return Err(bad);
                }
                (found, last) = ([found[0] + forward, found[1] + backward], number);
                if head.phase != NEW {
                    view.state.holding = forward_set::count(&mut view.live, view.state.end());
                }
            }
        }
        if found != expected(head.phase, chosen[0], chosen[1]) {
            return Err(Error::BadSaved { layer: last as u16 });
        }
        let Held { gradients, bias_gradients, .. } = &mut tuner.memory.held;
        gradients.fill(0.0);
        bias_gradients.fill(0.0);
        Ok(tuner)
    }
}

impl<'a, 'm, V: Value, const N: usize> Tuner<'a, 'm, V, N> {
    /// As [`Tuner::resume`], of what was saved with another image whose trained part has the same layers, units and
    /// sets: a later version of the one that was learned on. Its values, sets and biases go on with this image's reserve.
    /// Whether that makes sense is for its caller to know, or for held-back samples to tell.
    ///
    /// # Errors
    ///
    /// Those of [`Tuner::resume`]; [`Error::BadSaved`] also where a layer is another.
    pub fn migrate(
        program: Program<'a>,
        source: Source<'a>,
        recipe: Recipe,
        memory: &'m mut [u8],
    ) -> Result<Self, Error> {
        let mut tuner = Tuner::<V, N>::over(program, source, recipe, &mut *memory)?;
        let run = tuner.run();
        let held = &mut tuner.memory.held;
        if !held.is_sealed() {
            return Err(Error::Damaged);
        }
        // What stands for the memory's layout stays: it has to be the same.
        (held.head.of[0], held.head.of[1]) = (run[0], run[1]);
        held.seal();
        Self::resume(program, source, recipe, memory)
    }
}

/// Whether a layer lies where it should, with keys that are keys.
fn lies_as(state: &State, laid: &State, phase: u32) -> bool {
    if phase == NEW {
        return state == laid;
    }
    let State { live, entries, end_key, end_before, holding, backward_key, .. } = *state;
    let changing = State { live, entries, end_key, end_before, holding, backward_key, ..*laid };
    *state == changing && (end_key | backward_key) < 1 << 31
}

/// Whether a layer's numbers and sets are what they can be; `room`: how many live units it has room for.
fn is_sound<V: Value>(view: &View<'_, V>, phase: u32, room: usize) -> bool {
    let View { layer, state, live, overlay, base, .. } = view;
    let theta = if let Base::Exact(theta) = base { &theta[..] } else { &[] };
    let [first, second] = [&*live.arrays.first, &*live.arrays.second];
    let numbers = [theta, &*view.biases, view.bias_first].into_iter().flatten();
    let is_sparse = layer.training == Training::Sparse;
    let [_, found] = counts(view);
    let wanted = if is_sparse && phase == SETTLED { found } else { room };
    // Behind those that are live lies what has left.
    let weights = if is_sparse { found * layer.grid.unit.size() } else { usize::MAX };
    let mut numbers = numbers.chain(first.iter().take(weights));
    let mut squares = second.iter().take(weights).chain(&*view.bias_second);
    let mut values = live.arrays.values.iter().take(weights).chain(&*overlay.values);
    state.live as usize == wanted
        && found <= live.arrays.columns.len()
        && numbers.all(|number| number.abs() <= MOST)
        && squares.all(|square| (0.0..=MOST_SQUARE).contains(square))
        && values.all(|value| value.get().abs() <= MOST)
        && (!is_sparse || are_sound(view) && are_grouped(view, phase))
}

/// Units of a layer's forward set and of its backward set.
fn counts<V>(View { live, .. }: &View<'_, V>) -> [usize; 2] {
    // Not of the parts, which end where there are too few columns. A dense layer has neither.
    let segments = live.segments.iter().flat_map(|segments| segments.iter());
    segments.fold([0; 2], |[forward, backward], segment| {
        [forward + segment.forward(), backward + segment.live()]
    })
}

/// How many units there should be of which `counts` shows how many there are, of one layer or of all.
fn expected(phase: u32, forward: usize, backward: usize) -> [usize; 2] {
    match phase {
        NEW => [0; 2],
        SETTLED => [forward; 2],
        _ => [forward, backward],
    }
}

/// Whether each group, where there are groups, has its slots.
fn are_grouped<V>(View { layer, live, .. }: &View<'_, V>, phase: u32) -> bool {
    let Some(quota) = Quota::of(layer).filter(|_| phase != NEW) else { return true };
    let kept = if phase == SETTLED { quota.forward } else { quota.backward };
    let quota = Quota { backward: kept, ..quota };
    live.parts().zip(places(live.grid)).all(|(part, (_, len))| {
        quota.places(len).all(|group| {
            let is_of = |column: &u8| group.columns.contains(&usize::from(*column));
            [&group.near, &group.far].into_iter().all(|slots| {
                part.columns.get(slots.clone()).is_some_and(|columns| columns.iter().all(is_of))
            })
        })
    })
}

/// Whether live units and the table's stand in their order, each once.
fn are_sound<V: Value>(View { live, overlay, .. }: &View<'_, V>) -> bool {
    let (grid, mut entry) = (live.grid, 0);
    let mut parts = live.parts().zip(places(grid));
    let indices = overlay.indices.get(..overlay.len);
    let ascend = indices.is_some_and(|indices| indices.is_sorted_by(|a, b| a < b));
    ascend
        && parts.all(|(part, (place, len))| {
            let first = first(grid, place);
            is_in_order(&part, len) && {
                let columns = part.columns;
                let here = entries(overlay, &mut entry, first + len as u32);
                here.iter().all(|index| !columns.contains(&((index - first) as u8)))
            }
        })
        && entry == overlay.len
}

/// Whether all units that are live or in the table have a reserve to fall back to.
fn are_known<const U: usize, V: Value>(view: &View<'_, V>, space: &mut [u8; TILE_BYTES]) -> bool {
    let View { live, overlay, base: base @ Base::Image(_), .. } = view else { return true };
    if matches!(live.grid.unit, Unit::Group(_)) {
        return true;
    }
    let Some(mut reserves) = base.reserves::<V>(live.grid) else { return true };
    let (grid, mut entry) = (live.grid, 0);
    live.parts().zip(places(grid)).all(|(part, (place, len))| {
        let first = first(grid, place);
        let entries = entries(overlay, &mut entry, first + len as u32);
        let tile = reserves.tile::<U>(first, space);
        let mut columns = part.columns.iter().map(|&column| usize::from(column));
        let mut others = entries.iter().map(|index| index.saturating_sub(first) as usize);
        columns.all(|column| tile.unit(column).is_some())
            && others.all(|column| tile.unit(column).is_some())
    })
}

/// The table's entries from number `entry` on, up to the unit `end`.
fn entries<'o, V>(overlay: &'o Overlay<'_, V>, entry: &mut usize, end: u32) -> &'o [u32] {
    let rest = overlay.indices.get(*entry..overlay.len).unwrap_or_default();
    let here = rest.iter().take_while(|&&index| index < end).count();
    *entry += here;
    rest.get(..here).unwrap_or_default()
}

/// Whether the units of a segment of `len` ascend in either part, each once.
fn is_in_order<V>(part: &Part<'_, V>, len: usize) -> bool {
    let Some((forward, rest)) = part.columns.split_at_checked(part.forward) else { return false };
    let is_inside = |column: &u8| usize::from(*column) < len;
    [forward, rest].iter().all(|columns| columns.is_sorted_by(|a, b| a < b))
        && part.columns.iter().all(is_inside)
        && rest.iter().all(|column| forward.binary_search(column).is_err())
}
