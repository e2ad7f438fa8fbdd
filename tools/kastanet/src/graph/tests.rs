//! One test for each rule.

use super::sample::{CONV, Sample, every_operator, per_tensor, small};
use super::*;

/// The error of the small graph after `change`.
fn error(change: impl FnOnce(&mut Graph)) -> GraphError {
    let mut graph = small();
    change(&mut graph);
    graph.validate().expect_err("the graph is wrong")
}

/// The same for an error of an operator.
fn op_error(change: impl FnOnce(&mut Graph)) -> OpError {
    match error(change) {
        GraphError::Op { fault, .. } => *fault,
        other => panic!("{other}"),
    }
}

fn quant(graph: &mut Graph, id: TensorId) -> &mut Quant {
    graph.tensors[id].quant.as_mut().expect("quantised")
}

#[test]
fn samples_are_valid() {
    small().validate().unwrap();
    every_operator().validate().unwrap();
}

#[test]
fn tensors_read_their_constants() {
    let mut tensor = small().tensors[0].clone();
    assert_eq!((tensor.elements(), tensor.byte_len()), (12, 12));
    assert_eq!(tensor.shape_string(), "1×3×2×2");
    assert_eq!(tensor.to_i8(), None);
    tensor.data = Some(vec![0xff, 0x7f]);
    assert_eq!(tensor.to_i8(), Some(vec![-1, 127]));
    assert_eq!(tensor.to_i32(), None);
    (tensor.dtype, tensor.data) = (DType::I32, Some(vec![0xfe, 0xff, 0xff, 0xff]));
    assert_eq!(tensor.to_i32(), Some(vec![-2]));
    (tensor.dtype, tensor.data) = (DType::I64, Some((-3i64).to_le_bytes().into()));
    assert_eq!(tensor.to_i32(), Some(vec![-3]));
    tensor.data = Some((1i64 << 40).to_le_bytes().into());
    assert_eq!(tensor.to_i32(), None);
    (tensor.dtype, tensor.data) = (DType::F32, Some(1.5f32.to_le_bytes().into()));
    assert_eq!(tensor.to_f32(), Some(vec![1.5]));
}

#[test]
fn layers_know_their_weights() {
    let graph = small();
    let (conv, softmax) = (graph.op("op0").unwrap(), graph.op("op1").unwrap());
    assert_eq!((conv.weights(), conv.bias()), (Some(1), Some(2)));
    assert_eq!((softmax.weights(), softmax.bias()), (None, None));
    assert_eq!(graph.input(conv, 1), Some(&graph.tensors[1]));
    assert_eq!(graph.output(conv), Some(&graph.tensors[3]));
}

#[test]
fn ids_must_exist() {
    for change in [
        |g: &mut Graph| g.inputs.push(99),
        |g: &mut Graph| g.outputs.push(99),
        |g: &mut Graph| g.ops[0].inputs[0] = Some(99),
        |g: &mut Graph| g.ops[0].outputs[0] = 99,
    ] {
        assert!(matches!(error(change), GraphError::TensorId { id: 99, count: 5, .. }));
    }
    assert_eq!(error(|g| g.inputs.clear()), GraphError::NoBorder { what: "inputs" });
    assert_eq!(error(|g| g.outputs.clear()), GraphError::NoBorder { what: "outputs" });
}

#[test]
fn shapes_must_be_usable() {
    let shape = |shape: &[usize]| {
        let shape = shape.to_vec();
        error(|g| g.tensors[0].shape = shape)
    };
    assert!(matches!(shape(&[1, 1, 3, 2, 2]), GraphError::Rank { found: 5, limit: 4, .. }));
    assert!(matches!(shape(&[1, 0, 2, 2]), GraphError::EmptyDimension { .. }));
    assert!(matches!(shape(&[usize::MAX, 2, 2]), GraphError::TooLarge { .. }));
    assert!(matches!(shape(&[1 << 16, 1 << 16]), GraphError::TooLarge { .. }));
    let short = error(|g| g.tensors[1].data = Some(vec![0; 11]));
    assert!(matches!(short, GraphError::ConstantBytes { expected: 12, found: 11, .. }));
}

#[test]
fn scales_must_be_usable() {
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let found = error(|g| quant(g, 1).scales[2] = scale);
        assert!(matches!(found, GraphError::Scale { channel: 2, .. }));
    }
    let found = error(|g| quant(g, 0).zero_points[0] = 128);
    assert!(matches!(found, GraphError::ZeroPoint { zero_point: 128, low: -128, high: 127, .. }));
    let found = error(|g| quant(g, 0).zero_points.clear());
    assert!(matches!(found, GraphError::QuantCounts { scales: 1, zero_points: 0, .. }));
    for dimension in [1, 4, usize::MAX] {
        let found = error(|g| quant(g, 1).dimension = dimension);
        assert!(matches!(found, GraphError::QuantDimension { scales: 3, .. }));
    }
}

#[test]
fn each_tensor_is_set_once_and_before_it_is_read() {
    let twice = |change: fn(&mut Graph)| {
        assert!(matches!(error(change), GraphError::SetTwice { .. }));
    };
    twice(|g| g.ops[1].outputs[0] = 3);
    twice(|g| g.ops[1].outputs[0] = 0);
    twice(|g| g.inputs.push(1));
    twice(|g| g.inputs.push(0));
    let unset = |change: fn(&mut Graph)| {
        assert!(matches!(error(change), GraphError::Unset { .. }));
    };
    unset(|g| g.ops.swap(0, 1));
    unset(|g| g.ops[0].inputs[0] = Some(3));
    unset(|g| drop(g.ops.pop()));
    let name = error(|g| g.ops[1].name = "op0".into());
    assert_eq!(name, GraphError::Name { op: "op0".into() });
}

#[test]
fn operators_have_the_inputs_they_need() {
    let found = op_error(|g| g.ops[0].inputs.truncate(1));
    assert_eq!(found, OpError::Arity { what: "inputs", expected: "2 to 3".into(), found: 1 });
    let found = op_error(|g| g.ops[0].inputs.push(None));
    assert_eq!(found, OpError::Arity { what: "inputs", expected: "2 to 3".into(), found: 4 });
    let found = op_error(|g| g.ops[1].inputs.push(Some(0)));
    assert_eq!(found, OpError::Arity { what: "inputs", expected: "1".into(), found: 2 });
    let found = op_error(|g| g.ops[0].inputs[0] = None);
    assert_eq!(found, OpError::Missing { role: "input" });
    let found = op_error(|g| g.ops[0].inputs[1] = Some(0));
    assert_eq!(found, OpError::NotConstant { role: "weights", tensor: "t0".into() });
}

#[test]
fn types_must_fit() {
    let found = op_error(|g| {
        (g.tensors[2].dtype, g.tensors[2].shape) = (DType::F32, vec![3]);
    });
    assert!(matches!(found, OpError::DType { role: "bias", found: DType::F32, .. }));
    let found = op_error(|g| g.tensors[3].dtype = DType::I16);
    assert!(matches!(found, OpError::DType { role: "output", found: DType::I16, .. }));
    let found = op_error(|g| g.tensors[0].dtype = DType::I16);
    assert!(matches!(found, OpError::DType { role: "input", found: DType::I16, .. }));
}

#[test]
fn windows_must_fit() {
    let conv = |padding, stride, dilation| {
        let activation = Activation::None;
        op_error(|g| g.ops[0].kind = OpKind::Conv2d { padding, stride, dilation, activation })
    };
    let zero = conv(Padding::Same, [0, 1], [1, 1]);
    assert!(matches!(zero, OpError::Parameter { what: "stride", .. }));
    let zero = conv(Padding::Same, [1, 1], [1, 0]);
    assert!(matches!(zero, OpError::Parameter { what: "dilation", .. }));
    let wide = conv(Padding::Valid, [1, 1], [1, usize::MAX]);
    assert!(matches!(wide, OpError::Parameter { what: "the size of a window", .. }));
    let other = conv(Padding::Same, [1, 1], [1, 1]);
    assert!(matches!(other, OpError::Shape { role: "output", .. }));
}

#[test]
fn layers_must_fit_their_input() {
    let shape = |id: TensorId, shape: &[usize]| {
        let shape = shape.to_vec();
        op_error(|g| g.tensors[id].shape = shape)
    };
    let grouped = shape(0, &[1, 3, 2, 4]);
    assert!(matches!(grouped, OpError::Shape { role: "weights", .. }));
    assert!(matches!(shape(0, &[3, 4]), OpError::Shape { role: "input", .. }));
    assert!(matches!(shape(1, &[3, 4]), OpError::Shape { role: "weights", .. }));
    let bias = op_error(|g| {
        g.tensors[2] = Tensor { shape: vec![2], data: Some(vec![0; 8]), ..g.tensors[2].clone() };
        *quant(g, 2) = per_tensor((0.005, 0));
    });
    assert!(matches!(bias, OpError::Shape { role: "bias", .. }));
}

#[test]
fn quantisation_must_fit() {
    let role = |found: OpError| match found {
        OpError::Quant { role, .. } => role,
        other => panic!("{other}"),
    };
    assert_eq!(role(op_error(|g| g.tensors[0].quant = None)), "input");
    assert_eq!(role(op_error(|g| g.tensors[1].quant = None)), "weights");
    assert_eq!(role(op_error(|g| g.tensors[3].quant = None)), "output");
    assert_eq!(role(op_error(|g| quant(g, 1).zero_points[1] = 1)), "weights");
    assert_eq!(role(op_error(|g| quant(g, 2).zero_points[1] = 1)), "bias");
    assert_eq!(role(op_error(|g| quant(g, 2).scales[1] = 1.0)), "bias");
    assert_eq!(role(op_error(|g| quant(g, 4).zero_points[0] = 0)), "output");
    let channels = op_error(|g| {
        *quant(g, 3) = Quant { scales: vec![1.0; 3], zero_points: vec![0; 3], dimension: 3 };
    });
    assert_eq!(role(channels), "output");
}

#[test]
fn depthwise_weights_are_scaled_along_their_outputs() {
    let mut s = Sample::new();
    let x = s.input(DType::I8, &[1, 3, 3, 1]);
    let (padding, stride, dilation) = (Padding::Same, [1, 1], [1, 1]);
    let (multiplier, activation) = (2, Activation::None);
    let kind = OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, activation };
    let x = s.layer(kind, x, &[1, 2, 2, 2], &[1, 3, 3, 2]);
    let mut graph = s.output(x);
    graph.validate().unwrap();
    quant(&mut graph, 1).dimension = 2;
    let found = graph.validate().unwrap_err().to_string();
    assert!(found.contains("scales along dimension 2, expected along 3"), "{found}");
}

/// The error of a graph with one operator over these inputs.
fn lone(kind: OpKind, input: &[usize], sizes: Option<(&[usize], &[i32])>, out: &[usize]) -> String {
    let mut s = Sample::new();
    let mut inputs = vec![s.input(DType::I8, input)];
    inputs.extend(sizes.map(|(shape, sizes)| s.sizes(shape, sizes)));
    let x = s.op(kind, &inputs, out);
    s.output(x).validate().map_or_else(|error| error.to_string(), |()| "valid".into())
}

#[test]
fn shapes_follow_from_sizes() {
    let mean = |axes: &[i32], out: &[usize]| {
        lone(OpKind::Mean { keep_dims: false }, &[2, 3, 4], Some((&[axes.len()], axes)), out)
    };
    assert_eq!(mean(&[1], &[2, 4]), "valid");
    assert_eq!(mean(&[0, 1, 2], &[]), "valid");
    assert!(mean(&[-3], &[2, 4]).contains("shape 2×4, expected 3×4"));
    assert!(mean(&[3], &[2, 3]).contains("axis is 3"));
    assert!(mean(&[i32::MIN], &[2, 3]).contains("axis is -2147483648"));
    assert!(mean(&[0, 0, 0, 0], &[3, 4]).contains("at most 3"));
    let pad = |shape: &[usize], widths: &[i32], out: &[usize]| {
        lone(OpKind::Pad, &[2, 3], Some((shape, widths)), out)
    };
    assert_eq!(pad(&[2, 2], &[1, 0, 0, 2], &[3, 5]), "valid");
    assert!(pad(&[2, 2], &[-1, 0, 0, 2], &[1, 5]).contains("padding is -1"));
    assert!(pad(&[4], &[1, 0, 0, 2], &[3, 5]).contains("shape 4, expected 2×2"));
    let squeeze = |out: &[usize]| lone(OpKind::Squeeze, &[1, 2, 1, 3], None, out);
    assert_eq!(squeeze(&[2, 3]), "valid");
    assert_eq!(squeeze(&[1, 2, 3]), "valid");
    assert_eq!(squeeze(&[2, 1, 3]), "valid");
    for wrong in [&[3, 2][..], &[2, 3, 1], &[2, 1, 1, 3], &[1, 2, 1, 3, 1]] {
        assert_ne!(squeeze(wrong), "valid");
    }
    assert!(lone(OpKind::Reshape, &[2, 3], None, &[5]).contains("6 elements as in 2×3"));
    assert!(lone(OpKind::Softmax { beta: f32::NAN }, &[2], None, &[2]).contains("beta is NaN"));
    assert!(lone(OpKind::Softmax { beta: 1.0 }, &[], None, &[]).contains("at least one dimension"));
    let concatenation = OpKind::Concatenation { axis: 2, activation: Activation::None };
    assert!(lone(concatenation, &[2, 3], None, &[2, 3]).contains("axis is 2"));
}

#[test]
fn two_inputs_broadcast() {
    let add = |a: &[usize], b: &[usize], out: &[usize]| {
        let mut s = Sample::new();
        let (a, b) = (s.input(DType::I8, a), s.input(DType::I8, b));
        let x = s.op(OpKind::Add { activation: Activation::None }, &[a, b], out);
        s.output(x).validate().is_ok()
    };
    assert!(add(&[2, 3], &[3], &[2, 3]));
    assert!(add(&[], &[2, 3], &[2, 3]));
    assert!(add(&[2, 1], &[1, 3], &[2, 3]));
    assert!(!add(&[2, 3], &[2], &[2, 3]));
    assert!(!add(&[2, 3], &[3], &[3]));
}

#[test]
fn messages_say_what_to_do() {
    let found = error(|g| g.tensors[3].shape[2] = 5);
    let op = r#"operator "op0" (CONV_2D)"#;
    let expected = r#"its output "t3" has the shape 1×2×5×3, expected 1×2×2×3"#;
    assert_eq!(found.to_string(), format!("{op}: {expected}"));
    assert_eq!(CONV.name(), "CONV_2D");
}
