//! What the memory holds of one layer.

use super::arrays::Arrays;
use super::base::Base;
use super::grid::Grid;
use super::lanes::Lanes;
use super::live::{Live, Segment, places};
use super::memory::{Held, Memory, State};
use super::overlay::Overlay;
use super::program::{Layer, Program, Training};
use super::recipe::Reserve;
use super::source::{self, Source};
use super::value::Value;
use super::weighted::Weighted;

/// One layer.
pub(super) struct View<'v, V> {
    pub layer: Layer<'v>,
    pub state: &'v mut State,
    pub live: Live<'v, V>,
    pub overlay: Overlay<'v, V>,
    pub base: Base<'v>,
    pub biases: &'v mut [f32],
    pub bias_first: &'v mut [f32],
    pub bias_second: &'v mut [f32],
    pub bias_gradients: &'v mut [f32],
}

/// A live weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveWeight {
    /// Its output.
    pub row: usize,
    /// Its input.
    pub col: usize,
    /// What it is.
    pub value: f32,
    /// Whether it is in the forward set.
    pub is_forward: bool,
}

impl<'v, V: Value> View<'v, V> {
    /// Adds the products of the forward set to `to`: of the input to the output, which holds the biases, or, going
    /// `back`, of the output's gradient to the input's.
    pub fn pass<const N: usize>(
        &self,
        weighted: Weighted,
        (from, to): (&[Lanes<N>], &mut [Lanes<N>]),
        back: bool,
    ) {
        match (&self.base, back) {
            (Base::Image(stored), _) if self.layer.is_in_place() => {
                weighted.in_place::<N, V>((*stored, self.layer.grid), from, to, back);
            }
            (_, false) => weighted.forward(&self.live, from, to),
            (_, true) => weighted.back(&self.live, from, to),
        }
    }

    /// The live weights.
    pub fn into_weights(self) -> impl Iterator<Item = LiveWeight> + use<'v, V> {
        let Arrays { columns, values, .. } = self.live.arrays;
        let (columns, values): (&'v [u8], &'v [V]) = (columns, values);
        let segments: Option<&'v [Segment]> = self.live.segments.map(|segments| &*segments);
        weights(self.layer.grid, segments, columns).filter_map(|(at, weight)| {
            let value = values.get(at)?.get();
            Some(LiveWeight { value, ..weight })
        })
    }

    /// Gives each live weight the value that `f` makes of it, where that is finite.
    pub fn change(self, mut f: impl FnMut(LiveWeight) -> f32) {
        let Arrays { columns, values, .. } = self.live.arrays;
        let segments = self.live.segments.map(|segments| &*segments);
        for (at, weight) in weights(self.layer.grid, segments, columns) {
            let Some(value) = values.get_mut(at) else { return };
            let changed = f(LiveWeight { value: value.get(), ..weight });
            if changed.is_finite() {
                *value = V::nearest(changed);
            }
        }
    }

    /// Calls `f` with row, column and value of every weight that is known.
    pub fn each_weight(self, f: &mut impl FnMut(usize, usize, f32)) {
        let grid = self.layer.grid;
        let mut put = |at: usize, weight: f32| {
            let size = grid.unit.size();
            let (line, unit) = (at / size / grid.width(), at / size % grid.width());
            if let Some((row, col)) = grid.weight(line, unit, at % size) {
                f(row, col, weight);
            }
        };
        match &self.base {
            Base::None => (),
            Base::Exact(theta) => theta.iter().enumerate().for_each(|(at, &w)| put(at, w)),
            Base::Image(stored) => source::each::<V>(*stored, grid, &mut put),
        }
        let size = grid.unit.size();
        let table = self.overlay.values.chunks(size).zip(&*self.overlay.indices);
        for (unit, &index) in table.take(self.overlay.len) {
            for (member, weight) in unit.iter().enumerate() {
                put(index as usize * size + member, weight.get());
            }
        }
        self.into_weights().for_each(|weight| f(weight.row, weight.col, weight.value));
    }
}

/// The live weights without their values, each with the place where its value lies.
fn weights<'v>(
    grid: Grid,
    segments: Option<&'v [Segment]>,
    columns: &'v [u8],
) -> impl Iterator<Item = (usize, LiveWeight)> + use<'v> {
    let mut at = 0;
    places(grid).enumerate().flat_map(move |(number, (place, len))| {
        let segment = match segments {
            Some(segments) => segments.get(number).copied().unwrap_or_default(),
            None => Segment::new(len, len),
        };
        let start = at;
        at += segment.live();
        (0..segment.live() * grid.unit.size()).filter_map(move |member| {
            // Asked for here, it is seen not to be 0.
            let size = grid.unit.size();
            let unit = start + member / size;
            let column = match segments {
                Some(_) => usize::from(*columns.get(unit)?),
                None => member / size,
            };
            let (row, col) = grid.weight(place.line, place.start + column, member % size)?;
            let is_forward = member / size < segment.forward();
            let weight = LiveWeight { row, col, value: 0.0, is_forward };
            Some((unit * size + member % size, weight))
        })
    })
}

/// `len` elements from `start` on; none where there are not as many.
fn part<T>(slice: &mut [T], start: u32, len: usize) -> &mut [T] {
    slice.get_mut(start as usize..).and_then(|rest| rest.get_mut(..len)).unwrap_or_default()
}

impl<V: Value, const N: usize> Memory<'_, V, N> {
    /// Layer number `number`, and the activations.
    pub fn layer<'v, 'a: 'v>(
        &'v mut self,
        from: (&Program<'a>, &Source<'a>, Reserve),
        number: usize,
    ) -> Option<(View<'v, V>, &'v mut [Lanes<N>])> {
        Some((self.held.layer(from, number)?, self.activations))
    }
}

impl<V: Value> Held<'_, V> {
    /// Layer number `number`.
    pub fn layer<'v, 'a: 'v>(
        &'v mut self,
        (program, source, reserve): (&Program<'a>, &Source<'a>, Reserve),
        number: usize,
    ) -> Option<View<'v, V>> {
        let layer = program.layer(number)?;
        let state = self.states.get_mut(number)?;
        let (grid, size, live) = (layer.grid, layer.grid.unit.size(), state.live as usize);
        let is_sparse = layer.training == Training::Sparse;
        let segments = grid.lines() * grid.tiles();
        let weights = live * size;
        let steps = if layer.training == Training::Frozen { 0 } else { weights };
        let table = reserve.entries(&layer);
        let base = match reserve {
            _ if layer.is_in_place() => {
                source.stored(program, &layer).map_or(Base::None, Base::Image)
            }
            _ if !is_sparse => Base::None,
            Reserve::Exact => Base::Exact(part(self.theta, state.theta, grid.units() * size)),
            _ => source.stored(program, &layer).map_or(Base::None, Base::Image),
        };
        Some(View {
            layer,
            live: Live {
                grid,
                segments: is_sparse.then(|| part(self.segments, state.segment, segments)),
                arrays: Arrays {
                    columns: if is_sparse {
                        part(self.columns, state.column, live)
                    } else {
                        &mut []
                    },
                    values: part(self.values, state.value, weights),
                    first: part(self.first, state.step, steps),
                    second: part(self.second, state.step, steps),
                    gradients: part(self.gradients, state.step, steps),
                },
            },
            overlay: Overlay {
                indices: part(self.entries, state.entry, table),
                values: part(self.entry_values, state.entry_value, table * size),
                len: state.entries as usize,
            },
            base,
            biases: part(self.biases, state.bias, grid.rows),
            bias_first: part(self.bias_first, state.bias, grid.rows),
            bias_second: part(self.bias_second, state.bias, grid.rows),
            bias_gradients: part(self.bias_gradients, state.bias, grid.rows),
            state,
        })
    }
}
