//! One test for each way a file can be wrong.

use super::*;
use crate::failure::Failure;
use crate::graph::{DType, GraphError};
use crate::tflite::Precision;
use crate::tflite::operators;
use crate::tflite::schema::{
    buffer, conv, fully_connected, operator as op, operator_code as code, quantization,
    tensor as schema,
};

const OPTIONS: Step = (op::OPTIONS, None);

#[test]
fn other_files_are_refused() {
    let mut bytes = build(&small());
    bytes[4..8].copy_from_slice(b"\x7fELF");
    let found = import("a.out", &bytes).unwrap_err().to_string();
    assert!(found.starts_with(
        r#"a.out: not a TFLite model: bytes 4 to 7 should be "TFL3", they are "\x7fELF""#
    ));
    assert!(matches!(read(b""), Err(Fault::NotTflite { found }) if found == "missing"));
    let version = fault(&[], |root| set(root, model::VERSION, Value::U32(4)));
    assert!(matches!(version, Fault::Version { found: 4 }));
}

#[test]
fn there_is_one_subgraph() {
    let none = fault(&[], |root| set(root, model::SUBGRAPHS, Node::Nodes(vec![])));
    assert!(matches!(none, Fault::Subgraphs { found: 0 }));
    let two = vec![Node::Table(vec![]), Node::Table(vec![])];
    let two = fault(&[], |root| set(root, model::SUBGRAPHS, Node::Nodes(two)));
    assert!(matches!(two, Fault::Subgraphs { found: 2 }));
}

#[test]
fn there_are_not_too_many_of_anything() {
    let many = || Node::Nodes((0..=1 << 16).map(|_| Node::Table(vec![])).collect());
    for field in [model::OPERATOR_CODES, model::BUFFERS] {
        let found = fault(&[], |root| set(root, field, many()));
        assert!(matches!(found, Fault::Count { found: 65_537, limit: 65_536, .. }));
    }
    for field in [subgraph::OPERATORS, subgraph::TENSORS] {
        let found = fault(&[(model::SUBGRAPHS, Some(0))], |g| set(g, field, many()));
        assert!(matches!(found, Fault::Count { found: 65_537, limit: 65_536, .. }));
    }
}

/// A message says what is wrong, the help what to do.
#[test]
fn help_is_apart_from_the_message() {
    let failure = Failure::from(import("a.out", b"\x7fELFand more").unwrap_err());
    assert_eq!(failure.message, "cannot use `a.out`");
    assert_eq!(failure.causes.len(), 1);
    assert!(failure.causes[0].starts_with("not a TFLite model"), "{failure}");
    assert_eq!(failure.help.as_deref(), Some("give a file written by the TFLite converter"));
    let rank = fault(&tensor(0), |t| set(t, schema::SHAPE, Node::i32s([1; 9])));
    assert!(!rank.to_string().contains("reshape"), "{rank}");
    assert_eq!(rank.help(), "reshape the model's layers");
}

/// The every-operator graph with other codes for some operators.
fn recoded(codes: &[(usize, i32, &str)]) -> Fault {
    let mut root = tree(&every_operator());
    for &(index, number, custom) in codes {
        let fields = table(&mut root, &operator_code(index));
        set(fields, code::DEPRECATED_BUILTIN_CODE, Value::U8(number.min(127) as u8));
        set(fields, code::BUILTIN_CODE, Value::I32(number));
        set(fields, code::CUSTOM_CODE, Node::string(custom));
    }
    read(&write(IDENTIFIER, root)).unwrap_err()
}

#[test]
fn all_unsupported_operators_are_listed_at_once() {
    let found =
        recoded(&[(0, 16, ""), (1, 16, ""), (2, operators::CUSTOM, "Detect"), (3, 150, "")]);
    let list = r#"unsupported operators: CUSTOM "Detect", GELU, LSTM ×2"#;
    assert_eq!(found.to_string(), list);
    assert!(found.help().contains("supported: ADD, "), "{}", found.help());
    let found = recoded(&[(0, 9999, ""), (1, -7, "")]);
    let list = "unsupported operators: operator number -7, operator number 9999";
    assert_eq!(found.to_string(), list);
}

#[test]
fn all_unsupported_types_are_listed_at_once() {
    let mut root = tree(&small());
    for (index, number) in [(0, 17), (3, 5), (4, 99)] {
        set(table(&mut root, &tensor(index)), schema::TYPE, Value::U8(number));
    }
    let found = read(&write(IDENTIFIER, root)).unwrap_err().to_string();
    let list = r#"INT4 of tensor "t0", STRING of tensor "t3", type number 99 of tensor "t4""#;
    assert!(found.contains(list), "{found}");
}

/// What is said of the small graph when it computes in these types.
fn precision(change: impl FnOnce(&mut Graph)) -> Precision {
    let mut graph = small();
    change(&mut graph);
    match read(&build(&graph)) {
        Err(Fault::Precision(precision)) => precision,
        other => panic!("{other:?}"),
    }
}

#[test]
fn networks_of_other_types_are_named() {
    let all = |dtype| move |g: &mut Graph| g.tensors.iter_mut().for_each(|t| t.dtype = dtype);
    assert_eq!(precision(all(DType::U8)), Precision::Uint8 { ops: 2 });
    assert_eq!(precision(all(DType::I16)), Precision::Int16 { ops: 2 });
    let mixed = |g: &mut Graph| g.tensors[3].dtype = DType::F32;
    assert_eq!(precision(mixed), Precision::Mixed { ops: 1, total: 2 });
    let text = Fault::Precision(Precision::Int16 { ops: 2 }).help();
    assert!(text.contains("full-integer") && text.contains("inference_input_type"), "{text}");
}

#[test]
fn tensors_are_plain() {
    let variable = fault(&tensor(1), |t| set(t, schema::IS_VARIABLE, Value::U8(1)));
    assert!(matches!(variable, Fault::Variable { .. }));
    let sparse = fault(&tensor(1), |t| set(t, schema::SPARSITY, Node::Table(vec![])));
    assert!(matches!(sparse, Fault::Sparse { .. }));
    let path = [tensor(1), vec![(schema::QUANTIZATION, None)]].concat();
    let blockwise = fault(&path, |q| set(q, quantization::DETAILS_TYPE, Value::U8(2)));
    assert!(matches!(blockwise, Fault::Quantisation { found: 2, .. }));
}

#[test]
fn shapes_are_fixed() {
    let open = fault(&tensor(0), |t| set(t, schema::SHAPE, Node::i32s([1, 3, -1, 2])));
    assert!(matches!(open, Fault::Dynamic { shape, .. } if shape == [1, 3, -1, 2]));
    let placeholder = fault(&tensor(0), |t| {
        set(t, schema::SHAPE, Node::i32s([1, 1, 2, 2]));
        set(t, schema::SHAPE_SIGNATURE, Node::i32s([-1, -1, 2, 2]));
    });
    assert!(matches!(placeholder, Fault::Dynamic { shape, .. } if shape == [-1, -1, 2, 2]));
    let zero = fault(&tensor(0), |t| set(t, schema::SHAPE, Node::i32s([1, 0, 2, 2])));
    assert!(matches!(zero, Fault::Graph(GraphError::EmptyDimension { .. })));
}

#[test]
fn scales_are_numbers() {
    let path = [tensor(0), vec![(schema::QUANTIZATION, None)]].concat();
    let nan = fault(&path, |q| set(q, quantization::SCALE, Node::f32s([f32::NAN])));
    assert!(matches!(nan, Fault::Graph(GraphError::Scale { .. })));
    let far = fault(&path, |q| set(q, quantization::ZERO_POINT, Node::i64s([i64::MIN])));
    assert!(matches!(far, Fault::Graph(GraphError::ZeroPoint { zero_point: i32::MIN, .. })));
    let two = fault(&path, |q| set(q, quantization::ZERO_POINT, Node::i64s([0, 0])));
    assert!(matches!(two, Fault::Graph(GraphError::QuantCounts { zero_points: 2, .. })));
}

#[test]
fn indices_are_in_range() {
    let index = |found: Fault| match found {
        Fault::Index { what, index, count, .. } => (what, index, count),
        other => panic!("{other}"),
    };
    let found = fault(&operator(0), |o| set(o, op::OPCODE_INDEX, Value::U32(2)));
    assert_eq!(index(found), ("operator code", 2, 2));
    let found = fault(&operator(0), |o| set(o, op::INPUTS, Node::i32s([-2, 1, 2])));
    assert_eq!(index(found), ("tensor", -2, 5));
    let found = fault(&operator(0), |o| set(o, op::OUTPUTS, Node::i32s([5])));
    assert_eq!(index(found), ("tensor", 5, 5));
    let found = fault(&tensor(1), |t| set(t, schema::BUFFER, Value::U32(3)));
    assert_eq!(index(found), ("buffer", 3, 3));
    let subgraph = [(model::SUBGRAPHS, Some(0))];
    let found = fault(&subgraph, |g| set(g, subgraph::OUTPUTS, Node::i32s([-1])));
    assert_eq!(index(found), ("tensor", -1, 5));
}

/// What is said of the small graph's convolution with another value in its options.
fn option(field: u16, value: Value) -> String {
    fault(&[operator(0), vec![OPTIONS]].concat(), |o| set(o, field, value)).to_string()
}

#[test]
fn options_are_usable() {
    let found = fault(&operator(0), |o| set(o, op::OPTIONS_TYPE, Value::U8(8)));
    assert!(matches!(found, Fault::Options { expected: 1, found: 8, .. }));
    let found = option(conv::STRIDE_H, Value::I32(0));
    assert!(found.contains("the vertical stride 0, expected one or more"), "{found}");
    let found = option(conv::DILATION_W, Value::I32(-1));
    assert!(found.contains("the horizontal dilation -1"), "{found}");
    let found = option(conv::PADDING, Value::U8(2));
    assert!(found.contains("the padding 2, expected 0 (SAME)"), "{found}");
    let found = option(conv::ACTIVATION, Value::U8(4));
    assert!(found.contains("the fused activation TANH, expected NONE"), "{found}");
    let missing = fault(&operator(0), |o| set(o, op::OPTIONS_TYPE, Value::U8(0)));
    assert!(matches!(missing, Fault::Parameter { what: "the vertical stride", .. }));
}

#[test]
fn weights_lie_in_plain_rows() {
    let mut root = tree(&every_operator());
    let dense = every_operator().ops.iter().position(|op| op.kind.name() == "FULLY_CONNECTED");
    let fields = table(&mut root, &[operator(dense.unwrap()), vec![OPTIONS]].concat());
    set(fields, fully_connected::WEIGHTS_FORMAT, Value::U8(1));
    let found = read(&write(IDENTIFIER, root)).unwrap_err();
    assert!(matches!(found, Fault::Parameter { what: "the weights' format", .. }));
}

#[test]
fn constants_lie_in_the_file() {
    let path = [(model::BUFFERS, Some(1))];
    let beyond = fault(&path, |b| {
        *b = vec![(buffer::OFFSET, Value::U64(u64::MAX)), (buffer::SIZE, Value::U64(12))];
    });
    assert!(matches!(beyond, Fault::Structure(_)), "{beyond}");
    let short = fault(&path, |b| set(b, buffer::DATA, Node::bytes(&[0; 11])));
    assert!(matches!(short, Fault::Graph(GraphError::ConstantBytes { found: 11, .. })));
}
