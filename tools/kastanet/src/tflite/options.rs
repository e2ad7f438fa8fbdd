//! Operators: from the file's options to the graph's kinds.

use super::error::Fault;
use super::flatbuffer::Table;
use super::model::Operator;
use super::operators as code;
use super::schema::{
    self, activation, arithmetic, concatenation, conv, depthwise, fully_connected, operator, pool,
    reducer, softmax,
};
use crate::graph::{Activation, OpKind, Padding};

/// The kind of an operator called `name`, with its parameters.
///
/// Options left out mean each parameter's default. A depthwise multiplier left out is zero.
pub fn kind(operator: &Operator<'_>, name: &str) -> Result<OpKind, Fault> {
    let options = Options::open(operator, name)?;
    Ok(match operator.code {
        code::CONV_2D => options.conv()?,
        code::DEPTHWISE_CONV_2D => options.depthwise()?,
        code::FULLY_CONNECTED => options.fully_connected()?,
        code::AVERAGE_POOL_2D | code::MAX_POOL_2D => options.pool()?,
        code::MEAN => OpKind::Mean { keep_dims: options.bool(reducer::KEEP_DIMS)? },
        code::ADD => OpKind::Add { activation: options.activation(arithmetic::ACTIVATION)? },
        code::MUL => OpKind::Mul { activation: options.activation(arithmetic::ACTIVATION)? },
        code::PAD => OpKind::Pad,
        code::PADV2 => OpKind::PadV2,
        code::CONCATENATION => options.concatenation()?,
        code::RESHAPE => OpKind::Reshape,
        code::SQUEEZE => OpKind::Squeeze,
        code::SOFTMAX => OpKind::Softmax { beta: options.f32(softmax::BETA)? },
        code::LOGISTIC => OpKind::Logistic,
        code::TANH => OpKind::Tanh,
        code::RELU => OpKind::Relu,
        code::RELU6 => OpKind::Relu6,
        code::QUANTIZE => OpKind::Quantize,
        code::DEQUANTIZE => OpKind::Dequantize,
        number => return Err(unsupported(number)),
    })
}

fn unsupported(number: i32) -> Fault {
    let name = code::name(number).unwrap_or("an unknown operator");
    Fault::Operators { counts: [(name.into(), 1)].into() }
}

/// The options of one operator, with what errors about them need.
struct Options<'a> {
    op: &'a str,
    code: i32,
    table: Option<Table<'a>>,
}

impl<'a> Options<'a> {
    fn open(operator: &Operator<'a>, op: &'a str) -> Result<Self, Fault> {
        let options = Options { op, code: operator.code, table: None };
        let (expected, found) =
            (code::options_type(operator.code), operator.table.u8(operator::OPTIONS_TYPE)?);
        match (found, expected) {
            // Operators without parameters may carry an empty table of whatever type.
            (0, _) | (_, 0) => Ok(options),
            _ if found == expected => {
                Ok(Options { table: operator.table.table(operator::OPTIONS)?, ..options })
            }
            _ => Err(Fault::Options { op: op.into(), kind: options.kind(), expected, found }),
        }
    }

    fn kind(&self) -> &'static str {
        code::name(self.code).unwrap_or_default()
    }

    fn wrong(&self, what: &'static str, found: impl ToString, expected: &'static str) -> Fault {
        let (op, kind, found) = (self.op.into(), self.kind(), found.to_string());
        Fault::Parameter { op, kind, what, found, expected }
    }

    fn u8(&self, field: u16) -> Result<u8, Fault> {
        Ok(self.table.map_or(Ok(0), |table| table.u8(field))?)
    }

    fn bool(&self, field: u16) -> Result<bool, Fault> {
        Ok(self.u8(field)? != 0)
    }

    fn i32(&self, field: u16, default: i32) -> Result<i32, Fault> {
        Ok(self.table.map_or(Ok(default), |table| table.i32(field, default))?)
    }

    fn f32(&self, field: u16) -> Result<f32, Fault> {
        Ok(self.table.map_or(Ok(0.0), |table| table.f32(field))?)
    }

    /// A size that is at least one.
    fn size(&self, field: u16, what: &'static str, default: i32) -> Result<usize, Fault> {
        let found = self.i32(field, default)?;
        let size = usize::try_from(found).ok().filter(|&size| size > 0);
        size.ok_or_else(|| self.wrong(what, found, "one or more"))
    }

    fn activation(&self, field: u16) -> Result<Activation, Fault> {
        Ok(match self.u8(field)? {
            activation::NONE => Activation::None,
            activation::RELU => Activation::Relu,
            activation::RELU_N1_TO_1 => Activation::ReluN1To1,
            activation::RELU6 => Activation::Relu6,
            number => {
                let name = schema::ACTIVATIONS.get(usize::from(number)).unwrap_or(&"unknown");
                let expected = "NONE, RELU, RELU_N1_TO_1 or RELU6";
                return Err(self.wrong("the fused activation", name, expected));
            }
        })
    }

    fn padding(&self, field: u16) -> Result<Padding, Fault> {
        match self.u8(field)? {
            schema::padding::SAME => Ok(Padding::Same),
            schema::padding::VALID => Ok(Padding::Valid),
            number => Err(self.wrong("the padding", number, "0 (SAME) or 1 (VALID)")),
        }
    }

    fn conv(&self) -> Result<OpKind, Fault> {
        Ok(OpKind::Conv2d {
            padding: self.padding(conv::PADDING)?,
            stride: [
                self.size(conv::STRIDE_H, "the vertical stride", 0)?,
                self.size(conv::STRIDE_W, "the horizontal stride", 0)?,
            ],
            dilation: [
                self.size(conv::DILATION_H, "the vertical dilation", 1)?,
                self.size(conv::DILATION_W, "the horizontal dilation", 1)?,
            ],
            activation: self.activation(conv::ACTIVATION)?,
        })
    }

    fn depthwise(&self) -> Result<OpKind, Fault> {
        let multiplier = self.i32(depthwise::MULTIPLIER, 0)?;
        let multiplier = usize::try_from(multiplier)
            .map_err(|_| self.wrong("the depth multiplier", multiplier, "one or more"))?;
        Ok(OpKind::DepthwiseConv2d {
            padding: self.padding(depthwise::PADDING)?,
            stride: [
                self.size(depthwise::STRIDE_H, "the vertical stride", 0)?,
                self.size(depthwise::STRIDE_W, "the horizontal stride", 0)?,
            ],
            dilation: [
                self.size(depthwise::DILATION_H, "the vertical dilation", 1)?,
                self.size(depthwise::DILATION_W, "the horizontal dilation", 1)?,
            ],
            multiplier,
            activation: self.activation(depthwise::ACTIVATION)?,
        })
    }

    fn pool(&self) -> Result<OpKind, Fault> {
        let padding = self.padding(pool::PADDING)?;
        let stride = [
            self.size(pool::STRIDE_H, "the vertical stride", 0)?,
            self.size(pool::STRIDE_W, "the horizontal stride", 0)?,
        ];
        let filter = [
            self.size(pool::FILTER_H, "the filter height", 0)?,
            self.size(pool::FILTER_W, "the filter width", 0)?,
        ];
        let activation = self.activation(pool::ACTIVATION)?;
        Ok(match self.code {
            code::MAX_POOL_2D => OpKind::MaxPool2d { padding, stride, filter, activation },
            _ => OpKind::AveragePool2d { padding, stride, filter, activation },
        })
    }

    fn fully_connected(&self) -> Result<OpKind, Fault> {
        let format = self.u8(fully_connected::WEIGHTS_FORMAT)?;
        if format != 0 {
            return Err(self.wrong("the weights' format", format, "0 (plain rows)"));
        }
        Ok(OpKind::FullyConnected {
            activation: self.activation(fully_connected::ACTIVATION)?,
            keep_dims: self.bool(fully_connected::KEEP_DIMS)?,
        })
    }

    fn concatenation(&self) -> Result<OpKind, Fault> {
        Ok(OpKind::Concatenation {
            axis: self.i32(concatenation::AXIS, 0)?,
            activation: self.activation(concatenation::ACTIVATION)?,
        })
    }
}
