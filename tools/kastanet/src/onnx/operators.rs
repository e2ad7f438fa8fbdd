//! The operators that can be read, and who translates each.

mod combine;
mod linear;
mod normalise;
mod padding;
pub mod quantise;
mod reduce;
pub mod shape;
mod window;

use super::error::Fault;
use super::integer;
use super::node::Node;
use super::proto;
use super::values::{Import, Value};

/// Translates a node.
type Run = for<'m> fn(&mut Import<'m>, Node<'m>) -> Result<Value, Fault>;

/// An operator that can be read.
pub struct Operator {
    /// Its name in ONNX.
    pub kind: &'static str,
    pub run: Run,
    /// What its first input's axes are taken for.
    axes: Axes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Axes {
    /// Samples, channels, places.
    Channels,
    /// All alike: what comes behind tells.
    Any,
    /// As they are counted.
    Plain,
}

const fn operator(kind: &'static str, axes: Axes, run: Run) -> Operator {
    Operator { kind, run, axes }
}

/// All of them; those that only ever give constants stand in [`fold`](super::fold).
static OPERATORS: [Operator; 34] = [
    operator("Add", Axes::Any, combine::add),
    operator("AveragePool", Axes::Channels, window::average_pool),
    operator("BatchNormalization", Axes::Channels, normalise::batch),
    operator("Cast", Axes::Any, shape::same),
    operator("Clip", Axes::Any, combine::clip),
    operator("Concat", Axes::Any, combine::concat),
    operator("Constant", Axes::Any, constant),
    operator("Conv", Axes::Channels, window::conv),
    operator("DequantizeLinear", Axes::Any, quantise::dequantize),
    operator("Div", Axes::Any, combine::div),
    operator("Dropout", Axes::Any, shape::same),
    operator("Flatten", Axes::Plain, shape::reshape),
    operator("Gather", Axes::Plain, constant),
    operator("Gemm", Axes::Plain, linear::gemm),
    operator("GlobalAveragePool", Axes::Channels, reduce::global_average_pool),
    operator("GlobalMaxPool", Axes::Channels, window::global_max_pool),
    operator("Identity", Axes::Any, shape::same),
    operator("MatMul", Axes::Plain, linear::matmul),
    operator("MaxPool", Axes::Channels, window::max_pool),
    operator("Mul", Axes::Any, combine::mul),
    operator("Pad", Axes::Any, combine::pad),
    operator("QuantizeLinear", Axes::Any, quantise::quantize),
    operator("ReduceMean", Axes::Any, reduce::mean),
    operator("Relu", Axes::Any, combine::relu),
    operator("Reshape", Axes::Plain, shape::reshape),
    operator("Shape", Axes::Any, constant),
    operator("Sigmoid", Axes::Any, combine::sigmoid),
    operator("Slice", Axes::Plain, constant),
    operator("Softmax", Axes::Any, reduce::softmax),
    operator("Squeeze", Axes::Plain, shape::reshape),
    operator("Sub", Axes::Any, combine::sub),
    operator("Tanh", Axes::Any, combine::tanh),
    operator("Transpose", Axes::Plain, shape::transpose),
    operator("Unsqueeze", Axes::Plain, shape::reshape),
];

/// The operator of this name.
pub fn find(kind: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.kind == kind)
}

/// Whether the operator can be read.
pub fn is_supported(kind: &str) -> bool {
    find(kind).is_some()
}

/// The names of all, as a list for people.
pub fn supported() -> String {
    let floats = OPERATORS.iter().map(|operator| operator.kind).collect::<Vec<_>>().join(", ");
    format!("{floats}, {}", integer::supported())
}

/// Whether what reads an input takes its second axis for channels.
pub fn wants_channels_last(graph: &proto::Graph, input: &str) -> bool {
    let mut name = input;
    // Each step is one node further.
    for node in &graph.nodes {
        if node.inputs.first().is_none_or(|first| first != name) {
            continue;
        }
        match (find(&node.kind).map(|operator| operator.axes), node.outputs.first()) {
            (Some(Axes::Channels), _) => return true,
            (Some(Axes::Any), Some(output)) => name = output,
            _ => return false,
        }
    }
    false
}

/// Samples, places, channels, of samples, channels, places: as four sizes where there are places.
pub fn channels_last(shape: &[usize]) -> Vec<usize> {
    match *shape {
        [n, c, l] => vec![n, 1, l, c],
        [n, c, h, w] => vec![n, h, w, c],
        _ => shape.to_vec(),
    }
}

/// An operator that gives constants, of something that is none.
fn constant<'m>(_: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    Err(node.fault("its inputs are computed, expected constants"))
}
