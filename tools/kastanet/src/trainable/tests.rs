//! What is chosen, stored and refused. What a trained part computes is tested where the device's side is.

use super::*;
use crate::graph::sample::{CONV, Sample, every_operator};
use crate::graph::{Activation, DType, Graph, OpKind};
use crate::pack::{self, Options, pack};
use crate::prune::{Sparsity, Unit};
use kastanet::image::record::section;
use kastanet::image::{Image, record};
use kastanet::sparse::{Format, Pattern};
use kastanet::train::record::{Header, Layer, NOWHERE, Operation};
use zerocopy::FromBytes;

const FULLY: OpKind = OpKind::FullyConnected { activation: Activation::None, keep_dims: false };

/// Convolution, sum with its input's like, fully connected, softmax.
fn network() -> Graph {
    let mut s = Sample::new();
    let x = s.input(DType::I8, &[1, 4, 2, 3]);
    let x = s.layer(CONV, x, &[5, 1, 2, 3], &[1, 2, 2, 5]);
    let kind = OpKind::Conv2d {
        padding: crate::graph::Padding::Same,
        stride: [1, 1],
        dilation: [1, 1],
        activation: Activation::None,
    };
    let y = s.layer(kind, x, &[5, 3, 3, 5], &[1, 2, 2, 5]);
    let x = s.op(OpKind::Add { activation: Activation::Relu }, &[x, y], &[1, 2, 2, 5]);
    let x = s.op(OpKind::Reshape, &[x], &[1, 20]);
    let x = s.layer(FULLY, x, &[6, 20], &[1, 6]);
    let x = s.op(OpKind::Softmax { beta: 1.0 }, &[x], &[1, 6]);
    s.output(x)
}

/// No weight is −128.
fn symmetric(mut graph: Graph) -> Graph {
    for id in graph.ops.iter().filter_map(|op| op.weights()).collect::<Vec<_>>() {
        let bytes = graph.tensors[id].data.iter_mut().flatten();
        bytes.filter(|byte| **byte == 0x80).for_each(|byte| *byte = 0x7f);
    }
    graph
}

fn options(sparsity: f64, trainable: Trainable) -> Options {
    let sparsity = Sparsity::uniform(sparsity);
    Options { sparsity, trainable: Some(trainable), ..Options::default() }
}

fn refusal(graph: Graph, options: &Options) -> String {
    pack(graph, options).map(drop).unwrap_err().to_string()
}

/// What an image says of its trained part.
struct Seen {
    header: Header,
    operations: Vec<Operation>,
    layers: Vec<Layer>,
    data: Vec<u8>,
    reserve: Vec<u8>,
}

fn seen(graph: Graph, options: &Options) -> Seen {
    let bytes = pack::AlignedBytes::new(&pack(graph, options).unwrap().image);
    let image = Image::new_checked(&bytes).unwrap();
    let section = image.section(section::TRAINABLE).unwrap();
    let (header, rest) = Header::ref_from_prefix(section).unwrap();
    let count = header.operations.get().into();
    let (operations, rest) = <[Operation]>::ref_from_prefix_with_elems(rest, count).unwrap();
    let count = header.layers.get().into();
    let (layers, data) = <[Layer]>::ref_from_prefix_with_elems(rest, count).unwrap();
    Seen {
        header: *header,
        operations: operations.to_vec(),
        layers: layers.to_vec(),
        data: data.to_vec(),
        reserve: image.section(section::RESERVE).unwrap_or_default().to_vec(),
    }
}

#[test]
fn a_part_starts_where_one_tensor_enters() {
    let graph = symmetric(network());
    let of = |layers: Which| {
        let trainable = Trainable { layers, ..Trainable::default() };
        let Seen { header, operations, layers, .. } = seen(graph.clone(), &options(0.5, trainable));
        let kinds: Vec<u8> = layers.iter().map(|layer| layer.kind).collect();
        (header.first.get(), header.boundary.get(), operations.len(), kinds)
    };
    assert_eq!(of(Which::All), (0, 0, 4, vec![0, 0, 0]));
    assert_eq!(of(Which::Last(1)), (4, 4, 1, vec![0]));
    // Tensor 1 enters twice.
    assert_eq!(of(Which::Last(2)), (1, 1, 3, vec![0, 0]));
    assert_eq!(of(Which::Named(vec!["op0".into()])), (0, 0, 4, vec![0, 2, 2]));
    assert_eq!(of(Which::Named(vec!["op4".into(), "op0".into()])), (0, 0, 4, vec![0, 2, 0]));
}

#[test]
fn a_part_has_scales_and_unfolded_biases() {
    let trainable = Trainable { layers: Which::Last(1), ..Trainable::default() };
    let Seen { header, layers, data, operations, .. } =
        seen(symmetric(network()), &options(0.5, trainable));
    assert_eq!((header.last, operations[0].kind, operations[0].function), (5, 1, 0));
    assert_eq!((layers[0].rows.get(), layers[0].cols.get()), (6, 20));
    let floats: Vec<f32> =
        data.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let scales: Vec<f32> = (0..6).map(|c| 0.01 + 0.001 * c as f32).collect();
    assert_eq!(floats[..6], scales);
    for (row, bias) in floats[6..].iter().enumerate() {
        assert!((bias - (256 + row) as f32 * 0.5 * scales[row]).abs() < 1e-6, "{bias}");
    }
    assert_eq!((layers[0].scales.get(), layers[0].bias.get()), (0, 24));
}

#[test]
fn sets_follow_pruning() {
    let counts = |trainable: &Trainable, unit: Unit, sparsity: f64| {
        let sparsity = if matches!(unit, Unit::Nm(_)) { 0.0 } else { sparsity };
        let options = Options { unit, ..options(sparsity, trainable.clone()) };
        let layer = *seen(symmetric(network()), &options).layers.last().unwrap();
        [layer.unit, layer.group, layer.kind]
            .map(u32::from)
            .into_iter()
            .chain([layer.forward.get(), layer.backward.get()])
            .collect::<Vec<_>>()
    };
    let standard = Trainable::default();
    assert_eq!(counts(&standard, Unit::Weight, 0.9), [0, 0, 0, 12, 24]);
    assert_eq!(counts(&standard, Unit::Weight, 0.4), [0, 0, 0, 72, 120]);
    assert_eq!(counts(&standard, Unit::Weight, 0.0), [0, 0, 1, 0, 0]);
    assert_eq!(counts(&standard, Unit::Block4x1, 0.75), [1, 0, 0, 10, 20]);
    assert_eq!(counts(&standard, Unit::Block1x4, 0.8), [2, 0, 0, 6, 12]);
    assert_eq!(counts(&standard, Unit::Nm(Pattern::OneOf8), 0.0), [3, 8, 0, 1, 2]);
    let none = Trainable { reserve: Reserve::None, ..Trainable::default() };
    assert_eq!(counts(&none, Unit::Weight, 0.9), [0, 0, 0, 12, 12]);
    let top = Trainable { reserve: Reserve::Top(0.15), ..Trainable::default() };
    assert_eq!(counts(&top, Unit::Weight, 0.9), [0, 0, 0, 12, 18]);
    let asked = Trainable {
        backward: Some(0.5),
        backward_of: vec![("op1".into(), 0.3)],
        ..Trainable::default()
    };
    assert_eq!(counts(&asked, Unit::Weight, 0.9), [0, 0, 0, 12, 60]);
}

/// The values of the last layer's reserve, and its format.
fn reserve(unit: Unit, trainable: Trainable) -> (u8, Vec<i8>) {
    let options = Options { unit, ..options(0.75, trainable) };
    let Seen { layers, reserve, .. } = seen(symmetric(network()), &options);
    let layer = layers.last().unwrap();
    let values = &reserve[layer.values.get() as usize..][..layer.values_len.get() as usize];
    (layer.format, values.iter().map(|&byte| byte as i8).collect())
}

#[test]
fn a_full_reserve_is_in_the_order_of_units() {
    let graph = symmetric(network());
    let weights = graph.input(&graph.ops[4], 1).unwrap().to_i8().unwrap();
    let last = || Trainable { layers: Which::Last(1), ..Trainable::default() };
    let dense = Format::Dense as u8;
    assert_eq!(reserve(Unit::Weight, last()), (dense, weights.clone()));
    assert_eq!(reserve(Unit::Block1x4, last()), (dense, weights.clone()));
    let (format, values) = reserve(Unit::Block4x1, last());
    assert_eq!((format, values.len()), (dense, 2 * 20 * 4));
    let of = |row: usize, col: usize| weights[row * 20 + col];
    assert_eq!(
        values[..8],
        [of(0, 0), of(1, 0), of(2, 0), of(3, 0), of(0, 1), of(1, 1), of(2, 1), of(3, 1)]
    );
    assert_eq!(values[80..84], [of(4, 0), of(5, 0), i8::MIN, i8::MIN]);
}

#[test]
fn a_smaller_reserve_is_compressed() {
    let of = |reserve| Trainable { layers: Which::Last(1), reserve, ..Trainable::default() };
    let (format, values) = reserve(Unit::Weight, of(Reserve::Top(0.3)));
    assert!([1, 2, 6, 7].contains(&format), "{format}");
    assert_eq!(values.iter().filter(|&&value| value != 0).count(), 36);
    // The image's own weights serve, but for blocks.
    assert_eq!(reserve(Unit::Weight, of(Reserve::None)), (0xff, vec![]));
    let (format, values) = reserve(Unit::Block4x1, of(Reserve::None));
    assert!([1, 2, 6, 7].contains(&format), "{format}");
    assert!(values.iter().filter(|&&value| value != 0).count() <= 40);
}

#[test]
fn depthwise_filters_are_stored_by_channels() {
    let mut s = Sample::new();
    let x = s.input(DType::I8, &[1, 3, 3, 2]);
    let kind = OpKind::DepthwiseConv2d {
        padding: crate::graph::Padding::Same,
        stride: [1, 1],
        dilation: [1, 1],
        multiplier: 1,
        activation: Activation::None,
    };
    let x = s.layer(kind, x, &[1, 2, 1, 2], &[1, 3, 3, 2]);
    let graph = symmetric(s.output(x));
    let weights = graph.input(&graph.ops[0], 1).unwrap().to_i8().unwrap();
    let Seen { layers, reserve, .. } = seen(graph, &options(0.9, Trainable::default()));
    assert_eq!((layers[0].kind, layers[0].format, layers[0].rows.get()), (1, 0, 2));
    assert_eq!(reserve, [0, 2, 1, 3].map(|at: usize| weights[at] as u8));
    assert_ne!(layers[0].bias.get(), NOWHERE);
    assert_ne!(layers[0].weights.get(), record::NONE);
}

#[test]
fn all_operators_that_cannot_be_trained_are_named() {
    let error = refusal(symmetric(every_operator()), &options(0.0, Trainable::default()));
    for part in [
        "`op2` (DEPTHWISE_CONV_2D): its output is cut to -1 to 1",
        "`op4` (PADV2): it pads with something else than 0",
        "(MUL): its input `t16` is a constant",
        "(SOFTMAX): its beta is 0.5, expected 1",
    ] {
        assert!(error.contains(part), "no {part:?} in {error}");
    }
    assert_eq!(error.matches('`').count(), 10, "{error}");
}

#[test]
fn what_cannot_be_is_refused() {
    let graph = || symmetric(network());
    let of = |layers: Which| options(0.5, Trainable { layers, ..Trainable::default() });
    assert_eq!(
        refusal(graph(), &of(Which::Named(vec!["op3".into()]))),
        "no layer with weights is called `op3`; there are op0, op1, op4"
    );
    assert_eq!(refusal(graph(), &of(Which::Last(4))), "4 layers to be trained, there are 3");
    let unknown = Trainable { backward_of: vec![("x".into(), 0.5)], ..Trainable::default() };
    assert!(refusal(graph(), &options(0.5, unknown)).contains("called `x`"));
    let small = Trainable { backward: Some(0.2), ..Trainable::default() };
    assert_eq!(
        refusal(graph(), &options(0.5, small)),
        "layer `op0`: expected 1 <= forward <= backward <= 30 units, found 15 and 6"
    );
    let top = Trainable { reserve: Reserve::Top(0.3), ..Trainable::default() };
    assert_eq!(
        refusal(graph(), &options(0.5, top)),
        "layer `op0`: the reserve holds 9 of 30 units that are not 0, the backward set needs 15"
    );
    let mut asymmetric = graph();
    let weights = asymmetric.ops[4].weights().unwrap();
    asymmetric.tensors[weights].data.as_mut().unwrap()[0] = 0x80;
    assert_eq!(
        refusal(asymmetric, &of(Which::All)),
        "layer `op4`: a weight is -128, where the symmetric range is -127 to 127"
    );
}

#[test]
fn one_tensor_enters_and_one_leaves() {
    let of = |graph: Graph| refusal(graph, &options(0.0, Trainable::default()));
    let mut s = Sample::new();
    let (a, b) = (s.input(DType::I8, &[1, 20]), s.input(DType::I8, &[1, 6]));
    let x = s.layer(FULLY, a, &[6, 20], &[1, 6]);
    let y = s.op(OpKind::Add { activation: Activation::None }, &[x, b], &[1, 6]);
    let mut graph = symmetric(s.output(y));
    assert_eq!(
        of(graph.clone()),
        "the trained part has more than one input: t0, t1; training needs a single int8 tensor to start from"
    );
    graph.outputs.push(x);
    assert_eq!(of(graph), "the network has 2 outputs, training needs one");
    let mut s = Sample::new();
    let x = s.input(DType::I8, &[1, 20]);
    let x = s.op(OpKind::Relu, &[x], &[1, 20]);
    assert_eq!(of(s.output(x)), "1 layer to be trained, there are 0");
}
