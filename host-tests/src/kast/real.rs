//! Any training network in f64, forward only.

use super::chain::pairs;
use kastanet::train::{Function, Kind, Loss};
use kastanet_cli::training::{Graph, Operation};

/// The weights of a network, dense, row after row, and its biases.
#[derive(Clone, Debug)]
pub struct Real {
    /// Of each layer.
    pub weights: Vec<Vec<f64>>,
    /// Of each layer.
    pub biases: Vec<Vec<f64>>,
}

impl Real {
    /// The outputs for `input`.
    pub fn infer(&self, graph: &Graph, input: &[f64]) -> Vec<f64> {
        let mut buffers: Vec<Vec<f64>> = graph.buffers.iter().map(|&len| vec![0.0; len]).collect();
        buffers[graph.input.buffer].copy_from_slice(input);
        for operation in &graph.operations {
            let mut y = std::mem::take(&mut buffers[operation.y.buffer]);
            let x: Vec<&[f64]> = operation.inputs().map(|x| &buffers[x.buffer][..]).collect();
            self.run(operation, &x, &mut y);
            y.iter_mut().for_each(|y| *y = function(operation.function, *y));
            buffers[operation.y.buffer] = y;
        }
        buffers[graph.output.buffer].clone()
    }

    /// The loss of a sample.
    pub fn loss(&self, graph: &Graph, loss: Loss, input: &[f64], target: &[f64]) -> f64 {
        let output = self.infer(graph, input);
        let pairs = || output.iter().zip(target);
        let mean = |of: &dyn Fn(f64, f64) -> f64| {
            pairs().map(|(&y, &t)| of(y, t)).sum::<f64>() / output.len() as f64
        };
        match loss {
            Loss::SoftmaxCrossEntropy => {
                let all: f64 = output.iter().map(|z| z.exp()).sum();
                pairs().map(|(z, t)| t * (all.ln() - z)).sum()
            }
            Loss::LogisticCrossEntropy => mean(&|z, t| (1.0 + z.exp()).ln() - t * z),
            Loss::MeanSquared => mean(&|y, t| (y - t) * (y - t)),
        }
    }

    fn run(&self, operation: &Operation, x: &[&[f64]], y: &mut [f64]) {
        match operation.kind {
            Kind::FullyConnected | Kind::Conv | Kind::Depthwise => {
                self.weighted(operation, x[0], y);
            }
            Kind::AveragePool => {
                pool(operation, x[0], y, |taps| taps.iter().sum::<f64>() / taps.len() as f64)
            }
            Kind::MaxPool => pool(operation, x[0], y, |taps| {
                taps.iter().copied().fold(f64::NEG_INFINITY, f64::max)
            }),
            Kind::Add => combine(operation, x, y, |a, b| a + b),
            Kind::Mul => combine(operation, x, y, |a, b| a * b),
            Kind::Place => place(operation, x[0], y),
            Kind::Identity => y.copy_from_slice(x[0]),
        }
    }

    fn weighted(&self, operation: &Operation, x: &[f64], y: &mut [f64]) {
        let layer = operation.layer.expect("a layer");
        let (weights, biases) = (&self.weights[layer], &self.biases[layer]);
        let cols = weights.len() / biases.len();
        y.iter_mut().enumerate().for_each(|(at, y)| *y = biases[at % biases.len()]);
        for (at, weight) in weights.iter().enumerate() {
            for (from, to) in pairs(operation, at / cols, at % cols) {
                y[to] += weight * x[from];
            }
        }
    }
}

/// Positions of a tensor, in order: row, column, channel.
fn positions([rows, columns, channels]: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    (0..rows * columns * channels)
        .map(move |at| [at / channels / columns, at / channels % columns, at % channels])
}

fn at([_, columns, channels]: [usize; 3], [row, column, channel]: [usize; 3]) -> usize {
    (row * columns + column) * channels + channel
}

fn pool(operation: &Operation, x: &[f64], y: &mut [f64], of: impl Fn(&[f64]) -> f64) {
    let Operation { kernel, stride, pad, x: from, .. } = operation;
    for (y, [row, column, channel]) in y.iter_mut().zip(positions(operation.y.dims)) {
        let mut taps = vec![];
        for [ky, kx, _] in positions([kernel[0], kernel[1], 1]) {
            let (row, column) = (row * stride[0] + ky, column * stride[1] + kx);
            if (pad[0]..pad[0] + from.dims[0]).contains(&row)
                && (pad[1]..pad[1] + from.dims[1]).contains(&column)
            {
                taps.push(x[at(from.dims, [row - pad[0], column - pad[1], channel])]);
            }
        }
        *y = of(&taps);
    }
}

fn combine(operation: &Operation, x: &[&[f64]], y: &mut [f64], of: impl Fn(f64, f64) -> f64) {
    let dims = [operation.x.dims, operation.x2.expect("two inputs").dims];
    for (y, position) in y.iter_mut().zip(positions(operation.y.dims)) {
        let [a, b] = [0, 1].map(|input| {
            let clamped = [0, 1, 2].map(|axis| position[axis].min(dims[input][axis] - 1));
            x[input][at(dims[input], clamped)]
        });
        *y = of(a, b);
    }
}

fn place(operation: &Operation, x: &[f64], y: &mut [f64]) {
    let before = [operation.pad[0], operation.pad[1], operation.dilation[0]];
    for (x, position) in x.iter().zip(positions(operation.x.dims)) {
        y[at(operation.y.dims, [0, 1, 2].map(|axis| position[axis] + before[axis]))] = *x;
    }
}

fn function(function: Function, y: f64) -> f64 {
    match function {
        Function::None | Function::Softmax => y,
        Function::Relu => y.max(0.0),
        Function::Relu6 => y.clamp(0.0, 6.0),
        Function::Logistic => 1.0 / (1.0 + (-y).exp()),
        Function::Tanh => y.tanh(),
    }
}
