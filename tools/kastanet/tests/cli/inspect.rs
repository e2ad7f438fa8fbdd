//! `kastanet inspect`, and files that are not what they should be.

use crate::common::Place;
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn shows_an_image() {
    let place = Place::packed();
    let text = place.run(&["inspect", "m.kst"]).ok();
    for title in ["Header", "Sections", "Inputs and outputs", "Tensors", "Operators", "Weights"] {
        assert!(text.contains(&format!("\n{title}\n")), "{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
    let json = place.run(&["inspect", "m.kst", "--json"]).json();
    assert_eq!(json["kind"], "image");
    assert_eq!(json["flash_bytes"], place.get("m.kst").len());
    assert_eq!(json["inputs"][0]["shape"], serde_json::json!([1, 100, 1, 6]));
    assert!(json["refused"].is_null());
    assert_eq!(json["sections"][0]["name"], "tensors");
    assert_eq!(json["provenance"]["source"], "m.tflite");
}

#[test]
fn counts_as_pack_does() {
    for (sparsity, most) in [("0.8", 0.34), ("0.9", 0.20)] {
        let place = Place::new();
        let packed = place
            .run(&["pack", "m.tflite", "-o", "m.kst", "--sparsity", sparsity, "--json"])
            .json();
        let seen = place.run(&["inspect", "m.kst", "--json"]).json();
        for key in ["layers", "pruned", "all", "flash_bytes", "arena_bytes"] {
            assert_eq!(packed[key], seen[key], "{key}");
        }
        assert!(seen["pruned"]["share"].as_f64().is_some_and(|share| share <= most), "{seen}");
    }
}

#[test]
fn shows_a_checkpoint() {
    let place = Place::new();
    let text = place.run(&["inspect", "m.tflite"]).ok();
    assert!(text.contains("CONV_2D") && text.contains("prunable"), "{text}");
    let json = place.run(&["--json", "inspect", "m.tflite"]).json();
    assert_eq!(json["kind"], "checkpoint");
    let layers = json["layers"].as_array().expect("layers");
    assert_eq!(layers.iter().filter_map(|layer| layer["weights"].as_u64()).sum::<u64>(), 52608);
}

#[test]
fn refuses_files_that_are_no_models() {
    let place = Place::packed();
    let (image, checkpoint) = (place.get("m.kst"), place.get("m.tflite"));
    let mut damaged = image.clone();
    damaged[2000] ^= 1;
    let mut newer = image.clone();
    newer[4] = 200;
    let mut longer = image.clone();
    longer.push(0);
    let cases: [(&str, &[u8], &str); 13] = [
        ("empty.kst", b"", "the file is empty"),
        ("text.kst", b"hello, this is a text", "neither `KAST`"),
        ("short.kst", &image[..1000], "cut short"),
        ("head.kst", b"KAST", "cut short"),
        ("damaged.kst", &damaged, "checksum"),
        ("newer.kst", &newer, "format version 200"),
        ("longer.kst", &longer, "has"),
        ("short.tflite", &checkpoint[..2000], "cut short"),
        ("m.onnx", b"\x08\x07\x12\x07pytorch\x1a", "not an ONNX model, or a damaged one"),
        ("x.onnx", b"..", "ONNX"),
        ("m.safetensors", b"\x08\0\0\0\0\0\0\0{\"a\":{}}", "no safetensors file, or a damaged one"),
        ("m.keras", b"PK\x03\x04", "a ZIP archive, not a model"),
        ("x.npy", b"\x93NUMPY\x01\x00", "a NumPy array, not a model"),
    ];
    for (name, bytes, what) in cases {
        place.put(name, bytes);
        place.run(&["inspect", name]).fails(&[name, what]);
        place.run(&["inspect", name, "--json"]).fails(&[name, what]);
    }
    place.run(&["inspect", "nowhere.kst"]).fails(&["nowhere.kst", "no such file"]);
    place.run(&["inspect", "."]).fails(&["it is a directory"]);
}

#[test]
fn each_command_says_what_it_takes() {
    let place = Place::packed();
    place.run(&["pack", "m.kst", "-o", "x.kst"]).fails(&["it is an image already"]);
    let run = place.run(&["run", "m.tflite", "--input", "x.npy", "--output", "y.npy"]);
    run.fails(&["it is a checkpoint", "kastanet pack m.tflite"]);
    place.run(&["eval", "m.tflite", "--data", "d.npz"]).fails(&["it is a checkpoint"]);
    assert_eq!(place.files(), ["m.kst", "m.tflite"]);
}

#[test]
fn help_has_examples() {
    let place = Place::new();
    for command in ["pack", "inspect", "run", "eval", "demo"] {
        let help = place.run(&[command, "--help"]).ok();
        assert!(help.contains(&format!("Examples:\n  kastanet {command}")), "{help}");
    }
    assert!(place.run(&["--version"]).ok().starts_with("kastanet "));
}

/// A reader that stops early, as `head` does, is no failure.
#[test]
fn a_closed_pipe_is_no_failure() {
    let place = Place::packed();
    for args in [&["inspect", "m.kst"][..], &["inspect", "m.kst", "--json"], &["--help"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kastanet"))
            .current_dir(place.dir.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        assert_eq!(child.wait().expect("an exit").code(), Some(0), "{err}");
        assert_eq!(err, "");
    }
}
