//! ONNX models that say what no exporter writes: each is refused in words, at once.

use crate::common::Place;
use crate::common::protobuf::{array, input, model, node, reals};

/// Inspects a model of these parts, beside an input `x` of 1 × 4.
fn inspect(parts: &[Vec<u8>]) -> crate::common::Run {
    let place = Place::new();
    place.put("m.onnx", &model(&[&[input("x", &[1, 4])], parts].concat()));
    place.run(&["inspect", "m.onnx"])
}

#[test]
fn what_they_are_made_of_can_be_read() {
    let weights = reals("w", &[4, 2], &[1.0; 8]);
    assert!(inspect(&[weights, node("MatMul", "x w", "y")]).ok().contains("FULLY_CONNECTED"));
}

#[test]
fn shapes_that_cannot_be() {
    let matmul = || node("MatMul", "x w", "y");
    for dims in [&[1 << 40, 1 << 40][..], &[-4, 2], &[i64::MAX], &[i64::MIN, 2], &[1 << 62, 4, 0]] {
        inspect(&[reals("w", dims, &[1.0; 8]), matmul()]).fails(&["tensor \"w\" has the sizes"]);
    }
    inspect(&[reals("w", &[4, 3], &[1.0; 8]), matmul()])
        .fails(&["\"w\" (4×3) has 8 elements, expected 12"]);
    inspect(&[array("w", 1, &[2], &[0; 7]), matmul()]).fails(&["\"w\" has 7 bytes"]);
    inspect(&[array("w", 8, &[1], &[0]), matmul()]).fails(&["\"w\" is string, expected float32"]);
    let huge = [input("x", &[1, 1 << 40]), node("Relu", "x", "y")];
    let place = Place::new();
    place.put("m.onnx", &model(&huge));
    place.run(&["inspect", "m.onnx"]).fails(&["elements in an input"]);
    place.put("m.onnx", &model(&[input("x", &[1, -7]), node("Relu", "x", "y")]));
    place.run(&["inspect", "m.onnx"]).fails(&["input \"x\" has the shape 1×-7"]);
}

#[test]
fn nodes_in_a_circle() {
    let nodes = [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")];
    inspect(&nodes).fails(&["node \"a\" (Add) reads \"b\"", "nothing before it sets that"]);
    inspect(&[node("Relu", "y", "y")]).fails(&["reads \"y\""]);
    inspect(&[node("Relu", "x", "x")]).fails(&["\"x\" is set twice"]);
}

#[test]
fn weights_that_are_no_numbers() {
    for value in [f32::NAN, f32::INFINITY] {
        let mut values = [1.0; 8];
        values[5] = value;
        let parts = [reals("fc.weight", &[4, 2], &values), node("MatMul", "x fc.weight", "y")];
        inspect(&parts).fails(&["\"y\" (MatMul)", "weights \"fc.weight\" hold NaN or infinity"]);
    }
}

#[test]
fn more_than_any_device_holds() {
    let chain = |count: usize, kind: &str, inputs: &dyn Fn(&str) -> String| -> Vec<Vec<u8>> {
        let name = |at: usize| if at == count { "y".into() } else { format!("t{at}") };
        let from = |at: usize| if at == 0 { "x".into() } else { name(at) };
        (0..count).map(|at| node(kind, &inputs(&from(at)), &name(at + 1))).collect()
    };
    let same = |x: &str| x.to_owned();
    inspect(&chain(9000, "Relu", &same)).fails(&["9000 nodes, expected at most 8192"]);
    // Many functions behind one another, all with the same name but for a number.
    inspect(&chain(8000, "Tanh", &same)).ok();
    let inputs: Vec<Vec<u8>> = (0..100).map(|at| input(&format!("x{at}"), &[1, 4])).collect();
    inspect(&[inputs, vec![node("Relu", "x", "y")]].concat()).fails(&["inputs, expected at most"]);
    let doubled = chain(40, "Concat", &|x| format!("{x} {x}"));
    inspect(&doubled).fails(&["(Concat): its output has", "expected at most 16777216"]);
    let constant = reals("c", &[1, 1 << 16], &vec![0.0; 1 << 16]);
    let mut doubled = chain(20, "Concat", &|x| format!("{x} {x}"));
    doubled[0] = node("Concat", "c c", "t1");
    inspect(&[vec![constant], doubled].concat()).fails(&["cannot be computed", "beforehand"]);
    let indices = array("i", 7, &[1 << 15], &vec![0; 8 << 15]);
    let rows = reals("c", &[1, 1 << 15], &vec![0.0; 1 << 15]);
    inspect(&[rows, indices, node("Gather", "c i", "y")]).fails(&["\"y\" (Gather)", "beforehand"]);
}

#[test]
fn integers_that_do_not_say_what_they_stand_for() {
    let scale = |value: f32| reals("s", &[], &[value]);
    let zero = || array("z", 3, &[], &[0]);
    let there = || node("QuantizeLinear", "x s z", "q");
    let back = || node("DequantizeLinear", "q s z", "y");
    inspect(&[scale(0.1), zero(), there(), back()]).ok();
    for value in [0.0, -1.0] {
        inspect(&[scale(value), zero(), there(), back()])
            .fails(&["\"q\" (QuantizeLinear)", "above zero"]);
    }
    inspect(&[scale(f32::NAN), zero(), there(), back()]).fails(&["scales \"s\" hold NaN"]);
    let wide = array("z", 5, &[], &[0, 0]);
    inspect(&[scale(0.1), wide, there(), back()]).fails(&["\"z\" is int16"]);
    let three = [reals("s", &[3], &[0.1; 3]), array("z", 3, &[3], &[0; 3]), there(), back()];
    inspect(&three).fails(&["3 scales for activations, expected 1"]);
    inspect(&[scale(0.1), zero(), node("DequantizeLinear", "x s z", "y")])
        .fails(&["its input is no integers"]);
    inspect(&[scale(0.1), zero(), there(), node("Relu", "q", "y")])
        .fails(&["\"y\" (Relu)", "computes with stored integers"]);
    let other = [reals("t", &[], &[0.2]), node("DequantizeLinear", "q t z", "y")].concat();
    inspect(&[scale(0.1), zero(), there(), other]).fails(&["others than those of its input"]);
    // A network of which one half is quantised.
    let weights = reals("w", &[4, 2], &[1.0; 8]);
    let parts = [
        scale(0.1),
        zero(),
        weights,
        there(),
        node("DequantizeLinear", "q s z", "d"),
        node("MatMul", "d w", "y"),
    ];
    inspect(&parts).fails(&["how tensor \"y\" is stored in int8", "quant_pre_process"]);
}

#[test]
fn operators_on_integers_without_their_inputs() {
    inspect(&[node("QLinearConv", "x", "y")]).fails(&["(QLinearConv)", "or its scale is missing"]);
    inspect(&[node("QLinearConcat", "s z", "y")]).fails(&["\"y\""]);
    inspect(&[node("ConvInteger", "x x", "y"), node("LSTM", "x", "z"), node("LSTM", "x", "v")])
        .fails(&["ConvInteger (\"y\"), LSTM (\"z\", \"v\")", "QLinearConv"]);
}
