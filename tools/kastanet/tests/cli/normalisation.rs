//! `--mean` and `--std`: what enters the network, on the way in and in the image.

use crate::common::samples::{self, COUNT};
use crate::common::{Place, models, npz};
use kastanet::image::record::section;
use kastanet::image::{Image, checksum};
use kastanet_cli::arrays::{Array, Class, Element};
use kastanet_cli::graph::DType;
use kastanet_cli::pack::AlignedBytes;
use std::path::Path;

const MEAN: [f32; 3] = [90.5, 80.0, -7.25];
const STD: [f32; 3] = [60.0, 0.3, 71.0];
const OPTIONS: [&str; 4] = ["--mean", "90.5,80,-7.25", "--std", "60,.3,71"];

/// A place with the samples as they are, `raw.npz` and `raw.npy`, and normalised by hand.
fn place() -> Place {
    let place = Place::new();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/cnn.onnx");
    place.put("cnn.onnx", &std::fs::read(model).expect("a model of the tests"));
    let raw = samples::values().concat().into_iter().map(f32::from);
    let normalised = raw.clone().enumerate().map(|(at, raw)| (raw - MEAN[at % 3]) / STD[at % 3]);
    let y = Array { shape: vec![COUNT], element: Element::U8, bytes: samples::classes() };
    for (name, values) in [("raw", raw.collect::<Vec<_>>()), ("normalised", normalised.collect())] {
        let x = Array::from_f32(vec![COUNT, 12, 10, 3], &values);
        place.put(&format!("{name}.npy"), &x.to_npy());
        place.put(&format!("{name}.npz"), &npz(&[("x", &x), ("y", &y)], false));
    }
    place
}

/// Normalised by the tool or by hand: the same ranges, weights, answers.
#[test]
fn is_what_can_be_done_by_hand() {
    let place = place();
    place.put("r.toml", b"epochs = 1\nbatch = 32\n");
    for (name, options) in [("raw", &OPTIONS[..]), ("normalised", &[])] {
        let (data, image) = (format!("{name}.npz"), format!("{name}.kst"));
        let weights = format!("{name}.safetensors");
        let tune = ["tune", "cnn.onnx", "--recipe", "r.toml", "--data", &data, "-o", &weights];
        place.run(&[&tune[..], options].concat()).ok();
        let pack = ["pack", "cnn.onnx", "--calibrate", &data, "-o", &image];
        place.run(&[&pack[..], options].concat()).ok();
        let (x, y) = (format!("{name}.npy"), format!("{name}-y.npy"));
        place.run(&["run", &image, "--input", &x, "--output", &y]).ok();
    }
    let same =
        |end: &str| place.get(&format!("raw{end}")) == place.get(&format!("normalised{end}"));
    assert!(same("-y.npy") && same(".safetensors"));
    assert!(!same(".kst"), "one has a section more");
    let inspect = |image: &str| place.run(&["inspect", image, "--json"]).json();
    let (with, without) = (inspect("raw.kst"), inspect("normalised.kst"));
    assert_eq!(with["tensors"], without["tensors"]);
    assert_eq!(with["normalisation"]["mean"], serde_json::json!(MEAN));
    let std = with["normalisation"]["std"].as_array().expect("numbers").iter();
    assert_eq!(std.map(|std| std.as_f64().expect("a number") as f32).collect::<Vec<_>>(), STD);
    assert!(without["normalisation"].is_null());
    let text = place.run(&["inspect", "raw.kst"]).ok();
    assert!(
        text.contains("input = (raw − mean) / std\nmean 90.5, 80, -7.25\nstd 60, 0.3, 71\n"),
        "{text}"
    );
    let eval = |image: &str, data: &str| place.run(&["eval", image, "--data", data]).ok();
    assert_eq!(eval("raw.kst", "raw.npz"), eval("normalised.kst", "normalised.npz"));
    // Bytes that are no stored values are raw ones, as floats are.
    let x = Array {
        shape: vec![COUNT, 12, 10, 3],
        element: Element::U8,
        bytes: samples::values().concat(),
    };
    place.put("bytes.npy", &x.to_npy());
    place.run(&["run", "raw.kst", "--input", "bytes.npy", "--output", "bytes-y.npy"]).ok();
    assert!(place.get("bytes-y.npy") == place.get("raw-y.npy"));
}

/// Values of the network's own type are what it stores, with and without.
#[test]
fn stored_values_stay_as_they_are() {
    let place = place();
    let bytes = samples::values().concat();
    let x = Array { shape: vec![COUNT, 12, 10, 3], element: Element::I8, bytes };
    place.put("x.npy", &x.to_npy());
    let pack = ["pack", "cnn.onnx", "--calibrate", "raw.npz", "-o", "m.kst"];
    let run = |more: &[&str]| {
        place.run(&[&pack[..], more].concat()).ok();
        place.run(&["run", "m.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
        let y = place.array("y.npy");
        assert_eq!(y.element, Element::I8);
        (place.get("m.kst"), y)
    };
    let with = run(&["--mean", "0", "--std", "1"]);
    let without = run(&[]);
    assert_eq!(with.1, without.1);
    assert_ne!(with.0, without.0);
}

/// A network between floats takes raw ones.
#[test]
fn floats_at_the_border_are_normalised() {
    let place = Place::new();
    for (border, x) in [
        (DType::F32, Array::from_f32(vec![1, 3], &[12.0, 6.0, 10.6])),
        (DType::U8, Array::from_f32(vec![1, 3], &[12.0, 6.0, 10.6])),
    ] {
        place.put("p.tflite", &models::positive(border));
        let pack = ["pack", "p.tflite", "-o", "p.kst", "--mean", "10", "--std", "2,2,0.6"];
        place.run(&pack).ok();
        place.put("x.npy", &x.to_npy());
        place.run(&["run", "p.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
        assert_eq!(place.array("y.npy").f32s().expect("floats"), [1.0, 0.0, 1.0], "{border:?}");
    }
}

#[test]
fn one_of_both_does() {
    let place = place();
    let pack = |options: &[&str]| {
        let args = ["pack", "cnn.onnx", "--calibrate", "raw.npz", "-o", "m.kst"];
        place.run(&[&args[..], options].concat()).ok();
        place.get("m.kst")
    };
    assert_eq!(pack(&["--mean", "9,8,7"]), pack(&["--mean", "9,8,7", "--std", "1"]));
    assert_eq!(pack(&["--std", "60"]), pack(&["--mean", "0", "--std", "60"]));
}

#[test]
fn says_what_it_cannot_normalise_with() {
    let place = place();
    let pack = |options: &[&str]| {
        let args = ["pack", "cnn.onnx", "--calibrate", "raw.npz", "-o", "m.kst"];
        place.run(&[&args[..], options].concat())
    };
    let fails = |mean: &str, std: &str, parts: &[&str]| {
        pack(&["--mean", mean, "--std", std]).fails(&[&["`cnn.onnx`"], parts].concat());
    };
    fails("0", "0", &["a standard deviation is 0, expected a finite number above 0"]);
    fails("0", "1,-1,1", &["a standard deviation is -1"]);
    fails("0", "nan", &["a standard deviation is NaN"]);
    fails("inf", "1", &["a mean is inf, expected a finite number"]);
    fails("1,2", "1,2,3", &["2 means and 3 standard deviations"]);
    fails("1,2", "1", &["2 means or standard deviations, the input", "1×12×10×3 has 3 channels"]);
    for (options, said) in [
        (&["--mean", "x", "--std", "1"][..], "invalid value 'x'"),
        (&["--mean", "", "--std", "1"], "--mean"),
        (&["--mean", "--std", "1"], "unexpected argument '1'"),
    ] {
        let run = pack(options);
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert!(run.err.contains(said), "{}", run.err);
    }
    let tune = ["tune", "cnn.onnx", "--data", "raw.npz", "-o", "w.safetensors"];
    let bad = ["--mean", "1,2", "--std", "1"];
    place.run(&[&tune[..], &bad].concat()).fails(&["has 3 channels"]);
    place.put("s.tflite", &models::sum());
    let two = ["pack", "s.tflite", "-o", "m.kst", "--mean", "1", "--std", "1"];
    place.run(&two).fails(&["`s.tflite`", "2 inputs, expected one"]);
    assert!(!place.files().contains(&"m.kst".to_string()));
    // Values that are finite before and not after.
    let x = Array::from_f32(vec![1, 12, 10, 3], &[3e38; 360]);
    place.put("raw.npz", &npz(&[("x", &x)], false));
    pack(&["--mean=-3e38", "--std", "1"]).fails(&["sample 0 holds NaN or infinity"]);
    let half = Element { class: Class::Float, size: 2 };
    let x = Array { shape: vec![1, 12, 10, 3], element: half, bytes: vec![0; 720] };
    place.put("raw.npz", &npz(&[("x", &x)], false));
    pack(&[]).fails(&["samples are float16, expected integers, float32 or float64"]);
}

/// Whoever has written it: what cannot be used is refused by name.
#[test]
fn damaged_normalisations_are_refused() {
    let place = place();
    let args = ["pack", "cnn.onnx", "--calibrate", "raw.npz", "-o", "m.kst"];
    place.run(&[&args[..], &OPTIONS].concat()).ok();
    let whole = place.get("m.kst");
    let bytes = AlignedBytes::new(&whole);
    let image = Image::new_checked(&bytes).expect("the image is good");
    let mut entries = image.sections().iter();
    let entry = entries.find(|entry| entry.kind.get() == section::NORMALISATION);
    let start = entry.expect("it is there").offset.get() as usize;
    for (at, number, said) in [(0, f32::NAN, "channel 0"), (5, 0.0, "channel 2")] {
        let mut image = whole.clone();
        image[start + 4 * at..][..4].copy_from_slice(&number.to_le_bytes());
        let crc = checksum(&image).to_le_bytes();
        image[12..16].copy_from_slice(&crc);
        place.put("m.kst", &image);
        place.run(&["inspect", "m.kst"]).fails(&["mean or standard deviation of", said]);
    }
}
