//! The operators of the schema: their numbers, names, and which are supported.

pub const ADD: i32 = 0;
pub const AVERAGE_POOL_2D: i32 = 1;
pub const CONCATENATION: i32 = 2;
pub const CONV_2D: i32 = 3;
pub const DEPTHWISE_CONV_2D: i32 = 4;
pub const DEQUANTIZE: i32 = 6;
pub const FULLY_CONNECTED: i32 = 9;
pub const LOGISTIC: i32 = 14;
pub const MAX_POOL_2D: i32 = 17;
pub const MUL: i32 = 18;
pub const RELU: i32 = 19;
pub const RELU6: i32 = 21;
pub const RESHAPE: i32 = 22;
pub const SOFTMAX: i32 = 25;
pub const TANH: i32 = 28;
pub const CUSTOM: i32 = 32;
pub const PAD: i32 = 34;
pub const MEAN: i32 = 40;
pub const SQUEEZE: i32 = 43;
pub const PADV2: i32 = 60;
pub const QUANTIZE: i32 = 114;

/// What is supported: the operator, the number of its options' type, and the last components that
/// Keras gives to the names of its tensors, the most telling first.
const SUPPORTED: [(i32, u8, &[&str]); 20] = [
    (ADD, 11, &["add", "addv2"]),
    (AVERAGE_POOL_2D, 5, &["avgpool"]),
    (CONCATENATION, 10, &["concat"]),
    (CONV_2D, 1, &["conv2d", "convolution", "conv1d", "biasadd"]),
    (DEPTHWISE_CONV_2D, 2, &["depthwise", "biasadd"]),
    (DEQUANTIZE, 38, &[]),
    (FULLY_CONNECTED, 8, &["matmul", "biasadd"]),
    (LOGISTIC, 0, &["sigmoid"]),
    (MAX_POOL_2D, 5, &["maxpool"]),
    (MEAN, 27, &["mean"]),
    (MUL, 21, &["mul"]),
    (PAD, 22, &["pad"]),
    (PADV2, 43, &["padv2"]),
    (QUANTIZE, 89, &[]),
    (RELU, 0, &["relu"]),
    (RELU6, 0, &["relu6"]),
    (RESHAPE, 17, &["reshape"]),
    (SOFTMAX, 9, &["softmax"]),
    (SQUEEZE, 30, &["squeeze"]),
    (TANH, 0, &["tanh"]),
];

/// The names by number.
const NAMES: &str = "\
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE \
EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D \
LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 \
RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL \
CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND \
SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE \
BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST \
PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN \
TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW \
ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK \
REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR \
LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS \
WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE \
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM \
BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG \
REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL \
CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL \
BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD \
UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR \
RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY \
STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE \
STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL \
STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL \
STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER \
STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH \
STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE \
STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL \
STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE \
STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT \
STABLEHLO_CASE";

/// The name of an operator, if the schema has one of this number.
pub fn name(code: i32) -> Option<&'static str> {
    NAMES.split(' ').nth(usize::try_from(code).ok()?)
}

/// Whether the operator can be imported.
pub fn is_supported(code: i32) -> bool {
    row(code).is_some()
}

/// The number of the type of the operator's options; zero if it has none or is not supported.
pub fn options_type(code: i32) -> u8 {
    row(code).map_or(0, |&(_, options, _)| options)
}

/// How Keras ends the names of the operator's tensors, in lower case.
pub fn hints(code: i32) -> &'static [&'static str] {
    row(code).map_or(&[], |&(_, _, hints)| hints)
}

/// What Keras calls a layer of this kind that the user has not named.
pub fn layer(code: i32) -> String {
    match code {
        CONV_2D => "conv2d".into(),
        DEPTHWISE_CONV_2D => "depthwise_conv2d".into(),
        FULLY_CONNECTED => "dense".into(),
        AVERAGE_POOL_2D => "average_pooling2d".into(),
        MAX_POOL_2D => "max_pooling2d".into(),
        _ => name(code).unwrap_or("op").to_lowercase(),
    }
}

/// The names of all supported operators, as a list for people.
pub fn supported() -> String {
    let names = SUPPORTED.iter().filter_map(|&(code, ..)| name(code));
    names.collect::<Vec<_>>().join(", ")
}

fn row(code: i32) -> Option<&'static (i32, u8, &'static [&'static str])> {
    SUPPORTED.iter().find(|&&(supported, ..)| supported == code)
}
