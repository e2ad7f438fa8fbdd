//! The names and axes that frameworks give to a layer's arrays.

use super::file::{Kind, Layout};
use crate::onnx::Constant;

/// A size of an array: what it counts, and how many there must be if that is known.
pub type Size = (&'static str, Option<usize>);

/// What an array is for.
#[derive(Clone, Copy)]
pub enum Role {
    Weight,
    Bias,
    Mean,
    Variance,
}

impl Role {
    /// How its name ends where the description does not give it.
    pub fn ending(self, layout: Layout, kind: Kind) -> &'static str {
        use Role::{Bias, Mean, Variance, Weight};
        match (layout, kind, self) {
            (Layout::Keras, Kind::BatchNorm, Weight) => "/gamma",
            (Layout::Keras, Kind::BatchNorm, Bias) => "/beta",
            (Layout::Keras, _, Weight) => "/kernel",
            (Layout::Keras, _, Bias) => "/bias",
            (Layout::Keras, _, Mean) => "/moving_mean",
            (Layout::Keras, _, Variance) => "/moving_variance",
            (_, _, Weight) => ".weight",
            (_, _, Bias) => ".bias",
            (_, _, Mean) => ".running_mean",
            (_, _, Variance) => ".running_var",
        }
    }
}

/// The sizes of a convolution's weights; those of the window may be any.
pub fn sizes(layout: Layout, is_depthwise: bool, channels: usize, window: &[Size]) -> Vec<Size> {
    let (any, one, inputs) = (("outputs", None), ("1", Some(1)), ("inputs", Some(channels)));
    match (layout, is_depthwise) {
        (Layout::Pytorch, false) => [&[any, inputs], window].concat(),
        (Layout::Pytorch, true) => [&[any, one], window].concat(),
        (Layout::Keras, false) => [window, &[inputs, any]].concat(),
        (Layout::Keras, true) => [window, &[inputs, ("multiplier", None)]].concat(),
        (Layout::Tflite, false) => [&[any], window, &[inputs]].concat(),
        (Layout::Tflite, true) => [&[one], window, &[any]].concat(),
    }
}

/// A convolution's weights as outputs, inputs, places; of a depthwise one, inputs being 1.
pub fn turned(layout: Layout, is_depthwise: bool, array: &Constant) -> Constant {
    let rank = array.shape.len();
    let last = rank - 1;
    match (layout, is_depthwise) {
        (Layout::Pytorch, _) => array.clone(),
        (Layout::Keras, false) => {
            array.transposed(&[last, last - 1].into_iter().chain(0..last - 1).collect::<Vec<_>>())
        }
        (Layout::Keras, true) => {
            let order: Vec<usize> = [last - 1, last].into_iter().chain(0..last - 1).collect();
            let turned = array.transposed(&order);
            let shape = [&[turned.shape[0] * turned.shape[1], 1], &turned.shape[2..]].concat();
            turned.reshaped(shape)
        }
        (Layout::Tflite, false) => {
            array.transposed(&[0, last].into_iter().chain(1..last).collect::<Vec<_>>())
        }
        (Layout::Tflite, true) => {
            array.transposed(&[last, 0].into_iter().chain(1..last).collect::<Vec<_>>())
        }
    }
}
