//! Small graphs for tests.

use super::{Activation, DType, Graph, Op, OpKind, Padding, Quant, Tensor, TensorId};

/// The quantisation of most activations here.
pub const QUANT: (f32, i32) = (0.5, -3);

/// The quantisation of what lies between zero and one.
pub const PROBABILITY: (f32, i32) = (1.0 / 256.0, -128);

/// Adds tensors and operators to a graph.
pub struct Sample(pub Graph);

impl Sample {
    pub fn new() -> Self {
        let (tensors, ops, inputs, outputs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Sample(Graph { source: "sample".into(), tensors, ops, inputs, outputs })
    }

    fn tensor(&mut self, dtype: DType, shape: &[usize], quant: Option<Quant>) -> TensorId {
        let id = self.0.tensors.len();
        let name = format!("t{id}");
        self.0.tensors.push(Tensor { name, dtype, shape: shape.to_vec(), quant, data: None });
        id
    }

    pub fn input(&mut self, dtype: DType, shape: &[usize]) -> TensorId {
        let quant = if dtype == DType::F32 { None } else { Some(per_tensor(QUANT)) };
        let id = self.tensor(dtype, shape, quant);
        self.0.inputs.push(id);
        id
    }

    pub fn constant(&mut self, dtype: DType, shape: &[usize], quant: Option<Quant>) -> TensorId {
        let id = self.tensor(dtype, shape, quant);
        let tensor = &mut self.0.tensors[id];
        tensor.data = Some((0..tensor.byte_len()).map(|index| (7 * index + id) as u8).collect());
        id
    }

    pub fn sizes(&mut self, shape: &[usize], sizes: &[i32]) -> TensorId {
        let id = self.tensor(DType::I32, shape, None);
        self.0.tensors[id].data = Some(sizes.iter().flat_map(|size| size.to_le_bytes()).collect());
        id
    }

    pub fn op(&mut self, kind: OpKind, inputs: &[TensorId], shape: &[usize]) -> TensorId {
        let inputs: Vec<_> = inputs.iter().copied().map(Some).collect();
        let quant = match kind {
            OpKind::Softmax { .. } | OpKind::Logistic => Some(per_tensor(PROBABILITY)),
            OpKind::Tanh => Some(per_tensor((1.0 / 128.0, 0))),
            OpKind::Dequantize => None,
            _ => Some(per_tensor(QUANT)),
        };
        let dtype = if kind == OpKind::Dequantize { DType::F32 } else { DType::I8 };
        let output = self.tensor(dtype, shape, quant);
        let name = format!("op{}", self.0.ops.len());
        self.0.ops.push(Op { name, kind, inputs, outputs: vec![output] });
        output
    }

    /// A layer with one scale for each output; a bias with the matching scales.
    pub fn layer(
        &mut self,
        kind: OpKind,
        input: TensorId,
        weights: &[usize],
        out: &[usize],
    ) -> TensorId {
        let dimension = if matches!(kind, OpKind::DepthwiseConv2d { .. }) { 3 } else { 0 };
        let channels = weights[dimension];
        let scales: Vec<f32> = (0..channels).map(|c| 0.01 + 0.001 * c as f32).collect();
        let sums = scales.iter().map(|scale| scale * QUANT.0).collect();
        let zero_points = vec![0; channels];
        let bias = Quant { scales: sums, zero_points: zero_points.clone(), dimension: 0 };
        let quant = Quant { scales, zero_points, dimension };
        let weights = self.constant(DType::I8, weights, Some(quant));
        let bias = self.constant(DType::I32, &[channels], Some(bias));
        self.0.tensors[bias].data = Some((0..channels).flat_map(|c| [c as u8, 1, 0, 0]).collect());
        self.op(kind, &[input, weights, bias], out)
    }

    pub fn output(mut self, id: TensorId) -> Graph {
        self.0.outputs.push(id);
        self.0
    }
}

pub fn per_tensor((scale, zero_point): (f32, i32)) -> Quant {
    Quant { scales: vec![scale], zero_points: vec![zero_point], dimension: 0 }
}

pub const CONV: OpKind = OpKind::Conv2d {
    padding: Padding::Same,
    stride: [2, 1],
    dilation: [1, 1],
    activation: Activation::Relu6,
};

/// One convolution and a softmax: operator 0 reads tensors 0 to 2, operator 1 ends it.
pub fn small() -> Graph {
    let mut s = Sample::new();
    let x = s.input(DType::I8, &[1, 3, 2, 2]);
    let x = s.layer(CONV, x, &[3, 1, 2, 2], &[1, 2, 2, 3]);
    let x = s.op(OpKind::Softmax { beta: 1.0 }, &[x], &[1, 2, 2, 3]);
    s.output(x)
}

/// Every kind of operator once, from float to float.
pub fn every_operator() -> Graph {
    let mut s = Sample::new();
    let x = s.input(DType::F32, &[1, 6, 5, 4]);
    let x = s.op(OpKind::Quantize, &[x], &[1, 6, 5, 4]);
    let x = s.layer(CONV, x, &[8, 3, 3, 4], &[1, 3, 5, 8]);
    let x = depthwise(&mut s, x);
    let x = pads(&mut s, x);
    let x = pools_and_sums(&mut s, x);
    let x = s.op(OpKind::Logistic, &[x], &[1, 2, 3, 32]);
    let x = s.op(OpKind::Tanh, &[x], &[1, 2, 3, 32]);
    let x = s.op(OpKind::Relu, &[x], &[1, 2, 3, 32]);
    let x = s.op(OpKind::Relu6, &[x], &[1, 2, 3, 32]);
    let axes = s.sizes(&[2], &[1, -2]);
    let x = s.op(OpKind::Mean { keep_dims: true }, &[x, axes], &[1, 1, 1, 32]);
    let x = s.op(OpKind::Squeeze, &[x], &[1, 32]);
    let shape = s.sizes(&[2], &[4, -1]);
    let x = s.op(OpKind::Reshape, &[x, shape], &[4, 8]);
    let kind = OpKind::FullyConnected { activation: Activation::None, keep_dims: true };
    let x = s.layer(kind, x, &[5, 8], &[4, 5]);
    let x = s.op(OpKind::Softmax { beta: 0.5 }, &[x], &[4, 5]);
    let x = s.op(OpKind::Dequantize, &[x], &[4, 5]);
    s.output(x)
}

fn depthwise(s: &mut Sample, x: TensorId) -> TensorId {
    let kind = OpKind::DepthwiseConv2d {
        padding: Padding::Valid,
        stride: [1, 1],
        dilation: [1, 2],
        multiplier: 2,
        activation: Activation::ReluN1To1,
    };
    let x = s.layer(kind, x, &[1, 2, 2, 16], &[1, 2, 3, 16]);
    // The bias is left out.
    if let Some(op) = s.0.ops.last_mut() {
        op.inputs.truncate(2);
    }
    x
}

fn pads(s: &mut Sample, x: TensorId) -> TensorId {
    let widths = s.sizes(&[4, 2], &[0, 0, 1, 0, 1, 1, 0, 0]);
    let x = s.op(OpKind::Pad, &[x, widths], &[1, 3, 5, 16]);
    let widths = s.sizes(&[4, 2], &[0, 0, 0, 1, 1, 0, 0, 0]);
    let value = s.constant(DType::I8, &[], Some(per_tensor(QUANT)));
    s.op(OpKind::PadV2, &[x, widths, value], &[1, 4, 6, 16])
}

fn pools_and_sums(s: &mut Sample, x: TensorId) -> TensorId {
    let (padding, stride, filter, activation) = (Padding::Valid, [2, 2], [2, 1], Activation::Relu);
    let kind = OpKind::AveragePool2d { padding, stride, filter, activation };
    let shape = [1, 2, 3, 16];
    let a = s.op(kind, &[x], &shape);
    let b = s.op(OpKind::MaxPool2d { padding, stride, filter, activation }, &[x], &shape);
    let sum = s.op(OpKind::Add { activation: Activation::None }, &[a, b], &shape);
    let factor = s.constant(DType::I8, &[16], Some(per_tensor((0.01, 2))));
    let product = s.op(OpKind::Mul { activation: Activation::Relu }, &[sum, factor], &shape);
    let kind = OpKind::Concatenation { axis: -1, activation: Activation::None };
    s.op(kind, &[a, product], &[1, 2, 3, 32])
}
