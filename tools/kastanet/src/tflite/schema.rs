//! The numbers of the TFLite schema (version 3) that this tool reads and writes.
//!
//! One module for each table, one constant for each field; then the enumerations.

use crate::graph::DType;

/// The schema's version, in [`model::VERSION`].
pub const VERSION: u32 = 3;

/// The bytes 4 to 7 of every file.
pub const IDENTIFIER: [u8; 4] = *b"TFL3";

/// The root: everything else hangs below it.
pub mod model {
    pub const VERSION: u16 = 0;
    pub const OPERATOR_CODES: u16 = 1;
    pub const SUBGRAPHS: u16 = 2;
    pub const DESCRIPTION: u16 = 3;
    pub const BUFFERS: u16 = 4;
}

/// Which operator an index stands for.
pub mod operator_code {
    /// The code as a byte; 127 in newer files when the code does not fit.
    pub const DEPRECATED_BUILTIN_CODE: u16 = 0;
    pub const CUSTOM_CODE: u16 = 1;
    pub const VERSION: u16 = 2;
    /// The code as 32 bits; left out in older files.
    pub const BUILTIN_CODE: u16 = 3;
}

/// A network.
pub mod subgraph {
    pub const TENSORS: u16 = 0;
    pub const INPUTS: u16 = 1;
    pub const OUTPUTS: u16 = 2;
    pub const OPERATORS: u16 = 3;
    pub const NAME: u16 = 4;
}

/// The bytes of a constant.
pub mod buffer {
    pub const DATA: u16 = 0;
    /// Where the bytes lie when they are outside of the FlatBuffer; valid above one.
    pub const OFFSET: u16 = 1;
    pub const SIZE: u16 = 2;
}

/// A tensor.
pub mod tensor {
    pub const SHAPE: u16 = 0;
    pub const TYPE: u16 = 1;
    /// An index into the buffers; the first buffer is always empty.
    pub const BUFFER: u16 = 2;
    pub const NAME: u16 = 3;
    pub const QUANTIZATION: u16 = 4;
    pub const IS_VARIABLE: u16 = 5;
    pub const SPARSITY: u16 = 6;
    /// The shape with −1 for what is known only when it runs.
    pub const SHAPE_SIGNATURE: u16 = 7;
}

/// The quantisation of a tensor.
pub mod quantization {
    pub const SCALE: u16 = 2;
    pub const ZERO_POINT: u16 = 3;
    /// The kind of other quantisations; zero for the affine one.
    pub const DETAILS_TYPE: u16 = 4;
    pub const QUANTIZED_DIMENSION: u16 = 6;
}

/// An operator.
pub mod operator {
    pub const OPCODE_INDEX: u16 = 0;
    /// Indices of tensors; −1 for an optional one left out.
    pub const INPUTS: u16 = 1;
    pub const OUTPUTS: u16 = 2;
    pub const OPTIONS_TYPE: u16 = 3;
    pub const OPTIONS: u16 = 4;
}

/// The options of `CONV_2D`.
pub mod conv {
    pub const PADDING: u16 = 0;
    pub const STRIDE_W: u16 = 1;
    pub const STRIDE_H: u16 = 2;
    pub const ACTIVATION: u16 = 3;
    /// One if left out, as for the height.
    pub const DILATION_W: u16 = 4;
    pub const DILATION_H: u16 = 5;
}

/// The options of `DEPTHWISE_CONV_2D`.
pub mod depthwise {
    pub const PADDING: u16 = 0;
    pub const STRIDE_W: u16 = 1;
    pub const STRIDE_H: u16 = 2;
    pub const MULTIPLIER: u16 = 3;
    pub const ACTIVATION: u16 = 4;
    /// One if left out, as for the height.
    pub const DILATION_W: u16 = 5;
    pub const DILATION_H: u16 = 6;
}

/// The options of `AVERAGE_POOL_2D` and `MAX_POOL_2D`.
pub mod pool {
    pub const PADDING: u16 = 0;
    pub const STRIDE_W: u16 = 1;
    pub const STRIDE_H: u16 = 2;
    pub const FILTER_W: u16 = 3;
    pub const FILTER_H: u16 = 4;
    pub const ACTIVATION: u16 = 5;
}

/// The options of `FULLY_CONNECTED`.
pub mod fully_connected {
    pub const ACTIVATION: u16 = 0;
    /// Zero unless the weights are shuffled for one kind of processor.
    pub const WEIGHTS_FORMAT: u16 = 1;
    pub const KEEP_DIMS: u16 = 2;
}

/// The options of `SOFTMAX`.
pub mod softmax {
    pub const BETA: u16 = 0;
}

/// The options of `CONCATENATION`.
pub mod concatenation {
    pub const AXIS: u16 = 0;
    pub const ACTIVATION: u16 = 1;
}

/// The options of `ADD` and `MUL`.
pub mod arithmetic {
    pub const ACTIVATION: u16 = 0;
}

/// The options of `MEAN` and its like.
pub mod reducer {
    pub const KEEP_DIMS: u16 = 0;
}

/// The options of `RESHAPE`.
pub mod reshape {
    pub const NEW_SHAPE: u16 = 0;
}

/// The names of the element types, by number.
pub const TYPES: [&str; 23] = [
    "FLOAT32",
    "FLOAT16",
    "INT32",
    "UINT8",
    "INT64",
    "STRING",
    "BOOL",
    "INT16",
    "COMPLEX64",
    "INT8",
    "FLOAT64",
    "COMPLEX128",
    "UINT64",
    "RESOURCE",
    "VARIANT",
    "UINT32",
    "UINT16",
    "INT4",
    "BFLOAT16",
    "INT2",
    "UINT4",
    "FLOAT8_E4M3FN",
    "FLOAT8_E5M2",
];

/// The options of `SQUEEZE`.
pub mod squeeze {
    pub const DIMENSIONS: u16 = 0;
}

/// The number of an element type.
pub fn schema_type(dtype: DType) -> u8 {
    match dtype {
        DType::F32 => 0,
        DType::I32 => 2,
        DType::U8 => 3,
        DType::I64 => 4,
        DType::Bool => 6,
        DType::I16 => 7,
        DType::I8 => 9,
    }
}

/// The element type of a number, if it is one that tensors may have here.
pub fn dtype(number: u8) -> Option<DType> {
    use DType::*;
    [F32, I32, U8, I64, Bool, I16, I8].into_iter().find(|&dtype| schema_type(dtype) == number)
}

/// The names of the fused activations, by number.
pub const ACTIVATIONS: [&str; 6] = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"];

/// The numbers of the fused activations this tool knows.
pub mod activation {
    pub const NONE: u8 = 0;
    pub const RELU: u8 = 1;
    pub const RELU_N1_TO_1: u8 = 2;
    pub const RELU6: u8 = 3;
}

/// The numbers of the paddings.
pub mod padding {
    pub const SAME: u8 = 0;
    pub const VALID: u8 = 1;
}
