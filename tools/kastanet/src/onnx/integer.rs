//! Operators on integers, as quantisers write them, become operators on real numbers between changes of type.
//!
//! ```text
//! y = QLinearConv(x, s, z, w, s', z', s", z", b)
//!     Quantize(Conv(Dequantize(x, s, z), Dequantize(w, s', z'), Dequantize(b, s · s')), s", z")
//! ```

use super::error::Fault;
use super::node::Node;
use super::proto::{self, Attribute};

/// How an operator on integers lists its inputs.
struct Form {
    kind: &'static str,
    /// The same on real numbers.
    real: &'static str,
    /// How many inputs there are, each with its scale and zero point; 0: as many as are listed.
    inputs: usize,
    /// Where the output's scale stands; its zero point follows.
    output: usize,
    /// Where the inputs begin.
    first: usize,
    /// Where the bias is, if there may be one.
    bias: Option<usize>,
}

const fn form(
    kind: &'static str,
    real: &'static str,
    inputs: usize,
    output: usize,
    bias: Option<usize>,
) -> Form {
    Form { kind, real, inputs, output, first: 0, bias }
}

static FORMS: [Form; 11] = [
    form("QGemm", "Gemm", 2, 7, Some(6)),
    form("QLinearAdd", "Add", 2, 6, None),
    form("QLinearAveragePool", "AveragePool", 1, 3, None),
    Form { first: 2, ..form("QLinearConcat", "Concat", 0, 0, None) },
    form("QLinearConv", "Conv", 2, 6, Some(8)),
    form("QLinearGlobalAveragePool", "GlobalAveragePool", 1, 3, None),
    form("QLinearMatMul", "MatMul", 2, 6, None),
    form("QLinearMul", "Mul", 2, 6, None),
    form("QLinearReduceMean", "ReduceMean", 1, 3, None),
    form("QLinearSigmoid", "Sigmoid", 1, 3, None),
    form("QLinearSoftmax", "Softmax", 1, 3, None),
];

/// Domains in which those operators and changes of type are declared.
const DOMAINS: [&str; 3] = ["", "ai.onnx", "com.microsoft"];

/// The names of all, as a list for people.
pub fn supported() -> String {
    FORMS.iter().map(|form| form.kind).collect::<Vec<_>>().join(", ")
}

/// The same graph without operators on integers.
pub fn rewritten(mut graph: proto::Graph) -> Result<proto::Graph, Fault> {
    let mut nodes = Vec::with_capacity(graph.nodes.len());
    for mut node in graph.nodes {
        let is_ours = DOMAINS.contains(&node.domain.as_str());
        match FORMS.iter().find(|form| is_ours && form.kind == node.kind) {
            Some(form) => parted(form, &node, &mut nodes)?,
            None => {
                if is_ours && matches!(&*node.kind, "QuantizeLinear" | "DequantizeLinear") {
                    node.domain.clear();
                }
                nodes.push(node);
            }
        }
    }
    graph.nodes = nodes;
    Ok(graph)
}

/// What a part of an operator is called; [`Import`](super::values::Import) leaves the mark out of tensors' names.
pub const MARK: &str = "\u{1}real";

/// Adds the nodes that an operator stands for.
fn parted(form: &Form, whole: &proto::Node, nodes: &mut Vec<proto::Node>) -> Result<(), Fault> {
    let said = Node { proto: whole, opset: 0 };
    let output = whole.outputs.first().ok_or_else(|| said.fault("it has no output"))?;
    if said.int("channels_last", 0) != 0 {
        return Err(said.fault("its channels are last (`channels_last`)"));
    }
    let count = match form.inputs {
        0 => whole.inputs.len().saturating_sub(form.first) / 3,
        count => count,
    };
    let name = said.name();
    let mut inputs = vec![];
    for index in 0..count {
        let at = form.first + 3 * index;
        let [Some(x), Some(scale)] = [said.input(at), said.input(at + 1)] else {
            return Err(said.fault(format!("input {at} or its scale is missing")));
        };
        let real = format!("{output}{MARK}{index}");
        let zero = said.input(at + 2).unwrap_or_default();
        let axis = if index == 1 { weights_axis(form, said) } else { 0 };
        nodes.push(dequantized(name, &[x, scale, zero], &real, axis));
        inputs.push(real);
    }
    if let Some(bias) = form.bias.and_then(|at| said.input(at)) {
        inputs.push(bias_of(said, bias, output, nodes));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let scale = said.input(form.output);
    let real = scale.map_or_else(|| output.clone(), |_| format!("{output}{MARK}"));
    let attributes = whole.attributes.clone();
    nodes.push(proto::Node { attributes, ..proto::Node::new(form.real, name, &inputs, &real) });
    if let Some(scale) = scale {
        let zero = said.input(form.output + 1).unwrap_or_default();
        nodes.push(proto::Node::new("QuantizeLinear", name, &[&real, scale, zero], output));
    }
    Ok(())
}

/// The axis of weights that counts outputs.
fn weights_axis(form: &Form, node: Node<'_>) -> i64 {
    match form.real {
        "Gemm" if node.int("transB", 0) == 0 => 1,
        "MatMul" => 1,
        _ => 0,
    }
}

/// Integers as real numbers, with scales along an axis where there are several.
fn dequantized(name: &str, inputs: &[&str], output: &str, axis: i64) -> proto::Node {
    proto::Node::new("DequantizeLinear", name, inputs, output).with(Attribute::int("axis", axis))
}

/// A bias counts in units of input times weight, and where a Gemm multiplies the product, of that.
fn bias_of(said: Node<'_>, bias: &str, output: &str, nodes: &mut Vec<proto::Node>) -> String {
    let name = said.name();
    let [x, w] = [1, 4].map(|at| said.input(at).unwrap_or_default());
    let [mut scale, factor, scaled, real] =
        ["scale", "alpha", "scaled", "bias"].map(|part| format!("{output}{MARK}_{part}"));
    nodes.push(proto::Node::new("Mul", name, &[x, w], &scale));
    let alpha = said.float("alpha", 1.0);
    if alpha != 1.0 {
        let constant = proto::Node::new("Constant", name, &[], &factor);
        nodes.push(constant.with(Attribute::float("value_float", alpha)));
        nodes.push(proto::Node::new("Mul", name, &[&scale, &factor], &scaled));
        scale = scaled;
    }
    nodes.push(dequantized(name, &[bias, &scale], &real, 0));
    real
}
