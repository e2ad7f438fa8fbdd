//! What can be wrong with a graph.

use thiserror::Error;

use super::DType;

/// One way for a [`Graph`](super::Graph) to be inconsistent.
#[derive(Debug, Clone, PartialEq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum GraphError {
    /// An id points to no tensor.
    #[error("{owner} names tensor {id}, but there are {count}: the model is damaged")]
    TensorId { owner: String, id: usize, count: usize },
    /// Nothing goes in, or nothing comes out.
    #[error("the model has no {what}")]
    NoBorder { what: &'static str },
    /// A shape has too many dimensions.
    #[error("tensor {tensor:?} has {found} dimensions ({shape}), expected at most {limit}")]
    Rank { tensor: String, shape: String, found: usize, limit: usize },
    /// A shape has a dimension of size zero.
    #[error("tensor {tensor:?} has the shape {shape}, expected no dimension of size zero")]
    EmptyDimension { tensor: String, shape: String },
    /// A tensor is larger than any device could hold.
    #[error(
        "tensor {tensor:?} ({shape} {dtype}) takes more than {limit} bytes: the model is damaged, or far too large"
    )]
    TooLarge { tensor: String, shape: String, dtype: DType, limit: usize },
    /// A constant's bytes do not fit its shape.
    #[error(
        "constant {tensor:?} ({shape} {dtype}) has {found} bytes, expected {expected}: the model is damaged"
    )]
    ConstantBytes { tensor: String, shape: String, dtype: DType, expected: usize, found: usize },
    /// Scales and zero points do not pair up.
    #[error(
        "tensor {tensor:?} has {scales} scales and {zero_points} zero points, expected one of each at least, and as many: the model is damaged"
    )]
    QuantCounts { tensor: String, scales: usize, zero_points: usize },
    /// Per-channel quantisation does not fit the shape.
    #[error(
        "tensor {tensor:?} ({shape}) has {scales} scales along dimension {dimension}, expected one in all or one for each index of a dimension it has: the model is damaged"
    )]
    QuantDimension { tensor: String, shape: String, dimension: usize, scales: usize },
    /// A scale is no positive number.
    #[error(
        "tensor {tensor:?} has the scale {scale} (channel {channel}), expected a finite number above zero"
    )]
    Scale { tensor: String, channel: usize, scale: f32 },
    /// A zero point is no value of the type.
    #[error(
        "tensor {tensor:?} has the zero point {zero_point} (channel {channel}), expected {low} to {high} for {dtype}: the model is damaged"
    )]
    ZeroPoint { tensor: String, channel: usize, zero_point: i32, dtype: DType, low: i32, high: i32 },
    /// Two operators have the same name.
    #[error("two operators are called {op:?}, expected different names")]
    Name { op: String },
    /// A tensor is set more than once.
    #[error("tensor {tensor:?} is set by {by}, but it is already set")]
    SetTwice { tensor: String, by: String },
    /// A tensor is read before it is set.
    #[error("tensor {tensor:?} is read by {by}, but nothing before that sets it")]
    Unset { tensor: String, by: String },
    /// An operator does not fit its tensors.
    #[error("operator {op:?} ({kind}): {fault}")]
    Op { op: String, kind: &'static str, fault: Box<OpError> },
}

const AGAIN: &str = "export the model again";
const FIXED: &str = "export the model with fixed sizes and weights";
const INT8: &str = "convert with full-integer int8 quantisation";

impl GraphError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            GraphError::NoBorder { .. } => "export it with at least one",
            GraphError::Rank { .. } => "reshape the model's layers",
            GraphError::EmptyDimension { .. } => FIXED,
            GraphError::TooLarge { .. } => "export the file again, or give a smaller model",
            GraphError::Scale { .. } => "check the calibration data and convert again",
            GraphError::Name { .. } => "give each operator a name of its own",
            GraphError::SetTwice { .. } => {
                "make each tensor a constant, an input, or the output of one operator"
            }
            GraphError::Unset { .. } => "put the operators in execution order",
            GraphError::TensorId { .. }
            | GraphError::ConstantBytes { .. }
            | GraphError::QuantCounts { .. }
            | GraphError::QuantDimension { .. }
            | GraphError::ZeroPoint { .. } => AGAIN,
            GraphError::Op { fault, .. } => fault.help(),
        }
    }
}

/// One way for an operator not to fit its tensors.
#[derive(Debug, Clone, PartialEq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages say")]
pub enum OpError {
    /// It has too few or too many inputs or outputs.
    #[error("it has {found} {what}, expected {expected}: the model is damaged")]
    Arity { what: &'static str, expected: String, found: usize },
    /// An input that it needs is left out.
    #[error("it lacks its {role}: the model is damaged")]
    Missing { role: &'static str },
    /// An input must be known beforehand and is not.
    #[error("its {role} {tensor:?} is computed, expected a constant")]
    NotConstant { role: &'static str, tensor: String },
    /// A tensor has a type that it cannot use.
    #[error("its {role} {tensor:?} is {found}, expected {expected}")]
    DType { role: &'static str, tensor: String, found: DType, expected: String },
    /// A parameter cannot be used.
    #[error("{what} is {found}, expected {expected}")]
    Parameter { what: &'static str, found: String, expected: String },
    /// A tensor has a shape that does not fit.
    #[error("its {role} {tensor:?} has the shape {found}, expected {expected}")]
    Shape { role: &'static str, tensor: String, found: String, expected: String },
    /// A tensor has a quantisation that does not fit.
    #[error("its {role} {tensor:?} has {found}, expected {expected}")]
    Quant { role: &'static str, tensor: String, found: String, expected: String },
}

impl OpError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            OpError::Arity { .. } | OpError::Missing { .. } => AGAIN,
            OpError::NotConstant { .. } => FIXED,
            OpError::DType { .. } | OpError::Quant { .. } => INT8,
            OpError::Parameter { .. } | OpError::Shape { .. } => {
                "change the layer and convert again"
            }
        }
    }
}
