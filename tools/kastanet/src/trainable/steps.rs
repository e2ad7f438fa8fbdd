//! What each operator of the trained part is in real numbers.

use super::Error;
use super::border::Border;
use crate::graph::{Activation, Graph, Op, OpKind, Tensor};
use crate::lower;
use crate::training::Window;
use kastanet::train::Function;

/// An operator in real numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub what: What,
    pub function: Function,
}

/// What an operator computes before its function.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Nothing but other dimensions or another quantisation.
    Same,
    /// The function that the loss takes over.
    Last,
    /// Of one vector, or of so many.
    FullyConnected {
        vectors: usize,
        outputs: usize,
    },
    Conv(Window),
    Depthwise(Window),
    AveragePool(Window),
    MaxPool(Window),
    Add,
    Mul,
    Pad([[usize; 2]; 3]),
    Concatenation {
        axis: usize,
    },
    /// Nothing but the function.
    Function,
}

type Said<T> = Result<T, String>;

/// What each operator from the border on is.
///
/// # Errors
///
/// All operators at once that training does not know.
pub(super) fn steps(graph: &Graph, border: &Border) -> Result<Vec<Step>, Error> {
    let (mut steps, mut operators) = (vec![], vec![]);
    for (number, op) in graph.ops.iter().enumerate().skip(border.first) {
        match step(graph, op, border.tail == Some(number)) {
            Ok(step) => steps.push(step),
            Err(what) => operators.push(format!("`{}` ({}): {what}", op.name, op.kind.name())),
        }
    }
    if operators.is_empty() { Ok(steps) } else { Err(Error::Unsupported { operators }) }
}

fn step(graph: &Graph, op: &Op, is_last: bool) -> Said<Step> {
    let x = operand(graph, op, 0)?;
    let output = graph.output(op).ok_or("it has no output")?;
    dims(x)?;
    dims(output)?;
    let plain = |what| Ok(Step { what, function: Function::None });
    match op.kind {
        OpKind::Conv2d { activation, .. }
        | OpKind::DepthwiseConv2d { activation, .. }
        | OpKind::FullyConnected { activation, .. } => {
            let weights = graph.input(op, 1).ok_or("it has no weights")?;
            Ok(Step { what: weighted(op, x, weights)?, function: function(activation)? })
        }
        OpKind::AveragePool2d { padding, stride, filter, activation } => {
            let window = Window { padding, stride, ..Window::pool(filter) };
            Ok(Step { what: What::AveragePool(window), function: function(activation)? })
        }
        OpKind::MaxPool2d { padding, stride, filter, activation } => {
            let window = Window { padding, stride, ..Window::pool(filter) };
            Ok(Step { what: What::MaxPool(window), function: function(activation)? })
        }
        OpKind::Add { activation } | OpKind::Mul { activation } => {
            operand(graph, op, 1)?;
            let is_sum = matches!(op.kind, OpKind::Add { .. });
            let what = if is_sum { What::Add } else { What::Mul };
            Ok(Step { what, function: function(activation)? })
        }
        OpKind::Mean { .. } => plain(mean(graph, op, x)?),
        OpKind::Pad | OpKind::PadV2 => plain(pad(graph, op, x)?),
        OpKind::Concatenation { axis, activation } => {
            (0..op.inputs.len()).try_for_each(|index| operand(graph, op, index).map(drop))?;
            let what = What::Concatenation { axis: dimension(axis, x)? };
            Ok(Step { what, function: function(activation)? })
        }
        OpKind::Reshape | OpKind::Squeeze | OpKind::Quantize | OpKind::Dequantize => {
            plain(What::Same)
        }
        OpKind::Softmax { beta } => plain(softmax(beta, x, is_last)?),
        OpKind::Logistic if is_last => plain(What::Last),
        OpKind::Logistic => Ok(Step { what: What::Function, function: Function::Logistic }),
        OpKind::Tanh => Ok(Step { what: What::Function, function: Function::Tanh }),
        OpKind::Relu => Ok(Step { what: What::Function, function: Function::Relu }),
        OpKind::Relu6 => Ok(Step { what: What::Function, function: Function::Relu6 }),
    }
}

/// Input `index`, which is computed on the way.
fn operand<'a>(graph: &'a Graph, op: &Op, index: usize) -> Said<&'a Tensor> {
    match graph.input(op, index) {
        Some(tensor) if tensor.is_constant() => {
            Err(format!("its input `{}` is a constant", tensor.name))
        }
        Some(tensor) => Ok(tensor),
        None => Err(format!("input {index} is missing")),
    }
}

/// Height, width, channels.
pub(super) fn dims(tensor: &Tensor) -> Said<[usize; 3]> {
    match lower::dims(&tensor.shape) {
        [1, height, width, channels] => Ok([height, width, channels]),
        _ => Err(format!("`{}` is {}, a batch", tensor.name, tensor.shape_string())),
    }
}

fn function(activation: Activation) -> Said<Function> {
    match activation {
        Activation::None => Ok(Function::None),
        Activation::Relu => Ok(Function::Relu),
        Activation::Relu6 => Ok(Function::Relu6),
        Activation::ReluN1To1 => Err("its output is cut to -1 to 1".into()),
    }
}

fn weighted(op: &Op, x: &Tensor, weights: &Tensor) -> Said<What> {
    let window = |channels, kernel, padding, stride, dilation| Window {
        channels,
        kernel,
        stride,
        padding,
        dilation,
    };
    match (op.kind, weights.shape.as_slice()) {
        (OpKind::Conv2d { padding, stride, dilation, .. }, &[out, height, width, _]) => {
            Ok(What::Conv(window(out, [height, width], padding, stride, dilation)))
        }
        (OpKind::DepthwiseConv2d { padding, stride, dilation, .. }, &[_, height, width, out]) => {
            Ok(What::Depthwise(window(out, [height, width], padding, stride, dilation)))
        }
        (OpKind::FullyConnected { .. }, &[outputs, cols]) if cols > 0 => {
            Ok(What::FullyConnected { vectors: x.elements() / cols, outputs })
        }
        _ => Err("its weights have another number of dimensions".into()),
    }
}

/// A mean over rows, columns or both is a pool with one window there.
fn mean(graph: &Graph, op: &Op, x: &Tensor) -> Said<What> {
    let axes = graph.input(op, 1).and_then(Tensor::to_i32).ok_or("its axes are no constant")?;
    let mut kernel = [1; 2];
    let sizes = lower::dims(&x.shape);
    for axis in axes {
        match lower::axis_of(axis, x.shape.len())? + 4 - x.shape.len() {
            along @ (1 | 2) => kernel[along - 1] = sizes[along],
            along if sizes[along] == 1 => (),
            _ => return Err("it is a mean over channels".into()),
        }
    }
    Ok(What::AveragePool(Window::pool(kernel)))
}

fn pad(graph: &Graph, op: &Op, x: &Tensor) -> Said<What> {
    let zero = x.quant.as_ref().and_then(|quant| quant.zero_points.first().copied());
    let value = graph.input(op, 2).and_then(Tensor::to_i8);
    if op.kind == OpKind::PadV2
        && value.and_then(|value| value.first().copied()).map(i32::from) != zero
    {
        return Err("it pads with something else than 0".into());
    }
    let widths = graph.input(op, 1).and_then(Tensor::to_i32).ok_or("its widths are no constant")?;
    let (pairs, _) = widths.as_chunks::<2>();
    let mut all = [[0; 2]; 4];
    for (pair, all) in pairs.iter().rev().zip(all.iter_mut().rev()) {
        *all = pair.map(|width| width as usize);
    }
    match all {
        [[0, 0], height, width, channels] => Ok(What::Pad([height, width, channels])),
        _ => Err("it pads the batch".into()),
    }
}

/// The dimension that a concatenation runs along: 0 height, 1 width, 2 channels.
fn dimension(axis: i32, x: &Tensor) -> Said<usize> {
    let rank = x.shape.len();
    let along = lower::axis_of(axis, rank)? + 4 - rank;
    along.checked_sub(1).ok_or("it joins batches".into())
}

fn softmax(beta: f32, x: &Tensor, is_last: bool) -> Said<What> {
    match () {
        () if !is_last => Err("a softmax can only be the network's last".into()),
        () if beta != 1.0 => Err(format!("its beta is {beta}, expected 1")),
        () if x.shape.last() != Some(&x.elements()) => {
            Err(format!("its input is {}, expected a vector", x.shape_string()))
        }
        () => Ok(What::Last),
    }
}
