//! The parameters of operators, by name.

use super::shape_string;
use kastanet::image::record::{
    AddParams, Clamp, PadParams, ScaleParams, Scaling, SoftmaxParams, TableParams, Window,
};
use kastanet::image::{Op, OpKind};
use serde_json::{Map, Value, json};
use zerocopy::little_endian::U16;

/// Names and values, in the order of the record.
pub type Params = Vec<(&'static str, Value)>;

/// What an operator does; its code where this version does not know it.
pub fn kind(op: Op<'_>) -> String {
    op.kind().map_or_else(|| format!("code {}", op.code()), |kind| kind.name().into())
}

/// The parameters of `op`; empty where it has none or they are not of the right length.
pub fn of(op: Op<'_>) -> Params {
    let params = match op.kind() {
        Some(OpKind::Conv2d | OpKind::DepthwiseConv2d) => op.params().map(convolution),
        Some(OpKind::AveragePool2d | OpKind::MaxPool2d) => op.params().map(pool),
        Some(OpKind::FullyConnected) => op.params().map(clamp),
        Some(OpKind::Concatenation) => op.params().map(concatenation),
        Some(OpKind::Add) => op.params().map(add),
        Some(OpKind::Mul) => op.params().map(scale),
        Some(OpKind::Mean) => op.params().map(mean),
        Some(OpKind::Pad) => op.params().map(pad),
        Some(OpKind::Softmax) => op.params().map(softmax),
        Some(OpKind::Table) => op.params().map(table),
        _ => None,
    };
    params.unwrap_or_default()
}

/// In a line: `stride 2×2, range −128..=127`.
pub fn line(params: &Params) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let one = |(name, value): &(&str, Value)| format!("{name} {}", text(value));
    params.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// As a JSON object.
pub fn object(params: &Params) -> Map<String, Value> {
    params.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
}

fn sizes(sizes: &[U16]) -> Value {
    let sizes: Vec<usize> = sizes.iter().map(|size| size.get().into()).collect();
    shape_string(&sizes).into()
}

fn range(min: i8, max: i8) -> (&'static str, Value) {
    ("range", format!("{min}..={max}").into())
}

fn window(window: &Window) -> Params {
    vec![
        ("window", sizes(&window.kernel)),
        ("stride", sizes(&window.stride)),
        ("padding", sizes(&window.pad)),
    ]
}

fn pool(params: &Window) -> Params {
    let mut all = window(params);
    all.push(range(params.min, params.max));
    all
}

fn convolution(params: &Window) -> Params {
    let mut all = window(params);
    all.push(("dilation", sizes(&params.dilation)));
    all.push(("multiplier", params.multiplier.get().into()));
    all.push(range(params.min, params.max));
    all
}

fn clamp(params: &Clamp) -> Params {
    vec![range(params.min, params.max)]
}

fn concatenation(params: &Clamp) -> Params {
    vec![("axis", params.axis.into()), range(params.min, params.max)]
}

/// The real number that a multiplier and a shift stand for.
fn factor(scaling: Scaling) -> Value {
    let exponent = scaling.shift.get().clamp(-1000, 1000) - 31;
    let factor = f64::from(scaling.multiplier.get()) * f64::from(exponent).exp2();
    json!(factor)
}

fn add(params: &AddParams) -> Params {
    vec![
        ("first factor", factor(params.inputs[0])),
        ("second factor", factor(params.inputs[1])),
        ("output factor", factor(params.output)),
        range(params.clamp.min, params.clamp.max),
    ]
}

fn scale(params: &ScaleParams) -> Params {
    vec![("output factor", factor(params.output)), range(params.clamp.min, params.clamp.max)]
}

fn mean(params: &ScaleParams) -> Params {
    let axes: Vec<String> =
        (0..4).filter(|axis| params.axes.get() >> axis & 1 == 1).map(|a| a.to_string()).collect();
    let mut all = vec![("axes", axes.join("+").into())];
    all.extend(scale(params));
    all
}

fn pad(params: &PadParams) -> Params {
    vec![("before", sizes(&params.before)), ("value", params.value.into())]
}

fn softmax(params: &SoftmaxParams) -> Params {
    vec![
        ("input factor", factor(params.input)),
        ("smallest difference", params.diff_min.get().into()),
    ]
}

fn table(params: &TableParams) -> Params {
    vec![("offset", params.offset.get().into())]
}
