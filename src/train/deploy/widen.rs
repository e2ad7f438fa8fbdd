//! Scales that what is put out has outgrown.

use super::Extremes;
use super::scaling::multiplier;
use super::write::Writer;
use crate::image::record::{Clamp, SoftmaxParams, Window};
use crate::image::{DType, Image, Op, OpKind, Place};

/// Tensors by their numbers, of which an image has at most 2048.
#[derive(Clone)]
struct Linked([u32; 64]);

impl Linked {
    fn add(&mut self, id: u16) {
        let words = self.0.iter_mut().skip(usize::from(id / 32)).take(1);
        words.for_each(|word| *word |= 1 << (id % 32));
    }

    fn has(&self, id: u16) -> bool {
        self.0.get(usize::from(id / 32)).is_some_and(|word| word >> (id % 32) & 1 == 1)
    }
}

impl Writer<'_, '_> {
    /// Widens the scale of what `op`, a layer that was trained, puts out, if it is too narrow and that can be done;
    /// gives whether it was. `is_trained` says so of operators.
    pub(super) fn widen(
        &mut self,
        op: &Op<'_>,
        extremes: &Extremes,
        is_trained: &dyn Fn(&Op<'_>) -> bool,
    ) -> Option<bool> {
        let tensor = op.output()?;
        let steps = |bound: i32| bound.saturating_sub(tensor.zero_point()) as f32;
        let real = [extremes.least / steps(-128), extremes.most / steps(127)];
        // Of a zero point at an end, nothing lies beyond it.
        let needed = real.iter().filter(|scale| scale.is_finite()).fold(0.0, |a: f32, b| a.max(*b));
        let scale = self.scale(tensor.id())?;
        if extremes.samples == 0 || needed <= scale || !is_open(op) {
            return Some(false);
        }
        let Some(linked) = linked(op, is_trained) else { return Some(false) };
        let image = self.image;
        for other in image.operators() {
            let Some(output) = other.output() else { continue };
            if linked.has(output.id()) {
                self.set_scale(output.id(), needed);
            }
            if other.kind() == Some(OpKind::Softmax)
                && other.input(0).is_some_and(|input| linked.has(input.id()))
            {
                self.set_softmax(&other, needed)?;
            }
        }
        Some(true)
    }

    /// Gives a softmax the parameters of an input of this scale.
    fn set_softmax(&mut self, op: &Op<'_>, scale: f32) -> Option<()> {
        // Differences are Q5.26.
        let (multiplier, shift) = multiplier(scale, (1 << 26) as f32, 1.0)?;
        if !(1..=26).contains(&shift) {
            return None;
        }
        let params: &mut SoftmaxParams = self.params(op)?;
        params.input.multiplier = multiplier.into();
        params.input.shift = shift.into();
        params.diff_min = (-(31 << (26 - shift))).into();
        Some(())
    }
}

/// The tensors that have the scale of what `op` puts out, if all that reads them can do with another.
fn linked(op: &Op<'_>, is_trained: &dyn Fn(&Op<'_>) -> bool) -> Option<Linked> {
    let mut linked = Linked([0; 64]);
    linked.add(op.output()?.id());
    let image: &Image<'_> = op.image();
    for other in image.operators().skip(usize::from(op.number()) + 1) {
        if !other.inputs().any(|input| linked.has(input.id())) {
            continue;
        }
        let output = other.output()?;
        let is_one = other.input_count() == 1 && output.place() == Place::Arena;
        match other.kind()? {
            OpKind::Conv2d | OpKind::DepthwiseConv2d | OpKind::FullyConnected
                if is_trained(&other) => {}
            OpKind::AveragePool2d | OpKind::MaxPool2d if is_open(&other) => linked.add(output.id()),
            OpKind::Pad | OpKind::Reshape if is_one && output.dtype() == DType::I8 => {
                linked.add(output.id());
            }
            OpKind::Softmax => {}
            _ => return None,
        }
    }
    let is_output = image.outputs().any(|output| linked.has(output.id()));
    (!is_output).then_some(linked)
}

/// Whether an operator cuts its outputs nowhere but at the zero point and at the ends of int8.
fn is_open(op: &Op<'_>) -> bool {
    let clamp = match op.kind() {
        Some(OpKind::FullyConnected) => op.params::<Clamp>().map(|clamp| [clamp.min, clamp.max]),
        _ => op.params::<Window>().map(|window| [window.min, window.max]),
    };
    let (Some([min, max]), Some(output)) = (clamp, op.output()) else { return false };
    let is_zero = i32::from(min) == output.zero_point();
    (min == i8::MIN || is_zero) && max == i8::MAX
}
