//! Weights by themselves, and networks by their descriptions: see `host-tests/oracle/described_models.py`.

use crate::common::{Place, npz, random, zip};
use kastanet::image::Image;
use kastanet::image::record::{SectionRecord, section};
use kastanet_cli::arrays::{Array, Class, Element};
use kastanet_cli::description::{Description, Weights, import};
use kastanet_cli::pack::AlignedBytes;
use std::path::Path;

const FILES: [&str; 6] =
    ["small.onnx", "torch.toml", "torch.safetensors", "keras.toml", "keras.npz", "x.npz"];

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/described");
    std::fs::read(folder.join(name)).expect("a file of the tests")
}

fn place() -> Place {
    let place = Place::new();
    FILES.iter().for_each(|name| place.put(name, &file(name)));
    place
}

/// The sections of an image but for the one that tells which file it came from.
fn sections(image: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let bytes = AlignedBytes::new(image);
    let image = Image::new_checked(&bytes).expect("an image");
    let one = |record: &SectionRecord| {
        let (start, len) = (record.offset.get() as usize, record.len.get() as usize);
        (record.kind.get(), bytes[start..start + len].to_vec())
    };
    let all = image.sections().iter().map(one);
    all.filter(|(kind, _)| *kind != section::PROVENANCE).collect()
}

#[test]
fn the_same_network_gives_the_same_image() {
    let place = place();
    let pack = |model: &str| {
        place.run(&["pack", model, "-o", "m.kst", "--calibrate", "x.npz"]).ok();
        sections(&place.get("m.kst"))
    };
    let onnx = pack("small.onnx");
    assert!(onnx.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 2000);
    assert_eq!(pack("torch.toml"), onnx);
    assert_eq!(pack("keras.toml"), onnx);
}

#[test]
fn descriptions_are_inspected_and_tuned() {
    let place = place();
    let text = place.run(&["inspect", "torch.toml"]).ok();
    for part in ["Described checkpoint", "DEPTHWISE_CONV_2D", "1×8×8×2", "--calibrate` quantises"]
    {
        assert!(text.contains(part), "{text}");
    }
    let x = Array::from_f32(vec![64, 8, 8, 2], &[0.25; 64 * 128]);
    let classes = (0..64_i64).flat_map(|at| (at % 4).to_le_bytes()).collect();
    let element = Element { class: Class::Signed, size: 8 };
    let y = Array { shape: vec![64], element, bytes: classes };
    place.put("d.npz", &npz(&[("x", &x), ("y", &y)], false));
    place.put("r.toml", b"epochs = 1\nbatch = 32\n");
    let tune = |model: &str, output: &str| {
        place.run(&["tune", model, "--data", "d.npz", "--recipe", "r.toml", "-o", output])
    };
    tune("torch.toml", "torch.safetensors").fails(&["torch.safetensors", "it is an input as well"]);
    let sweep = ["sweep", "torch.toml", "--data", "d.npz", "--test", "d.npz", "-o"];
    let sweep = place.run(&[&sweep[..], &["torch.safetensors"]].concat());
    sweep.fails(&["torch.safetensors", "it is an input as well"]);
    tune("torch.toml", "w.safetensors").ok();
    let args = ["--weights", "w.safetensors", "--calibrate", "x.npz", "-o", "m.kst"];
    place.run(&[&["pack", "torch.toml"], &args[..]].concat()).ok();
    let over = [&["pack", "torch.toml"], &args[..], &["--write-tflite", "w.safetensors"]].concat();
    place.run(&over).fails(&["w.safetensors", "it is an input as well"]);
    tune("torch.safetensors", "v.safetensors").fails(&["arrays by themselves", "[[layer]]"]);
}

#[test]
fn weights_by_themselves_are_listed_and_a_description_is_asked_for() {
    let place = place();
    let report = place.run(&["inspect", "torch.safetensors", "--json"]).json();
    assert_eq!((&report["kind"], &report["elements"]), (&"weights".into(), &864.into()));
    let hidden = &report["tensors"][1];
    assert_eq!(hidden["name"], "hidden.weight");
    assert_eq!((&hidden["dtype"], &hidden["shape"][1]), (&"float32".into(), &48.into()));
    let begun = report["description"].as_str().expect("a description");
    place.put("begun.toml", begun.as_bytes());
    let text = place.run(&["inspect", "keras.npz"]).ok();
    for part in ["NumPy", "stem/kernel", "3×3×2×6", "layout = \"keras\"", "batch_norm = \"norm\""]
    {
        assert!(text.contains(part), "{text}");
    }
    for weights in ["torch.safetensors", "keras.npz"] {
        let run = place.run(&["pack", weights, "-o", "m.kst", "--calibrate", "x.npz"]);
        run.fails(&[weights, "arrays by themselves", "\n    [[layer]]\n    conv = \"features.0\""]);
    }
    place.run(&["eval", "keras.npz", "--data", "x.npz"]).fails(&["not a model"]);
    // What is begun says what is to be said: here that the order of layers is another.
    place.run(&["inspect", "begun.toml"]).fails(&["begun.toml", "layer \"narrow\" (conv)"]);
}

#[test]
fn says_which_file_is_wrong() {
    let place = place();
    let said = String::from_utf8(file("torch.toml")).expect("text");
    let inspect = |name: &str, text: &str| {
        place.put(name, text.as_bytes());
        place.run(&["inspect", name])
    };
    let elsewhere = said.replace("torch.safetensors", "nowhere.safetensors");
    inspect("a.toml", &elsewhere).fails(&["cannot read `nowhere.safetensors`", "no such file"]);
    inspect("a.toml", &said.replace("torch.safetensors", "small.onnx"))
        .fails(&["`small.onnx`", "an ONNX checkpoint, expected weights"]);
    inspect("a.toml", &said.replace("padding = 1", "pading = 1")).fails(&[
        "`a.toml`",
        "line 7",
        "pading",
        "docs/description.md",
    ]);
    inspect("a.toml", &said.replace("linear = \"out\"", "linear = \"hidden\"\nname = \"out\""))
        .fails(&["layer \"out\" (linear): \"hidden.weight\" is 10×48, expected outputs×10"]);
    inspect("a.toml", &said.replace("conv = \"stem\"", "conv = \"trunk\""))
        .fails(&["layer \"trunk\" (conv): the weights hold no \"trunk.weight\"", "inspect"]);
    place.put("a.toml", b"\xff\xfe");
    place.run(&["inspect", "a.toml"]).fails(&["it is no text"]);
    // The weights are found beside the description.
    std::fs::create_dir(place.path("sub")).expect("a directory");
    place.put("sub/torch.toml", said.as_bytes());
    place.put("sub/torch.safetensors", &file("torch.safetensors"));
    place.run(&["inspect", "sub/torch.toml"]).ok();
}

/// A safetensors file with this header and so many bytes behind.
fn safetensors(header: &str, len: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; len]].concat()
}

#[test]
fn hostile_weights_are_refused() {
    let place = place();
    let one = |shape: &str, offsets: &str| {
        format!("{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}")
    };
    let two = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\
        \"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}";
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    let files: [(&str, Vec<u8>); 11] = [
        ("a header of 2^63 bytes", [&(1_u64 << 63).to_le_bytes(), &b"{\"a\":1}"[..]].concat()),
        ("a header longer than the file", [&99_u64.to_le_bytes(), &b"{\"a\":1}"[..]].concat()),
        ("a huge shape", safetensors(&one("[4294967296,4294967296]", "[0,8]"), 8)),
        ("a size of 2^63", safetensors(&one("[9223372036854775808]", "[0,8]"), 8)),
        ("sizes of 2^63 and 0", safetensors(&one("[9223372036854775808,4,0]", "[0,0]"), 0)),
        ("a negative size", safetensors(&one("[-2]", "[0,8]"), 8)),
        ("an offset of 2^63", safetensors(&one("[2]", "[0,9223372036854775808]"), 8)),
        ("offsets that go back", safetensors(&one("[2]", "[8,0]"), 8)),
        ("arrays over each other", safetensors(two, 12)),
        ("bytes that are cut short", safetensors(&one("[2]", "[0,8]"), 7)),
        ("nested brackets", safetensors(&deep, 0)),
    ];
    for (what, bytes) in files {
        place.put("torch.safetensors", &bytes);
        for name in ["torch.safetensors", "torch.toml"] {
            let run = place.run(&["inspect", name]);
            assert_eq!(run.code, Some(1), "{what}: {}", run.out);
            run.fails(&["torch.safetensors", "no safetensors file, or a damaged one"]);
        }
    }
}

#[test]
fn hostile_archives_are_refused() {
    let place = place();
    let whole = file("keras.npz");
    place.put("keras.npz", &whole[..whole.len() / 2]);
    place.run(&["inspect", "keras.toml"]).fails(&["keras.npz", "no .npz archive"]);
    let header = |shape: &str| {
        let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        [b"\x93NUMPY\x01\0", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
    };
    for (shape, part) in [
        ("(9223372036854775808,)", "its header says"),
        ("(4294967296, 4294967296)", "0 bytes follow"),
        ("(-1,)", "its header says"),
    ] {
        place.put("keras.npz", &stored("stem/kernel", &header(shape)));
        place.run(&["inspect", "keras.toml"]).fails(&["`stem/kernel` of `keras.npz`", part]);
        place.run(&["inspect", "keras.npz"]).fails(&["`stem/kernel` of `keras.npz`", part]);
    }
}

/// An archive of one entry with these bytes.
fn stored(name: &str, bytes: &[u8]) -> Vec<u8> {
    zip(&[(format!("{name}.npy"), bytes.to_vec())], false)
}

#[test]
fn hostile_descriptions_are_refused() {
    let place = place();
    let said = String::from_utf8(file("torch.toml")).expect("text");
    let long = "[[layer]]\nactivation = \"relu\"\n".repeat(5000);
    let cases = [
        (format!("a = {}", "[".repeat(100_000)), "line 1"),
        (said.replace("[8, 8, 2]", "[1000000, 1000000, 2]"), "far too large"),
        (said.replace("[8, 8, 2]", "[-8, 8, 2]"), "line 3"),
        (said.replace("padding = 1", "padding = 9223372036854775807"), "`pads`"),
        (
            said.replace("padding = 1", "stride = 9223372036854775807"),
            "does not fit an image of [1, 1]",
        ),
        (said.replace("max_pool = 2", "max_pool = 0"), "layer \"large\" (max_pool)"),
        (said.replace("epsilon = 1e-3", "epsilon = nan"), "`epsilon` is NaN"),
        (said.replace("[[layer]]\nconv = \"stem\"", &long), "layers, expected 1 to 4096"),
        (said.replace("add = \"norm\"", "add = \"out\""), "no layer before it is called that"),
        (said.replace("torch.safetensors", "../"), "it is a directory"),
    ];
    for (text, part) in cases {
        place.put("torch.toml", text.as_bytes());
        place.run(&["inspect", "torch.toml"]).fails(&[part]);
    }
}

#[test]
fn damaged_files_are_refused_or_read() {
    let cases = std::env::var("KASTANET_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases: usize = cases.unwrap_or(1500);
    let mut random = random();
    let (text, weights, archive) =
        (file("torch.toml"), file("torch.safetensors"), file("keras.npz"));
    let keras = String::from_utf8(file("keras.toml")).expect("text");
    let keras = Description::parse(&keras).expect("a description");
    let good = Weights::safetensors(&weights).expect("weights");
    let mut read = [0; 3];
    for _ in 0..cases {
        let bytes = damaged(&text, &mut random);
        if let Some(said) = str::from_utf8(&bytes).ok().and_then(|t| Description::parse(t).ok()) {
            read[0] += usize::from(import("a", &said, &good).is_ok());
        }
        let bytes = damaged(&weights, &mut random);
        let said = Description::parse(str::from_utf8(&text).expect("text")).expect("a description");
        if let Ok(weights) = Weights::safetensors(&bytes) {
            read[1] += usize::from(import("a", &said, &weights).is_ok());
        }
        let bytes = damaged(&archive, &mut random);
        if let Ok(weights) = Weights::npz("a", &bytes) {
            read[2] += usize::from(import("a", &keras, &weights).is_ok());
        }
    }
    // An archive has sums by which every change is found, but in what nobody reads.
    for (read, least) in read.into_iter().zip([cases / 300, cases / 10, 0]) {
        assert!((least..cases).contains(&read), "{read} of {cases} were read");
    }
}

/// A file with some bytes changed, and perhaps cut short.
fn damaged(whole: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..1 + random(3) {
        let byte = [b'0', b'9', b'-', 0x80, 0xff, random(256) as u8][random(6)];
        let at = random(bytes.len());
        bytes[at] = byte;
    }
    if random(8) == 0 {
        bytes.truncate(random(whole.len()));
    }
    bytes
}
