//! Readable names for operators, which have none in the file.
//!
//! Keras names tensors after layers, and the converter joins the names of all layers it fused:
//! `model/activation/Relu;model/batch_normalization/FusedBatchNormV3;model/conv2d/Conv2D`. The
//! part that ends as the operator does (`Conv2D`) is the layer's own; the component before that is
//! the name the user gave it: `conv2d`. Where no part ends so, the first that names a layer at all
//! is taken (`net/stem/Relu;…`: `stem`). Functions without layers leave nothing but operators
//! (`Relu_1;add_1;Conv2D_1`): then the operator gets the name that Keras would have given it.

use std::collections::{HashMap, HashSet};

use super::operators;
use crate::graph::Tensor;

/// How much of a tensor's name is looked at.
const LOOKED_AT: usize = 1024;

/// The longest name, in characters.
const LONGEST: usize = 48;

/// What the converter calls outputs when it has nothing to call them after.
const EMPTY: [&str; 6] = [
    "Identity",
    "PartitionedCall",
    "StatefulPartitionedCall",
    "serving_default",
    "tfl.",
    "tensor ",
];

/// What TensorFlow calls operators, and Keras whole models: no layer's name. Letters count as
/// they are, since `conv2d` is a layer and `Conv2D` an operator.
const NO_LAYER: &str = "\
model sequential functional resource convolution depthwise \
Add AddV2 AvgPool AvgPool2D AvgPool3D BatchToSpaceND BiasAdd Concat ConcatV2 Const Conv1D Conv2D \
Dense DepthwiseConv2dNative Dequantize ExpandDims FakeQuantWithMinMaxVars \
FakeQuantWithMinMaxVarsPerChannel Flatten FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 \
LogicalAnd MatMul Max MaxPool MaxPool2D Maximum Mean Min Minimum Mul Pad PadV2 Quantize \
ReadVariableOp Relu Relu6 Reshape Rsqrt Shape Sigmoid Softmax SpaceToBatchND Squeeze Sub \
Transpose";

/// Operators' names that layers have as well: no layer's only where they stand alone.
const AMBIGUOUS: &str = "add concat mul pad separable_conv2d strided_slice sub transpose";

/// Gives out names, each once.
#[derive(Default)]
pub struct Names {
    taken: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Names {
    /// A name for an operator, from its weights' name, its output's, or else its kind.
    pub fn name(&mut self, code: i32, weights: Option<&Tensor>, output: Option<&Tensor>) -> String {
        let tensors = || [weights, output].into_iter().flatten();
        let hints = operators::hints(code).iter();
        let base = hints
            .filter_map(|hint| tensors().find_map(|tensor| hinted(hint, &tensor.name)))
            .next()
            .or_else(|| output.and_then(|tensor| parts(&tensor.name).find_map(layer)))
            .unwrap_or_else(|| operators::layer(code));
        self.unique(base.chars().take(LONGEST).collect())
    }

    /// `base`, or `base_1`, `base_2`, … if it is taken.
    fn unique(&mut self, base: String) -> String {
        let next = self.next.entry(base.clone()).or_default();
        let mut name = base.clone();
        while !self.taken.insert(name.clone()) {
            *next += 1;
            name = format!("{base}_{next}");
        }
        name
    }
}

/// The layer of the part whose end is `hint`.
fn hinted(hint: &str, name: &str) -> Option<String> {
    parts(name).find_map(|part| {
        let (scope, end) = part.rsplit_once('/')?;
        if is(hint, &end.to_lowercase()) { innermost(scope) } else { None }
    })
}

/// The layer of a part.
fn layer(part: &str) -> Option<String> {
    match part.rsplit_once('/') {
        Some((scope, _)) => innermost(scope),
        None if is_one_of(AMBIGUOUS, part) => None,
        None => innermost(part),
    }
}

/// The last component that is a layer's name.
fn innermost(scope: &str) -> Option<String> {
    let no_layer =
        |name: &str| is_one_of(NO_LAYER, name) || EMPTY.iter().any(|e| name.starts_with(e));
    let name = scope.rsplit('/').find(|name| !name.is_empty() && !no_layer(name))?;
    Some(name.to_string())
}

fn is_one_of(list: &str, name: &str) -> bool {
    list.split(' ').any(|known| is(known, name))
}

/// Whether `name` is `known`, perhaps numbered: `Relu`, `Relu_1`, `Relu2`.
fn is(known: &str, name: &str) -> bool {
    let number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '_');
    name.strip_prefix(known).is_some_and(number)
}

/// The parts that the converter joined, or the whole name if it is a plain one.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let end = name.char_indices().map(|(at, _)| at).find(|&at| at >= LOOKED_AT);
    let looked_at = end.and_then(|end| name.get(..end)).unwrap_or(name);
    looked_at.split(';').filter(|part| !part.is_empty())
}
