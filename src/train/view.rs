//! What the memory holds of one layer.

use super::base::Base;
use super::lanes::Lanes;
use super::live::{Arrays, Live};
use super::memory::{Memory, State};
use super::overlay::Overlay;
use super::program::{Layer, Program, Training};
use super::recipe::Reserve;
use super::source::Source;
use super::value::Value;

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

/// `len` elements from `start` on; none where there are not as many.
fn part<T>(slice: &mut [T], start: u32, len: usize) -> &mut [T] {
    slice.get_mut(start as usize..).and_then(|rest| rest.get_mut(..len)).unwrap_or_default()
}

impl<V: Value, const N: usize> Memory<'_, V, N> {
    /// Layer number `number`, and the activations.
    pub fn layer<'v, 'a: 'v>(
        &'v mut self,
        (program, source, reserve): (&Program<'a>, &Source<'a>, Reserve),
        number: usize,
    ) -> Option<(View<'v, V>, &'v mut [Lanes<N>])> {
        let layer = program.layer(number)?;
        let state = self.states.get_mut(number)?;
        let (grid, size, live) = (layer.grid, layer.grid.unit.size(), state.live as usize);
        let is_sparse = layer.training == Training::Sparse;
        let segments = grid.lines() * grid.tiles();
        let weights = live * size;
        let table = match reserve {
            Reserve::Image { table } if is_sparse => (table * layer.backward as f32) as usize,
            _ => 0,
        };
        let base = match reserve {
            _ if !is_sparse => Base::None,
            Reserve::Exact => Base::Exact(part(self.theta, state.theta, grid.units() * size)),
            _ => source.stored(program, &layer).map_or(Base::None, Base::Image),
        };
        let view = View {
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
                    first: part(self.first, state.value, weights),
                    second: part(self.second, state.value, weights),
                    gradients: part(self.gradients, state.value, weights),
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
        };
        Some((view, self.activations))
    }
}
