//! `kastanet demo`.

use crate::common::Place;

/// The right answers of TensorFlow Lite Micro's interpreter, as `demo/README.md` has them.
#[test]
fn the_demo_is_right_as_often_as_the_reference() {
    let place = Place::new();
    let json = place.run(&["demo", "--json"]).json();
    let right = |accuracy: &str, windows: &str| {
        let share = json[accuracy].as_f64().expect("a share");
        share * json[windows].as_f64().expect("a number")
    };
    for (accuracy, windows, expected) in [
        ("accuracy_dense", "windows", 314.0),
        ("accuracy_sparse", "windows", 313.0),
        ("accuracy_dense_stranger", "windows_stranger", 83.0),
        ("accuracy_sparse_stranger", "windows_stranger", 88.0),
    ] {
        assert!((right(accuracy, windows) - expected).abs() < 1e-6, "{accuracy}: {json}");
    }
    assert!(json["flash_bytes"].as_u64() < json["dense_flash_bytes"].as_u64());
    assert!(json["arena_bytes"].as_u64().is_some_and(|bytes| bytes > 0));
}

#[test]
fn the_demo_tells_and_writes() {
    let place = Place::new();
    let text = place.run(&["demo", "--write", "."]).ok();
    assert!(text.contains("97.2 %") && text.contains("96.9 %"), "{text}");
    let written = ["train.npz", "watch_dense.kst", "watch_dense.tflite", "watch_sparse.tflite"];
    let files = place.files();
    assert!(written.iter().all(|&name| files.iter().any(|file| file == name)), "{files:?}");
    let json = place.run(&["inspect", "watch_sparse.kst", "--json"]).json();
    assert_eq!(json["labels"].as_array().map(Vec::len), Some(7));
    place.run(&["demo", "--write", "nowhere"]).fails(&["no directory `nowhere`"]);
    for (data, right) in [("test.npz", "313"), ("stranger.npz", "88")] {
        let text = place.run(&["eval", "watch_sparse.kst", "--data", data]).ok();
        assert!(text.contains(&format!("({right} of ")), "{text}");
    }
    let packed = ["pack", "watch_dense.tflite", "-o", "again.kst"];
    place.run(&packed).ok();
}
