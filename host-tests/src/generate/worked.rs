//! The network of the golden images and of FORMAT.md.

use kastanet_cli::graph::{Activation, DType, Graph, Op, OpKind, Quant, Tensor};

/// The weights of the worked matrix in FORMAT.md.
const WEIGHTS: [i8; 24] =
    [0, 5, 0, 0, -3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 2, -2, 0, 0];

/// The worked matrix as one fully connected layer, every scale 1: y = W·x.
pub fn worked() -> Graph {
    worked_of(6)
}

/// The same with columns of zeros behind, so that there are `cols`.
pub fn worked_of(cols: usize) -> Graph {
    let tensor = |name: &str, shape: &[usize], data: Option<Vec<u8>>| Tensor {
        name: name.into(),
        dtype: DType::I8,
        shape: shape.to_vec(),
        quant: Some(Quant { scales: vec![1.0], zero_points: vec![0], dimension: 0 }),
        data,
    };
    let rows = WEIGHTS.chunks(6).map(|row| [row, &vec![0; cols - 6]].concat());
    let weights = rows.flatten().map(|weight| weight as u8).collect();
    Graph {
        source: "worked".into(),
        tensors: vec![
            tensor("x", &[1, cols], None),
            tensor("w", &[4, cols], Some(weights)),
            tensor("y", &[1, 4], None),
        ],
        ops: vec![Op {
            name: "worked".into(),
            kind: OpKind::FullyConnected { activation: Activation::None, keep_dims: false },
            inputs: vec![Some(0), Some(1)],
            outputs: vec![2],
        }],
        inputs: vec![0],
        outputs: vec![2],
    }
}
