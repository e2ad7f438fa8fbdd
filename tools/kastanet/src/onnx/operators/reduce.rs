//! Means along axes, and the softmax.

use super::super::error::Fault;
use super::super::layout::Layout;
use super::super::node::Node;
use super::super::values::{Import, Known, Value};
use super::combine::in_order;
use crate::graph::OpKind;

/// The mean of each channel.
pub fn global_average_pool<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let axes: Vec<usize> = (2..value.layout.rank()).collect();
    means(import, node, &value, &axes)
}

pub fn mean<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let rank = value.layout.rank();
    let axes = match import.optional(node, 1)? {
        Some(Known::Constant(constant)) => constant.wholes().map(<[i64]>::to_vec),
        Some(Known::Value(_)) => return Err(node.fault("its axes are computed")),
        None => node.ints("axes").map(<[i64]>::to_vec),
    };
    let axes = match axes.filter(|axes| !axes.is_empty()) {
        None if node.int("noop_with_empty_axes", 0) != 0 => return Ok(value),
        None => (0..rank).collect(),
        Some(axes) => {
            axes.iter().map(|&axis| node.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let mut reduced = means(import, node, &value, &axes)?;
    if node.int("keepdims", 1) == 0 {
        let shape = reduced.shape();
        let kept: Vec<usize> =
            (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
        let moved = || node.fault("what is left does not lie side by side");
        reduced.layout = reduced.layout.reshaped(&kept).ok_or_else(moved)?;
    }
    Ok(reduced)
}

/// Means along axes, which stay, with one element.
fn means<'m>(
    import: &mut Import<'m>,
    node: Node<'m>,
    value: &Value,
    axes: &[usize],
) -> Result<Value, Fault> {
    let order = in_order(node, value)?;
    let seen = value.shape();
    let sizes: Vec<usize> = order.iter().map(|&axis| seen[axis]).collect();
    let places: Vec<usize> =
        (0..order.len()).filter(|&place| axes.contains(&order[place])).collect();
    let input = import.shaped(node, value, &sizes);
    let out: Vec<usize> =
        (0..seen.len()).map(|axis| if axes.contains(&axis) { 1 } else { seen[axis] }).collect();
    let left = order.iter().map(|&axis| out[axis]).collect();
    let name = format!("{}_axes", node.name());
    let axes = import.sizes_tensor(name, vec![places.len()], &places);
    let layout = Layout::ordered(&out, order.iter().copied());
    Ok(import.emit(node, OpKind::Mean { keep_dims: true }, &[input, axes], (left, layout)))
}

/// Along the last axis, or before version 13 along all from one on.
pub fn softmax<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let (seen, rank) = (value.shape(), value.layout.rank());
    // On integers it says itself which version it is of.
    let is_last = node.int("opset", node.opset) >= 13;
    let default = if is_last { -1 } else { 1 };
    let axis = node.axis(node.int("axis", default), rank)?;
    // Axes of one element behind it change nothing.
    let is_alone = seen[axis + 1..].iter().all(|&size| size == 1);
    if is_last && !is_alone || value.layout.inner(axis).is_none() {
        return Err(node
            .fault(format!("it runs along axis {axis} of {seen:?}, expected the last in memory")));
    }
    let inner: usize = seen[axis..].iter().product();
    let outer: usize = seen[..axis].iter().product();
    let input = import.shaped(node, &value, &[outer, inner]);
    let kind = OpKind::Softmax { beta: 1.0 };
    Ok(import.emit(node, kind, &[input], (vec![outer, inner], value.layout)))
}
