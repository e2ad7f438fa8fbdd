//! What depends on constants alone is computed as the model is read: exporters compute shapes that way.

use super::constant::{Constant, MAX_ELEMENTS, Values};
use super::error::Fault;
use super::node::Node;
use super::operators::quantise;
use super::values::{Import, Known};
use std::ops::Range;

/// The most elements that a node gives which can give more than it has: shapes have a handful.
const MAX_GIVEN: usize = 1 << 20;

/// The constant that a node gives; `None` where it depends on what the network computes, or where it is no operator
/// that exporters compute shapes with.
pub fn fold<'m>(import: &Import<'m>, node: Node<'m>) -> Result<Option<Constant>, Fault> {
    let kind = node.proto.kind.as_str();
    if kind == "Constant" {
        return constant(node).map(Some);
    }
    if kind == "Shape" {
        return shape(import, node).map(Some);
    }
    let mut inputs = vec![];
    for index in 0..node.proto.inputs.len() {
        match import.optional(node, index)? {
            Some(Known::Constant(constant)) => inputs.push(constant),
            Some(Known::Value(_)) => return Ok(None),
            None => {}
        }
    }
    let Some((first, rest)) = inputs.split_first() else { return Ok(None) };
    let folded = match kind {
        "Identity" | "Dropout" => Some((*first).clone()),
        "Cast" => cast(node, first),
        "QuantizeLinear" => Some(quantise::stored(import, node, first)?),
        "DequantizeLinear" => Some(quantise::real(import, node, first)?),
        "Gather" => gather(node, first, rest)?,
        "Unsqueeze" | "Squeeze" | "Reshape" | "Flatten" => reshaped(node, first, rest)?,
        "Transpose" => Some(transposed(node, first)?),
        "Concat" => concat(node, &inputs)?,
        "Slice" => slice(node, first, rest)?,
        "Add" | "Sub" | "Mul" | "Div" => arithmetic(kind, first, rest),
        _ => None,
    };
    let what = "it cannot be computed from these constants beforehand";
    folded.map(Some).ok_or_else(|| node.fault(what))
}

fn constant(node: Node<'_>) -> Result<Constant, Fault> {
    if let Some(tensor) = node.tensor("value") {
        return Constant::read(tensor);
    }
    if let Some(values) = node.ints("value_ints") {
        return Ok(Constant::row(values.to_vec()));
    }
    if let Some(values) = node.floats("value_floats") {
        return Ok(Constant::new(vec![values.len()], Values::Real(values.to_vec())));
    }
    let has = |name: &str| node.proto.attributes.iter().any(|attribute| attribute.name == name);
    let values = match () {
        () if has("value_int") => Values::Whole(vec![node.int("value_int", 0)]),
        () if has("value_float") => Values::Real(vec![node.float("value_float", 0.0)]),
        () => return Err(node.fault("its value is neither an array nor a number")),
    };
    Ok(Constant::new(vec![], values))
}

fn shape<'m>(import: &Import<'m>, node: Node<'m>) -> Result<Constant, Fault> {
    let shape = match import.required(node, 0)? {
        Known::Constant(constant) => constant.shape.clone(),
        Known::Value(value) => value.shape(),
    };
    let ends = [node.int("start", 0), node.int("end", i64::MAX)];
    let sizes = shape.get(part(shape.len(), ends)).unwrap_or_default();
    Ok(Constant::row(sizes.iter().map(|&size| size as i64).collect()))
}

/// The places from `start` to before `end`, which count from the end where they are negative, of so many as there are.
fn part(len: usize, ends: [i64; 2]) -> Range<usize> {
    let len = len as i64;
    let [start, end] =
        ends.map(|at| (if at < 0 { at.saturating_add(len) } else { at }).clamp(0, len) as usize);
    start..end.max(start)
}

fn cast(node: Node<'_>, first: &Constant) -> Option<Constant> {
    use super::proto::element::{DOUBLE, FLOAT, FLOAT16, INT32, INT64};
    let to = i32::try_from(node.int("to", 0)).ok()?;
    let values = match (&first.values, to) {
        (Values::Whole(values), FLOAT | DOUBLE | FLOAT16) => {
            Values::Real(values.iter().map(|&value| value as f32).collect())
        }
        (Values::Real(values), INT32 | INT64) => {
            Values::Whole(values.iter().map(|&value| value as i64).collect())
        }
        (values, FLOAT | DOUBLE | FLOAT16 | INT32 | INT64) => values.clone(),
        _ => return None,
    };
    Some(Constant::new(first.shape.clone(), values))
}

/// Along the first axis.
fn gather(node: Node<'_>, first: &Constant, rest: &[&Constant]) -> Result<Option<Constant>, Fault> {
    let Some(indices) = rest.first().and_then(|indices| indices.wholes()) else { return Ok(None) };
    let (Some((&len, inner)), 0) = (first.shape.split_first(), node.int("axis", 0)) else {
        return Ok(None);
    };
    let size: usize = inner.iter().product();
    if indices.len().saturating_mul(size) > MAX_GIVEN {
        return Ok(None);
    }
    let mut at = vec![];
    for &index in indices {
        let index = node.axis(index, len)?;
        at.extend(index * size..(index + 1) * size);
    }
    let outer = rest.first().map_or(&[][..], |indices| &indices.shape);
    let shape = [outer, inner].concat();
    Ok(Some(Constant::new(shape, first.values.at(at.into_iter()))))
}

fn reshaped(
    node: Node<'_>,
    first: &Constant,
    rest: &[&Constant],
) -> Result<Option<Constant>, Fault> {
    let axes = rest.first().and_then(|axes| axes.wholes());
    let shape = super::operators::shape::reshaped(node, &first.shape, axes)?;
    let fits = shape.iter().product::<usize>() == first.values.len();
    Ok(fits.then(|| first.reshaped(shape)))
}

fn transposed(node: Node<'_>, first: &Constant) -> Result<Constant, Fault> {
    Ok(first.transposed(&super::operators::shape::permutation(node, first.shape.len())?))
}

fn concat(node: Node<'_>, inputs: &[&Constant]) -> Result<Option<Constant>, Fault> {
    let [first, ..] = inputs else { return Ok(None) };
    if node.axis(node.int("axis", 0), first.shape.len())? != 0 {
        return Ok(None);
    }
    let mut shape = first.shape.clone();
    shape[0] = inputs.iter().map(|input| input.shape.first().copied().unwrap_or_default()).sum();
    if inputs.iter().map(|input| input.values.len()).sum::<usize>() > MAX_GIVEN {
        return Ok(None);
    }
    let values = match first.values {
        Values::Real(_) => {
            let all = inputs.iter().map(|input| input.reals()).collect::<Option<Vec<_>>>();
            all.map(|all| Values::Real(all.concat()))
        }
        Values::Whole(_) => {
            let all = inputs.iter().map(|input| input.wholes()).collect::<Option<Vec<_>>>();
            all.map(|all| Values::Whole(all.concat()))
        }
    };
    let fits = |values: &Values| values.len() == shape.iter().product::<usize>();
    Ok(values.filter(fits).map(|values| Constant::new(shape.clone(), values)))
}

/// Of a row, one step at a time.
fn slice(node: Node<'_>, first: &Constant, rest: &[&Constant]) -> Result<Option<Constant>, Fault> {
    let number = |index: usize, name: &str| match rest.get(index) {
        Some(constant) => constant.wholes().and_then(|values| values.first().copied()),
        None => node.ints(name).and_then(|values| values.first().copied()),
    };
    let (&[len], Some(start), Some(end)) =
        (first.shape.as_slice(), number(0, "starts"), number(1, "ends"))
    else {
        return Ok(None);
    };
    if number(2, "axes").unwrap_or(0) != 0 || number(3, "steps").unwrap_or(1) != 1 {
        return Ok(None);
    }
    let range = part(len, [start, end]);
    Ok(Some(Constant::new(vec![range.len()], first.values.at(range))))
}

fn arithmetic(kind: &str, first: &Constant, rest: &[&Constant]) -> Option<Constant> {
    let second = rest.first()?;
    let size = |constant: &Constant| (constant.values.len(), constant.shape.len());
    let shape = if size(first) >= size(second) { &first.shape } else { &second.shape };
    if shape.iter().product::<usize>() > MAX_ELEMENTS {
        return None;
    }
    let (a, b) = (first.broadcast(shape)?, second.broadcast(shape)?);
    let values = match (&a.values, &b.values) {
        (Values::Real(a), Values::Real(b)) => {
            let one = |(a, b): (&f32, &f32)| match kind {
                "Add" => a + b,
                "Sub" => a - b,
                "Mul" => a * b,
                _ => a / b,
            };
            Values::Real(a.iter().zip(b).map(one).collect())
        }
        (Values::Whole(a), Values::Whole(b)) => {
            let one = |(a, b): (&i64, &i64)| match kind {
                "Add" => a.checked_add(*b),
                "Sub" => a.checked_sub(*b),
                "Mul" => a.checked_mul(*b),
                _ => a.checked_div(*b),
            };
            Values::Whole(a.iter().zip(b).map(one).collect::<Option<Vec<i64>>>()?)
        }
        _ => return None,
    };
    Some(Constant::new(shape.clone(), values))
}
