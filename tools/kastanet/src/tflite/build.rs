//! From a graph back to the bytes of a `.tflite` file.

use super::operators as code;
use super::schema::{
    IDENTIFIER, VERSION, activation, arithmetic, buffer, concatenation, conv, depthwise,
    fully_connected, model, operator, operator_code, padding, pool, quantization, reducer, reshape,
    schema_type, softmax, squeeze, subgraph, tensor,
};
use super::writer::{Node, Value, write};
use crate::graph::{Activation, Graph, Op, OpKind, Padding, Quant, Tensor, squeezed};

/// A minimal `.tflite` file that holds the graph; importing it gives the same tensors and
/// operators. (The operators' names are made anew, and inputs left out at the end are dropped.)
///
/// The graph must be [valid](Graph::validate), and its padding one of TFLite's words ([`spelled`](super::spelled)):
/// another one gives a file that no reader accepts.
pub fn build(graph: &Graph) -> Vec<u8> {
    write(IDENTIFIER, tree(graph))
}

/// The whole file, before it is written.
pub(super) fn tree(graph: &Graph) -> Node {
    let mut codes: Vec<i32> = graph.ops.iter().map(|op| number(&op.kind)).collect();
    codes.sort_unstable();
    codes.dedup();
    let constants = graph.tensors.iter().filter_map(|tensor| tensor.data.as_deref());
    let buffers = std::iter::once(Node::Table(Vec::new())).chain(constants.map(constant));
    Node::Table(vec![
        (model::VERSION, Value::U32(VERSION)),
        (model::OPERATOR_CODES, nodes(codes.iter().copied().map(operator_code))),
        (model::SUBGRAPHS, nodes([network(graph, &codes)])),
        (model::DESCRIPTION, Node::string("kastanet").into()),
        (model::BUFFERS, nodes(buffers)),
    ])
}

fn nodes(nodes: impl IntoIterator<Item = Node>) -> Value {
    Node::Nodes(nodes.into_iter().collect()).into()
}

fn constant(data: &[u8]) -> Node {
    Node::Table(vec![(buffer::DATA, Node::bytes(data).into())])
}

fn operator_code(code: i32) -> Node {
    Node::Table(vec![
        (operator_code::DEPRECATED_BUILTIN_CODE, Value::U8(code.min(127) as u8)),
        (operator_code::VERSION, Value::I32(version(code))),
        (operator_code::BUILTIN_CODE, Value::I32(code)),
    ])
}

fn network(graph: &Graph, codes: &[i32]) -> Node {
    let mut buffers = 0;
    let tensors = graph.tensors.iter().map(|tensor| {
        buffers += u32::from(tensor.is_constant());
        self::tensor(tensor, if tensor.is_constant() { buffers } else { 0 })
    });
    let index = |code| codes.iter().position(|&known| known == code).unwrap_or_default() as u32;
    let operators = graph.ops.iter().map(|op| self::operator(op, graph, index(number(&op.kind))));
    Node::Table(vec![
        (subgraph::TENSORS, nodes(tensors)),
        (subgraph::INPUTS, sizes(&graph.inputs)),
        (subgraph::OUTPUTS, sizes(&graph.outputs)),
        (subgraph::OPERATORS, nodes(operators)),
        (subgraph::NAME, Node::string("main").into()),
    ])
}

fn tensor(tensor: &Tensor, buffer: u32) -> Node {
    let mut fields = vec![
        (tensor::SHAPE, sizes(&tensor.shape)),
        (tensor::TYPE, Value::U8(schema_type(tensor.dtype))),
        (tensor::BUFFER, Value::U32(buffer)),
        (tensor::NAME, Node::string(&tensor.name).into()),
    ];
    if let Some(quant) = &tensor.quant {
        fields.push((tensor::QUANTIZATION, quantization(quant).into()));
    }
    Node::Table(fields)
}

fn quantization(quant: &Quant) -> Node {
    let zero_points = quant.zero_points.iter().copied().map(i64::from);
    Node::Table(vec![
        (quantization::SCALE, Node::f32s(quant.scales.iter().copied()).into()),
        (quantization::ZERO_POINT, Node::i64s(zero_points).into()),
        (quantization::QUANTIZED_DIMENSION, Value::I32(quant.dimension as i32)),
    ])
}

fn operator(op: &Op, graph: &Graph, code: u32) -> Node {
    // TFLite takes the convolutions' third input for a bias even where it says −1.
    let len = op.inputs.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let inputs = op.inputs.iter().take(len).map(|id| id.map_or(-1, |id| id as i32));
    let mut fields = vec![
        (operator::OPCODE_INDEX, Value::U32(code)),
        (operator::INPUTS, Node::i32s(inputs).into()),
        (operator::OUTPUTS, sizes(&op.outputs)),
    ];
    let options = code::options_type(number(&op.kind));
    if options != 0 {
        fields.push((operator::OPTIONS_TYPE, Value::U8(options)));
        fields.push((operator::OPTIONS, Node::Table(self::options(op, graph)).into()));
    }
    Node::Table(fields)
}

fn options(op: &Op, graph: &Graph) -> Vec<(u16, Value)> {
    match op.kind {
        OpKind::Conv2d { padding, stride, dilation, activation } => vec![
            (conv::PADDING, padding_of(padding)),
            (conv::STRIDE_W, size(stride[1])),
            (conv::STRIDE_H, size(stride[0])),
            (conv::ACTIVATION, activation_of(activation)),
            (conv::DILATION_W, size(dilation[1])),
            (conv::DILATION_H, size(dilation[0])),
        ],
        OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation } => vec![
            (depthwise::PADDING, padding_of(padding)),
            (depthwise::STRIDE_W, size(stride[1])),
            (depthwise::STRIDE_H, size(stride[0])),
            (depthwise::MULTIPLIER, size(multiplier)),
            (depthwise::ACTIVATION, activation_of(activation)),
            (depthwise::DILATION_W, size(dilation[1])),
            (depthwise::DILATION_H, size(dilation[0])),
        ],
        OpKind::FullyConnected { activation, keep_dims } => vec![
            (fully_connected::ACTIVATION, activation_of(activation)),
            (fully_connected::KEEP_DIMS, Value::U8(keep_dims.into())),
        ],
        OpKind::AveragePool2d { padding, stride, filter, activation }
        | OpKind::MaxPool2d { padding, stride, filter, activation } => vec![
            (pool::PADDING, padding_of(padding)),
            (pool::STRIDE_W, size(stride[1])),
            (pool::STRIDE_H, size(stride[0])),
            (pool::FILTER_W, size(filter[1])),
            (pool::FILTER_H, size(filter[0])),
            (pool::ACTIVATION, activation_of(activation)),
        ],
        OpKind::Mean { keep_dims } => vec![(reducer::KEEP_DIMS, Value::U8(keep_dims.into()))],
        OpKind::Add { activation } | OpKind::Mul { activation } => {
            vec![(arithmetic::ACTIVATION, activation_of(activation))]
        }
        OpKind::Concatenation { axis, activation } => vec![
            (concatenation::AXIS, Value::I32(axis)),
            (concatenation::ACTIVATION, activation_of(activation)),
        ],
        OpKind::Softmax { beta } => vec![(softmax::BETA, Value::F32(beta))],
        OpKind::Reshape => vec![(reshape::NEW_SHAPE, sizes(shape(graph.output(op))))],
        OpKind::Squeeze => {
            let dropped = squeezed(shape(graph.input(op, 0)), shape(graph.output(op)));
            vec![(squeeze::DIMENSIONS, sizes(&dropped.unwrap_or_default()))]
        }
        _ => Vec::new(),
    }
}

fn shape(tensor: Option<&Tensor>) -> &[usize] {
    tensor.map_or(&[], |tensor| &tensor.shape)
}

/// A vector of sizes or of ids.
fn sizes(values: &[usize]) -> Value {
    Node::i32s(values.iter().map(|&size| size as i32)).into()
}

fn size(size: usize) -> Value {
    Value::I32(size as i32)
}

fn padding_of(padding: Padding) -> Value {
    Value::U8(match padding {
        Padding::Same => padding::SAME,
        Padding::Valid => padding::VALID,
        // A schema has no number for it.
        Padding::Explicit { .. } => u8::MAX,
    })
}

fn activation_of(activation: Activation) -> Value {
    Value::U8(match activation {
        Activation::None => activation::NONE,
        Activation::Relu => activation::RELU,
        Activation::ReluN1To1 => activation::RELU_N1_TO_1,
        Activation::Relu6 => activation::RELU6,
    })
}

fn number(kind: &OpKind) -> i32 {
    match kind {
        OpKind::Conv2d { .. } => code::CONV_2D,
        OpKind::DepthwiseConv2d { .. } => code::DEPTHWISE_CONV_2D,
        OpKind::FullyConnected { .. } => code::FULLY_CONNECTED,
        OpKind::AveragePool2d { .. } => code::AVERAGE_POOL_2D,
        OpKind::MaxPool2d { .. } => code::MAX_POOL_2D,
        OpKind::Mean { .. } => code::MEAN,
        OpKind::Add { .. } => code::ADD,
        OpKind::Mul { .. } => code::MUL,
        OpKind::Pad => code::PAD,
        OpKind::PadV2 => code::PADV2,
        OpKind::Concatenation { .. } => code::CONCATENATION,
        OpKind::Reshape => code::RESHAPE,
        OpKind::Squeeze => code::SQUEEZE,
        OpKind::Softmax { .. } => code::SOFTMAX,
        OpKind::Logistic => code::LOGISTIC,
        OpKind::Tanh => code::TANH,
        OpKind::Relu => code::RELU,
        OpKind::Relu6 => code::RELU6,
        OpKind::Quantize => code::QUANTIZE,
        OpKind::Dequantize => code::DEQUANTIZE,
    }
}

/// The version of the operator that first had what we write: int8, and no bias where it may lack.
fn version(code: i32) -> i32 {
    match code {
        code::FULLY_CONNECTED => 6,
        code::CONV_2D | code::DEPTHWISE_CONV_2D => 3,
        code::RESHAPE | code::SQUEEZE => 1,
        _ => 2,
    }
}
