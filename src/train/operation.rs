//! An operation of the training program, read from its record.

use super::record;

/// What an operation computes before its [`Function`] is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Kind {
    /// y = W·x + b.
    FullyConnected = 1,
    /// The same for each window of an image.
    Conv = 2,
    /// Each channel by itself: a row of weights for each output channel, a column for each tap.
    Depthwise = 3,
    /// The mean of each window, without its padding.
    AveragePool = 4,
    /// The largest of each window, without its padding.
    MaxPool = 5,
    /// The sum of two inputs; a dimension of 1 serves the whole other one.
    Add = 6,
    /// The product of two inputs; a dimension of 1 serves the whole other one.
    Mul = 7,
    /// The input, put into a part of the output: PAD, and one input of CONCATENATION.
    Place = 8,
    /// The input as it is: for a function of its own.
    Identity = 9,
}

impl Kind {
    /// The kind with this code.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Kind::FullyConnected,
            2 => Kind::Conv,
            3 => Kind::Depthwise,
            4 => Kind::AveragePool,
            5 => Kind::MaxPool,
            6 => Kind::Add,
            7 => Kind::Mul,
            8 => Kind::Place,
            9 => Kind::Identity,
            _ => return None,
        })
    }

    /// Whether it has weights.
    pub const fn is_weighted(self) -> bool {
        matches!(self, Kind::FullyConnected | Kind::Conv | Kind::Depthwise)
    }

    /// Whether it has two inputs.
    pub const fn is_binary(self) -> bool {
        matches!(self, Kind::Add | Kind::Mul)
    }
}

/// What is applied to an output, element by element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Function {
    /// Nothing.
    #[default]
    None = 0,
    /// max(y, 0).
    Relu = 1,
    /// min(max(y, 0), 6).
    Relu6 = 2,
    /// 1 / (1 + exp(−y)).
    Logistic = 3,
    /// tanh(y).
    Tanh = 4,
    /// exp(y) over its sum over all outputs: only as the network's last, where the loss takes it over.
    Softmax = 5,
}

impl Function {
    /// The function with this code.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Function::None,
            1 => Function::Relu,
            2 => Function::Relu6,
            3 => Function::Logistic,
            4 => Function::Tanh,
            5 => Function::Softmax,
            _ => return None,
        })
    }
}

/// Shapes and the window of an operation. Dimensions are height, width, channels.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Of the first input.
    pub x: [usize; 3],
    /// Of the second input.
    pub x2: [usize; 3],
    /// Of the output.
    pub y: [usize; 3],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step between two windows.
    pub stride: [usize; 2],
    /// Step between two taps.
    pub dilation: [usize; 2],
    /// Padding above and on the left; of PLACE, what stands before the input.
    pub pad: [usize; 2],
}

impl Shape {
    /// The shapes of a record.
    pub fn of(record: &record::Operation) -> Self {
        Shape {
            x: record.x_dims.map(|dim| dim.get().into()),
            x2: record.x2_dims.map(|dim| dim.get().into()),
            y: record.y_dims.map(|dim| dim.get().into()),
            kernel: record.kernel.map(|size| size.get().into()),
            stride: record.stride.map(|step| step.get().into()),
            dilation: record.dilation.map(|step| step.get().into()),
            pad: record.pad.map(|size| size.get().into()),
        }
    }
}

/// Elements of a tensor with these dimensions.
pub fn elements(dims: [usize; 3]) -> usize {
    dims.into_iter().fold(1, usize::wrapping_mul)
}
