//! QUANTIZE and DEQUANTIZE.

use super::fixed::store;
use super::node::Node;
use super::{Factor, Range};
use kastanet_cli::graph::DType;

/// To the output's scale, from float or from another scale.
pub fn quantize(node: &Node<'_>) -> Vec<i64> {
    let (scale, zero_point) = node.output_quant();
    let range = match node.output().dtype {
        DType::U8 => Range { min: 0, max: 255 },
        _ => Range { min: -128, max: 127 },
    };
    if node.tensor(0).dtype == DType::F32 {
        let stored = |x: f32| store((x / scale).round() as i64, zero_point, range);
        return node.floats(0).into_iter().map(stored).collect();
    }
    let input = node.ints(0);
    let factor = Factor::new(f64::from(input.scale()) / f64::from(scale));
    let stored = |&x: &i64| store(factor.apply(x - input.zero_point), zero_point, range);
    input.data.iter().map(stored).collect()
}

/// To float.
pub fn dequantize(node: &Node<'_>) -> Vec<f32> {
    let input = node.ints(0);
    let scale = f64::from(input.scale());
    input.data.iter().map(|x| (scale * (x - input.zero_point) as f64) as f32).collect()
}
