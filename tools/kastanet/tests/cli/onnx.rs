//! ONNX checkpoints: read, quantised, packed, run.

use crate::common::{Place, random};
use kastanet_cli::arrays::{Archive, Array};
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx").join(name)
}

fn put(place: &Place, name: &str) {
    for end in ["onnx", "npz"] {
        let name = format!("{name}.{end}");
        place.put(&name, &std::fs::read(file(&name)).expect("a file of the tests"));
    }
}

/// Packs a model, calibrated on its input alone, and compares the image's answer with onnxruntime's.
fn check(name: &str, tolerance: f32) {
    let place = Place::new();
    put(&place, name);
    let [model, data] = ["onnx", "npz"].map(|end| format!("{name}.{end}"));
    place.run(&["pack", &model, "-o", "m.kst", "--calibrate", &data]).ok();
    let archive = Archive::open(&place.path(&data)).expect("an archive");
    let [x, y] =
        ["x", "y"].map(|key| archive.array(key).expect("an array").f32s().expect("floats"));
    let inputs = place.run(&["inspect", "m.kst", "--json"]).json()["tensors"][0]["shape"].clone();
    let shape: Vec<usize> = serde_json::from_value(inputs).expect("a shape");
    // The image has channels last; one input of each test has more than one.
    let channels = shape.last().copied().unwrap_or(1);
    let places = x.len() / channels;
    let is_first = archive.array("x").expect("an array").shape.last() != Some(&channels);
    let at = |at: usize| if is_first { at % channels * places + at / channels } else { at };
    let turned: Vec<f32> = (0..x.len()).map(|index| x[at(index)]).collect();
    place.put("x.npy", &Array::from_f32(shape, &turned).to_npy());
    place.run(&["run", "m.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
    let found = Array::read(&place.path("y.npy")).expect("an array").f32s().expect("floats");
    let largest = y.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
    for (found, expected) in found.iter().zip(&y) {
        let off = (found - expected).abs() / largest;
        assert!(off <= tolerance, "{name}: {found}, expected {expected}");
    }
}

#[test]
fn quantised_networks_answer_as_float_ones() {
    for name in ["mlp", "cnn", "depthwise", "residual", "row", "turned", "vectors", "lower"] {
        check(name, 0.05);
    }
}

/// Packs a quantised model as it is and compares the image's answers with onnxruntime's; gives how far they are off
/// at most, in steps of the output.
fn off(place: &Place, name: &str) -> f32 {
    put(place, name);
    let [model, data] = ["onnx", "npz"].map(|end| format!("{name}.{end}"));
    place.run(&["pack", &model, "-o", "m.kst"]).ok();
    let archive = Archive::open(&place.path(&data)).expect("an archive");
    let array = |key| archive.array(key).expect("an array");
    let floats = |key| array(key).f32s().expect("floats");
    let (x, y, step) = (floats("x"), floats("y"), floats("scale")[0]);
    let inputs = place.run(&["inspect", "m.kst", "--json"]).json()["tensors"][0]["shape"].clone();
    let mut shape: Vec<usize> = serde_json::from_value(inputs).expect("a shape");
    let (channels, samples) = (shape.last().copied().unwrap_or(1), array("x").shape[0]);
    let size = x.len() / samples;
    let is_first = array("x").shape.last() != Some(&channels);
    let places = size / channels;
    let at = |at: usize| if is_first { at % channels * places + at / channels } else { at };
    let turned = |sample: usize| (0..size).map(move |index| sample * size + at(index));
    let turned: Vec<f32> = (0..samples).flat_map(turned).map(|at| x[at]).collect();
    shape[0] = samples;
    place.put("x.npy", &Array::from_f32(shape, &turned).to_npy());
    place.run(&["run", "m.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
    let found = place.array("y.npy").f32s().expect("floats");
    assert_eq!(found.len(), y.len(), "{name}");
    let pairs = found.iter().zip(&y);
    pairs.fold(0.0_f32, |most, (found, expected)| most.max((found - expected).abs() / step))
}

#[test]
fn networks_quantised_elsewhere_answer_as_there() {
    let place = Place::new();
    for name in [
        "cnn_qdq",
        "cnn_qoperator",
        "depthwise_qdq",
        "depthwise_qoperator",
        "mlp_qdq",
        "mlp_qoperator",
        "row_qdq",
        "row_qoperator",
        "turned_qdq",
        "vectors_qdq",
        "residual_qoperator",
    ] {
        let off = off(&place, name);
        assert!(off < 1.01, "{name}: {off} steps off");
    }
    // Its probabilities are stored in steps of 1/255 there, of 1/256 here.
    let off = off(&place, "residual_qdq");
    assert!(off < 2.1, "{off} steps off");
}

#[test]
fn quantised_networks_need_no_samples() {
    let place = Place::new();
    put(&place, "cnn_qdq");
    let text = place.run(&["inspect", "cnn_qdq.onnx"]).ok();
    assert!(text.contains("int8") && !text.contains("cannot be packed"), "{text}");
    let again = ["pack", "cnn_qdq.onnx", "-o", "m.kst", "--calibrate", "cnn_qdq.npz"];
    place.run(&again).fails(&["quantised already", "leave --calibrate away"]);
    let tuned = ["tune", "cnn_qdq.onnx", "--data", "cnn_qdq.npz", "-o", "w.safetensors"];
    place.run(&tuned).fails(&["it is quantised", "float checkpoint"]);
}

#[test]
fn tells_what_is_in_it() {
    let place = Place::new();
    put(&place, "cnn");
    let text = place.run(&["inspect", "cnn.onnx"]).ok();
    for part in ["ONNX checkpoint", "CONV_2D", "1×12×10×3", "--calibrate` quantises it"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn says_what_does_not_fit() {
    let place = Place::new();
    put(&place, "cnn");
    let pack = |data: &str| place.run(&["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", data]);
    place.run(&["pack", "cnn.onnx", "-o", "m.kst"]).fails(&["float32", "--calibrate DATA.npz"]);
    let again = ["pack", "m.tflite", "-o", "m.kst", "--calibrate", "cnn.npz"];
    place.run(&again).fails(&["quantised already"]);
    place.put("a.npy", &Array::from_f32(vec![2, 9], &[0.0; 18]).to_npy());
    pack("a.npy").fails(&["a.npy", "(2, 9)", "samples × 12×10×3"]);
    place.put("a.npy", &Array::from_f32(vec![0, 12, 10, 3], &[]).to_npy());
    pack("a.npy").fails(&["a.npy", "no samples"]);
    let mut values = [0.5; 360];
    values[7] = f32::NAN;
    place.put("a.npy", &Array::from_f32(vec![1, 3, 12, 10], &values).to_npy());
    pack("a.npy").fails(&["sample 0", "NaN"]);
    assert!(!place.files().contains(&"m.kst".to_string()));
}

#[test]
fn damaged_files_are_refused_or_read() {
    let mut random = random();
    let cases = std::env::var("KASTANET_CASES").ok().and_then(|cases| cases.parse().ok());
    let (mut read, cases) = (0, cases.unwrap_or(2000));
    for name in ["cnn", "residual", "row", "vectors", "cnn_qdq", "residual_qoperator"] {
        let whole = std::fs::read(file(&format!("{name}.onnx"))).expect("a file of the tests");
        for _ in 0..cases / 6 {
            let mut bytes = whole.clone();
            for _ in 0..1 + random(3) {
                let byte = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
                let at = random(bytes.len());
                bytes[at] = byte;
            }
            if random(8) == 0 {
                bytes.truncate(random(whole.len()));
            }
            read += usize::from(kastanet_cli::onnx::import(name, &bytes).is_ok());
        }
    }
    assert!(read > cases / 20 && read < cases, "{read} of {cases} were read");
}
