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

/// What a layer is, as far as its kernels go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A convolution that reads the input, and is not pruned.
    First,
    /// Of one position.
    Pointwise,
    /// Of more than one.
    Conv,
    /// A filter for each channel.
    Depthwise,
    /// A matrix.
    FullyConnected,
}

impl Kind {
    const NAMES: [(Kind, &'static str); 5] = [
        (Kind::First, "first"),
        (Kind::Pointwise, "conv1x1"),
        (Kind::Conv, "conv3x3"),
        (Kind::Depthwise, "depthwise"),
        (Kind::FullyConnected, "fc"),
    ];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// Of a layer of a network.
    pub fn of(graph: &Graph, op: &Op) -> Self {
        match op.kind {
            OpKind::FullyConnected { .. } => Kind::FullyConnected,
            OpKind::DepthwiseConv2d { .. } => Kind::Depthwise,
            _ if is_first(graph, op) => Kind::First,
            _ => match graph.input(op, 1).map(|weights| &weights.shape[1..3]) {
                Some([1, 1]) => Kind::Pointwise,
                _ => Kind::Conv,
            },
        }
    }
}

/// Whether it is a convolution that reads the input: its inputs are few, so it is not pruned.
pub fn is_first(graph: &Graph, op: &Op) -> bool {
    let reads = op.inputs.first().copied().flatten();
    matches!(op.kind, OpKind::Conv2d { .. }) && reads == graph.inputs.first().copied()
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
