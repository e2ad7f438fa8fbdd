//! A run's beginning: where layers lie in the memory, and their first weights.

use super::base::Base;
use super::choose::NEW;
use super::memory::{Counts, State, capacity};
use super::program::Training;
use super::recipe::{Reserve, Scope};
use super::source;
use super::tuner::Tuner;
use super::value::Value;

impl<'a, V: Value, const N: usize> Tuner<'a, '_, V, N> {
    /// Marks a memory that is all 0 as this run's, and says where each layer starts in it.
    pub(super) fn lay(&mut self) {
        self.memory.held.head.of = self.run();
        let laid = self.laid();
        self.memory.held.states.iter_mut().zip(laid).for_each(|(state, laid)| *state = laid);
    }

    /// What tells the memory of this run from that of another: see [`Head`](super::memory::Head).
    pub(super) fn run(&self) -> [u32; 3] {
        let saved = Self::bytes(&self.program, &self.recipe).saved as u32;
        let reserve = match self.recipe.reserve {
            Reserve::Exact => 0,
            Reserve::Image { .. } => 1,
            Reserve::None => 2,
        };
        let scope = u32::from(self.recipe.scope == Scope::Network);
        let sizes = (size_of::<V>() << 2 | self.recipe.optimizer.floats()) as u32;
        let kinds = sizes << 3 | reserve << 1 | scope;
        [self.source.checksum(), self.program.checksum(), saved.rotate_left(8) ^ kinds]
    }

    /// Each layer as it is before the first choice.
    pub(super) fn laid(&self) -> impl Iterator<Item = State> + use<'a, V, N> {
        let (program, recipe, mut counts) = (self.program, self.recipe, Counts::default());
        program.layers().map(move |layer| {
            let live = capacity(&program, &layer, recipe.scope) as u32;
            let state = State { live, ..counts.state() };
            counts = counts.plus(Counts::of(&program, &layer, &recipe));
            state
        })
    }

    /// Takes over biases, the weights of dense layers and, where they are kept in RAM, all θ.
    pub(super) fn load(&mut self) {
        for number in 0..self.program.layer_count() {
            let (program, source) = (self.program, self.source);
            let Some((view, _)) = self.layer(number) else { return };
            source::load_biases(&program, &view.layer, view.biases);
            let Some(stored) = source.stored(&program, &view.layer) else { continue };
            let grid = view.layer.grid;
            match (view.layer.training, view.base) {
                (Training::Sparse, Base::Exact(theta)) => {
                    source::each::<V>(stored, grid, |at, weight| put(theta, at, weight));
                }
                (Training::Sparse, _) => (),
                _ if view.layer.is_in_place() => (),
                _ => source::each::<V>(stored, grid, |at, weight| {
                    put(view.live.arrays.values, at, V::nearest(weight));
                }),
            }
        }
    }

    /// Gives a layer its first weights, row after row, and its biases, before the first step: for hosts.
    ///
    /// # Errors
    ///
    /// `None`, and nothing has changed, where there is no such layer, the numbers are not finite or not as many as
    /// it has, or it is a sparse one and its θ are not all in RAM or its sets have been chosen, or a frozen
    /// one of an image.
    pub fn set_weights(&mut self, number: usize, weights: &[f32], biases: &[f32]) -> Option<()> {
        let is_new = self.memory.held.head.phase == NEW;
        let (view, _) = self.layer(number)?;
        let grid = view.layer.grid;
        let is_open = match view.layer.training {
            Training::Sparse => is_new && matches!(view.base, Base::Exact(_)),
            _ => !view.layer.is_in_place(),
        };
        let are_as_many =
            weights.len() == grid.rows * grid.cols && biases.len() == view.biases.len();
        if !is_open
            || !are_as_many
            || !weights.iter().chain(biases).all(|number| number.is_finite())
        {
            return None;
        }
        view.biases.copy_from_slice(biases);
        let size = grid.unit.size();
        let mut base = view.base;
        for at in 0..grid.units() * size {
            let (line, unit) = (at / size / grid.width(), at / size % grid.width());
            let weight = grid.weight(line, unit, at % size);
            let weight = weight.and_then(|(row, col)| weights.get(row * grid.cols + col));
            let weight = weight.copied().unwrap_or_default();
            match &mut base {
                Base::Exact(theta) => put(theta, at, weight),
                _ => put(view.live.arrays.values, at, V::nearest(weight)),
            }
        }
        Some(())
    }
}

fn put<T>(slice: &mut [T], at: usize, value: T) {
    slice.iter_mut().skip(at).take(1).zip([value]).for_each(|(place, value)| *place = value);
}
