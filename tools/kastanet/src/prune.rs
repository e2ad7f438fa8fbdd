//! Magnitude pruning of convolution and fully connected weights.
//!
//! In each layer the k = ⌊(1 − S)·n + ½⌋ of its n units stay that have the largest sums of real
//! magnitudes (stored value times the channel's scale), ties to the lower index; the others become
//! zero. Magnitudes and sums are taken in f32, as a device that trains takes them: it starts from the units
//! that stay. A unit is a weight, or a block of the matrix as kernels see it; of N:M, the N largest of
//! every M consecutive weights of a row stay instead. Zeros that the checkpoint already has stay
//! zero. Depthwise filters are left dense: they hold few weights. A float network loses the weights that it will
//! lose in int8, so that ranges can be watched as they will be.

mod unit;

pub use unit::Unit;

use crate::graph::{Graph, Op, OpKind, Tensor, TensorId};
use crate::quantise::symmetric;
use crate::words;
use std::collections::{HashMap, HashSet};

/// Which share of each layer's weights becomes zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sparsity {
    /// For layers that are not named, 0 to 1.
    pub uniform: f64,
    /// By layer name.
    pub layers: Vec<(String, f64)>,
}

/// Why a sparsity could not be applied.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Not a share.
    #[error("sparsity {0} is not between 0 and 1")]
    OutOfRange(f64),
    /// No such layer.
    #[error(
        "no convolution or fully connected layer is called `{name}`; there are {}",
        words::list(known)
    )]
    UnknownLayer {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// One weight tensor, two sparsities.
    #[error("layers `{0}` and `{1}` share their weights, so they must have the same sparsity")]
    Shared(String, String),
}

impl Sparsity {
    /// The same for every layer.
    pub fn uniform(uniform: f64) -> Self {
        Sparsity { uniform, layers: vec![] }
    }

    /// The share asked for the layer called `name`.
    pub fn of(&self, name: &str) -> f64 {
        let named = self.layers.iter().rev().find(|(layer, _)| layer == name);
        named.map_or(self.uniform, |&(_, sparsity)| sparsity)
    }
}

/// Prunes `graph` in place; gives the weight tensors that were changed. N:M needs no sparsity.
///
/// # Errors
///
/// A share outside 0 to 1, a name that no layer has, or layers that share weights and disagree.
pub fn prune(graph: &mut Graph, sparsity: &Sparsity, unit: Unit) -> Result<Vec<TensorId>, Error> {
    let layers: Vec<(String, TensorId)> =
        graph.ops.iter().filter_map(|op| Some((op.name.clone(), prunable(op)?))).collect();
    check(sparsity, &layers)?;
    let (mut changed, mut known) = (vec![], HashSet::new());
    for (name, id) in layers {
        let share = sparsity.of(&name);
        let touched = share > 0.0 || matches!(unit, Unit::Nm(_));
        if touched && known.insert(id) {
            prune_tensor(&mut graph.tensors[id], share, unit);
            changed.push(id);
        }
    }
    Ok(changed)
}

/// The weights of a layer that pruning touches.
pub fn prunable(op: &Op) -> Option<TensorId> {
    match op.kind {
        OpKind::Conv2d { .. } | OpKind::FullyConnected { .. } => op.weights(),
        _ => None,
    }
}

fn check(sparsity: &Sparsity, layers: &[(String, TensorId)]) -> Result<(), Error> {
    let shares = sparsity.layers.iter().map(|&(_, share)| share).chain([sparsity.uniform]);
    for share in shares {
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::OutOfRange(share));
        }
    }
    for (name, _) in &sparsity.layers {
        if !layers.iter().any(|(layer, _)| layer == name) {
            let known = layers.iter().map(|(layer, _)| layer.clone()).collect();
            return Err(Error::UnknownLayer { name: name.clone(), known });
        }
    }
    let mut owners = HashMap::new();
    for (name, id) in layers {
        let owner = *owners.entry(id).or_insert(name);
        if sparsity.of(owner) != sparsity.of(name) {
            return Err(Error::Shared(owner.clone(), name.clone()));
        }
    }
    Ok(())
}

fn prune_tensor(tensor: &mut Tensor, sparsity: f64, unit: Unit) {
    let magnitudes = magnitudes(tensor);
    let rows = tensor.shape.first().copied().unwrap_or(1);
    let kept = unit.kept(&magnitudes, magnitudes.len() / rows.max(1), sparsity);
    let size = tensor.dtype.size();
    let Some(data) = tensor.data.as_mut() else { return };
    for (bytes, kept) in data.chunks_exact_mut(size).zip(kept) {
        if !kept {
            bytes.fill(0);
        }
    }
}

/// |stored value| times the scale of its output channel, the weights' first dimension. Of weights that are not yet
/// quantised: as they will be.
pub(crate) fn magnitudes(tensor: &Tensor) -> Vec<f32> {
    let (scales, weights) = match tensor.to_f32() {
        Some(values) => {
            let outputs = tensor.shape.first().copied().unwrap_or(1).max(1);
            let row = (values.len() / outputs).max(1);
            symmetric(&values, outputs, |at| at / row, &[])
        }
        None => {
            let scales = tensor.quant.as_ref().map(|quant| quant.scales.clone());
            (scales.unwrap_or_default(), tensor.to_i8().unwrap_or_default())
        }
    };
    let row = (weights.len() / scales.len().max(1)).max(1);
    let scale = |index: usize| scales.get(index / row).copied().unwrap_or(1.0);
    weights.iter().enumerate().map(|(i, &w)| f32::from(w).abs() * scale(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{DType, Quant};

    fn tensor(weights: &[i8], scales: &[f32]) -> Tensor {
        Tensor {
            name: "w".into(),
            dtype: DType::I8,
            shape: vec![scales.len(), weights.len() / scales.len()],
            quant: Some(Quant {
                scales: scales.to_vec(),
                zero_points: vec![0; scales.len()],
                dimension: 0,
            }),
            data: Some(weights.iter().map(|&w| w as u8).collect()),
        }
    }

    fn pruned(weights: &[i8], scales: &[f32], sparsity: f64) -> Vec<i8> {
        pruned_in(Unit::Weight, weights, scales, sparsity)
    }

    fn pruned_in(unit: Unit, weights: &[i8], scales: &[f32], sparsity: f64) -> Vec<i8> {
        let mut tensor = tensor(weights, scales);
        prune_tensor(&mut tensor, sparsity, unit);
        tensor.to_i8().unwrap()
    }

    #[test]
    fn keeps_the_largest_and_the_lower_index_of_equals() {
        assert_eq!(pruned(&[1, -3, 2, 3], &[1.0], 0.5), [0, -3, 0, 3]);
        assert_eq!(pruned(&[2, -2, 2, 2], &[1.0], 0.5), [2, -2, 0, 0]);
        assert_eq!(pruned(&[-128, 127, 1, 0], &[1.0], 0.75), [-128, 0, 0, 0]);
    }

    #[test]
    fn compares_real_magnitudes() {
        assert_eq!(pruned(&[100, 90, 3, 2], &[0.01, 1.0], 0.5), [0, 0, 3, 2]);
    }

    #[test]
    fn rounds_the_count_and_keeps_zeros() {
        assert_eq!(pruned(&[1, 2, 3], &[1.0], 0.5), [0, 2, 3]);
        assert_eq!(pruned(&[0, 0, 0, 5], &[1.0], 0.25), [0, 0, 0, 5]);
        assert_eq!(pruned(&[1, 2], &[1.0], 1.0), [0, 0]);
    }

    #[test]
    fn compares_real_magnitudes_of_blocks() {
        let weights = [100, 100, 100, 100, 1, 1, 1, 2];
        let four = [&weights[..4], &[0; 4], &weights[4..], &[0; 4]].concat();
        let kept = [&[0; 4][..], &[0; 4], &[0, 0, 0, 2], &[0; 4]].concat();
        let scales = [0.001, 1.0, 1.0, 1.0];
        assert_eq!(pruned_in(Unit::Block1x4, &four, &scales, 0.75)[8..12], [1, 1, 1, 2]);
        let found = pruned_in(Unit::Block4x1, &four, &scales, 0.75);
        assert_eq!((found[3], &found[8..12]), (100, &kept[8..12]));
    }

    /// What will be equal in int8 is equal in float, so that the same weights go.
    #[test]
    fn float_weights_go_as_their_int8_will() {
        let values: Vec<f32> =
            (0..64).map(|at| (at as f32 * 2.3).sin() / (1 + at / 16) as f32).collect();
        let data = Some(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        let shape = vec![4, 16];
        let float = Tensor { name: "w".into(), dtype: DType::F32, shape, quant: None, data };
        let (scales, steps) = symmetric(&values, 4, |at| at / 16, &[]);
        for unit in [Unit::Weight, Unit::Block4x1, Unit::Block1x4] {
            for sparsity in [0.25, 0.5, 0.9] {
                let mut pruned = float.clone();
                prune_tensor(&mut pruned, sparsity, unit);
                let kept = pruned.to_f32().unwrap().into_iter().zip(&steps);
                let expected: Vec<i8> =
                    kept.map(|(w, &step)| if w == 0.0 { 0 } else { step }).collect();
                assert_eq!(pruned_in(unit, &steps, &scales, sparsity), expected);
            }
        }
    }

    #[test]
    fn n_of_m_needs_no_share() {
        let pattern = Unit::Nm(kastanet::sparse::Pattern::TwoOf4);
        assert_eq!(pruned_in(pattern, &[1, -3, 2, 3, 9], &[1.0], 0.0), [0, -3, 0, 3, 9]);
    }
}
