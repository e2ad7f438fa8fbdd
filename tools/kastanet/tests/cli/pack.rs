//! `kastanet pack`.

use crate::common::Place;

#[test]
fn packs_and_tells_what_it_did() {
    let place = Place::new();
    let text = place.run(&["pack", "m.tflite", "-o", "m.kst", "--sparsity", "90%"]).ok();
    for part in ["pruned layers", "all layers", "rice", "flash ", "arena "] {
        assert!(text.contains(part), "{text}");
    }
    let image = place.get("m.kst");
    let json =
        place.run(&["pack", "m.tflite", "-o", "m.kst", "--sparsity", "0.9", "--json"]).json();
    assert_eq!(json["flash_bytes"], image.len());
    assert!(json["arena_bytes"].as_u64() >= json["arena_lower_bound"].as_u64());
    assert!(json["pruned"]["share"].as_f64().is_some_and(|share| share <= 0.20));
    let sum = |key: &str| -> u64 {
        let layers = json["layers"].as_array().expect("layers");
        layers.iter().filter_map(|layer| layer[key].as_u64()).sum()
    };
    assert_eq!(json["all"]["bytes"], sum("bytes"));
    assert_eq!(json["all"]["nonzeros"], sum("nonzeros"));
    assert_eq!(place.get("m.kst"), image, "the same command gives the same bytes");
    assert_eq!(place.files(), ["m.kst", "m.tflite"]);
}

#[test]
fn prunes_layer_by_layer() {
    let place = Place::new();
    let names = place.run(&["inspect", "m.tflite", "--json"]).json();
    let layers = names["layers"].as_array().expect("layers");
    let name = layers[1]["name"].as_str().expect("a name");
    let share = format!("{name}=50%");
    let args = ["pack", "m.tflite", "-o", "m.kst", "--sparsity", "0.8", "--sparsity", &share];
    let json = place.run(&[&args[..], &["--json"]].concat()).json();
    for layer in json["layers"].as_array().expect("layers") {
        let expected = if layer["name"] == name { 0.5 } else { 0.8 };
        let found = layer["sparsity"].as_f64().expect("a share");
        assert!((found - expected).abs() < 0.02, "{layer}");
    }
}

#[test]
fn forces_a_format() {
    let place = Place::new();
    for format in ["dense", "delta8", "delta4", "block4x1", "index8", "rice"] {
        let args = ["pack", "m.tflite", "-o", "m.kst", "--format", format, "--json"];
        let json = place.run(&args).json();
        let layers = json["layers"].as_array().expect("layers");
        assert!(layers.iter().all(|layer| layer["format"] == format), "{json}");
    }
}

#[test]
fn forces_a_format_layer_by_layer() {
    let place = Place::new();
    let names = place.run(&["inspect", "m.tflite", "--json"]).json();
    let layers = names["layers"].as_array().expect("layers");
    let name = layers[1]["name"].as_str().expect("a name");
    let own = format!("{name}=index8");
    let args = ["pack", "m.tflite", "-o", "m.kst", "--format", "rice", "--format", &own, "--json"];
    for layer in place.run(&args).json()["layers"].as_array().expect("layers") {
        let expected = if layer["name"] == name { "index8" } else { "rice" };
        assert_eq!(layer["format"], expected, "{layer}");
    }
    let unknown = place.run(&["pack", "m.tflite", "-o", "m.kst", "--format", "nobody=dense"]);
    unknown.fails(&["is called `nobody`", "layers that can have a format", name]);
}

#[test]
fn prunes_in_units() {
    let place = Place::new();
    let share = |args: &[&str]| {
        let json =
            place.run(&[&["pack", "m.tflite", "-o", "m.kst", "--json"], args].concat()).json();
        json["pruned"]["sparsity"].as_f64().expect("a share")
    };
    let blocks = share(&["--unit", "block4x1", "--sparsity", "75%", "--format", "block4x1"]);
    assert!((blocks - 0.75).abs() < 0.02, "{blocks}");
    for (unit, least) in [("nm:1:16", 0.9), ("nm:1:4", 0.75), ("nm:2:4", 0.5)] {
        let found = share(&["--unit", unit]);
        assert!((least - 0.03..least + 0.06).contains(&found), "{unit}: {found}");
    }
}

#[test]
fn writes_the_pruned_checkpoint() {
    let place = Place::new();
    let args =
        ["pack", "m.tflite", "-o", "m.kst", "--sparsity", "0.8", "--write-tflite", "p.tflite"];
    let first = place.run(&[&args[..], &["--json"]].concat()).json();
    let second = place.run(&["pack", "p.tflite", "-o", "p.kst", "--json"]).json();
    assert_eq!(first["layers"], second["layers"]);
    assert_eq!(first["tflite"], "p.tflite");
    assert_eq!(place.get("p.tflite").len(), place.get("m.tflite").len());
}

#[test]
fn labels_come_from_a_list_or_a_file() {
    let place = Place::new();
    let list = "a,b,c,d,e,f,g g";
    place.put("labels.txt", list.replace(',', "\r\n").as_bytes());
    for labels in [list, "labels.txt"] {
        place.run(&["pack", "m.tflite", "-o", "m.kst", "--labels", labels]).ok();
        let json = place.run(&["inspect", "m.kst", "--json"]).json();
        assert_eq!(json["labels"], serde_json::json!(["a", "b", "c", "d", "e", "f", "g g"]));
    }
    let few = place.run(&["pack", "m.tflite", "-o", "x.kst", "--labels", "a,b"]);
    few.fails(&["2 labels", "7 values"]);
    let missing = place.run(&["pack", "m.tflite", "-o", "x.kst", "--labels", "no.txt"]);
    missing.fails(&["no.txt", "no such file"]);
}

#[test]
fn strips_names() {
    let place = Place::new();
    place.run(&["pack", "m.tflite", "-o", "long.kst"]).ok();
    place.run(&["pack", "m.tflite", "-o", "short.kst", "--strip"]).ok();
    assert!(place.get("short.kst").len() < place.get("long.kst").len());
    let json = place.run(&["inspect", "short.kst", "--json"]).json();
    assert!(json["layers"][0]["name"].is_null());
    place.run(&["inspect", "short.kst"]).ok();
}

#[test]
fn a_failure_leaves_no_output_and_changes_none() {
    let place = Place::new();
    place.put("old.kst", b"as it was");
    for output in ["old.kst", "new.kst"] {
        let run = place.run(&["pack", "m.tflite", "-o", output, "--sparsity", "nowhere=0.5"]);
        run.fails(&["m.tflite", "`nowhere`", "layers that can be pruned: "]);
    }
    assert_eq!(place.get("old.kst"), b"as it was");
    assert_eq!(place.files(), ["m.tflite", "old.kst"]);
}

#[test]
fn refuses_outputs_that_cannot_be() {
    let place = Place::new();
    let pack = |output: &str| place.run(&["pack", "m.tflite", "-o", output]);
    pack("nowhere/m.kst").fails(&["nowhere/m.kst", "no directory `nowhere`"]);
    pack("nowhere/").fails(&["no directory"]);
    pack(".").fails(&["it is a directory"]);
    pack("./m.tflite").fails(&["m.tflite", "input as well"]);
    let twice = place.run(&["pack", "m.tflite", "-o", "x", "--write-tflite", "./x"]);
    twice.fails(&["two outputs"]);
    assert_eq!(place.files(), ["m.tflite"]);
}

#[test]
fn usage_errors_have_code_2() {
    let place = Place::new();
    for args in [
        &["pack"][..],
        &["pack", "m.tflite"],
        &["pack", "m.tflite", "-o", "m.kst", "--sparsity", "1.5"],
        &["pack", "m.tflite", "-o", "m.kst", "--sparsity", "101%"],
        &["pack", "m.tflite", "-o", "m.kst", "--sparsity", "conv=NaN"],
        &["pack", "m.tflite", "-o", "m.kst", "--format", "csr"],
        &["unpack"],
        &[],
    ] {
        let run = place.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(!run.err.is_empty());
    }
    assert_eq!(place.files(), ["m.tflite"]);
}

#[test]
fn packs_what_the_device_can_train() {
    let place = Place::new();
    let of = |more: &[&str]| {
        let args = ["pack", "m.tflite", "-o", "m.kst", "--sparsity", "0.9", "--trainable"];
        place.run(&[&args[..], more, &["--json"]].concat()).json()
    };
    let plain =
        place.run(&["pack", "m.tflite", "-o", "p.kst", "--sparsity", "0.9", "--json"]).json();
    assert!(plain["training_bytes"].is_null() && plain["reserve_bytes"].is_null());
    let last = of(&["last:2"]);
    let all = of(&["all", "--backward", "0.2", "--reserve", "top:40%"]);
    for json in [&last, &all] {
        let image = place.run(&["inspect", "m.kst", "--json"]).json();
        assert!(json["training_bytes"].as_u64() > Some(1000), "{json}");
        assert!(json["flash_bytes"].as_u64() > plain["flash_bytes"].as_u64());
        assert_eq!(json["arena_bytes"], plain["arena_bytes"]);
        assert!(image["training"]["refused"].is_null());
    }
    let image = place.run(&["inspect", "m.kst", "--json"]).json();
    assert_eq!(image["training"]["reserve_bytes"], all["reserve_bytes"]);
    assert_eq!(image["training_bytes"], all["training_bytes"]);
    assert_eq!(image["training"]["last"], "softmax");
    assert_eq!(image["training"]["inputs"], all["training_inputs"]);
    assert_eq!(image["training"]["table"], 0.05);
    assert_eq!(image["training"]["recompute"], false);
    let less = of(&["all", "--backward", "0.2", "--reserve", "top:40%", "--recompute"]);
    assert!(less["training_bytes"].as_u64() < all["training_bytes"].as_u64(), "{less}");
    let recomputed = place.run(&["inspect", "m.kst", "--json"]).json();
    assert_eq!(recomputed["training"]["recompute"], true);
    let layers = image["training"]["layers"].as_array().expect("layers");
    assert!(layers.iter().any(|layer| layer["training"] == "sparse"), "{layers:?}");
    let text = place.run(&["inspect", "m.kst"]).ok();
    for title in ["Training", "Training operations", "Training layers"] {
        assert!(text.contains(&format!("\n{title}\n")), "{text}");
    }
    let args = ["pack", "m.tflite", "-o", "m.kst", "--trainable", "last:1", "--reserve", "none"];
    let text = place.run(&args).ok();
    assert!(text.contains("\ntraining ") && text.contains("are its reserve"), "{text}");
    assert!(text.contains("\na sample of it: ") && text.contains("of tensor `"), "{text}");
    let image = place.run(&["inspect", "m.kst", "--json"]).json();
    assert!(image["training"]["table"].is_null());
}
