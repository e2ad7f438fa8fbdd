//! What a whole network's products are estimated to take.

use super::{Aim, Optimise, Walks, instructions};
use crate::lower::{Op, Program};
use kastanet::image::OpKind;

/// Instructions of all layers with weights on the aim's core. Depthwise filters are taken as dense products; pools,
/// sums and what is between layers are left out.
pub fn network(program: &Program, aim: Aim) -> f64 {
    let weighted =
        program.ops.iter().filter_map(|op| Some((op, program.weights.get(op.weights?)?)));
    weighted
        .map(|(op, weights)| instructions(aim.core, &weights.matrix, walks(program, op, aim)))
        .sum()
}

/// How a layer's matrix is walked: by four positions at a time only where there is RAM for them.
fn walks(program: &Program, op: &Op, aim: Aim) -> Walks {
    let dims = |id: usize| program.tensors.get(id).map_or([0; 4], |tensor| tensor.dims);
    let [batch, height, width, channels] = dims(op.output).map(|dim| dim as usize);
    match op.kind {
        OpKind::FullyConnected => {
            let rows =
                op.weights.and_then(|id| program.weights.get(id)).map_or(1, |w| w.matrix.rows);
            Walks::of_vectors(batch * height * width * channels / rows.max(1))
        }
        _ if aim.optimise == Optimise::Size => Walks::of_vectors(height * width),
        _ => Walks::of_positions(height * width),
    }
}
