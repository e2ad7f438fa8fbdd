//! Other shapes and orders of axes: nothing that is computed.

use super::super::error::Fault;
use super::super::node::Node;
use super::super::values::{Import, Known, Value};

/// What comes out is what goes in.
pub fn same<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    import.value(node, 0)
}

/// Reshape, Flatten, Squeeze, Unsqueeze.
pub fn reshape<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let sizes = match import.optional(node, 1)? {
        None => None,
        Some(Known::Constant(constant)) => constant.wholes(),
        Some(Known::Value(_)) => return Err(node.fault("the new shape is computed")),
    };
    let shape = reshaped(node, &value.shape(), sizes)?;
    let layout = value.layout.reshaped(&shape).ok_or_else(|| {
        node.fault(format!(
            "elements of {:?} would have to be moved to make {shape:?}, channels being last",
            value.shape()
        ))
    })?;
    Ok(Value { layout, ..value })
}

pub fn transpose<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let order = permutation(node, value.layout.rank())?;
    Ok(Value { layout: value.layout.transposed(&order), ..value })
}

/// The order of axes that a Transpose asks for.
pub fn permutation(node: Node<'_>, rank: usize) -> Result<Vec<usize>, Fault> {
    let Some(order) = node.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let mut sorted: Vec<i64> = order.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank as i64) {
        return Err(node.fault(format!("`perm` is {order:?}, expected an order of {rank} axes")));
    }
    Ok(order.iter().map(|&axis| axis as usize).collect())
}

/// The shape that a Reshape, a Flatten, a Squeeze or an Unsqueeze gives to one of `shape`; `given` is its second
/// input.
pub fn reshaped(
    node: Node<'_>,
    shape: &[usize],
    given: Option<&[i64]>,
) -> Result<Vec<usize>, Fault> {
    let rank = shape.len();
    match node.proto.kind.as_str() {
        "Flatten" => {
            let axis = node.int("axis", 1);
            let axis = if axis == rank as i64 { rank } else { node.axis(axis, rank)? };
            let (outer, inner) = shape.split_at(axis);
            Ok(vec![outer.iter().product(), inner.iter().product()])
        }
        "Squeeze" => {
            let axes = given.or(node.ints("axes"));
            let axes = axes.map(|axes| axes.iter().map(|&axis| node.axis(axis, rank)).collect());
            let axes: Option<Vec<usize>> = axes.transpose()?;
            let drops = |axis: usize| match &axes {
                Some(axes) => axes.contains(&axis),
                None => shape[axis] == 1,
            };
            match (0..rank).find(|&axis| drops(axis) && shape[axis] != 1) {
                Some(axis) => Err(node.fault(format!("axis {axis} of {shape:?} is not 1"))),
                None => {
                    Ok((0..rank).filter(|&axis| !drops(axis)).map(|axis| shape[axis]).collect())
                }
            }
        }
        "Unsqueeze" => {
            let axes = given.or(node.ints("axes")).ok_or_else(|| node.fault("it has no axes"))?;
            let rank = rank.saturating_add(axes.len()).min(64);
            let axes =
                axes.iter().map(|&axis| node.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?;
            let mut rest = shape.iter();
            let size = |axis| if axes.contains(&axis) { Some(1) } else { rest.next().copied() };
            let sizes: Option<Vec<usize>> = (0..rank).map(size).collect();
            sizes.ok_or_else(|| node.fault(format!("axes {axes:?} are not different")))
        }
        _ => new_shape(node, shape, given.or(node.ints("shape")).unwrap_or_default()),
    }
}

/// Of a Reshape: 0 keeps a size, −1 takes what is left.
fn new_shape(node: Node<'_>, shape: &[usize], asked: &[i64]) -> Result<Vec<usize>, Fault> {
    let wrong = || node.fault(format!("{shape:?} does not reshape to {asked:?}"));
    let elements: usize = shape.iter().product();
    let keeps_zero = node.int("allowzero", 0) == 0;
    let size = |(axis, &size): (usize, &i64)| match size {
        0 if keeps_zero => shape.get(axis).copied().ok_or_else(wrong),
        -1 => Ok(0),
        size => usize::try_from(size).map_err(|_| wrong()),
    };
    let mut sizes = asked.iter().enumerate().map(size).collect::<Result<Vec<usize>, Fault>>()?;
    let known = sizes.iter().filter(|&&size| size > 0).try_fold(1, |a: usize, &b| a.checked_mul(b));
    let left = known.and_then(|known| elements.checked_div(known)).ok_or_else(wrong)?;
    let mut open = sizes.iter_mut().filter(|size| **size == 0);
    if let Some(open) = open.next() {
        *open = left;
    }
    let all = sizes.iter().try_fold(1, |a: usize, &b| a.checked_mul(b));
    if all == Some(elements) { Ok(sizes) } else { Err(wrong()) }
}
