//! Fully connected layers: Gemm, and MatMul with a constant.

use super::super::constant::Constant;
use super::super::error::Fault;
use super::super::layout::Layout;
use super::super::node::Node;
use super::super::values::{Import, Known, Value};
use crate::graph::{Activation, OpKind, TensorId};

/// `y = α · x · w + β · c`.
pub fn gemm<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let x = import.value(node, 0)?;
    let weights = import.reals(node, 1, "weights")?;
    if node.int("transA", 0) != 0 {
        return Err(node.fault("its input is transposed (`transA`)"));
    }
    let weights = if node.int("transB", 0) != 0 { turned(&weights) } else { Some(weights) };
    let weights = weights.filter(|weights| weights.shape.len() == 2);
    let weights = weights.ok_or_else(|| node.fault("its weights are no matrix"))?;
    let outputs = weights.shape[1];
    let bias = import.biases(node)?;
    let bias = bias.map(|bias| bias.broadcast(&[1, outputs]).ok_or(bias));
    let bias = bias.transpose().map_err(|bias| {
        node.fault(format!("its biases have the shape {:?}, expected {outputs}", bias.shape))
    })?;
    layer(
        import,
        node,
        &x,
        (&weights, node.float("alpha", 1.0)),
        bias.map(|b| (b, node.float("beta", 1.0))),
    )
}

/// `y = x · w`.
pub fn matmul<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    if let Known::Constant(_) = import.required(node, 0)? {
        return Err(node.fault("its first input is a constant, expected the second to be one"));
    }
    let x = import.value(node, 0)?;
    let weights = import.reals(node, 1, "weights")?;
    if weights.shape.len() != 2 {
        let shape = &weights.shape;
        return Err(node.fault(format!("its weights have the shape {shape:?}, expected a matrix")));
    }
    layer(import, node, &x, (&weights, 1.0), None)
}

/// Rows for columns.
fn turned(matrix: &Constant) -> Option<Constant> {
    (matrix.shape.len() == 2).then(|| matrix.transposed(&[1, 0]))
}

/// A layer of weights `[inputs, outputs]`, which become `[outputs, inputs]`, inputs in the order of memory.
fn layer<'m>(
    import: &mut Import<'m>,
    node: Node<'m>,
    x: &Value,
    (weights, alpha): (&Constant, f32),
    bias: Option<(Constant, f32)>,
) -> Result<Value, Fault> {
    let (shape, rank) = (x.shape(), x.layout.rank());
    let [inputs, outputs] = [weights.shape[0], weights.shape[1]];
    let Some((&last, outer)) = shape.split_last().filter(|(last, _)| **last == inputs) else {
        return Err(node
            .fault(format!("its input has the shape {shape:?}, its weights {inputs}×{outputs}")));
    };
    let order = x.layout.inner(rank - 1).filter(|_| x.layout.is_plain_before(rank - 1));
    let order = order.ok_or_else(|| {
        node.fault(format!(
            "the {last} numbers that it adds up do not lie side by side, channels being last"
        ))
    })?;
    let reals = weights.reals().unwrap_or_default();
    let row =
        |output: usize| order.iter().map(move |input| alpha * reals[input * outputs + output]);
    let rows: Vec<f32> = (0..outputs).flat_map(row).collect();
    let name = node.input(1).unwrap_or("weights");
    let quant = weights.quant_of(1, 0).filter(|_| alpha == 1.0);
    let weights = import.reals_tensor(name.into(), vec![outputs, inputs], &rows);
    import.graph.tensors[weights].quant = quant;
    let bias = bias.map(|(bias, beta)| {
        let reals: Vec<f32> = bias.reals().unwrap_or_default().iter().map(|b| beta * b).collect();
        import.reals_tensor(node.input(2).unwrap_or("biases").into(), vec![outputs], &reals)
    });
    let vectors: usize = outer.iter().product();
    let out = [outer, &[outputs]].concat();
    let input = if vectors > 1 { import.shaped(node, x, &shape) } else { x.tensor };
    let kind = OpKind::FullyConnected { activation: Activation::None, keep_dims: vectors > 1 };
    let inputs: Vec<TensorId> = [Some(input), Some(weights), bias].into_iter().flatten().collect();
    Ok(import.emit(node, kind, &inputs, (out.clone(), Layout::plain(&out))))
}
