//! The shape of each operator's output follows from its inputs and parameters.

use super::node::{Node, bad_parameter, bad_shape};
use super::{OpError, OpKind, Padding, Tensor, shape_string};

/// Checks the shapes around an operator.
pub(super) fn check(node: &Node<'_>) -> Result<(), OpError> {
    let input = node.input(0)?;
    match node.op.kind {
        OpKind::Conv2d { padding, stride, dilation, .. } => conv(node, padding, stride, dilation),
        OpKind::DepthwiseConv2d { padding, stride, dilation, multiplier, .. } => {
            depthwise(node, padding, stride, dilation, multiplier)
        }
        OpKind::FullyConnected { keep_dims, .. } => fully_connected(node, keep_dims),
        OpKind::AveragePool2d { padding, stride, filter, .. }
        | OpKind::MaxPool2d { padding, stride, filter, .. } => {
            let [n, _, _, depth] = image("input", input)?;
            let [height, width] = window(node, padding, stride, [1, 1], filter)?;
            node.output_is(&[n, height, width, depth])
        }
        OpKind::Mean { keep_dims } => mean(node, keep_dims),
        OpKind::Add { .. } | OpKind::Mul { .. } => broadcast(node),
        OpKind::Pad | OpKind::PadV2 => pad(node),
        OpKind::Concatenation { axis, .. } => concatenation(node, axis),
        OpKind::Reshape => same_elements(node),
        OpKind::Squeeze => squeeze(node),
        OpKind::Softmax { beta } if !(beta.is_finite() && beta > 0.0) => {
            Err(bad_parameter("beta", beta, "a finite number above zero"))
        }
        OpKind::Softmax { .. } if input.shape.is_empty() => {
            Err(bad_shape("input", input, "at least one dimension".into()))
        }
        _ => node.output_is(&input.shape),
    }
}

/// The four sizes of an image or of convolution weights.
fn image(role: &'static str, tensor: &Tensor) -> Result<[usize; 4], OpError> {
    let four = || bad_shape(role, tensor, "four dimensions".into());
    tensor.shape.as_slice().try_into().map_err(|_| four())
}

fn conv(
    node: &Node<'_>,
    padding: Padding,
    stride: [usize; 2],
    dilation: [usize; 2],
) -> Result<(), OpError> {
    let [n, _, _, depth] = image("input", node.input(0)?)?;
    let weights = node.input(1)?;
    let [out, h, w, weights_depth] = image("weights", weights)?;
    if weights_depth != depth {
        let expected = format!("{out}×{h}×{w}×{depth} (grouped convolutions are not supported)");
        return Err(bad_shape("weights", weights, expected));
    }
    bias(node, out)?;
    let [height, width] = window(node, padding, stride, dilation, [h, w])?;
    node.output_is(&[n, height, width, out])
}

fn depthwise(
    node: &Node<'_>,
    padding: Padding,
    stride: [usize; 2],
    dilation: [usize; 2],
    multiplier: usize,
) -> Result<(), OpError> {
    let [n, _, _, depth] = image("input", node.input(0)?)?;
    let weights = node.input(1)?;
    let [one, h, w, out] = image("weights", weights)?;
    let expected = depth.saturating_mul(multiplier);
    if one != 1 || out != expected {
        return Err(bad_shape("weights", weights, format!("1×{h}×{w}×{expected}")));
    }
    bias(node, out)?;
    let [height, width] = window(node, padding, stride, dilation, [h, w])?;
    node.output_is(&[n, height, width, out])
}

fn bias(node: &Node<'_>, out: usize) -> Result<(), OpError> {
    match node.graph.input(node.op, 2) {
        Some(bias) if bias.elements() != out => Err(bad_shape("bias", bias, out.to_string())),
        _ => Ok(()),
    }
}

/// The height and width of the output of a window that slides over the input.
fn window(
    node: &Node<'_>,
    padding: Padding,
    stride: [usize; 2],
    dilation: [usize; 2],
    filter: [usize; 2],
) -> Result<[usize; 2], OpError> {
    let [_, height, width, _] = image("input", node.input(0)?)?;
    for (what, pair) in [("stride", stride), ("dilation", dilation), ("filter", filter)] {
        if pair.contains(&0) {
            return Err(bad_parameter(what, format!("{pair:?}"), "one or more both ways"));
        }
    }
    let mut size = [height, width];
    for (axis, size) in size.iter_mut().enumerate() {
        let reach = (filter[axis] - 1).saturating_mul(dilation[axis]).saturating_add(1);
        let Some((windows, _)) = padding.along(axis, *size, reach, stride[axis]) else {
            let expected = format!("at most {size} (the input's), or SAME padding");
            return Err(bad_parameter("the size of a window", reach, expected));
        };
        *size = windows;
    }
    Ok(size)
}

fn fully_connected(node: &Node<'_>, keep_dims: bool) -> Result<(), OpError> {
    let (input, weights, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let &[out, depth] = weights.shape.as_slice() else {
        return Err(bad_shape("weights", weights, "two dimensions".into()));
    };
    bias(node, out)?;
    if input.elements() % depth != 0 {
        return Err(bad_shape("input", input, format!("a multiple of {depth} elements")));
    }
    if keep_dims {
        let (_, outer) = input.shape.split_last().unwrap_or((&0, &[]));
        return node.output_is(&[outer, &[out]].concat());
    }
    let rows = input.elements() / depth;
    if output.elements() != rows.saturating_mul(out) || output.shape.last() != Some(&out) {
        return Err(bad_shape("output", output, format!("{rows}×{out}")));
    }
    Ok(())
}

/// The values of a small constant that says how shapes change.
fn indices(node: &Node<'_>, role: &'static str, limit: usize) -> Result<Vec<i32>, OpError> {
    let tensor = node.input(1)?;
    let values = if tensor.elements() <= limit { tensor.to_i32() } else { None };
    values.ok_or_else(|| bad_shape(role, tensor, format!("at most {limit} small integers")))
}

/// The index of a dimension, where a negative one counts from the last.
fn dimension(axis: i32, rank: usize) -> Result<usize, OpError> {
    let back = usize::try_from(axis.unsigned_abs()).unwrap_or(usize::MAX);
    let index = if axis < 0 { rank.checked_sub(back) } else { Some(back) };
    let index = index.filter(|&index| index < rank);
    index.ok_or_else(|| bad_parameter("axis", axis, format!("−{rank} to {rank}, exclusive")))
}

fn mean(node: &Node<'_>, keep_dims: bool) -> Result<(), OpError> {
    let rank = node.input(0)?.shape.len();
    let mut shape: Vec<Option<usize>> = node.input(0)?.shape.iter().copied().map(Some).collect();
    for axis in indices(node, "axes", rank)? {
        let index = dimension(axis, rank)?;
        if let Some(size) = shape.get_mut(index) {
            *size = keep_dims.then_some(1);
        }
    }
    node.output_is(&shape.into_iter().flatten().collect::<Vec<_>>())
}

fn broadcast(node: &Node<'_>) -> Result<(), OpError> {
    let (a, b) = (node.input(0)?, node.input(1)?);
    let rank = a.shape.len().max(b.shape.len());
    let size = |tensor: &Tensor, index: usize| {
        let index = (index + tensor.shape.len()).checked_sub(rank);
        index.and_then(|index| tensor.shape.get(index).copied()).unwrap_or(1)
    };
    let mut shape = Vec::with_capacity(rank);
    for index in 0..rank {
        shape.push(match (size(a, index), size(b, index)) {
            (x, y) if x == y || y == 1 => x,
            (1, y) => y,
            _ => {
                let expected = format!("one that broadcasts with {}", a.shape_string());
                return Err(bad_shape("second input", b, expected));
            }
        });
    }
    node.output_is(&shape)
}

fn pad(node: &Node<'_>) -> Result<(), OpError> {
    let (input, paddings) = (node.input(0)?, node.input(1)?);
    let rank = input.shape.len();
    if paddings.shape != [rank, 2] {
        return Err(bad_shape("paddings", paddings, format!("{rank}×2")));
    }
    if let Some(value) = node.graph.input(node.op, 2).filter(|value| value.elements() != 1) {
        return Err(bad_shape("value", value, "one element".into()));
    }
    let mut shape = input.shape.clone();
    for (index, width) in indices(node, "paddings", 2 * rank)?.into_iter().enumerate() {
        let wide =
            usize::try_from(width).map_err(|_| bad_parameter("padding", width, "zero or more"))?;
        if let Some(size) = shape.get_mut(index / 2) {
            *size = size.saturating_add(wide);
        }
    }
    node.output_is(&shape)
}

fn concatenation(node: &Node<'_>, axis: i32) -> Result<(), OpError> {
    let mut shape = node.input(0)?.shape.clone();
    let axis = dimension(axis, shape.len())?;
    let mut sum = 0usize;
    for index in 0..node.op.inputs.len() {
        let input = node.input(index)?;
        let mut expected = shape.clone();
        let size = input.shape.get(axis).copied().unwrap_or_default();
        expected[axis] = size;
        if input.shape != expected {
            let expected = format!("{} but for dimension {axis}", shape_string(&shape));
            return Err(bad_shape("input", input, expected));
        }
        sum = sum.saturating_add(size);
    }
    shape[axis] = sum;
    node.output_is(&shape)
}

fn same_elements(node: &Node<'_>) -> Result<(), OpError> {
    let (input, output) = (node.input(0)?, node.output()?);
    if input.elements() == output.elements() {
        return Ok(());
    }
    let expected = format!("{} elements as in {}", input.elements(), input.shape_string());
    Err(bad_shape("output", output, expected))
}

fn squeeze(node: &Node<'_>) -> Result<(), OpError> {
    let (input, output) = (node.input(0)?, node.output()?);
    if squeezed(&input.shape, &output.shape).is_some() {
        return Ok(());
    }
    let expected = format!("{} without dimensions of size 1", input.shape_string());
    Err(bad_shape("output", output, expected))
}

/// The dimensions of size one that `input` has and `output` has not, if that is all they differ in.
pub fn squeezed(input: &[usize], output: &[usize]) -> Option<Vec<usize>> {
    let (mut rest, mut dropped) = (output, Vec::new());
    for (index, size) in input.iter().enumerate() {
        match rest.split_first() {
            Some((kept, after)) if kept == size => rest = after,
            _ if *size == 1 => dropped.push(index),
            _ => return None,
        }
    }
    rest.is_empty().then_some(dropped)
}
