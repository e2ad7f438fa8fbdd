//! The layers with weights of a network.

use kastanet_cli::graph::{Graph, Op, OpKind};

/// A layer with weights.
pub struct Layer<'a> {
    /// Its operator.
    pub op: &'a Op,
    /// Multiplications by weights, of a dense inference.
    pub macs: usize,
    /// Its weights, as rows of `cols`.
    pub weights: Vec<i8>,
    /// Weights of a row.
    pub cols: usize,
    /// Weights that are not zero.
    pub nnz: usize,
}

/// The layers of a valid network, in order.
pub fn of(graph: &Graph) -> impl Iterator<Item = Layer<'_>> {
    let with_weights = graph.ops.iter().filter(|op| op.kind.has_weights());
    with_weights.filter_map(|op| layer(graph, op))
}

fn layer<'a>(graph: &'a Graph, op: &'a Op) -> Option<Layer<'a>> {
    let (tensor, outputs) = (graph.input(op, 1)?, graph.output(op)?.elements());
    let weights = tensor.to_i8()?;
    let (first, last) = (*tensor.shape.first()?, *tensor.shape.last()?);
    let taps = weights.len() / first;
    let (cols, per_output) = match op.kind {
        OpKind::DepthwiseConv2d { .. } => (last, taps / last),
        _ => (taps, taps),
    };
    let nnz = weights.iter().filter(|&&weight| weight != 0).count();
    Some(Layer { op, macs: outputs * per_output, weights, cols, nnz })
}
