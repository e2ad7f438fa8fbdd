//! Builds a network operator by operator, each run at once by the oracle, so that the next one's
//! numbers can be chosen by what comes in: outputs are spread over int8 and seldom clamped.

use super::Built;
use super::networks::PADDING;
use crate::mask::Mask;
use host_tests::naive;
use host_tests::random::Rng;
use kastanet_cli::graph::{Activation, DType, Graph, Op, OpKind, Padding, Quant, Tensor, TensorId};

/// A network in the making, with the bytes of every tensor so far.
pub struct Builder {
    graph: Graph,
    values: Vec<Vec<u8>>,
    mask: Mask,
    rng: Rng,
    /// Weights are normal, else uniform.
    is_normal: bool,
}

/// Scale and zero point of activations.
type Step = (f32, i32);

/// Standard deviations between zero and the end of the range, of outputs before the activation.
const SPREAD: f32 = 3.0;

/// What a layer's weights are.
struct Weights<'a> {
    shape: &'a [usize],
    /// The dimension of output channels.
    dimension: usize,
    /// Weights of one output channel.
    taps: usize,
    /// One scale for all channels, as fully connected layers have, or one for each.
    per_channel: bool,
    pruned: bool,
}

impl Builder {
    pub fn new(name: &str, mask: Mask) -> Self {
        let (tensors, ops, inputs, outputs) = (vec![], vec![], vec![], vec![]);
        let graph = Graph { source: name.into(), tensors, ops, inputs, outputs };
        Builder { graph, values: vec![], mask, rng: Rng::new(2026), is_normal: false }
    }

    /// With normal weights.
    pub fn normal(self) -> Self {
        Builder { is_normal: true, ..self }
    }

    pub fn input(&mut self, shape: &[usize]) -> TensorId {
        let id = self.tensor(DType::I8, shape, per_tensor((1.0 / 128.0, -3)), None);
        self.values[id] = (0..shape.iter().product()).map(|_| self.rng.bits() as u8).collect();
        self.graph.inputs.push(id);
        id
    }

    pub fn finish(mut self, output: TensorId) -> Built {
        self.graph.outputs.push(output);
        let input = self.values[self.graph.inputs[0]].clone();
        let outputs = self.graph.ops.iter().map(|op| self.values[op.outputs[0]].clone());
        Built { input, expected: outputs.collect(), graph: self.graph }
    }

    /// A convolution that is never pruned, as its inputs are few.
    pub fn first_conv(
        &mut self,
        x: TensorId,
        channels: usize,
        kernel: [usize; 2],
        stride: usize,
    ) -> TensorId {
        self.convolution(x, channels, kernel, stride, Activation::Relu, false)
    }

    pub fn conv(
        &mut self,
        x: TensorId,
        channels: usize,
        kernel: [usize; 2],
        stride: usize,
        activation: Activation,
    ) -> TensorId {
        self.convolution(x, channels, kernel, stride, activation, true)
    }

    fn convolution(
        &mut self,
        x: TensorId,
        channels: usize,
        [height, width]: [usize; 2],
        stride: usize,
        activation: Activation,
        pruned: bool,
    ) -> TensorId {
        let &[n, h, w, depth] = &self.graph.tensors[x].shape[..] else { unreachable!() };
        let stride = [stride, stride];
        let kind = OpKind::Conv2d { padding: PADDING, stride, dilation: [1, 1], activation };
        let shape = [channels, height, width, depth];
        let taps = height * width * depth;
        let weights = Weights { shape: &shape, dimension: 0, taps, per_channel: true, pruned };
        let out = [n, h.div_ceil(stride[0]), w.div_ceil(stride[1]), channels];
        self.layer(kind, x, weights, &out, activation, 1.0)
    }

    pub fn depthwise(&mut self, x: TensorId, stride: usize) -> TensorId {
        let &[n, h, w, depth] = &self.graph.tensors[x].shape[..] else { unreachable!() };
        let (activation, strides) = (Activation::Relu, [stride, stride]);
        let kind = OpKind::DepthwiseConv2d {
            padding: PADDING,
            stride: strides,
            dilation: [1, 1],
            multiplier: 1,
            activation,
        };
        let shape = [1, 3, 3, depth];
        let weights =
            Weights { shape: &shape, dimension: 3, taps: 9, per_channel: true, pruned: false };
        let out = [n, h.div_ceil(stride), w.div_ceil(stride), depth];
        self.layer(kind, x, weights, &out, activation, 1.0)
    }

    pub fn fully_connected(
        &mut self,
        x: TensorId,
        rows: usize,
        activation: Activation,
    ) -> TensorId {
        self.dense(x, rows, activation, 1.0)
    }

    /// The end of a classifier: flattened, fully connected, softmax.
    pub fn classes(&mut self, x: TensorId, classes: usize) -> TensorId {
        let (cols, step) = (self.graph.tensors[x].elements(), self.step(x));
        let x = self.op(OpKind::Reshape, vec![x], &[1, cols], step);
        let x = self.dense(x, classes, Activation::None, 2.0);
        self.op(OpKind::Softmax { beta: 1.0 }, vec![x], &[1, classes], (1.0 / 256.0, -128))
    }

    fn dense(
        &mut self,
        x: TensorId,
        rows: usize,
        activation: Activation,
        deviation: f32,
    ) -> TensorId {
        let cols = self.graph.tensors[x].elements();
        let kind = OpKind::FullyConnected { activation, keep_dims: false };
        let shape = [rows, cols];
        let weights =
            Weights { shape: &shape, dimension: 0, taps: cols, per_channel: false, pruned: true };
        self.layer(kind, x, weights, &[1, rows], activation, deviation)
    }

    pub fn average_pool(&mut self, x: TensorId, filter: [usize; 2]) -> TensorId {
        let (channels, step) = (self.graph.tensors[x].shape[3], self.step(x));
        let (padding, activation) = (Padding::Valid, Activation::None);
        let kind = OpKind::AveragePool2d { padding, stride: filter, filter, activation };
        self.op(kind, vec![x], &[1, 1, 1, channels], step)
    }

    pub fn add(&mut self, a: TensorId, b: TensorId) -> TensorId {
        let shape = self.graph.tensors[a].shape.clone();
        let deviation = (self.power(a) + self.power(b)).sqrt();
        let step = (SPREAD * deviation / 255.0, -128);
        self.op(OpKind::Add { activation: Activation::Relu }, vec![a, b], &shape, step)
    }

    /// A layer with weights, whose outputs have about this standard deviation.
    fn layer(
        &mut self,
        kind: OpKind,
        x: TensorId,
        weights: Weights<'_>,
        out: &[usize],
        activation: Activation,
        deviation: f32,
    ) -> TensorId {
        let channels = weights.shape[weights.dimension];
        let values = self.weights(&weights, channels);
        let ones = values.iter().filter(|&&w| w != 0).count() as f32 / channels as f32;
        // The mean square of a weight that is not zero.
        let square = 127.0 * 127.0 / 3.0;
        let scale = deviation / (self.power(x) * ones.max(1.0) * square).sqrt();
        let scales = self.scales(scale, if weights.per_channel { channels } else { 1 });
        let bias = self.bias(x, &scales, channels, deviation);
        let quant = quant(scales, weights.dimension);
        let data = values.into_iter().map(|w| w as u8).collect();
        let weights = self.tensor(DType::I8, weights.shape, quant, Some(data));
        let step = match activation {
            Activation::None => (SPREAD * deviation / 127.0, 4),
            _ => (SPREAD * deviation / 255.0, -128),
        };
        self.op(kind, vec![x, weights, bias], out, step)
    }

    /// Random weights, none of them zero but those that the mask prunes.
    fn weights(&mut self, weights: &Weights<'_>, channels: usize) -> Vec<i8> {
        let count = channels * weights.taps;
        let mut values: Vec<i8> = (0..count).map(|_| self.weight()).collect();
        if weights.pruned {
            self.mask.apply(&mut values, weights.taps, &mut self.rng);
        }
        values
    }

    fn weight(&mut self) -> i8 {
        if self.is_normal {
            // Twelve uniform ones have a deviation of 1; the largest weights have some 3.5.
            let sum: f32 = (0..12).map(|_| self.rng.unit() as f32 - 0.5).sum();
            return (sum * 127.0 / 3.5).round().clamp(-127.0, 127.0) as i8;
        }
        let magnitude = self.rng.range(1, 127) as i8;
        if self.rng.one_in(2) { magnitude } else { -magnitude }
    }

    fn scales(&mut self, scale: f32, count: usize) -> Vec<f32> {
        match count {
            1 => vec![scale],
            _ => (0..count).map(|_| scale * self.rng.log(0.7, 1.4)).collect(),
        }
    }

    fn bias(&mut self, x: TensorId, scales: &[f32], channels: usize, deviation: f32) -> TensorId {
        let steps: Vec<f32> = scales.iter().map(|scale| scale * self.step(x).0).collect();
        let value = |c: usize, unit: f64| {
            let step = steps[if steps.len() == 1 { 0 } else { c }];
            ((unit - 0.5) * f64::from(deviation) / f64::from(step)).round() as i32
        };
        let data: Vec<i32> = (0..channels).map(|c| value(c, self.rng.unit())).collect();
        let data = data.into_iter().flat_map(i32::to_le_bytes).collect();
        self.tensor(DType::I32, &[channels], quant(steps, 0), Some(data))
    }

    /// The mean square of a tensor's real values.
    fn power(&self, id: TensorId) -> f32 {
        let ((scale, zero_point), values) = (self.step(id), &self.values[id]);
        let square = |&byte: &u8| {
            let real = (i32::from(byte as i8) - zero_point) as f32 * scale;
            real * real
        };
        // Never zero, so that nothing is divided by it.
        (values.iter().map(square).sum::<f32>() / values.len() as f32).max(1e-6)
    }

    fn step(&self, id: TensorId) -> Step {
        let quant = self.graph.tensors[id].quant.as_ref().expect("every tensor has one");
        (quant.scales[0], quant.zero_points[0])
    }

    fn op(&mut self, kind: OpKind, inputs: Vec<TensorId>, shape: &[usize], step: Step) -> TensorId {
        let output = self.tensor(DType::I8, shape, per_tensor(step), None);
        let name = format!("op_{}", self.graph.ops.len());
        let inputs = inputs.into_iter().map(Some).collect();
        let op = Op { name, kind, inputs, outputs: vec![output] };
        self.values[output] = self.run(&op);
        self.graph.ops.push(op);
        output
    }

    /// What the oracle makes of the operator alone.
    fn run(&self, op: &Op) -> Vec<u8> {
        let ids = op.inputs.iter().flatten().chain(&op.outputs).copied();
        let tensors: Vec<_> = ids.clone().map(|id| self.graph.tensors[id].clone()).collect();
        let (last, count) = (tensors.len() - 1, op.inputs.len());
        let computed = (0..count).filter(|&index| !tensors[index].is_constant());
        let inputs: Vec<TensorId> = computed.collect();
        let ids: Vec<TensorId> = ids.collect();
        let values: Vec<_> = inputs.iter().map(|&index| self.values[ids[index]].clone()).collect();
        let alone =
            Op { inputs: (0..count).map(Some).collect(), outputs: vec![last], ..op.clone() };
        let source = self.graph.source.clone();
        let graph = Graph { source, tensors, ops: vec![alone], inputs, outputs: vec![last] };
        naive::run(&graph, &values).swap_remove(0)
    }

    fn tensor(
        &mut self,
        dtype: DType,
        shape: &[usize],
        quant: Quant,
        data: Option<Vec<u8>>,
    ) -> TensorId {
        let id = self.graph.tensors.len();
        let (name, shape, quant) = (format!("tensor_{id}"), shape.to_vec(), Some(quant));
        self.graph.tensors.push(Tensor { name, dtype, shape, quant, data });
        self.values.push(vec![]);
        id
    }
}

fn quant(scales: Vec<f32>, dimension: usize) -> Quant {
    let zero_points = vec![0; scales.len()];
    Quant { scales, zero_points, dimension }
}

fn per_tensor((scale, zero_point): Step) -> Quant {
    Quant { scales: vec![scale], zero_points: vec![zero_point], dimension: 0 }
}
