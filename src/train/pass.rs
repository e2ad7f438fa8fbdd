//! Through the network and back: activations, losses, and the gradients of activations.

use super::lanes::Lanes;
use super::loss::{LossError, Target, predicted};
use super::operators;
use super::program::Operation;
use super::tuner::{Outcome, Tuner};
use super::value::Value;
use super::weighted::Weighted;
use core::ops::Range;

impl<V: Value, const N: usize> Tuner<'_, '_, V, N> {
    pub(super) fn forward(&mut self) {
        for number in 0..self.program.operation_count() {
            let Some(operation) = self.program.operation(number) else { return };
            self.forward_one(&operation);
        }
    }

    #[inline(never)]
    pub(super) fn forward_one(&mut self, operation: &Operation) -> Option<()> {
        let Operation { kind, function, clears, layer, shape, x, x2, y } = operation;
        if let Some(number) = *layer {
            let (view, activations) = self.layer(number)?;
            let [x, y] = apart(activations, [&x.values, &y.values])?;
            for (y, bias) in y.iter_mut().zip(view.biases.iter().cycle()) {
                *y = [*bias; N];
            }
            view.pass(Weighted::of(*kind, *shape)?, (x, &mut *y), false);
            operators::apply(*function, y);
            return Some(());
        }
        let none = y.values.end..y.values.end;
        let x2 = x2.as_ref().map_or(&none, |x2| &x2.values);
        let [x, x2, y] = apart(self.memory.activations, [&x.values, x2, &y.values])?;
        if clears[0] {
            y.fill([0.0; N]);
        }
        operators::forward(*kind, shape, [x, x2], y);
        operators::apply(*function, y);
        Some(())
    }

    /// The losses, and the gradient of the output: its share in the batch's.
    #[inline(never)]
    pub(super) fn loss(&mut self, target: Option<Target<'_, N>>) -> Result<Outcome<N>, LossError> {
        let output = self.program.output();
        let gradient = output.gradient.unwrap_or_default();
        let input = match target {
            None if !self.program.keeps_input() => return Err(LossError::InputNotKept),
            None => self.program.input(),
            Some(_) => output.values.end..output.values.end,
        };
        let tensors = [&input, &output.values, &gradient];
        let [input, values, gradient] =
            apart(self.memory.activations, tensors).ok_or(LossError::NoOutputs)?;
        let target = target.unwrap_or(Target::Values(input));
        let losses = self.recipe.loss.gradient(values, target, gradient)?;
        if self.recipe.batch > 1 {
            let share = 1.0 / self.recipe.batch as f32;
            gradient.as_flattened_mut().iter_mut().for_each(|gradient| *gradient *= share);
        }
        Ok(Outcome { losses, predicted: predicted(values), skipped: false })
    }

    /// The gradients of all activations that need one; gives whether no weight's gradient can be other than
    /// finite and below a limit. `input` is the largest magnitude of what is given.
    pub(super) fn backward(&mut self, input: f32) -> bool {
        (0..self.program.operation_count()).rev().all(|number| {
            let Some(operation) = self.program.operation(number) else { return true };
            self.backward_one(&operation);
            self.is_finite(&operation, input)
        })
    }

    /// The gradients of an operation's inputs.
    #[inline(never)]
    pub(super) fn backward_one(&mut self, operation: &Operation) -> Option<()> {
        let Operation { kind, function, clears, layer, shape, x, x2, y } = operation;
        let dy = y.gradient.as_ref()?;
        let [values, gradient] = apart(self.memory.activations, [&y.values, dy])?;
        operators::apply_back(*function, values, gradient);
        if let Some(number) = *layer {
            let dx = x.gradient.as_ref()?;
            let (view, activations) = self.layer(number)?;
            let [dy, dx] = apart(activations, [dy, dx])?;
            if clears[1] {
                dx.fill([0.0; N]);
            }
            view.pass(Weighted::of(*kind, *shape)?, (dy, dx), true);
            return Some(());
        }
        let none = y.values.end..y.values.end;
        let inputs = [Some(x), x2.as_ref()];
        let other = x2.as_ref().map_or(&none, |x2| &x2.values);
        for (index, input) in inputs.into_iter().enumerate() {
            let Some(dx) = input.and_then(|input| input.gradient.as_ref()) else { continue };
            let [x, x2, dy, dx] = apart(self.memory.activations, [&x.values, other, dy, dx])?;
            if clears.get(index + 1) == Some(&true) {
                dx.fill([0.0; N]);
            }
            operators::backward((*kind, shape), [x, x2], dy, index, dx);
        }
        Some(())
    }
}

/// Parts of the activations that do not meet.
pub(super) fn apart<'f, const N: usize, const K: usize>(
    activations: &'f mut [Lanes<N>],
    ranges: [&Range<usize>; K],
) -> Option<[&'f mut [Lanes<N>]; K]> {
    activations.get_disjoint_mut(ranges.map(|range| range.clone())).ok()
}
