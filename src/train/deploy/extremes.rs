//! What layers put out at least and at most.

use crate::image::{DType, Op, OpKind};
use crate::train::lanes::Lanes;
use crate::train::tuner::Tuner;
use crate::train::value::Value;

/// The least and the most that a layer has put out, averaged over samples, so that one odd sample does not cost all
/// others their resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Extremes {
    /// The mean of the samples' least values.
    pub least: f32,
    /// The mean of the samples' largest values.
    pub most: f32,
    /// How many samples.
    pub samples: u32,
}

impl Extremes {
    /// Takes what a layer has put out into account.
    pub(in crate::train) fn see(all: &mut [Extremes], layer: usize, values: &[Lanes<1>]) {
        let Some(extremes) = all.get_mut(layer) else { return };
        let bounds = [f32::INFINITY, f32::NEG_INFINITY];
        let [least, most] = values.iter().fold(bounds, |[a, b], [v]| [a.min(*v), b.max(*v)]);
        if least.is_finite() && most.is_finite() {
            extremes.take(least, most);
        }
    }

    /// Takes one more sample into account.
    fn take(&mut self, least: f32, most: f32) {
        self.samples = self.samples.saturating_add(1);
        let share = 1.0 / self.samples as f32;
        self.least += (least - self.least) * share;
        self.most += (most - self.most) * share;
    }
}

impl<V: Value> Tuner<'_, '_, V, 1> {
    /// Outputs as [`Tuner::infer`] gives them; what layer i puts out on the way is taken into `extremes[i]`.
    pub fn observe(&mut self, input: &[Lanes<1>], extremes: &mut [Extremes]) -> &[Lanes<1>] {
        self.infer_with(input, |layer, values| Extremes::see(extremes, layer, values))
    }
}

/// How many outputs of an operator lie at the end of int8's range, where they may have been cut off: for
/// [`Network::infer_with`](crate::network::Network::infer_with). 0 of what has no weights, and at the zero point, where
/// an activation cuts.
pub fn saturated(op: &Op<'_>, output: &[u8]) -> u32 {
    let is_weighted = matches!(
        op.kind(),
        Some(OpKind::Conv2d | OpKind::DepthwiseConv2d | OpKind::FullyConnected)
    );
    let Some(tensor) = op.output().filter(|tensor| is_weighted && tensor.dtype() == DType::I8)
    else {
        return 0;
    };
    let is_end =
        |byte: i8| matches!(byte, i8::MIN | i8::MAX) && i32::from(byte) != tensor.zero_point();
    output.iter().filter(|&&byte| is_end(byte as i8)).count() as u32
}
