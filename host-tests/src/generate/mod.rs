//! Small random networks, mostly of one operator, that stress what the operator can get wrong.
//!
//! [`SUBJECTS`] is the one list of them: what is not in it is not tested, and a test checks that
//! every kind of operator is.

mod draft;
mod elementwise;
mod layers;
mod learner;
mod network;
pub mod precision;
mod shapes;
mod windows;
mod worked;

use crate::random::Rng;
use kastanet::image::OpKind;
use kastanet_cli::graph::{DType, Graph, Tensor};

pub use learner::learner;
pub use network::example;
pub use worked::{worked, worked_of};

/// A family of random networks.
#[derive(Clone, Copy)]
pub struct Subject {
    /// What it stresses.
    pub name: &'static str,
    /// The operators that every image of it has at least one of.
    pub kinds: &'static [OpKind],
    /// Whether weights decide about it, so that each sparse format is to be tried.
    pub weights: bool,
    /// Whether TFLite Micro runs it.
    pub tflm: bool,
    /// One network.
    pub make: fn(&mut Rng) -> Graph,
}

const fn subject(
    name: &'static str,
    kinds: &'static [OpKind],
    make: fn(&mut Rng) -> Graph,
) -> Subject {
    Subject { name, kinds, weights: false, tflm: true, make }
}

const fn layer(
    name: &'static str,
    kinds: &'static [OpKind],
    make: fn(&mut Rng) -> Graph,
) -> Subject {
    Subject { weights: true, ..subject(name, kinds, make) }
}

/// What TFLite has no word for.
const fn own(subject: Subject) -> Subject {
    Subject { tflm: false, ..subject }
}

/// All families.
pub const SUBJECTS: &[Subject] = &[
    layer("conv_2d", &[OpKind::Conv2d], windows::conv),
    layer("conv_2d_pointwise", &[OpKind::Conv2d], windows::pointwise),
    layer("depthwise_conv_2d", &[OpKind::DepthwiseConv2d], windows::depthwise),
    layer("fully_connected", &[OpKind::FullyConnected], layers::fully_connected),
    layer("fully_connected_wide", &[OpKind::FullyConnected], layers::wide),
    layer("fully_connected_single_column", &[OpKind::FullyConnected], layers::single_column),
    layer("fully_connected_empty", &[OpKind::FullyConnected], layers::empty),
    subject("average_pool_2d", &[OpKind::AveragePool2d], windows::average_pool),
    subject("max_pool_2d", &[OpKind::MaxPool2d], windows::max_pool),
    subject("mean", &[OpKind::Mean], shapes::mean),
    own(subject("mean_of_many_axes", &[OpKind::Mean], shapes::mean_of_many)),
    own(layer("conv_2d_padded", &[OpKind::Conv2d], windows::padded_conv)),
    own(layer("depthwise_conv_2d_padded", &[OpKind::DepthwiseConv2d], windows::padded_depthwise)),
    own(subject("average_pool_2d_padded", &[OpKind::AveragePool2d], windows::padded_average_pool)),
    own(subject("max_pool_2d_padded", &[OpKind::MaxPool2d], windows::padded_max_pool)),
    subject("add", &[OpKind::Add], elementwise::add),
    subject("mul", &[OpKind::Mul], elementwise::mul),
    subject("pad", &[OpKind::Pad], shapes::pad),
    subject("pad_v2", &[OpKind::Pad], shapes::pad_v2),
    subject("concatenation", &[OpKind::Concatenation], shapes::concatenation),
    subject("reshape", &[OpKind::Reshape], shapes::reshape),
    subject("squeeze", &[OpKind::Reshape], shapes::squeeze),
    subject("softmax", &[OpKind::Softmax], elementwise::softmax),
    subject("logistic", &[OpKind::Table], elementwise::logistic),
    subject("tanh", &[OpKind::Table], elementwise::tanh),
    subject("relu", &[OpKind::Table], elementwise::relu),
    subject("relu6", &[OpKind::Table], elementwise::relu6),
    subject("requantize", &[OpKind::Table], elementwise::requantize),
    subject("requantize_unsigned", &[OpKind::Table], elementwise::requantize_unsigned),
    subject("quantize", &[OpKind::Quantize], elementwise::quantize),
    subject("dequantize", &[OpKind::Dequantize], elementwise::dequantize),
    layer("network", &[OpKind::Conv2d, OpKind::Add], network::network),
];

/// Random bytes for every input of `graph`.
pub fn sample(graph: &Graph, rng: &mut Rng) -> Vec<Vec<u8>> {
    graph.inputs.iter().map(|&id| bytes(graph, &graph.tensors[id], rng)).collect()
}

fn bytes(graph: &Graph, tensor: &Tensor, rng: &mut Rng) -> Vec<u8> {
    if tensor.dtype != DType::F32 {
        return rng.activation(tensor.byte_len());
    }
    // Around the range of the first quantised tensor, ties included.
    let scale = graph.tensors.iter().find_map(|tensor| tensor.quant.as_ref());
    let scale = scale.map_or(1.0, |quant| quant.scales[0]);
    let float = |_| {
        let steps = rng.range(0, 1200) as f32 / 2.0 - 300.0;
        scale * if rng.one_in(2) { steps } else { steps + rng.unit() as f32 }
    };
    (0..tensor.elements()).map(float).flat_map(f32::to_le_bytes).collect()
}
