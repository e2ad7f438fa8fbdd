//! `kastanet tune`.

use crate::common::{Place, npz};
use kastanet_cli::arrays::{Array, Class, Element};
use std::path::Path;

/// A network of 360 inputs and 4 classes, and samples: the class says which quarter of the inputs is larger.
pub fn place() -> Place {
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
    let epochs = report["history"]["epochs"].as_array().expect("epochs");
    assert!(epochs[19]["loss"].as_f64() < epochs[0]["loss"].as_f64(), "{report}");
    assert!(report["history"]["kept"].as_u64().is_some_and(|kept| (1..=20).contains(&kept)));
    let pack =
        ["pack", "cnn.onnx", "--weights", "w.safetensors", "--calibrate", "d.npz", "-o", "m.kst"];
    place.run(&pack).ok();
    let score = place.run(&["eval", "m.kst", "--data", "d.npz", "--json"]).json();
    assert!(score["accuracy"].as_f64().expect("a share") > 0.9, "{score}");
    let weights = place.get("w.safetensors");
    tune(&place, recipe, "again.safetensors").json();
    assert_eq!(place.get("again.safetensors"), weights, "the same run gives the same bytes");
}

/// Ctrl-C, whenever it comes, is no loss.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on() {
    let place = place();
    place.put("r.toml", b"epochs = 400\nbatch = 32\nhold = 0.2");
    let args = ["tune", "cnn.onnx", "--data", "d.npz", "--recipe", "r.toml", "-o", "w.safetensors"];
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_kastanet"))
        .current_dir(place.dir.path())
        .args(args)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Its standing appears after the first epoch.
    while !place.files().contains(&"w.safetensors.run".to_string()) {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended before it could be stopped"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("a signal").success());
    let output = child.wait_with_output().expect("a child");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("interrupted") && text.contains("--resume"), "{text}");
    assert!(!place.files().contains(&"w.safetensors".to_string()));
    place.run(&[&args[..], &["--resume"]].concat()).ok();
    assert!(!place.files().contains(&"w.safetensors.run".to_string()), "it has served");
    let resumed = place.get("w.safetensors");
    place.run(&args).ok();
    assert!(place.get("w.safetensors") == resumed, "the same bits as without a stop");
}

#[test]
fn a_budget_is_kept() {
    let place = place();
    let budget = |flash: &str| {
        let args = ["tune", "cnn.onnx", "--data", "d.npz", "-o", "w.safetensors", "--json"];
        place.run(&[&args[..], &["--budget", flash, "--mean", "0,0,0"]].concat())
    };
    let report = budget("flash=1500").json();
    let pack =
        ["pack", "cnn.onnx", "--weights", "w.safetensors", "--calibrate", "d.npz", "-o", "m.kst"];
    place.run(&[&pack[..], &["--mean", "0,0,0"]].concat()).ok();
    let len = place.get("m.kst").len();
    assert!((1430..=1500).contains(&len), "{len}");
    assert_eq!(report["flash_bytes"], len);
    let density = report["history"]["recipe"]["density"].as_f64().expect("a density");
    assert!(density > 0.05 && density < 0.95, "{density}");
    budget("flash=1k").fails(&["cnn.onnx", "of 1024 bytes", "the sparsest image takes"]);
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
    fails("hold = 1.0", &["hold", "0 to 0.9"]);
    fails("explore = nan", &["explore", "NaN"]);
    fails("epochs = 4\nquantised = 2\nexplore = 0.9", &["last 2 of 4 epochs"]);
    fails("epochs = 4\nquantised = 5", &["last 5 of 4 epochs"]);
    fails("optimizer = \"lamb\"", &["r.toml", "lamb"]);
    fails("optimizer = \"adam\"\nrate = 2000.0", &["learning rate"]);
    let run = |model: &str| place.run(&["tune", model, "--data", "d.npz", "-o", "w.safetensors"]);
    run("m.tflite").fails(&["it is quantised"]);
    let x = Array::from_f32(vec![320, 12, 10, 3], &[0.0; 115_200]);
    place.put("d.npz", &npz(&[("x", &x), ("y", &classes(319))], false));
    run("cnn.onnx").fails(&["320 samples and 319 classes"]);
    place.put("w.safetensors.run", b"something");
    let resume = ["tune", "cnn.onnx", "--data", "d.npz", "-o", "w.safetensors", "--resume"];
    place.put("d.npz", &npz(&[("x", &x), ("y", &classes(320))], false));
    place.run(&resume).fails(&["w.safetensors.run", "damaged"]);
    place.put("w.safetensors", b"\x08\0\0\0\0\0\0\0{\"a\":{}}");
    let pack =
        ["pack", "cnn.onnx", "--weights", "w.safetensors", "--calibrate", "d.npz", "-o", "m.kst"];
    place.run(&pack).fails(&["w.safetensors", "safetensors"]);
}
