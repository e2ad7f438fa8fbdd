//! Contradictory options, arrays and models that `kastanet` refuses, each in its own words.

use crate::common::{Place, Run, models, npz};
use kastanet_cli::arrays::{Array, Class, Element};
use kastanet_cli::graph::{DType, Graph, Op, OpKind, Quant, Tensor};
use kastanet_cli::tflite;
use std::time::{Duration, Instant};

const PACK: [&str; 4] = ["pack", "m.tflite", "-o", "x.kst"];

fn pack(place: &Place, more: &[&str]) -> Run {
    place.run(&[&PACK[..], more].concat())
}

/// A place with `p.kst`, three floats in and out.
fn classifier() -> Place {
    let place = Place::new();
    place.put("p.tflite", &models::positive(DType::F32));
    place.run(&["pack", "p.tflite", "-o", "p.kst"]).ok();
    place
}

fn tensor(name: &str, shape: &[usize]) -> Tensor {
    let quant = Some(Quant { scales: vec![0.5], zero_points: vec![0], dimension: 0 });
    Tensor { name: name.into(), dtype: DType::I8, shape: shape.to_vec(), quant, data: None }
}

/// `ops` positive parts of `shape`, one after the other.
fn chain(shape: &[usize], ops: usize, name: &str) -> Vec<u8> {
    let op = |at: usize| Op {
        name: format!("{name}{at}"),
        kind: OpKind::Relu,
        inputs: vec![Some(at)],
        outputs: vec![at + 1],
    };
    let graph = Graph {
        source: "chain".into(),
        tensors: (0..=ops).map(|at| tensor(&format!("{name}{at}"), shape)).collect(),
        ops: (0..ops).map(op).collect(),
        inputs: vec![0],
        outputs: vec![ops],
    };
    tflite::build(&graph)
}

#[test]
fn the_labels_are_an_input() {
    let place = Place::new();
    place.put("labels", b"a\nb\nc\nd\ne\nf\ng\n");
    let run = place.run(&["pack", "m.tflite", "-o", "labels", "--labels", "./labels"]);
    run.fails(&["`labels`", "input as well"]);
    assert!(place.get("labels").starts_with(b"a\n"));
}

#[test]
fn contradictory_values_are_usage_errors() {
    let place = Place::new();
    for formats in [["rice", "dense"], ["a=dense", "a=auto"]] {
        let run = pack(&place, &["--format", formats[0], "--format", formats[1]]);
        assert!(run.code == Some(2) && run.err.contains("--format for"), "{}", run.err);
    }
    for shares in [["0.5", "0.6"], ["a=0.5", "a=50%"]] {
        let run = pack(&place, &["--sparsity", shares[0], "--sparsity", shares[1]]);
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert!(run.err.contains("given twice") && run.err.contains("Usage: kastanet pack"));
    }
    let run = pack(&place, &["--sparsity", "-1"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("expected a share from 0 to 1"), "{}", run.err);
}

#[test]
fn units_that_are_none_or_say_how_many_stay() {
    let place = Place::new();
    for (args, said) in [
        (&["--unit", "nm:3:4"][..], "expected weight, block4x1"),
        (&["--unit", "nm:2:4", "--sparsity", "0.5"], "says how many stay"),
        (&["--unit", "nm:2:4", "--sparsity", "a=0.5"], "says how many stay"),
    ] {
        let run = pack(&place, args);
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert!(run.err.contains(said), "{}", run.err);
    }
}

#[test]
fn training_that_makes_no_sense() {
    let place = Place::new();
    for (args, said) in [
        (&["--trainable", "last:0"][..], "expected last:N"),
        (&["--trainable", "all", "--trainable", "a"], "do not go with another --trainable"),
        (&["--backward", "0.2"], "--trainable"),
        (&["--reserve", "full"], "--trainable"),
        (&["--trainable", "all", "--backward", "2"], "expected a share"),
        (&["--trainable", "all", "--backward", "0"], "expected a share above 0"),
        (&["--trainable", "all", "--backward", "0.2", "--backward", "0.3"], "given twice"),
        (&["--trainable", "all", "--reserve", "top:2"], "expected full, none or top:R"),
        (&["--trainable", "all", "--table", "-1"], "unexpected argument"),
        (&["--trainable", "all", "--reserve", "none", "--backward", "0.2"], "do not go with"),
    ] {
        let run = pack(&place, args);
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert!(run.err.contains(said), "{}", run.err);
    }
    let unknown = ["--trainable", "softmax"];
    pack(&place, &unknown).fails(&["no layer with weights is called `softmax`", "--trainable"]);
    let many = ["--trainable", "last:9"];
    pack(&place, &many).fails(&["9 layers to be trained", "--trainable"]);
    let small = ["--trainable", "all", "--sparsity", "0.5", "--backward", "0.1"];
    pack(&place, &small).fails(&["expected 1 <= forward <= backward", "change --backward"]);
    let all_learn = ["--trainable", "all", "--backward", "0.1"];
    pack(&place, &all_learn).fails(&["no trained layer is pruned", "leave --backward away"]);
    let no_part = ["--sparsity", "0.5", "--trainable", "last:1", "--backward", "conv2d=0.5"];
    pack(&place, &no_part).fails(&["layer `conv2d`", "it is not trained", "--backward"]);
    let dense = ["--sparsity", "0.5", "--sparsity", "conv2d=0", "--trainable", "all"];
    let dense = [&dense[..], &["--backward", "conv2d=0.5"]].concat();
    pack(&place, &dense).fails(&["layer `conv2d`", "it is not pruned", "--backward"]);
    let top = ["--trainable", "all", "--sparsity", "0.5", "--reserve", "top:0.1"];
    pack(&place, &top).fails(&["the reserve holds", "--reserve full"]);
    place.put("sum.tflite", &models::sum());
    let run = place.run(&["pack", "sum.tflite", "-o", "x.kst", "--trainable", "all"]);
    run.fails(&["the network has 2 outputs", "--trainable last:N"]);
    assert_eq!(place.files(), ["m.tflite", "sum.tflite"]);
}

/// The layer is named, and what to do about it.
#[test]
fn formats_that_do_not_hold_a_layer() {
    let place = Place::new();
    pack(&place, &["--format", "nm"]).fails(&["nm holds", "--format auto", "--unit nm:N:M"]);
    pack(&place, &["--format", "block1x4"]).fails(&["multiple of 4", "--format auto"]);
}

#[test]
fn labels_that_are_none_or_too_few() {
    let place = Place::new();
    place.put("blank.txt", b"\n  \n");
    for labels in ["", ",", "blank.txt"] {
        pack(&place, &["--labels", labels]).fails(&["no labels in"]);
    }
    let list = pack(&place, &["--labels", "missing"]);
    list.fails(&["1 label in `missing` does not fit `m.tflite`", "taken as a list, there is no"]);
    place.put("labels.txt", "\u{feff}a\nb\nc\nd\ne\nf\ng\n".as_bytes());
    pack(&place, &["--labels", "labels.txt"]).ok();
    assert_eq!(place.run(&["inspect", "x.kst", "--json"]).json()["labels"][0], "a");
}

#[test]
fn arenas_and_outputs_have_a_limit() {
    let place = Place::new();
    place.put("m.tflite", &chain(&[1, 40_000, 40_000], 2, "t"));
    pack(&place, &[]).fails(&["m.tflite", "bytes of RAM", "1073741824"]);
    assert_eq!(place.files(), ["m.tflite"]);
    // One byte in, 60,001 out.
    let widths = [0, 0, 0, 60_000_i32].iter().flat_map(|width| width.to_le_bytes()).collect();
    let widths = Tensor {
        name: "widths".into(),
        dtype: DType::I32,
        shape: vec![2, 2],
        quant: None,
        data: Some(widths),
    };
    let pad = Op {
        name: "pad".into(),
        kind: OpKind::Pad,
        inputs: vec![Some(0), Some(1)],
        outputs: vec![2],
    };
    let graph = Graph {
        source: "pad".into(),
        tensors: vec![tensor("in", &[1, 1]), widths, tensor("out", &[1, 60_001])],
        ops: vec![pad],
        inputs: vec![0],
        outputs: vec![2],
    };
    place.put("m.tflite", &tflite::build(&graph));
    pack(&place, &[]).ok();
    let x = Array { shape: vec![20_000, 1], element: Element::I8, bytes: vec![0; 20_000] };
    place.put("x.npy", &x.to_npy());
    let run = place.run(&["run", "x.kst", "--input", "x.npy", "--output", "y.npy"]);
    run.fails(&["the outputs take 1200020000 bytes", "at most 1073741824", "fewer samples"]);
}

#[test]
fn names_in_errors_do_not_reach_the_terminal() {
    let place = Place::new();
    place.put("m.tflite", &chain(&[1, 4], 1, "a\u{1b}[31m"));
    let err = pack(&place, &["--labels", "a,b"]).fails(&["a [31m"]);
    assert!(!err.contains('\u{1b}'));
}

#[test]
fn the_file_is_as_long_as_its_header_says() {
    let place = Place::packed();
    let mut image = place.get("m.kst");
    image.extend([0; 16]);
    place.put("m.kst", &image);
    place.run(&["inspect", "m.kst"]).fails(&["`m.kst`", "its header says"]);
}

#[test]
fn many_operators_are_told_about_at_once() {
    let place = Place::new();
    place.put("m.tflite", &chain(&[1, 4], 2000, &"name".repeat(50)));
    let start = Instant::now();
    pack(&place, &[]).ok();
    place.run(&["inspect", "x.kst"]).ok();
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn archives_are_not_believed() {
    let place = classifier();
    let x = Array::from_f32(vec![1, 3], &[0.0; 3]);
    let y = Array { shape: vec![1], element: Element::U8, bytes: vec![0] };
    let eval = || place.run(&["eval", "p.kst", "--data", "d.npz"]);
    place.put("d.npz", &npz(&[("x", &x), ("y", &y), ("x", &x)], false));
    eval().fails(&["array `x` of `d.npz`", "holds x.npy twice"]);
    // The directory's size of `x`, then of `y`.
    for (claim, message) in [(u32::MAX, "at most 1073741824"), (1 << 29, "bytes are stored")] {
        let mut bytes = npz(&[("x", &x), ("y", &y)], true);
        let at = bytes.windows(4).position(|mark| mark == b"PK\x01\x02").expect("a directory");
        bytes[at + 24..at + 28].copy_from_slice(&(claim - 1).to_le_bytes());
        place.put("d.npz", &bytes);
        eval().fails(&["array `x` of `d.npz`", message]);
    }
}

#[test]
fn classes_are_integers_in_range() {
    let place = classifier();
    let x = Array::from_f32(vec![1, 3], &[0.0; 3]);
    let element = Element { class: Class::Unsigned, size: 8 };
    let y = Array { shape: vec![1], element, bytes: (1_u64 << 63).to_le_bytes().to_vec() };
    place.put("d.npz", &npz(&[("x", &x), ("y", &y)], true));
    let run = place.run(&["eval", "p.kst", "--data", "d.npz"]);
    run.fails(&["array `y` of `d.npz`", "out of range"]);
}

#[test]
fn floats_at_the_border_are_numbers() {
    let place = classifier();
    place.put("x.npy", &Array::from_f32(vec![2, 3], &[0.0, 0.0, 0.0, 0.0, f32::NAN, 0.0]).to_npy());
    let run = place.run(&["run", "p.kst", "--input", "x.npy", "--output", "y.npy"]);
    run.fails(&["`x.npy` holds NaN in sample 1"]);
}

#[test]
fn eval_wants_one_input_and_one_row_of_classes() {
    let place = Place::new();
    let eval = |model: &[u8]| {
        place.put("e.tflite", model);
        place.run(&["pack", "e.tflite", "-o", "e.kst"]).ok();
        let x = Array { shape: vec![1, 4], element: Element::I8, bytes: vec![0; 4] };
        place.put("d.npz", &npz(&[("x", &x), ("y", &x)], true));
        place.run(&["eval", "e.kst", "--data", "d.npz"])
    };
    eval(&models::sum()).fails(&["`e.kst`", "it has 2 inputs"]);
    eval(&chain(&[1, 2, 2], 1, "t")).fails(&["`e.kst`", "shape (2, 2)"]);
    let x = Array { shape: vec![1, 4], element: Element::I8, bytes: vec![0; 4] };
    place.put("x.npy", &x.to_npy());
    place.put("e.tflite", &models::sum());
    place.run(&["pack", "e.tflite", "-o", "e.kst"]).ok();
    let run = place.run(&["run", "e.kst", "--input", "x.npy", "--output", "y.npy"]);
    run.fails(&["`e.kst`", "2 inputs, 1 were given"]);
}
