//! A network by its description against the same one as ONNX: see `host-tests/oracle/described_models.py`.

use super::{Description, Fault, Weights, import, starter};
use crate::graph::Graph;
use crate::onnx;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/described").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).unwrap()
}

/// The network of a description with these weights.
fn described(text: &str, weights: &Weights<'_>) -> Result<Graph, Fault> {
    let said = Description::parse(text)?;
    import("small", &said, weights).map_err(|error| *error.fault)
}

#[test]
fn gives_the_graph_that_onnx_gives() {
    let onnx = onnx::import("small", &bytes("small.onnx")).unwrap();
    let stored = bytes("torch.safetensors");
    let weights = Weights::safetensors(&stored).unwrap();
    assert_eq!(described(&text("torch.toml"), &weights).unwrap(), onnx);
    let stored = bytes("keras.npz");
    let weights = Weights::npz("keras.npz", &stored).unwrap();
    let mut keras = described(&text("keras.toml"), &weights).unwrap();
    // Arrays have other names there.
    for (tensor, other) in keras.tensors.iter_mut().zip(&onnx.tensors) {
        tensor.name.clone_from(&other.name);
    }
    assert_eq!(keras, onnx);
}

/// Arrays of these names, types, sizes and bytes as a file.
fn safetensors(arrays: &[(&str, Dtype, &[usize], Vec<u8>)]) -> Vec<u8> {
    let views = arrays.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn other_floats_become_single() {
    let reals = [1.5_f32, -0.25, 0.0, 3.0];
    let halves = [0x3e00_u16, 0xb400, 0, 0x4200];
    let each = |bytes: fn(f32) -> Vec<u8>| reals.iter().copied().flat_map(bytes).collect();
    let file = safetensors(&[
        ("half", Dtype::F16, &[4], halves.iter().flat_map(|half| half.to_le_bytes()).collect()),
        ("brain", Dtype::BF16, &[4], each(|real| real.to_le_bytes()[2..].to_vec())),
        ("single", Dtype::F32, &[4], each(|real| real.to_le_bytes().to_vec())),
        ("double", Dtype::F64, &[4], each(|real| f64::from(real).to_le_bytes().to_vec())),
        ("bytes", Dtype::I8, &[4], vec![1, 2, 3, 4]),
    ]);
    let weights = Weights::safetensors(&file).unwrap();
    for name in ["half", "brain", "single", "double"] {
        assert_eq!(weights.get(name).unwrap().reals().unwrap(), reals, "{name}");
    }
    assert_eq!(weights.get("bytes").unwrap().reals(), None);
    let types = weights.all().into_iter().map(|(name, array)| format!("{name} {}", array.element));
    let expected =
        ["brain bfloat16", "bytes int8", "double float64", "half float16", "single float32"];
    assert!(types.eq(expected));
}

const MLP: &str = r#"
weights = "w"
input = [3]

[[layer]]
linear = "a"

[[layer]]
linear = "b"
"#;

/// Arrays of small numbers.
fn arrays(sizes: &[(&str, &[usize])]) -> Vec<u8> {
    let all: Vec<_> = sizes
        .iter()
        .map(|&(name, shape)| {
            let count: usize = shape.iter().product();
            (name, Dtype::F32, shape, (0..count).flat_map(|at| (at as f32).to_le_bytes()).collect())
        })
        .collect();
    safetensors(&all)
}

/// What is wrong with a description of these arrays.
#[track_caller]
fn refused(text: &str, sizes: &[(&str, &[usize])], parts: &[&str]) {
    let file = arrays(sizes);
    let weights = Weights::safetensors(&file).unwrap();
    let fault = described(text, &weights).map(|_| ()).unwrap_err();
    let said = fault.to_string();
    assert!(!fault.help().is_empty());
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[test]
fn arrays_are_named_when_they_do_not_fit() {
    let a: (&str, &[usize]) = ("a.weight", &[4, 3]);
    let b: (&str, &[usize]) = ("b.weight", &[2, 4]);
    let fits = arrays(&[a, b, ("a.bias", &[4])]);
    described(MLP, &Weights::safetensors(&fits).unwrap()).unwrap();
    refused(MLP, &[a], &["layer \"b\" (linear)", "hold no \"b.weight\""]);
    refused(MLP, &[a, ("b.weight", &[2, 5])], &["\"b.weight\" is 2×5, expected outputs×4"]);
    refused(MLP, &[a, ("b.weight", &[2, 4, 1])], &["\"b.weight\" is 2×4×1, expected outputs×4"]);
    refused(MLP, &[a, b, ("b.bias", &[4])], &["\"b.bias\" is 4, expected 2"]);
    refused(MLP, &[a, b, ("c.weight", &[1]), ("d", &[1])], &["no layer uses \"c.weight\", \"d\""]);
    let unused = MLP.replace("input", "unused = [\"c.*\", \"d\"]\ninput");
    let more = arrays(&[a, b, ("c.weight", &[1]), ("c.bias", &[1]), ("d", &[1])]);
    described(&unused, &Weights::safetensors(&more).unwrap()).unwrap();
    let named = MLP.replace("linear = \"b\"", "linear = \"b\"\nweight = \"w\"\nbias = \"v\"");
    refused(&named, &[a, ("w", &[2, 4])], &["hold no \"v\""]);
}

#[test]
fn arrays_of_other_types_and_no_numbers_are_named() {
    let four = || [1.0_f32, 2.0, f32::NAN].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let wide = [1e300_f64, 2.0, 1.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let text = "weights = \"w\"\ninput = [3]\n[[layer]]\nlinear = \"a\"\n";
    for (dtype, bytes, part) in [
        (Dtype::F32, four(), "\"a.weight\" holds NaN at 2"),
        (Dtype::F64, wide, "\"a.weight\" holds inf at 0"),
        (Dtype::I8, vec![1, 2, 3], "\"a.weight\" holds int8, expected float32"),
    ] {
        let file = safetensors(&[("a.weight", dtype, &[1, 3], bytes)]);
        let weights = Weights::safetensors(&file).unwrap();
        let fault = described(text, &weights).unwrap_err().to_string();
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn says_what_is_wrong_with_a_description() {
    let a: (&str, &[usize]) = ("a.weight", &[4, 3]);
    let b: (&str, &[usize]) = ("b.weight", &[2, 4]);
    let image: (&str, &[usize]) = ("c.weight", &[2, 3, 3, 3]);
    let with = |from: &str, to: &str| MLP.replace(from, to);
    let conv = |more: &str| {
        format!("weights = \"w\"\ninput = [4, 4, 3]\n[[layer]]\nconv = \"c\"\n{more}\n")
    };
    for (text, arrays, part) in [
        (with("[[layer]]", "[[layers]]"), vec![a, b], "line 5: unknown field `layers`"),
        (with("linear = \"b\"", "linar = \"b\""), vec![a, b], "line 9: unknown field `linar`"),
        (with("[3]", "[]"), vec![a, b], "its input is []"),
        (with("[3]", "[0, 2]"), vec![a, b], "its input is [0, 2]"),
        (with("[3]", "[4294967296, 4294967296, 9]"), vec![a, b], "far too large"),
        (with("[3]", "[-1]"), vec![a, b], "line 3: invalid value: integer `-1`"),
        (with("[3]", "[9223372036854775808]"), vec![a, b], "far too large"),
        (with("linear = \"b\"", "name = \"b\""), vec![a, b], "layer 2 says nothing"),
        (with("linear = \"b\"", "linear = \"b\"\nmax_pool = 2"), vec![a, b], "linear and max_pool"),
        (
            with("linear = \"b\"", "linear = \"b\"\nstride = 2"),
            vec![a, b],
            "(linear) says `stride`",
        ),
        (with("linear = \"b\"", "linear = \"a\""), vec![a, b], "two layers are called \"a\""),
        (with("linear = \"b\"", "add = \"c\""), vec![a, b], "reads \"c\", but no layer before it"),
        (with("linear = \"b\"", "add = \"add_2\""), vec![a, b], "no layer before it"),
        (
            with("linear = \"b\"", "linear = \"b\"\nfrom = \"input\""),
            vec![a, b],
            "no layer reads \"a\"",
        ),
        (with("linear = \"b\"", "max_pool = 2"), vec![a], "layer \"max_pool_2\" (max_pool)"),
        (with("linear = \"b\"", "add = \"input\""), vec![a], "lie in different orders"),
        (
            with("[[layer]]\nlinear = \"a\"\n", "").replace("[[layer]]\nlinear = \"b\"\n", ""),
            vec![],
            "it has 0 layers",
        ),
        (
            conv("padding = [1, 2, 3]"),
            vec![image],
            "`padding` is [1, 2, 3], expected 2 or 4 numbers",
        ),
        (conv("padding = \"full\""), vec![image], "line 5"),
        (conv("stride = 0"), vec![image], "`strides` is [0, 0]"),
        (conv("stride = [1, 1, 1]"), vec![image], "`strides` is [1, 1, 1]"),
        (conv("padding = 7"), vec![image], "`pads`"),
        (conv("dilation = 9223372036854775807"), vec![image], "does not fit an image"),
        (
            conv("[[layer]]\nlinear = \"a\""),
            vec![image, a],
            "it reads 2×2×2, expected numbers in a row: flatten",
        ),
        (conv("layout = 1"), vec![image], "unknown field `layout`"),
        (
            conv("").replace("input", "layout = \"keras\"\ninput"),
            vec![("c/kernel", &[3, 3, 4, 2])],
            "\"c/kernel\" is 3×3×4×2, expected height×width×3×outputs",
        ),
        (
            conv("").replace("conv", "depthwise"),
            vec![("c.weight", &[4, 1, 3, 3])],
            "has 4 outputs, expected a multiple of the 3",
        ),
        (conv("").replace("[4, 4, 3]", "[3]"), vec![image], "expected an image or a row"),
    ] {
        refused(&text, &arrays, &[part]);
    }
}

#[test]
fn begins_descriptions() {
    let file = arrays(&[
        ("body.10.weight", &[8, 4, 3, 3]),
        ("body.2.weight", &[4, 1, 3, 3]),
        ("body.3.running_mean", &[4]),
        ("body.3.weight", &[4]),
        ("end.weight", &[2, 8]),
    ]);
    let text = starter("w.safetensors", &Weights::safetensors(&file).unwrap());
    let said = Description::parse(&text).unwrap();
    let kinds: Vec<_> = said.layers.iter().map(|layer| layer.kind(1).unwrap().0.key()).collect();
    assert_eq!(kinds, ["depthwise", "batch_norm", "conv", "flatten", "linear"]);
    assert!(Description::parse(super::EXAMPLE).is_ok());
}

#[test]
fn what_is_documented_can_be_read() {
    let page = include_str!("../../../../docs/description.md");
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = arrays(&[
        ("features.0.weight", &[4, 1, 5, 5]),
        ("features.0.bias", &[4]),
        ("features.2.running_mean", &[4]),
        ("features.2.running_var", &[4]),
        ("features.2.num_batches_tracked", &[]),
        ("features.4.weight", &[6, 4, 3, 3]),
        ("features.5.weight", &[6, 6, 3, 3]),
        ("classifier.weight", &[10, 6 * 14 * 14]),
    ]);
    let graph = described(text, &Weights::safetensors(&file).unwrap()).unwrap();
    let kinds: Vec<&str> = graph.ops.iter().map(|op| op.kind.name()).collect();
    let expected = [
        "CONV_2D",
        "MUL",
        "ADD",
        "MAX_POOL_2D",
        "CONV_2D",
        "CONV_2D",
        "ADD",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ];
    assert_eq!(kinds, expected);
}
