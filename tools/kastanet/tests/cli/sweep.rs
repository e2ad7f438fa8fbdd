//! `kastanet sweep`.

use crate::common::{Place, Run, npz};
use crate::tune;
use kastanet_cli::arrays::Array;
use serde_json::Value;

fn sweep(place: &Place, args: &str) -> Run {
    let args = format!("sweep {args} --json");
    place.run(&args.split_whitespace().collect::<Vec<_>>())
}

/// The demo's int8 network, with samples whose classes are what it says itself: unpruned, it is always right.
fn int8() -> Place {
    let place = Place::new();
    place.run(&["pack", "m.tflite", "-o", "d.kst"]).ok();
    let inputs = place.run(&["inspect", "d.kst", "--json"]).json()["inputs"][0]["shape"].clone();
    let mut shape: Vec<usize> = serde_json::from_value(inputs).expect("a shape");
    shape[0] = 40;
    let len = shape.iter().product();
    let values: Vec<f32> =
        (0..len).map(|at| ((at * at + at / 7) % 41) as f32 * 0.2 - 4.0).collect();
    let x = Array::from_f32(shape, &values);
    place.put("x.npy", &x.to_npy());
    place.run(&["run", "d.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
    let scores = place.array("y.npy").f32s().expect("floats");
    let classes = scores.chunks(scores.len() / 40).map(|row| {
        let best = row.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(class, _)| class as u8)
    });
    let y = Array {
        shape: vec![40],
        element: kastanet_cli::arrays::Element::U8,
        bytes: classes.collect(),
    };
    place.put("t.npz", &npz(&[("x", &x), ("y", &y)], false));
    place
}

fn points(report: &Value) -> &[Value] {
    report["points"].as_array().expect("points")
}

/// What stands in the file.
fn file(place: &Place) -> Value {
    serde_json::from_slice(&place.get("s.json")).expect("JSON")
}

#[test]
fn int8_networks_are_those_that_pack_and_eval_know() {
    let place = int8();
    let report =
        sweep(&place, "m.tflite --test t.npz --densities 1,0.2 --units weight,block4x1 -o s.json");
    let report = report.json();
    assert_eq!(points(&report).len(), 8);
    assert_eq!(file(&place)["points"], report["points"]);
    for point in points(&report) {
        let sparsity = (1.0 - point["density"].as_f64().expect("a share")).to_string();
        let word = |key: &str| point[key].as_str().expect("a word");
        let pack = ["pack", "m.tflite", "-o", "p.kst", "--target", "m4", "--sparsity", &sparsity];
        let pack =
            [&pack[..], &["--unit", word("unit"), "--optimise", word("optimised"), "--json"]];
        let packed = place.run(&pack.concat()).json();
        let score = place.run(&["eval", "p.kst", "--data", "t.npz", "--json"]).json();
        assert_eq!(point["flash_bytes"], packed["flash_bytes"], "{point}");
        assert_eq!(point["arena_bytes"], packed["arena_bytes"], "{point}");
        assert_eq!(point["nonzeros"], packed["all"]["nonzeros"], "{point}");
        assert_eq!(point["accuracy"], score["accuracy"], "{point}");
    }
    assert_eq!(points(&report)[0]["accuracy"], 1.0);
    // A tenth of the weights for which formats are chosen by speed: fewer instructions.
    let count = |at: usize| points(&report)[at]["instructions"].as_u64().expect("a number");
    assert!(count(3) < count(2) && count(3) < count(1), "{report}");
}

#[test]
fn what_is_known_is_kept_and_what_is_wished_for_is_written() {
    let place = int8();
    let all = "m.tflite --test t.npz --densities 0.5,1 -o s.json";
    assert_eq!(sweep(&place, "m.tflite --test t.npz --densities 1 -o s.json").json()["kept"], 0);
    // What stands in the file is believed, so it is not computed again.
    let mut known = file(&place);
    known["points"][0]["arena_bytes"] = 77.into();
    place.put("s.json", known.to_string().as_bytes());
    let report =
        sweep(&place, &format!("{all} --min-accuracy 0.99 --best b.kst --report s.html")).json();
    assert_eq!((&report["kept"], &report["points"][0]["arena_bytes"]), (&2.into(), &77.into()));
    let picked = &report["picked"];
    assert_eq!(picked["flash_bytes"].as_u64(), Some(place.get("b.kst").len() as u64));
    let wished = points(&report).iter().filter(|point| point["accuracy"].as_f64() >= Some(0.99));
    let smallest = wished.filter_map(|point| point["flash_bytes"].as_u64()).min();
    assert_eq!(picked["flash_bytes"].as_u64(), smallest);
    // Another run: nothing to do but the image, which is made again.
    let again = sweep(&place, &format!("{all} --min-accuracy 0.99 --best c.kst")).json();
    assert_eq!((&again["kept"], place.get("c.kst")), (&4.into(), place.get("b.kst")));
    // Other inputs.
    let other = sweep(&place, &format!("{all} --target m0")).json();
    assert_eq!(other["kept"], 0);
    let text = place
        .run(&[
            "sweep",
            "m.tflite",
            "--test",
            "t.npz",
            "--densities",
            "1",
            "-o",
            "s.json",
            "--target",
            "m0",
        ])
        .ok();
    assert!(
        text.contains("accuracy") && text.contains(" *  ") && text.contains("4 of the points"),
        "{text}"
    );
}

#[test]
fn float_networks_are_tuned() {
    let place = tune::place();
    place.put("r.toml", b"epochs = 12\nrate = 0.02\nbatch = 32\n");
    let args = "cnn.onnx --data d.npz --test d.npz --recipe r.toml --densities 0.02,0.3 \
                --min-accuracy 0.9 -o s.json --best m.kst";
    let report = sweep(&place, args).json();
    assert_eq!(report["picked"]["density"], 0.3, "{report}");
    let nonzeros = points(&report)[2]["nonzeros"].as_f64().expect("a number");
    let weights = points(&report)[2]["weights"].as_f64().expect("a number");
    assert!(nonzeros / weights < 0.35, "{report}");
    let score = place.run(&["eval", "m.kst", "--data", "d.npz", "--json"]).json();
    assert_eq!(score["accuracy"], report["picked"]["accuracy"]);
}

#[test]
fn says_what_is_wrong() {
    let place = int8();
    let fails = |args: &str, parts: &[&str]| {
        let args = format!("sweep {args}");
        place.run(&args.split_whitespace().collect::<Vec<_>>()).fails(parts)
    };
    let one = "m.tflite --test t.npz --densities 0.02 -o s.json";
    let said = fails(
        &format!("{one} --min-accuracy 1"),
        &["right about 100.0 %", "nearest comes 2.0 %", "s.json", "--densities"],
    );
    assert!(!said.contains("panicked"));
    fails(&format!("{one} --max-flash 1k --best b.kst"), &["at most 1,024 bytes", "--max-flash"]);
    assert_eq!(points(&file(&place)).len(), 2, "what was computed stays");
    assert!(!place.files().contains(&"b.kst".to_string()));
    fails(
        "m.tflite --data t.npz --test t.npz -o s.json",
        &["it is quantised", "leave --data away"],
    );
    let model = tune::place();
    place.put("cnn.onnx", &model.get("cnn.onnx"));
    fails("cnn.onnx --test t.npz -o s.json", &["float32", "--data TRAIN.npz"]);
    fails("m.tflite --test nowhere.npz -o s.json", &["nowhere.npz"]);
    for (args, said) in [
        ("--best b.kst", "--best needs"),
        ("--min-accuracy 0.9 --max-flash 9", "cannot be used with"),
        ("--units nm:2:4", "expected weight, block4x1 or block1x4"),
        ("--densities 0", "above 0"),
        ("--recipe r.toml", "--data"),
    ] {
        let args = format!("sweep m.tflite --test t.npz -o s.json {args}");
        let run = place.run(&args.split_whitespace().collect::<Vec<_>>());
        assert!(run.code == Some(2) && run.err.contains(said), "{}", run.err);
    }
}
