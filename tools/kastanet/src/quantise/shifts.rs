//! Bias correction: the mean that rounding adds to a layer's outputs is taken out of its biases.
//!
//! Rounding errors of weights are the same for every sample, so a channel's do not cancel: its outputs are shifted.
//! Each layer is looked at alone: what it computes from the float network's input for it, rounded, with weights in
//! int8, less what it computes in float, before the function behind it. A layer is linear, so its mean output is that
//! of its mean window.

use super::{QuantiseError, Samples};
use crate::float::{Float, blocks};
use crate::graph::{DType, Graph, Op, Quant, Tensor};

/// The mean shift of each output channel of some layers, by their names.
#[derive(Clone, Debug)]
pub struct Shifts(Vec<(String, Vec<f64>)>);

/// A layer's windows.
#[derive(Clone, Debug, Default)]
struct Windows {
    /// Their sum in float, and rounded.
    sums: [Vec<f64>; 2],
    count: usize,
}

impl Shifts {
    /// Runs the float graph over the samples, and looks at the layers of the quantised one that have the same names;
    /// `after` is called once each.
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
        let layers = layers(graph, quantised);
        let add = |block: std::ops::Range<usize>| {
            let mut all = vec![Windows::default(); layers.len()];
            for sample in block {
                let values = float.run(&[&samples.get(sample)?])?;
                for (windows, &[number, other]) in all.iter_mut().zip(&layers) {
                    let input = graph.ops[number].input(0).map(|id| values[id].as_slice());
                    let input = input.unwrap_or_default();
                    let (rounded, count) = int8.window_sum(other, input);
                    let (exact, _) = float.window_sum(number, input);
                    windows.add(&Windows { sums: [exact, rounded], count });
                }
                after();
            }
            Ok::<_, QuantiseError>(all)
        };
        let mut all = vec![Windows::default(); layers.len()];
        blocks(samples.len(), add, |some| {
            all.iter_mut().zip(&some).for_each(|(all, some)| all.add(some));
        })?;
        let shift = |(windows, &[number, other]): (&Windows, &[usize; 2])| {
            let [exact, rounded] = windows.means();
            let shifts = int8.of_window(other, &rounded).into_iter();
            let shifts =
                shifts.zip(float.of_window(number, &exact)).map(|(int8, float)| int8 - float);
            (graph.ops[number].name.clone(), shifts.collect())
        };
        Ok(Shifts(all.iter().zip(&layers).map(shift).collect()))
    }

    /// Takes the shifts out of the biases of a quantised graph; layers that have none get some.
    pub fn take_out(&self, graph: &mut Graph) {
        for (name, shifts) in &self.0 {
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

/// The layers that both graphs have: the numbers of their operators.
fn layers(graph: &Graph, quantised: &Graph) -> Vec<[usize; 2]> {
    let float = graph.ops.iter().enumerate().filter(|(_, op)| op.kind.has_weights());
    let both = float.filter_map(|(number, op)| {
        let other = quantised.ops.iter().position(|other| other.name == op.name)?;
        Some([number, other])
    });
    both.collect()
}

impl Windows {
    fn add(&mut self, other: &Windows) {
        for (sums, more) in self.sums.iter_mut().zip(&other.sums) {
            sums.resize(more.len(), 0.0);
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        self.count += other.count;
    }

    fn means(&self) -> [Vec<f64>; 2] {
        let count = self.count.max(1) as f64;
        self.sums.each_ref().map(|sums| sums.iter().map(|sum| sum / count).collect())
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
