//! Padding of a window's own, in TFLite's words: an operator that pads, and a window that stays inside.

use crate::graph::{DType, Graph, Op, OpKind, Padding, Tensor, TensorId};

/// The same network with nothing but SAME and VALID. What a window pads with stays the same: zero, or in front of a
/// maximum the least there is.
///
/// # Errors
///
/// The first operator for which there is no such pair: a mean that leaves its padding out.
pub fn spelled(graph: &Graph) -> Result<Graph, &Op> {
    let mut spelled = Graph { ops: vec![], ..graph.clone() };
    for op in &graph.ops {
        let mut new = op.clone();
        if let Some(padding) = padding_mut(&mut new.kind)
            && let Padding::Explicit { before, after } = *padding
        {
            *padding = Padding::Valid;
            if [before, after] != [[0; 2]; 2] {
                let pad = pad(&mut spelled, op, before, after).ok_or(op)?;
                new.inputs[0] = pad.outputs.first().copied();
                spelled.ops.push(pad);
            }
        }
        spelled.ops.push(new);
    }
    Ok(spelled)
}

fn padding_mut(kind: &mut OpKind) -> Option<&mut Padding> {
    match kind {
        OpKind::Conv2d { padding, .. }
        | OpKind::DepthwiseConv2d { padding, .. }
        | OpKind::AveragePool2d { padding, .. }
        | OpKind::MaxPool2d { padding, .. } => Some(padding),
        _ => None,
    }
}

/// The operator that pads what `op` reads.
fn pad(graph: &mut Graph, op: &Op, before: [usize; 2], after: [usize; 2]) -> Option<Op> {
    let input = op.input(0)?;
    let mut padded = graph.tensors.get(input)?.clone();
    let kind = match op.kind {
        OpKind::AveragePool2d { .. } => return None,
        OpKind::MaxPool2d { .. } if padded.dtype == DType::I8 => OpKind::PadV2,
        OpKind::MaxPool2d { .. } => return None,
        _ => OpKind::Pad,
    };
    let name = format!("{}_padded", op.name);
    for side in [0, 1] {
        *padded.shape.get_mut(side + 1)? += before[side] + after[side];
    }
    padded.name.clone_from(&name);
    let quant = padded.quant.clone();
    let widths = [0, 0, before[0], after[0], before[1], after[1], 0, 0];
    let widths = widths.iter().flat_map(|&width| (width as i32).to_le_bytes()).collect();
    let constant = |what, dtype, shape: &[usize], data| {
        let (name, shape) = (format!("{name}_{what}"), shape.to_vec());
        Tensor { name, dtype, shape, quant: None, data: Some(data) }
    };
    let mut inputs = vec![Some(input)];
    inputs.push(Some(added(graph, constant("widths", DType::I32, &[4, 2], widths))));
    if kind == OpKind::PadV2 {
        let least = constant("least", DType::I8, &[1], vec![i8::MIN.cast_unsigned()]);
        inputs.push(Some(added(graph, Tensor { quant, ..least })));
    }
    let outputs = vec![added(graph, padded)];
    Some(Op { name, kind, inputs, outputs })
}

fn added(graph: &mut Graph, tensor: Tensor) -> TensorId {
    graph.tensors.push(tensor);
    graph.tensors.len() - 1
}
