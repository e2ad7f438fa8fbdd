//! QuantizeLinear and DequantizeLinear: values stay real numbers, and what is said of their scales is kept beside
//! them, to be used as it stands when the graph becomes int8.
//!
//! ```text
//! x ─ Quantize(s, z) ─ Dequantize(s, z) ─ …       x, of which s and z are known
//! integers ─ Dequantize(s, z) ─ Conv              weights (integers − z) · s, of which s and z are known
//! ```
//!
//! Integers of the file are int8 here: of uint8, both numbers and zero points are 128 less.

use super::super::constant::{Constant, Values};
use super::super::error::Fault;
use super::super::node::Node;
use super::super::proto::element::{self, INT8, INT32, UINT8};
use super::super::values::{Import, Known, Value};
use crate::graph::Quant;

/// Operators that move or pick integers without knowing what they stand for.
const MOVES: [&str; 12] = [
    "Concat",
    "DequantizeLinear",
    "Dropout",
    "Flatten",
    "GlobalMaxPool",
    "Identity",
    "MaxPool",
    "Pad",
    "Reshape",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];

/// How real numbers become integers of the file.
struct Steps {
    scales: Vec<f32>,
    zero_points: Vec<i64>,
    element: i32,
    /// The axis that the scales run along, where there are several.
    axis: usize,
}

/// How much greater the file's integers are than those here.
pub fn shift(element: i32) -> i32 {
    if element == UINT8 { 128 } else { 0 }
}

impl Steps {
    /// Those that a node has for integers of `rank` axes, of this type where it does not say.
    fn of<'m>(
        import: &Import<'m>,
        node: Node<'m>,
        element: i32,
        rank: usize,
    ) -> Result<Self, Fault> {
        let scales = import.reals(node, 1, "scales")?.reals().unwrap_or_default().to_vec();
        if let Some(scale) = scales.iter().find(|&&scale| scale <= 0.0) {
            return Err(node.fault(format!("it has the scale {scale}, expected one above zero")));
        }
        let (zero_points, element) = match import.optional(node, 2)? {
            None => (vec![0; scales.len()], element),
            Some(Known::Value(_)) => return Err(node.fault("its zero points are computed")),
            Some(Known::Constant(constant)) => match constant.wholes() {
                Some(wholes) => (wholes.to_vec(), constant.element),
                None => return Err(node.fault("its zero points are no integers")),
            },
        };
        if ![INT8, UINT8, INT32].contains(&element) || node.int("block_size", 0) != 0 {
            let name = element::name(element);
            return Err(node.fault(format!(
                "it stores {name} (or blocks of it), expected int8 or uint8 with scales per tensor or channel"
            )));
        }
        if scales.is_empty() || scales.len() != zero_points.len() {
            let (scales, zero_points) = (scales.len(), zero_points.len());
            return Err(node.fault(format!("it has {scales} scales and {zero_points} zero points")));
        }
        let axis = if scales.len() > 1 { node.axis(node.int("axis", 1), rank)? } else { 0 };
        let steps = Steps { scales, zero_points, element, axis };
        match steps.zero_points.iter().find(|zero| !steps.range().contains(zero)) {
            Some(zero) => Err(node.fault(format!("it has the zero point {zero}"))),
            None => Ok(steps),
        }
    }

    fn range(&self) -> std::ops::RangeInclusive<i64> {
        match self.element {
            INT8 => -128..=127,
            UINT8 => 0..=255,
            _ => i32::MIN.into()..=i32::MAX.into(),
        }
    }

    /// For each element of a constant in order, the scale and zero point.
    fn each(&self, node: Node<'_>, constant: &Constant) -> Result<Vec<(f32, i64)>, Fault> {
        let pairs = || self.scales.iter().copied().zip(self.zero_points.iter().copied());
        if self.scales.len() > 1 && constant.shape.get(self.axis) != Some(&self.scales.len()) {
            let (found, shape) = (self.scales.len(), &constant.shape);
            return Err(node.fault(format!("it has {found} scales for {shape:?}")));
        }
        let inner: usize = constant.shape.get(self.axis + 1..).unwrap_or_default().iter().product();
        let all: Vec<(f32, i64)> = pairs().collect();
        let index = |at: usize| at.checked_div(inner).unwrap_or_default() % all.len().max(1);
        Ok((0..constant.values.len()).filter_map(|at| all.get(index(at)).copied()).collect())
    }

    /// In int8, as graphs have it.
    fn quant(&self) -> Quant {
        let shift = shift(self.element);
        let zero_points = self.zero_points.iter().map(|&zero| zero as i32 - shift).collect();
        Quant { scales: self.scales.clone(), zero_points, dimension: self.axis }
    }

    /// The one scale of something that is computed.
    fn only(&self, node: Node<'_>) -> Result<Quant, Fault> {
        match self.scales.len() {
            1 if self.element != INT32 => Ok(self.quant()),
            1 => Err(node.fault("it stores int32, expected int8 or uint8")),
            found => Err(node.fault(format!("it has {found} scales for activations, expected 1"))),
        }
    }
}

/// The integers of constant numbers, halves to the even one.
pub fn stored<'m>(
    import: &Import<'m>,
    node: Node<'m>,
    constant: &Constant,
) -> Result<Constant, Fault> {
    let steps = Steps::of(import, node, to(node), constant.shape.len())?;
    let reals = constant.reals().ok_or_else(|| node.fault("its input holds integers"))?;
    let range = steps.range();
    let one = |(real, (scale, zero)): (&f32, (f32, i64))| {
        ((real / scale).round_ties_even() as i64)
            .saturating_add(zero)
            .clamp(*range.start(), *range.end())
    };
    let values = reals.iter().zip(steps.each(node, constant)?).map(one).collect();
    let element = steps.element;
    Ok(Constant { element, ..Constant::new(constant.shape.clone(), Values::Whole(values)) })
}

/// The type that a QuantizeLinear without zero point gives.
fn to(node: Node<'_>) -> i32 {
    match node.int("output_dtype", 0) {
        0 => UINT8,
        element => i32::try_from(element).unwrap_or_default(),
    }
}

/// The numbers that constant integers stand for.
pub fn real<'m>(
    import: &Import<'m>,
    node: Node<'m>,
    constant: &Constant,
) -> Result<Constant, Fault> {
    let steps = Steps::of(import, node, constant.element, constant.shape.len())?;
    let wholes = constant.wholes().filter(|_| constant.element == steps.element);
    let wholes = wholes.ok_or_else(|| {
        let (found, expected) = (element::name(constant.element), element::name(steps.element));
        node.fault(format!("its input is {found}, its zero point {expected}"))
    })?;
    let one =
        |(&whole, (scale, zero)): (&i64, (f32, i64))| whole.saturating_sub(zero) as f32 * scale;
    let values = wholes.iter().zip(steps.each(node, constant)?).map(one).collect();
    let quant = Some(steps.quant());
    Ok(Constant { quant, ..Constant::new(constant.shape.clone(), Values::Real(values)) })
}

/// What is computed, stored as integers.
pub fn quantize<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let steps = Steps::of(import, node, to(node), value.layout.rank())?;
    let quant = steps.only(node)?;
    let stored = Some(shift(steps.element));
    Ok(Value { stored, ..import.recorded(node, value, quant) })
}

/// The real numbers again.
pub fn dequantize<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let found = value.stored.ok_or_else(|| node.fault("its input is no integers"))?;
    let element = if found == shift(UINT8) { UINT8 } else { INT8 };
    let steps = Steps::of(import, node, element, value.layout.rank())?;
    let quant = steps.only(node)?;
    let before = &mut import.graph.tensors[value.tensor].quant;
    if shift(steps.element) != found || before.as_ref().is_some_and(|before| *before != quant) {
        return Err(node.fault("its scale and zero point are others than those of its input"));
    }
    *before = Some(quant);
    Ok(Value { stored: None, ..value })
}

/// What integers go into a node, as far more than the first matter; `None`: real numbers. They go on as they are
/// where the node only moves them.
///
/// # Errors
///
/// A node that would compute with them.
pub fn moved<'m>(import: &Import<'m>, node: Node<'m>) -> Result<Option<(Quant, i32)>, Fault> {
    let mut found = vec![];
    for index in 0..node.proto.inputs.len() {
        if let Some(Known::Value(value)) = import.optional(node, index)? {
            let quant = import.graph.tensors[value.tensor].quant.clone();
            found.push(value.stored.map(|shift| (quant, shift)));
        }
    }
    let kind = node.proto.kind.as_str();
    let Some(first) = found.iter().flatten().next() else { return Ok(None) };
    if !MOVES.contains(&kind) {
        return Err(node.fault("it computes with stored integers, expected DequantizeLinear first"));
    }
    if found.iter().any(|other| other.as_ref() != Some(first)) {
        return Err(node.fault("its inputs are stored with different scales"));
    }
    let (quant, shift) = first.clone();
    match quant {
        Some(quant) if kind != "DequantizeLinear" => Ok(Some((quant, shift))),
        None if kind != "DequantizeLinear" => {
            Err(node.fault("nothing says what its integers stand for"))
        }
        _ => Ok(None),
    }
}
