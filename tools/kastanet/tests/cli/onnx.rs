//! ONNX checkpoints: read, quantised, packed, run.

use crate::common::{Place, npz, random};
use kastanet_cli::arrays::{Archive, Array, Element};
use serde_json::Value;
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

/// Numbers from −1 to 1, the same each time.
fn noise(count: usize) -> Vec<f32> {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn ranges_have_methods() {
    let place = Place::new();
    put(&place, "cnn");
    // One number is far from all others.
    let mut far = noise(400 * 360);
    far[1000] = 9.0;
    place.put("d.npy", &Array::from_f32(vec![400, 12, 10, 3], &far).to_npy());
    let pack = |name: &str, more: &[&str]| {
        let args = ["pack", "cnn.onnx", "-o", name, "--calibrate", "d.npy"];
        place.run(&[&args[..], more].concat())
    };
    let ways = [
        vec![],
        vec!["--ranges", "minmax"],
        vec!["--ranges", "percentile:90"],
        vec!["--bias-correction", "off"],
    ];
    for (number, way) in ways.iter().enumerate() {
        pack(&format!("{number}.kst"), way).ok();
    }
    pack("mse.kst", &["--ranges", "mse", "--bias-correction", "on"]).ok();
    let images: Vec<_> = (0..4).map(|number| place.get(&format!("{number}.kst"))).collect();
    assert_eq!(
        images[0],
        place.get("mse.kst"),
        "the least squared error, corrected, is the default"
    );
    for (number, image) in images.iter().enumerate() {
        assert!(!images[..number].contains(image), "{:?} changes nothing", ways[number]);
    }
    let wrong = pack("w.kst", &["--ranges", "percentile:101"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
    assert!(wrong.err.contains("percentile:P with P from 50 to 100"), "{}", wrong.err);
    let alone = place.run(&["pack", "m.tflite", "-o", "w.kst", "--ranges", "mse"]);
    assert!(alone.code == Some(2) && alone.err.contains("--calibrate"), "{}", alone.err);
}

/// Scales are those of the network without the weights that go.
#[test]
fn ranges_are_those_of_the_pruned_network() {
    let place = Place::new();
    put(&place, "cnn");
    let scales = |sparsity: &str| {
        let args = ["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", "cnn.npz", "--ranges"];
        let more = ["minmax", "--write-tflite", "m2.tflite", "--sparsity", sparsity];
        place.run(&[&args[..], &more].concat()).ok();
        let json = place.run(&["inspect", "m2.tflite", "--json"]).json();
        let tensors = json["tensors"].as_array().expect("tensors").clone();
        let of = |tensor: &Value| tensor["scales"][0].as_f64().expect("a scale");
        let computed = tensors.iter().filter(|tensor| tensor["constant"] == false);
        computed.map(of).collect::<Vec<_>>()
    };
    let (dense, pruned) = (scales("0"), scales("0.8"));
    assert_eq!(dense[0], pruned[0], "the input's");
    assert!(pruned[2] < 0.9 * dense[2], "{pruned:?} after {dense:?}");
    let args =
        ["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", "cnn.npz", "--sparsity", "no=0.5"];
    place.run(&args).fails(&["no convolution or fully connected layer is called `no`"]);
}

#[test]
fn evaluates_beside_checkpoints() {
    let place = Place::new();
    put(&place, "cnn");
    let x = Array::from_f32(vec![70, 12, 10, 3], &noise(70 * 360));
    let y =
        Array { shape: vec![70], element: Element::U8, bytes: (0..70).map(|at| at % 4).collect() };
    place.put("d.npz", &npz(&[("x", &x), ("y", &y)], false));
    let pack = ["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", "d.npz"];
    place.run(&[&pack[..], &["--write-tflite", "m2.tflite"]].concat()).ok();
    let eval = ["eval", "m.kst", "--data", "d.npz"];
    let both = ["--checkpoint", "cnn.onnx", "--checkpoint", "m2.tflite"];
    let alone = place.run(&[&eval[..], &["--json"]].concat()).json();
    let json = place.run(&[&eval[..], &both, &["--json"]].concat()).json();
    for key in ["samples", "correct", "accuracy", "confusion"] {
        assert_eq!(alone[key], json[key], "{key}");
    }
    let [float, int8] = [&json["checkpoints"][0], &json["checkpoints"][1]];
    assert_eq!((&float["computes_in"], &int8["computes_in"]), (&"float32".into(), &"int8".into()));
    assert_eq!(int8["agreement"], 1.0, "what was written is what was packed: {json}");
    assert!(float["agreement"].as_f64().expect("a share") > 0.9, "{json}");
    let correct = float["correct"].as_u64().expect("a number") as f64;
    assert_eq!(float["accuracy"].as_f64(), Some(correct / 70.0));
    // Steps of 1/255 of a range make some 40 dB.
    let layers = json["layers"].as_array().expect("layers");
    assert!(layers.len() >= 3, "{json}");
    for layer in layers {
        let db = layer["sqnr_db"].as_f64().expect("a number");
        assert!((20.0..60.0).contains(&db), "{layer}");
    }
    let text = place.run(&[&eval[..], &both, &["--layers"]].concat()).ok();
    for part in ["cnn.onnx", "m2.tflite", "int8, packed", "100.00 %", "dB", "least", "True class"] {
        assert!(text.contains(part), "{text}");
    }
    place.put("x.npz", &npz(&[("x", &x)], false));
    let args = ["eval", "m.kst", "--data", "x.npz", "--checkpoint", "cnn.onnx", "--json"];
    let json = place.run(&args).json();
    assert_eq!((&json["samples"], &json["checkpoints"][0]["correct"]), (&70.into(), &Value::Null));
    assert_eq!(json["checkpoints"][0]["agreement"], float["agreement"]);
    place
        .run(&[&eval[..], &["--checkpoint", "m.tflite"]].concat())
        .fails(&["cannot compare `m.kst` with `m.tflite`", "the image's has 4"]);
}

/// Padding that TFLite has no word for becomes an operator; in front of a mean it cannot.
#[test]
fn writes_what_it_packs() {
    let place = Place::new();
    for name in ["cnn", "row", "residual"] {
        put(&place, name);
    }
    let pack = |name: &str| {
        let (model, data) = (format!("{name}.onnx"), format!("{name}.npz"));
        let args = ["pack", &model, "-o", "m.kst", "--calibrate", &data];
        place.run(&[&args[..], &["--write-tflite", "m2.tflite"]].concat())
    };
    pack("residual").fails(&["AVERAGE_POOL_2D", "no word", "--write-tflite away"]);
    for name in ["cnn", "row"] {
        pack(name).ok();
        place.run(&["pack", "m2.tflite", "-o", "again.kst"]).ok();
        let shape =
            place.run(&["inspect", "m.kst", "--json"]).json()["tensors"][0]["shape"].clone();
        let mut shape: Vec<usize> = serde_json::from_value(shape).expect("a shape");
        shape[0] = 20;
        let count: usize = shape.iter().product();
        let bytes = (0..count).map(|at| (at * 37 % 251) as u8).collect();
        place.put("x.npy", &Array { shape, element: Element::I8, bytes }.to_npy());
        for image in ["m", "again"] {
            let (image, output) = (format!("{image}.kst"), format!("{image}.npy"));
            place.run(&["run", &image, "--input", "x.npy", "--output", &output]).ok();
        }
        assert_eq!(place.array("m.npy"), place.array("again.npy"), "{name}");
    }
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
