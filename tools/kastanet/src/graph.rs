//! The neutral graph: what every importer produces and the rest of the tool consumes.
//!
//! A [`Graph`] is a list of [`Tensor`]s and a list of [`Op`]s in execution order. It knows neither
//! the file format it came from nor the image it will become; images are NHWC, convolution weights
//! are `[out, height, width, in]`, depthwise weights `[1, height, width, out]`, fully connected
//! weights `[out, in]`. Call [`Graph::validate`] once after building one: after it returns `Ok`,
//! every id is in range, every shape fits its operator and [`Tensor::elements`] cannot overflow.

mod tensor;

mod op;

mod validate;

mod node;

mod shapes;

mod quantised;

mod simplify;

mod strides;

mod error;

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests;

pub use error::{GraphError, OpError};
pub use op::{Activation, Op, OpKind, Padding};
pub use shapes::squeezed;
pub use simplify::simplify;
pub(crate) use strides::{broadcast, places, strides};
pub(crate) use tensor::narrow;
pub use tensor::{DType, Quant, Tensor, shape_string};

/// The index of a tensor in [`Graph::tensors`].
pub type TensorId = usize;

/// The largest rank of a tensor.
pub const MAX_RANK: usize = 4;

/// The largest size of a tensor in bytes.
pub const MAX_BYTES: usize = i32::MAX as usize;

/// A network: tensors, and operators in execution order.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The name of the file it was read from.
    pub source: String,
    /// Every tensor; a [`TensorId`] is an index into this.
    pub tensors: Vec<Tensor>,
    /// The operators, each after those whose outputs it reads.
    pub ops: Vec<Op>,
    /// The tensors the caller provides.
    pub inputs: Vec<TensorId>,
    /// The tensors the caller receives.
    pub outputs: Vec<TensorId>,
}

impl Graph {
    /// The tensor behind the `index`-th input of `op`, if there is one.
    pub fn input(&self, op: &Op, index: usize) -> Option<&Tensor> {
        self.tensors.get(op.input(index)?)
    }

    /// The tensor behind the first output of `op`, if there is one.
    pub fn output(&self, op: &Op) -> Option<&Tensor> {
        self.tensors.get(*op.outputs.first()?)
    }

    /// Whether operators compute in float, but for those at the border of a quantised network.
    pub fn is_float(&self) -> bool {
        self.ops.iter().any(|op| {
            !matches!(op.kind, OpKind::Quantize | OpKind::Dequantize)
                && self.input(op, 0).is_some_and(|tensor| tensor.dtype == DType::F32)
        })
    }

    /// The operator called `name`, if there is one.
    pub fn op(&self, name: &str) -> Option<&Op> {
        self.ops.iter().find(|op| op.name == name)
    }
}
