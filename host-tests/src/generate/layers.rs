//! Weights, biases and scales; FULLY_CONNECTED.

use super::draft::{Draft, Step, activation, per_tensor, step};
use crate::random::Rng;
use kastanet_cli::graph::{DType, Graph, OpKind, Quant, TensorId};

/// The weights of a layer: one row for each output channel, before they are laid out.
pub struct Weights {
    pub rows: Vec<Vec<i8>>,
    /// One scale for each row, or one for all.
    pub scales: Vec<f32>,
}

impl Weights {
    /// Rows of all densities: full, half, sparse, one weight, none.
    pub fn new(rng: &mut Rng, rows: usize, cols: usize) -> Self {
        let whole = rng.pick(&[None, None, None, Some(1.0), Some(0.1)]);
        let row = |rng: &mut Rng| {
            let density = whole.unwrap_or_else(|| rng.pick(&[0.0, 0.02, 0.1, 0.5, 1.0]));
            let mut row: Vec<i8> =
                (0..cols).map(|_| if rng.unit() < density { rng.int8() } else { 0 }).collect();
            if rng.one_in(4) {
                // The last column, or the first alone: the longest gaps.
                row[rng.pick(&[0, cols - 1])] = rng.pick(&[-128, 127, 1]);
            }
            row
        };
        let rows: Vec<_> = (0..rows).map(|_| row(rng)).collect();
        let scale = rng.log(1e-3, 1e-1);
        let scales = match rng.one_in(2) {
            true => vec![scale],
            false => rows.iter().map(|_| scale * rng.log(0.3, 3.0)).collect(),
        };
        Weights { rows, scales }
    }

    fn scale(&self, row: usize) -> f32 {
        self.scales[if self.scales.len() == 1 { 0 } else { row }]
    }

    /// A scale with which the outputs are neither all clamped nor all alike; at times one that
    /// multiplies sums by more than one.
    pub fn output_step(&self, rng: &mut Rng, input: Step) -> Step {
        let nonzeros = self.rows.iter().flatten().filter(|&&w| w != 0).count();
        let spread = 5000.0 * (nonzeros as f64 / self.rows.len() as f64).max(1.0).sqrt();
        let steps = if rng.one_in(8) {
            rng.log(0.5, 4.0)
        } else {
            (spread / rng.log(8.0, 120.0) as f64) as f32
        };
        (input.0 * self.scale(0) * steps, rng.zero_point())
    }

    /// The bias tensor: none, or one of the size of the sums.
    pub fn bias(&self, rng: &mut Rng, draft: &mut Draft, input: Step) -> Option<TensorId> {
        if rng.one_in(4) {
            return None;
        }
        let scales: Vec<f32> = self.scales.iter().map(|scale| scale * input.0).collect();
        let zero_points = vec![0; scales.len()];
        let quant = Quant { scales, zero_points, dimension: 0 };
        let id = draft.tensor(DType::I32, &[self.rows.len()], Some(quant));
        let most = rng.pick(&[10, 20_000, 200_000]);
        let value = |_| rng.range(0, 2 * most) as i32 - most as i32;
        let values: Vec<i32> = (0..self.rows.len()).map(value).collect();
        Some(draft.fill(id, values.into_iter().flat_map(i32::to_le_bytes).collect()))
    }

    /// The weight tensor; `dimension` runs over the rows, and over the outermost where it is 0,
    /// the innermost otherwise.
    pub fn tensor(&self, draft: &mut Draft, shape: &[usize], dimension: usize) -> TensorId {
        let zero_points = vec![0; self.scales.len()];
        let quant = Quant { scales: self.scales.clone(), zero_points, dimension };
        let id = draft.tensor(DType::I8, shape, Some(quant));
        let cols = self.rows[0].len();
        let data = match dimension {
            0 => self.rows.iter().flatten().map(|&w| w as u8).collect(),
            _ => {
                (0..cols).flat_map(|col| self.rows.iter().map(move |row| row[col] as u8)).collect()
            }
        };
        draft.fill(id, data)
    }
}

/// Any shape up to a few dozen.
pub fn fully_connected(rng: &mut Rng) -> Graph {
    let (rows, cols) = (rng.range(1, 20), rng.range(1, 40));
    let weights = Weights::new(rng, rows, cols);
    layer(rng, weights)
}

/// Rows long enough for gaps that no one step crosses and for counts that no byte holds.
pub fn wide(rng: &mut Rng) -> Graph {
    let (rows, cols) = (rng.range(1, 4), rng.pick(&[256, 257, 258, 271, 512, 513, 600, 1100]));
    let weights = Weights::new(rng, rows, cols);
    layer(rng, weights)
}

/// One column.
pub fn single_column(rng: &mut Rng) -> Graph {
    let rows = rng.range(1, 20);
    let weights = Weights::new(rng, rows, 1);
    layer(rng, weights)
}

/// No weights that are not zero.
pub fn empty(rng: &mut Rng) -> Graph {
    let (rows, cols) = (rng.range(1, 8), rng.range(1, 300));
    layer(rng, Weights { rows: vec![vec![0; cols]; rows], scales: vec![0.01] })
}

fn layer(rng: &mut Rng, weights: Weights) -> Graph {
    let (rows, cols, groups) = (weights.rows.len(), weights.rows[0].len(), rng.range(1, 3));
    let (mut draft, input_step) = (Draft::new(), step(rng));
    let kind = OpKind::FullyConnected { activation: activation(rng), keep_dims: rng.one_in(2) };
    let input = draft.input(&[groups, cols], input_step);
    let id = weights.tensor(&mut draft, &[rows, cols], 0);
    let bias = weights.bias(rng, &mut draft, input_step);
    let output_step = weights.output_step(rng, input_step);
    let output = draft.tensor(DType::I8, &[groups, rows], Some(per_tensor(output_step)));
    let inputs: Vec<_> = [input, id].into_iter().chain(bias).collect();
    draft.op(kind, &inputs, output);
    draft.finish(output)
}
