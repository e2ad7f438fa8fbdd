//! Operators and their parameters.

use super::TensorId;

/// One step of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// A readable name, unique in its graph: what the user writes to mean this layer.
    pub name: String,
    /// What it does.
    pub kind: OpKind,
    /// What it reads, in the order of its kind; `None` where an optional input is left out.
    pub inputs: Vec<Option<TensorId>>,
    /// What it computes.
    pub outputs: Vec<TensorId>,
}

impl Op {
    /// The `index`-th input, if there is one.
    pub fn input(&self, index: usize) -> Option<TensorId> {
        self.inputs.get(index).copied().flatten()
    }

    /// The weights, if this is a convolution or a fully connected layer.
    pub fn weights(&self) -> Option<TensorId> {
        if self.kind.has_weights() { self.input(1) } else { None }
    }

    /// The bias, if this is a layer with weights and has one.
    pub fn bias(&self) -> Option<TensorId> {
        if self.kind.has_weights() { self.input(2) } else { None }
    }
}

/// A function fused behind an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `min(max(x, −1), 1)`.
    ReluN1To1,
}

/// What a sliding window does at the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Padding {
    /// Zeros are added so that the output is `⌈input ÷ stride⌉`.
    Same,
    /// The window stays inside.
    Valid,
    /// So many zeros are added: height and width, before and after.
    Explicit {
        /// Above and on the left.
        before: [usize; 2],
        /// Below and on the right.
        after: [usize; 2],
    },
}

impl Padding {
    /// How many windows that reach over `reach` elements, `stride` apart, stand along a side of `size`
    /// elements, 0 the height or 1 the width, and how many elements of padding are before it; `None` where
    /// none fits. `stride` and `reach` must not be 0.
    pub fn along(
        self,
        side: usize,
        size: usize,
        reach: usize,
        stride: usize,
    ) -> Option<(usize, usize)> {
        let starts = match self {
            Padding::Same => size,
            Padding::Valid => size.saturating_sub(reach - 1),
            Padding::Explicit { before, after } => {
                let padded = size.saturating_add(before[side]).saturating_add(after[side]);
                padded.saturating_sub(reach - 1)
            }
        };
        let windows = starts.div_ceil(stride);
        let padded = windows.checked_sub(1)?.saturating_mul(stride).saturating_add(reach);
        match self {
            Padding::Same => Some((windows, padded.saturating_sub(size) / 2)),
            Padding::Valid => Some((windows, 0)),
            Padding::Explicit { before, .. } => Some((windows, before[side])),
        }
    }
}

/// What an operator does, with its parameters. Pairs are `[height, width]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the fields are the parameters of the operators, named as there")]
pub enum OpKind {
    /// Inputs: image, weights, optional bias.
    Conv2d { padding: Padding, stride: [usize; 2], dilation: [usize; 2], activation: Activation },
    /// Inputs: image, weights, optional bias. Each input channel yields `multiplier` outputs.
    DepthwiseConv2d {
        padding: Padding,
        stride: [usize; 2],
        dilation: [usize; 2],
        multiplier: usize,
        activation: Activation,
    },
    /// Inputs: vectors, weights, optional bias. `keep_dims` keeps all dimensions but the last.
    FullyConnected { activation: Activation, keep_dims: bool },
    /// Input: image.
    AveragePool2d {
        padding: Padding,
        stride: [usize; 2],
        filter: [usize; 2],
        activation: Activation,
    },
    /// Input: image.
    MaxPool2d { padding: Padding, stride: [usize; 2], filter: [usize; 2], activation: Activation },
    /// Inputs: tensor, constant axes.
    Mean { keep_dims: bool },
    /// Inputs: two tensors, broadcast against each other.
    Add { activation: Activation },
    /// Inputs: two tensors, broadcast against each other.
    Mul { activation: Activation },
    /// Inputs: tensor, constant `[rank, 2]` widths before and after. Pads with zero.
    Pad,
    /// Inputs: tensor, constant `[rank, 2]` widths before and after, the constant to pad with.
    PadV2,
    /// Inputs: one tensor or more. A negative axis counts from the last.
    Concatenation { axis: i32, activation: Activation },
    /// Inputs: tensor, optional new shape (the output's shape says the same).
    Reshape,
    /// Input: tensor, of which dimensions of size one are dropped.
    Squeeze,
    /// Input: tensor; works along the last dimension.
    Softmax { beta: f32 },
    /// Input: tensor.
    Logistic,
    /// Input: tensor.
    Tanh,
    /// Input: tensor.
    Relu,
    /// Input: tensor.
    Relu6,
    /// Input: a float tensor, or a quantised one to be given another scale.
    Quantize,
    /// Input: a quantised tensor; the output is float.
    Dequantize,
}

impl OpKind {
    /// The operator's name as model viewers show it: `CONV_2D`.
    pub fn name(&self) -> &'static str {
        match self {
            OpKind::Conv2d { .. } => "CONV_2D",
            OpKind::DepthwiseConv2d { .. } => "DEPTHWISE_CONV_2D",
            OpKind::FullyConnected { .. } => "FULLY_CONNECTED",
            OpKind::AveragePool2d { .. } => "AVERAGE_POOL_2D",
            OpKind::MaxPool2d { .. } => "MAX_POOL_2D",
            OpKind::Mean { .. } => "MEAN",
            OpKind::Add { .. } => "ADD",
            OpKind::Mul { .. } => "MUL",
            OpKind::Pad => "PAD",
            OpKind::PadV2 => "PADV2",
            OpKind::Concatenation { .. } => "CONCATENATION",
            OpKind::Reshape => "RESHAPE",
            OpKind::Squeeze => "SQUEEZE",
            OpKind::Softmax { .. } => "SOFTMAX",
            OpKind::Logistic => "LOGISTIC",
            OpKind::Tanh => "TANH",
            OpKind::Relu => "RELU",
            OpKind::Relu6 => "RELU6",
            OpKind::Quantize => "QUANTIZE",
            OpKind::Dequantize => "DEQUANTIZE",
        }
    }

    /// The function that the operator applies behind; `None` for one that cannot.
    pub fn activation_mut(&mut self) -> Option<&mut Activation> {
        match self {
            OpKind::Conv2d { activation, .. }
            | OpKind::DepthwiseConv2d { activation, .. }
            | OpKind::FullyConnected { activation, .. }
            | OpKind::AveragePool2d { activation, .. }
            | OpKind::MaxPool2d { activation, .. }
            | OpKind::Add { activation }
            | OpKind::Mul { activation }
            | OpKind::Concatenation { activation, .. } => Some(activation),
            _ => None,
        }
    }

    /// Whether the operator has weights (input 1) and perhaps a bias (input 2).
    pub fn has_weights(&self) -> bool {
        matches!(
            self,
            OpKind::Conv2d { .. } | OpKind::DepthwiseConv2d { .. } | OpKind::FullyConnected { .. }
        )
    }
}
