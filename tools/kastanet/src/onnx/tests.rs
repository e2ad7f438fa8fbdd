//! Models that onnxruntime has answered for: see `host-tests/oracle/onnx_models.py`.

use super::constant::Constant;
use super::{import, proto};
use crate::arrays::Archive;
use crate::float::Float;
use prost::Message;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx").join(name)
}

/// Samples, channels, places as memory here has them: channels last.
fn channels_last(shape: &[usize], values: &[f32]) -> Vec<f32> {
    let (channels, places) = (shape[1], shape[2..].iter().product::<usize>());
    (0..places * channels).map(|at| values[at % channels * places + at / channels]).collect()
}

/// The integers of an array of a file.
fn integers(model: &proto::Model, name: &str) -> Constant {
    let arrays = &model.graph.as_ref().unwrap().initializers;
    Constant::read(arrays.iter().find(|array| array.name == name).unwrap()).unwrap()
}

#[test]
fn stored_weights_stay_as_they_are() {
    for (name, array, order) in
        [("cnn_qdq", "c0", [0, 2, 3, 1]), ("depthwise_qdq", "c1", [1, 2, 3, 0])]
    {
        let bytes = std::fs::read(file(&format!("{name}.onnx"))).unwrap();
        let graph = import(name, &bytes).unwrap();
        let model = proto::Model::decode(bytes.as_slice()).unwrap();
        let [stored, scales] =
            ["quantized", "scale"].map(|part| integers(&model, &format!("{array}_{part}")));
        let weights = &graph.tensors[graph.ops[0].weights().unwrap()];
        let found: Vec<i64> = weights.to_i8().unwrap().into_iter().map(i64::from).collect();
        let expected = stored.transposed(&order);
        assert_eq!(found, expected.wholes().unwrap(), "{name}");
        assert_eq!(weights.quant.as_ref().unwrap().scales, scales.reals().unwrap());
    }
}

/// Reads a model, runs it on its input, and compares.
fn check(name: &str, ops: &[&str]) {
    let bytes = std::fs::read(file(&format!("{name}.onnx"))).unwrap();
    let graph = import(name, &bytes).unwrap_or_else(|error| panic!("{error}"));
    let kinds: Vec<&str> = graph.ops.iter().map(|op| op.kind.name()).collect();
    assert_eq!(kinds, ops, "{name}");
    let archive = Archive::open(&file(&format!("{name}.npz"))).unwrap();
    let [x, y] = ["x", "y"].map(|key| archive.array(key).unwrap());
    let mut values = x.f32s().unwrap();
    let sizes = &graph.tensors[graph.inputs[0]].shape;
    if x.shape.len() > 2 && sizes.last() != x.shape.last() {
        values = channels_last(&x.shape, &values);
    }
    let found = Float::new(&graph).unwrap().output(&[&values]).unwrap();
    let expected = y.f32s().unwrap();
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(1e-3_f32, |a, b| a.max(b.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= 1e-5 * largest, "{name}: {found}, expected {expected}");
    }
}

#[test]
fn fully_connected_layers() {
    check("mlp", &["FULLY_CONNECTED", "FULLY_CONNECTED", "LOGISTIC", "SOFTMAX"]);
}

#[test]
fn a_network_as_pytorch_exports_it() {
    check("cnn", &["CONV_2D", "MAX_POOL_2D", "CONV_2D", "FULLY_CONNECTED"]);
}

#[test]
fn channels_by_themselves() {
    check("depthwise", &["DEPTHWISE_CONV_2D", "CONV_2D", "MEAN"]);
}

#[test]
fn branches_and_gates() {
    let kinds = [
        "CONV_2D",
        "CONV_2D",
        "ADD",
        "MEAN",
        "CONV_2D",
        "LOGISTIC",
        "MUL",
        "CONCATENATION",
        "AVERAGE_POOL_2D",
        "MEAN",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ];
    check("residual", &kinds);
}

#[test]
fn convolutions_along_a_row() {
    check("row", &["CONV_2D", "MAX_POOL_2D", "DEPTHWISE_CONV_2D", "MUL", "ADD", "FULLY_CONNECTED"]);
}

#[test]
fn channels_that_are_last_already() {
    check("turned", &["CONV_2D", "PAD", "MAX_POOL_2D", "FULLY_CONNECTED"]);
}

#[test]
fn padding_before_the_image_and_in_means() {
    check(
        "lower",
        &["CONV_2D", "TANH", "PAD", "AVERAGE_POOL_2D", "MAX_POOL_2D", "FULLY_CONNECTED"],
    );
}

#[test]
fn several_vectors() {
    check("vectors", &["FULLY_CONNECTED", "MEAN", "FULLY_CONNECTED"]);
}
