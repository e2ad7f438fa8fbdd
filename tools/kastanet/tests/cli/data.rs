//! Samples in the forms in which people have them.

use crate::common::samples::{self, COUNT, gzip, idx};
use crate::common::{Place, Run, models, npz};
use image::ImageFormat;
use kastanet_cli::arrays::{Array, Element};
use kastanet_cli::graph::DType;
use std::path::Path;
use std::time::{Duration, Instant};

/// A place with a float network that takes the samples.
fn place() -> Place {
    let place = Place::new();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/cnn.onnx");
    place.put("cnn.onnx", &std::fs::read(model).expect("a model of the tests"));
    place
}

/// All forms of the samples; their names, those in which samples have another order last.
fn all_forms(place: &Place) -> [&'static str; 6] {
    let bytes = samples::values().concat();
    place.put("d.npz", &samples::archive());
    place.put("table.csv", &samples::table());
    place.put("plain.csv", &samples::plain_table());
    place.put("my-images-idx4", &idx(8, &[COUNT, 12, 10, 3], &bytes));
    place.put("my-labels-idx1.gz", &gzip(&idx(8, &[COUNT], &samples::classes())));
    let floats: Vec<u8> = bytes.iter().flat_map(|&byte| f32::from(byte).to_be_bytes()).collect();
    place.put("float-images.gz", &gzip(&idx(13, &[COUNT, 12, 10, 3], &floats)));
    place.put("float-labels", &idx(12, &[COUNT], &long(&samples::classes())));
    samples::pictures(place);
    ["d.npz", "table.csv", "plain.csv", "my-images-idx4", "float-images.gz", "d"]
}

/// Bytes as big-endian integers of 32 bits.
fn long(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|&byte| u32::from(byte).to_be_bytes()).collect()
}

#[test]
fn every_form_is_calibrated_tuned_and_evaluated_alike() {
    let place = place();
    let forms = all_forms(&place);
    place.put("r.toml", b"epochs = 2\nbatch = 32\n");
    let scale = ["--mean", "90,80,70", "--std", "60"];
    let mut first: Option<[Vec<u8>; 3]> = None;
    for form in forms {
        let pack = ["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", form];
        place.run(&[&pack[..], &scale].concat()).ok();
        let tune =
            ["tune", "cnn.onnx", "-o", "w.safetensors", "--recipe", "r.toml", "--data", form];
        place.run(&[&tune[..], &scale].concat()).ok();
        let score = place.run(&["eval", "m.kst", "--data", form, "--json"]).ok();
        let found = [place.get("m.kst"), score.into(), place.get("w.safetensors")];
        let [image, score, weights] = first.get_or_insert_with(|| found.clone());
        assert!(found[0] == *image, "{form}: other ranges");
        assert_eq!(String::from_utf8_lossy(&found[1]), String::from_utf8_lossy(score), "{form}");
        // Pictures are sorted by class, so they are shuffled into other batches.
        assert_eq!(found[2] == *weights, form != "d", "{form}");
    }
    let [.., score, _] = first.expect("forms");
    let score: serde_json::Value = serde_json::from_slice(&score).expect("JSON");
    assert_eq!(score["samples"], COUNT);
    let counts = score["confusion"].as_array().expect("rows");
    let sum = |row: &serde_json::Value| {
        row.as_array().map(|row| row.iter().filter_map(|n| n.as_u64()).sum())
    };
    assert!(counts.iter().all(|row| sum(row) == Some(COUNT as u64 / 4)), "{score}");
}

/// Classes with names go by an image's labels, whatever their order.
#[test]
fn names_go_by_labels() {
    let place = place();
    samples::pictures(&place);
    let pack = |labels: &str| {
        let args = ["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", "d", "--labels", labels];
        place.run(&args).ok();
        place.run(&["eval", "m.kst", "--data", "d", "--json"])
    };
    let sorted = pack("ant,bee,cat,dog").json();
    let turned = pack("dog,cat,bee,ant").json();
    let row = |score: &serde_json::Value, class: usize| score["confusion"][class].clone();
    assert_eq!(row(&sorted, 0), row(&turned, 3));
    assert_eq!(row(&sorted, 2), row(&turned, 1));
    pack("ant,bee,cat,eel").fails(&["`d`", "class `dog` is none of the image's labels: ant, bee"]);
    std::fs::remove_dir_all(place.path("d/bee")).expect("a folder less");
    pack("ant,bee,cat,dog").ok();
    place.run(&["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", "d"]).ok();
    let eval = || place.run(&["eval", "m.kst", "--data", "d"]);
    eval().fails(&["3 classes (ant, cat, dog), the network has 4 outputs", "every class"]);
    std::fs::create_dir(place.path("d/bee")).expect("a folder");
    eval().ok();
    let tune = ["tune", "cnn.onnx", "-o", "w.safetensors", "--data", "d"];
    std::fs::rename(place.path("d/bee"), place.path("d/.bee")).expect("it is hidden");
    place.run(&tune).fails(&["3 classes (ant, cat, dog), the network has 4 outputs"]);
}

/// A place with `p.kst`, which takes three real numbers and gives them back where they are positive.
fn three() -> Place {
    let place = Place::new();
    for (name, border) in [("p", DType::F32), ("u", DType::U8)] {
        place.put("p.tflite", &models::positive(border));
        place.run(&["pack", "p.tflite", "-o", &format!("{name}.kst")]).ok();
    }
    place
}

fn eval(place: &Place, name: &str, bytes: &[u8]) -> Run {
    place.put(name, bytes);
    place.run(&["eval", "p.kst", "--data", name, "--json"])
}

/// What a picture of one row becomes: one grey value a pixel.
#[test]
fn grey_pictures_have_one_value_a_pixel() {
    let place = three();
    let put = |name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(place.path(name).parent().expect("a folder")).expect("a folder");
        place.put(name, bytes);
    };
    // Luma is 0.2126 R + 0.7152 G + 0.0722 B: green is the lightest.
    let colours = [200, 0, 0, 0, 200, 0, 0, 0, 200];
    put("g/a/empty.png", &samples::picture(&[9, 9, 9, 8, 8, 8, 7, 7, 7], 3, ImageFormat::Png));
    put("g/b/colours.png", &samples::picture(&colours, 3, ImageFormat::Png));
    put("g/b/plain.pgm", b"P2 3 1 255 1 30 2\n");
    put("g/c/deep.pgm", b"P2 3 1 65535 257 514 65535\n");
    let jpeg = samples::picture(&[1, 1, 1, 9, 9, 9, 99, 99, 99], 3, ImageFormat::Jpeg);
    put("g/c/small.jpg", &jpeg);
    for image in ["p.kst", "u.kst"] {
        // The type of `u.kst` is that of pictures, but pictures are no stored values.
        let score = place.run(&["eval", image, "--data", "g", "--json"]).json();
        assert_eq!(
            score["confusion"],
            serde_json::json!([[1, 0, 0], [0, 2, 0], [0, 0, 2]]),
            "{image}"
        );
    }
}

#[test]
fn tables_are_read_as_people_write_them() {
    let place = three();
    let right = |text: &str, classes: &[[usize; 3]; 3]| {
        let score = eval(&place, "t.csv", text.as_bytes()).json();
        assert_eq!(score["confusion"], serde_json::json!(classes), "{text}");
    };
    let one_each = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    right("9,0,0,0\n0,9,0,1\n0,0,9,2\n", &one_each);
    right("9,0,0,0.0\r\n0,9,0,1.0\r\n\r\n0,0,9,2.0", &one_each);
    right("a,b,c,d\n9,0,0,x\n0,9,0,y\n0,0,9,z\n", &one_each);
    right("Y,1,2,3\n0,9,0,0\n1,0,9,0\n2,0,0,9\n", &one_each);
    right("1\tclass\t2\t3\n9\tx\t0\t0\n0\t z \t0\t9\n0\t\"y\"\t9e-1\t-0\n", &one_each);
    right("9;-1.5;0;1\n0;9;0;0\n", &[[0, 1, 0], [1, 0, 0], [0; 3]]);
}

#[test]
fn tables_that_are_none() {
    let place = three();
    let fails = |text: &str, parts: &[&str]| {
        eval(&place, "t.csv", text.as_bytes()).fails(&[&["`t.csv`"], parts].concat());
    };
    fails("\n\n", &["no samples"]);
    fails("a,b,c,y\n", &["no samples"]);
    fails("1,2,3\n", &["line 1 has 3 values", "expected 3 (3) for the network, and the class"]);
    fails("1,2,3,4,5\n", &["line 1 has 5 values"]);
    fails("1,2,3,4,5,6,7\n", &["line 1 is too long, expected at most 4 values"]);
    fails("1,2,3,0\n1,2,0\n", &["line 2 has 3 values, the first has 4"]);
    fails("1,2,3,0\n\n1,2,0\n", &["line 3 has"]);
    fails("a,b,c,y\n1,x,3,0\n", &["line 2 has `x` in column `b`, expected a number"]);
    for bad in ["nan", "inf", "-inf", "1e999", "", "0x1"] {
        fails(
            &format!("1,2,3,0\n1,2,{bad},0\n"),
            &["line 2", bad, "column 3", "expected a number"],
        );
    }
    fails("1,2,3,0\n1,2,3, \n", &["line 2", "column 4", "expected a class"]);
    fails("a,class,b,label\n1,2,3,0\n", &["both `class` and `label`"]);
    fails("1,2,3,0\n1,2,3,3\n", &["sample 1 is of class 3, the network has 3 outputs"]);
    fails("1,2,3,-1\n", &["sample 0 is of class -1"]);
    fails("1,2,3,1e300\n", &["sample 0 is of class 9223372036854775807"]);
    fails("1,2,3,0.5\n1,2,3,0.25\n", &["2 classes (0.25, 0.5), the network has 3"]);
    let names = (0..65_600).map(|row| format!("1,2,3,c{row}\n")).collect::<String>();
    fails(&names, &["65600 classes, at most 65535"]);
}

#[test]
fn folders_that_are_none() {
    let place = place();
    samples::pictures(&place);
    place.run(&["pack", "cnn.onnx", "-o", "m.kst", "--calibrate", "d"]).ok();
    let fails = |folder: &str, parts: &[&str]| {
        place.run(&["eval", "m.kst", "--data", folder]).fails(parts);
    };
    let (values, put) = (&samples::values()[0], |name: &str, bytes: &[u8]| place.put(name, bytes));
    let file = "d/bee/zzz.png";
    put(file, &samples::picture(values, 12, ImageFormat::Png));
    fails(
        "d",
        &[
            "zzz.png` is of another size than `d",
            "000.img`",
            "it has 12×10 pixels (width × height), the other 10×12 pixels",
            "resize",
        ],
    );
    put(file, b"hello");
    fails("d", &["zzz.png`", "no picture that can be read"]);
    let whole = samples::picture(values, 10, ImageFormat::Png);
    put(file, &whole[..whole.len() - 30]);
    fails("d", &["zzz.png`", "no picture that can be read"]);
    // A picture of a size for which there would be no memory.
    put(file, b"P6 4000000000 4000000000 255\n");
    fails("d", &["zzz.png`"]);
    std::fs::remove_file(place.path(file)).expect("it was there");
    put("d/labels.txt", b"ant");
    fails("d", &["`d`", "`labels.txt` in it is no folder"]);
    std::fs::remove_file(place.path("d/labels.txt")).expect("it was there");
    std::fs::create_dir_all(place.path("deep/train/ant")).expect("a folder");
    fails("deep", &["train`", "`ant` in it is a folder, where pictures of a class are"]);
    fails("d/ant", &["`000.img` in it is no folder"]);
    fails("d/ant/000.img", &["it is one picture"]);
    std::fs::create_dir(place.path("none")).expect("a folder");
    fails("none", &["`none`", "no pictures in it"]);
    std::fs::create_dir_all(place.path("other/one")).expect("a folder");
    put("other/one/a.png", &samples::picture(&values[..300], 10, ImageFormat::Png));
    fails("other", &["a.png` does not fit", "10×10 pixels", "the network takes 12×10×3"]);
    // Calibration needs no classes.
    let pack = ["pack", "cnn.onnx", "-o", "x.kst", "--calibrate", "d/ant"];
    place.run(&pack).ok();
}

#[test]
fn idx_files_that_are_none() {
    let place = three();
    let put = |name: &str, bytes: &[u8]| place.put(name, bytes);
    let images = idx(8, &[2, 3, 1], &[9, 0, 0, 0, 9, 0]);
    put("t-labels-idx1-ubyte", &idx(8, &[2], &[0, 1]));
    let right = eval(&place, "t-images-idx3-ubyte", &images).json();
    assert_eq!(right["correct"], 2);
    let fails = |bytes: &[u8], parts: &[&str]| {
        let start = Instant::now();
        eval(&place, "t-images-idx3-ubyte", bytes).fails(parts);
        eval(&place, "t-images-idx3-ubyte", &gzip(bytes)).fails(parts);
        assert!(start.elapsed() < Duration::from_secs(4), "{parts:?}");
    };
    fails(&images[..images.len() - 1], &["uint8 (2, 3, 1), which is 6 bytes, 5 follow"]);
    fails(&[&images[..], &[0]].concat(), &["6 bytes, more follow"]);
    fails(&images[..9], &["it is cut short"]);
    fails(&idx(8, &[0, 3, 1], &[]), &["no samples"]);
    fails(&idx(8, &[2], &[0, 1]), &["labels, not samples", "its labels are found beside it"]);
    fails(&idx(8, &[1, 4], &[0; 4]), &["its samples are 4, the network takes 3"]);
    fails(&idx(8, &[u32::MAX as usize, 3, 1], &[0; 6]), &["at most 1073741824 bytes are read"]);
    fails(&idx(14, &[1 << 26, 3, 1], &[0; 6]), &["float64 (67108864, 3, 1)", "at most 1073741824"]);
    fails(&idx(8, &[1 << 28, 3, 1], &[0; 6]), &["805306368 bytes, 6 follow"]);
    let all = [u32::MAX as usize; 8];
    fails(&idx(8, &all, &[]), &["its samples are"]);
    fails(&idx(13, &[2, 3], &[0xff; 24]), &["t-images-idx3-ubyte` holds NaN in sample 0"]);
    let packed = gzip(&images);
    let cut = eval(&place, "t-images-idx3-ubyte", &packed[..packed.len() - 12]);
    cut.fails(&["t-images-idx3-ubyte"]);
    eval(&place, "t-images-idx3-ubyte", &gzip(b"hello, this is a text"))
        .fails(&["no IDX file in it"]);
    // Hundreds of megabytes of zeros behind a header that says there are six.
    let bomb = gzip(&[&images[..], &vec![0; 300 << 20]].concat());
    let start = Instant::now();
    eval(&place, "t-images-idx3-ubyte", &bomb).fails(&["6 bytes, more follow"]);
    assert!(start.elapsed() < Duration::from_secs(2));
    put("t-labels-idx1-ubyte", &idx(8, &[3], &[0, 1, 2]));
    eval(&place, "t-images-idx3-ubyte", &images)
        .fails(&["t-labels-idx1-ubyte", "2 samples and 3 classes"]);
    put("t-labels-idx1-ubyte", &idx(13, &[2], &[0; 8]));
    eval(&place, "t-images-idx3-ubyte", &images).fails(&["expected integers, found float32"]);
    put("t-labels-idx1-ubyte", &images);
    eval(&place, "t-images-idx3-ubyte", &images).fails(&["expected one label a sample"]);
    std::fs::remove_file(place.path("t-labels-idx1-ubyte")).expect("it was there");
    eval(&place, "t-images-idx3-ubyte", &images)
        .fails(&["no file of labels beside it", "t-labels-idx1"]);
    eval(&place, "x.idx", &images).fails(&["no `images` in it"]);
}

#[test]
fn arrays_that_are_none() {
    let place = three();
    let floats = |shape: &[usize], values: &[f32]| Array::from_f32(shape.to_vec(), values);
    let x = floats(&[1, 3], &[0.0; 3]);
    eval(&place, "x.npy", &x.to_npy()).fails(&["`x.npy`", "samples but no classes", "savez"]);
    eval(&place, "x.bin", b"\x01\x02\x03\x04").fails(&["`x.bin`", "no form that is known"]);
    eval(&place, "x.kst", &place.get("p.kst")).fails(&["no form that is known"]);
    place.run(&["eval", "p.kst", "--data", "nowhere"]).fails(&["no such file"]);
    let empty = floats(&[0, 3], &[]);
    let no_classes = Array { shape: vec![0], element: Element::U8, bytes: vec![] };
    eval(&place, "d.npz", &npz(&[("x", &empty), ("y", &no_classes)], false)).fails(&["no samples"]);
    // So many samples that they take no memory.
    let endless = Array { shape: vec![1 << 62, 0], element: Element::I8, bytes: vec![] };
    let start = Instant::now();
    for x in [&endless, &x] {
        eval(&place, "d.npz", &npz(&[("x", x), ("y", &endless)], true)).fails(&["`d.npz`"]);
    }
    for (from, to) in
        [("(1, 3)", "(9223372036854775808, 3)"), ("(1, 3)", "(3074457345618258603, 3)")]
    {
        let mut npy = x.to_npy();
        let at = npy.windows(from.len()).position(|text| text == from.as_bytes()).expect("a shape");
        let end = npy.iter().position(|&byte| byte == b'}').expect("a header");
        let (room, after) = (to.len() - from.len(), npy[at + from.len()..=end].to_vec());
        npy[at..at + to.len()].copy_from_slice(to.as_bytes());
        npy[at + to.len()..=end + room].copy_from_slice(&after);
        place.put("x.npy", &npy);
        let run = ["run", "p.kst", "--input", "x.npy", "--output", "y.npy"];
        place.run(&run).fails(&["`x.npy`", "12 bytes follow"]);
    }
    assert!(start.elapsed() < Duration::from_secs(4));
}
