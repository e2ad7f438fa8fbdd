//! `kastanet run` and `kastanet eval`.

use crate::common::{Place, models, npz};
use kastanet_cli::arrays::{Array, Element};
use kastanet_cli::graph::DType;

fn i8s(shape: &[usize], values: &[i8]) -> Array {
    let bytes = values.iter().map(|value| value.cast_unsigned()).collect();
    Array { shape: shape.to_vec(), element: Element::I8, bytes }
}

/// A place with `s.kst`, which adds two inputs, and their arrays.
fn sums() -> Place {
    let place = Place::new();
    place.put("s.tflite", &models::sum());
    place.run(&["pack", "s.tflite", "-o", "s.kst"]).ok();
    place.put("a.npy", &i8s(&[2, 4], &[1, 2, 3, 4, -10, -20, 100, 0]).to_npy());
    place.put("b.npy", &i8s(&[2, 4], &[1, -4, 3, 0, 5, 30, 100, 0]).to_npy());
    place
}

#[test]
fn runs_stored_values_of_two_inputs_to_two_outputs() {
    let place = sums();
    let args = ["run", "s.kst", "--input", "a.npy", "--input", "b.npy"];
    let outputs = ["--output", "y.npy", "--output", "z.npy"];
    let json = place.run(&[&args[..], &outputs, &["--json"]].concat()).json();
    assert_eq!(json["samples"], 2);
    assert_eq!(json["outputs"][1]["shape"], serde_json::json!([2, 4]));
    let sum = place.array("y.npy");
    assert_eq!((sum.shape.as_slice(), sum.element), (&[2, 4][..], Element::I8));
    assert_eq!(sum.integers().unwrap(), [2, -2, 6, 4, -5, 10, 127, 0]);
    assert_eq!(place.array("z.npy").integers().unwrap(), [2, 0, 6, 4, 0, 10, 127, 0]);
}

#[test]
fn runs_floats() {
    let place = sums();
    let floats = Array::from_f32(vec![1, 4], &[0.6, -0.75, 1000.0, -1000.0]);
    place.put("a.npy", &floats.to_npy());
    place.put("b.npy", &Array::from_f32(vec![1, 1, 4], &[0.0, 0.0, 0.0, 0.0]).to_npy());
    let args = ["run", "s.kst", "--input", "a.npy", "--input", "b.npy", "--output", "y.npy"];
    let text = place.run(&args).ok();
    assert!(text.contains("y.npy: float32 (1, 4)"), "{text}");
    // Scale 0.5: ties away from zero, then clamped to −128..=127.
    assert_eq!(place.array("y.npy").f32s().unwrap(), [0.5, -1.0, 63.5, -64.0]);
}

#[test]
fn runs_models_with_other_borders() {
    let place = Place::new();
    for (border, x) in [
        (DType::F32, Array::from_f32(vec![1, 3], &[1.0, -2.0, 0.3])),
        (DType::U8, Array { shape: vec![1, 3], element: Element::U8, bytes: vec![130, 124, 129] }),
    ] {
        place.put("p.tflite", &models::positive(border));
        place.run(&["pack", "p.tflite", "-o", "p.kst"]).ok();
        place.put("x.npy", &x.to_npy());
        place.run(&["run", "p.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
        let y = place.array("y.npy");
        match border {
            DType::F32 => assert_eq!(y.f32s().unwrap(), [1.0, 0.0, 0.5]),
            _ => assert_eq!(y.integers().unwrap(), [130, 128, 129]),
        }
    }
    place.put("x.npy", &Array::from_f32(vec![1, 3], &[1.0, -2.0, 0.5]).to_npy());
    place.run(&["run", "p.kst", "--input", "x.npy", "--output", "y.npy"]).ok();
    assert_eq!(place.array("y.npy").f32s().unwrap(), [1.0, 0.0, 0.5]);
}

#[test]
fn refuses_arrays_that_do_not_fit() {
    let place = sums();
    let run = |a: &Array| {
        place.put("x.npy", &a.to_npy());
        let args = ["run", "s.kst", "--input", "x.npy", "--input", "b.npy", "--output", "y.npy"];
        place.run(&args)
    };
    let shape = run(&i8s(&[2, 5], &[0; 10]));
    shape.fails(&["`x.npy`", "input `a`", "expected the shape (samples, 4), found (2, 5)"]);
    run(&i8s(&[4], &[0; 4])).fails(&["found (4,)"]);
    let double = Array {
        shape: vec![2, 4],
        element: Element { class: kastanet_cli::arrays::Class::Float, size: 8 },
        bytes: vec![0; 64],
    };
    run(&double).fails(&["expected int8 or float32, found float64", "astype(numpy.float32)"]);
    run(&i8s(&[0, 4], &[])).fails(&["no samples"]);
    run(&i8s(&[3, 4], &[0; 12])).fails(&["`x.npy` has 3 samples, `b.npy` has 2"]);
    run(&Array::from_f32(vec![2, 4], &[f32::NAN; 8])).fails(&["`x.npy` holds NaN in sample 0"]);
    let args = ["run", "s.kst", "--input", "a.npy", "--output", "y.npy"];
    place.run(&args).fails(&["2 inputs, 1 were given", "`a` int8 (samples, 4), `b` int8"]);
    let three = ["--output", "y.npy", "--output", "z.npy", "--output", "w.npy"];
    let args = ["run", "s.kst", "--input", "a.npy", "--input", "b.npy"];
    place.run(&[&args[..], &three].concat()).fails(&["2 outputs, 3 were asked for"]);
    place.put("cut.npy", &place.get("a.npy")[..130]);
    let args = ["run", "s.kst", "--input", "cut.npy", "--input", "b.npy", "--output", "y.npy"];
    place.run(&args).fails(&["cut.npy", "2 bytes follow"]);
    assert!(!place.files().iter().any(|name| name == "y.npy" || name.starts_with('.')));
}

#[test]
fn the_output_may_not_be_an_input() {
    let place = sums();
    let args = ["run", "s.kst", "--input", "a.npy", "--input", "b.npy", "--output", "b.npy"];
    let before = place.get("b.npy");
    place.run(&args).fails(&["`b.npy`", "input as well"]);
    assert_eq!(place.get("b.npy"), before);
}

#[test]
fn counts_right_answers() {
    let place = Place::new();
    place.put("p.tflite", &models::positive(DType::F32));
    place.run(&["pack", "p.tflite", "-o", "p.kst", "--labels", "up,down,left"]).ok();
    let x = Array::from_f32(vec![3, 3], &[5.0, 1.0, 0.0, 0.0, 0.0, 2.0, 3.0, 3.0, 0.0]);
    let y = Array { shape: vec![3], element: Element::U8, bytes: vec![0, 1, 0] };
    for deflate in [false, true] {
        place.put("d.npz", &npz(&[("x", &x), ("y", &y)], deflate));
        let json = place.run(&["eval", "p.kst", "--data", "d.npz", "--json"]).json();
        assert_eq!((&json["samples"], &json["correct"]), (&3.into(), &2.into()));
        assert_eq!(json["classes"], serde_json::json!(["up", "down", "left"]));
        assert_eq!(json["confusion"], serde_json::json!([[2, 0, 0], [0, 0, 1], [0, 0, 0]]));
    }
    let text = place.run(&["eval", "p.kst", "--data", "d.npz"]).ok();
    assert!(text.starts_with("accuracy 66.7 % (2 of 3)\n") && text.contains("left"), "{text}");
}

#[test]
fn refuses_data_that_do_not_fit() {
    let place = Place::new();
    place.put("p.tflite", &models::positive(DType::F32));
    place.run(&["pack", "p.tflite", "-o", "p.kst"]).ok();
    let x = Array::from_f32(vec![2, 3], &[0.0; 6]);
    let eval = |arrays: &[(&str, &Array)]| {
        place.put("d.npz", &npz(arrays, true));
        place.run(&["eval", "p.kst", "--data", "d.npz"])
    };
    eval(&[("x", &x)]).fails(&["no array `y`", "holds x.npy"]);
    eval(&[("x", &x), ("y", &i8s(&[3], &[0; 3]))]).fails(&["expected the shape (2,), found (3,)"]);
    eval(&[("x", &x), ("y", &i8s(&[2], &[0, 3]))]).fails(&["sample 1 is of class 3", "3 outputs"]);
    eval(&[("x", &x), ("y", &i8s(&[2], &[0, -1]))]).fails(&["class -1"]);
    let floats = Array::from_f32(vec![2], &[0.0; 2]);
    eval(&[("x", &x), ("y", &floats)]).fails(&["expected integers, found float32"]);
    let whole = npz(&[("x", &x), ("y", &x)], false);
    place.put("cut.npz", &whole[..whole.len() / 2]);
    place.run(&["eval", "p.kst", "--data", "cut.npz"]).fails(&["cut.npz", "no .npz archive"]);
    let mut damaged = whole;
    let at = damaged.windows(6).position(|bytes| bytes == b"\x93NUMPY").expect("an array") + 130;
    damaged[at] ^= 1;
    place.put("bad.npz", &damaged);
    place.run(&["eval", "p.kst", "--data", "bad.npz"]).fails(&["array `x` of `bad.npz`"]);
}
