//! Bias correction: the mean that rounding adds to a layer's outputs is taken out of its biases.
//!
//! Rounding errors of weights are the same for every sample, so a channel's do not cancel: its outputs are shifted.
//! Each layer is looked at alone: what it computes from the float network's input for it, rounded, with weights in
//! int8, less what it computes in float, before the function behind it.

use super::{QuantiseError, Samples};
use crate::float::{Float, blocks};
use crate::graph::{DType, Graph, Op, Quant, Tensor};

/// The mean shift of each output channel of some layers.
#[derive(Clone, Debug)]
pub struct Shifts(Vec<Layer>);

/// A layer's.
#[derive(Clone, Debug)]
struct Layer {
    name: String,
    /// Its operator in the float graph, and in the quantised one.
    numbers: [usize; 2],
    /// Of each channel: first the sum, at the end the mean.
    shifts: Vec<f64>,
    /// Outputs that a channel's sum has.
    count: usize,
}

impl Shifts {
    /// Runs the float graph over the samples, and each layer of the quantised one on what that has there; `after` is
    /// called once each.
    ///
    /// # Errors
    ///
    /// A graph that does not compute in float, samples that do not fit.
    pub fn measure(
        graph: &Graph,
        quantised: &Graph,
        samples: &Samples<'_>,
        after: impl Fn() + Sync,
    ) -> Result<Self, QuantiseError> {
        let (float, int8) = (Float::new(graph)?, Float::of_int8(quantised));
        let mut all = layers(graph, quantised);
        let empty = all.clone();
        let add = |block: std::ops::Range<usize>| {
            let mut all = empty.clone();
            for sample in block {
                let values = float.run(&[&samples.get(sample)?])?;
                for layer in &mut all {
                    let [number, quantised] = layer.numbers;
                    let input = graph.ops[number].input(0).map(|id| values[id].as_slice());
                    let input = input.unwrap_or_default();
                    layer.add(&float.layer(number, input), &int8.layer(quantised, input));
                }
                after();
            }
            Ok::<_, QuantiseError>(all)
        };
        blocks(samples.len(), add, |some| {
            all.iter_mut().zip(&some).for_each(|(all, some)| all.merge(some));
        })?;
        for layer in &mut all {
            layer.shifts.iter_mut().for_each(|sum| *sum /= layer.count.max(1) as f64);
        }
        Ok(Shifts(all))
    }

    /// Takes the shifts out of the biases of a quantised graph; layers that have none get some.
    pub fn take_out(&self, graph: &mut Graph) {
        for Layer { name, shifts, .. } in &self.0 {
            let Some(number) = graph.ops.iter().position(|op| op.name == *name) else { continue };
            let Some(bias) = corrected(graph, &graph.ops[number], shifts) else { continue };
            graph.tensors.push(bias);
            let id = graph.tensors.len() - 1;
            let inputs = &mut graph.ops[number].inputs;
            inputs.resize(3, None);
            inputs[2] = Some(id);
        }
    }
}

/// The layers that both graphs have.
fn layers(graph: &Graph, quantised: &Graph) -> Vec<Layer> {
    let float = graph.ops.iter().enumerate().filter(|(_, op)| op.kind.has_weights());
    let both = float.filter_map(|(number, op)| {
        let other = quantised.ops.iter().position(|other| other.name == op.name)?;
        let channels = graph.output(op)?.shape.last().copied()?;
        let numbers = [number, other];
        Some(Layer { name: op.name.clone(), numbers, shifts: vec![0.0; channels], count: 0 })
    });
    both.collect()
}

impl Layer {
    /// Adds a sample's outputs.
    fn add(&mut self, float: &[f32], int8: &[f32]) {
        let channels = self.shifts.len().max(1);
        for (float, int8) in float.chunks_exact(channels).zip(int8.chunks_exact(channels)) {
            for (sum, (float, int8)) in self.shifts.iter_mut().zip(float.iter().zip(int8)) {
                *sum += f64::from(*int8) - f64::from(*float);
            }
            self.count += 1;
        }
    }

    fn merge(&mut self, other: &Layer) {
        self.shifts.iter_mut().zip(&other.shifts).for_each(|(sum, more)| *sum += more);
        self.count += other.count;
    }
}

/// The biases of a layer without its shifts.
fn corrected(graph: &Graph, op: &Op, shifts: &[f64]) -> Option<Tensor> {
    let scales = |index| Some(&graph.input(op, index)?.quant.as_ref()?.scales);
    let (input, weights) = (*scales(0)?.first()?, scales(1)?);
    let scale = |output| input * weights[if weights.len() == 1 { 0 } else { output }];
    let scales: Vec<f32> = (0..shifts.len()).map(scale).collect();
    let old = graph.input(op, 2);
    let steps = old.map_or(Some(vec![0; shifts.len()]), Tensor::to_i32)?;
    let new = steps.iter().zip(shifts).zip(&scales).map(|((&steps, shift), scale)| {
        let new = f64::from(steps) - shift / f64::from(*scale);
        // A layer whose weights are all but 0 may have no steps for it.
        new.round().clamp(f64::from(-(1 << 30)), f64::from(1 << 30)) as i32
    });
    let data = Some(new.flat_map(i32::to_le_bytes).collect());
    let name = old.map_or_else(|| format!("{}_bias", op.name), |old| old.name.clone());
    let quant = Some(Quant { zero_points: vec![0; scales.len()], scales, dimension: 0 });
    Some(Tensor { name, dtype: DType::I32, shape: vec![shifts.len()], quant, data })
}
