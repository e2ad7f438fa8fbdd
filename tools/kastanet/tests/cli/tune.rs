//! `kastanet tune`.

use crate::common::{Place, npz};
use kastanet_cli::arrays::{Array, Class, Element};
use std::path::Path;

/// A network of 360 inputs and 4 classes, and samples: the class says which quarter of the inputs is larger.
fn place() -> Place {
    let place = Place::new();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/cnn.onnx");
    place.put("cnn.onnx", &std::fs::read(model).expect("a model of the tests"));
    let (mut seed, mut values) = (1_u32, vec![]);
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    for sample in 0..320 {
        values.extend((0..360).map(|at| random() + f32::from(u8::from(at / 30 / 3 == sample % 4))));
    }
    let x = Array::from_f32(vec![320, 12, 10, 3], &values);
    place.put("d.npz", &npz(&[("x", &x), ("y", &classes(320))], false));
    place
}

fn classes(count: usize) -> Array {
    let bytes = (0..count as i64).flat_map(|sample| (sample % 4).to_le_bytes()).collect();
    Array { shape: vec![count], element: Element { class: Class::Signed, size: 8 }, bytes }
}

fn tune(place: &Place, recipe: &str, output: &str) -> crate::common::Run {
    place.put("r.toml", recipe.as_bytes());
    place
        .run(&["tune", "cnn.onnx", "--data", "d.npz", "--recipe", "r.toml", "-o", output, "--json"])
}

#[test]
fn tunes_packs_and_knows() {
    let place = place();
    let recipe = "density = 0.2\nepochs = 20\nrate = 0.02\nbatch = 32\n";
    let report = tune(&place, recipe, "w.safetensors").json();
    let [nonzeros, all] = ["nonzeros", "all"].map(|key| report[key].as_u64().expect("a number"));
    assert!(nonzeros * 4 < all && nonzeros > 0, "{report}");
    let losses = report["losses"].as_array().expect("losses");
    assert!(losses[19].as_f64() < losses[0].as_f64(), "{report}");
    let pack =
        ["pack", "cnn.onnx", "--weights", "w.safetensors", "--calibrate", "d.npz", "-o", "m.kst"];
    place.run(&pack).ok();
    let score = place.run(&["eval", "m.kst", "--data", "d.npz", "--json"]).json();
    assert!(score["accuracy"].as_f64().expect("a share") > 0.9, "{score}");
    let weights = place.get("w.safetensors");
    tune(&place, recipe, "again.safetensors").json();
    assert_eq!(place.get("again.safetensors"), weights, "the same run gives the same bytes");
}

#[test]
fn says_what_is_wrong() {
    let place = place();
    let fails = |recipe: &str, parts: &[&str]| {
        tune(&place, recipe, "w.safetensors").fails(parts);
    };
    fails("density = 0", &["0", "above 0 and at most 1"]);
    fails("density = nan", &["NaN"]);
    fails("batch = 48", &["48", "multiple of 32"]);
    fails("[densities]\nnowhere = 0.5", &["nowhere"]);
    fails("epochs = 0", &["make no run"]);
    fails("densty = 0.1", &["r.toml", "densty"]);
    let run = |model: &str| place.run(&["tune", model, "--data", "d.npz", "-o", "w.safetensors"]);
    run("m.tflite").fails(&["it is quantised"]);
    let x = Array::from_f32(vec![320, 12, 10, 3], &[0.0; 115_200]);
    place.put("d.npz", &npz(&[("x", &x), ("y", &classes(319))], false));
    run("cnn.onnx").fails(&["320 samples and 319 classes"]);
    place.put("w.safetensors", b"\x08\0\0\0\0\0\0\0{\"a\":{}}");
    let pack =
        ["pack", "cnn.onnx", "--weights", "w.safetensors", "--calibrate", "d.npz", "-o", "m.kst"];
    place.run(&pack).fails(&["w.safetensors", "safetensors"]);
}
