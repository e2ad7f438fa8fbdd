//! A graph in the making.

use crate::random::Rng;
use kastanet_cli::graph::{Activation, DType, Graph, Op, OpKind, Quant, Tensor, TensorId};

/// A graph in the making.
pub struct Draft {
    graph: Graph,
}

/// Scale and zero point of a tensor.
pub type Step = (f32, i32);

impl Draft {
    pub fn new() -> Self {
        let (tensors, ops) = (Vec::new(), Vec::new());
        let (inputs, outputs) = (Vec::new(), Vec::new());
        Draft { graph: Graph { source: "random".into(), tensors, ops, inputs, outputs } }
    }

    pub fn tensor(&mut self, dtype: DType, shape: &[usize], quant: Option<Quant>) -> TensorId {
        let id = self.graph.tensors.len();
        let name = format!("tensor_{id}");
        self.graph.tensors.push(Tensor { name, dtype, shape: shape.to_vec(), quant, data: None });
        id
    }

    /// A computed int8 tensor.
    pub fn int8(&mut self, shape: &[usize], step: Step) -> TensorId {
        self.tensor(DType::I8, shape, Some(per_tensor(step)))
    }

    pub fn input(&mut self, shape: &[usize], step: Step) -> TensorId {
        let id = self.int8(shape, step);
        self.graph.inputs.push(id);
        id
    }

    /// Makes a tensor one that the caller provides.
    pub fn provide(&mut self, id: TensorId) -> TensorId {
        self.graph.inputs.push(id);
        id
    }

    /// Makes a tensor a constant.
    pub fn fill(&mut self, id: TensorId, data: Vec<u8>) -> TensorId {
        self.graph.tensors[id].data = Some(data);
        id
    }

    /// A constant of sizes or axes.
    pub fn sizes(&mut self, shape: &[usize], values: &[i32]) -> TensorId {
        let id = self.tensor(DType::I32, shape, None);
        self.fill(id, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn op(&mut self, kind: OpKind, inputs: &[TensorId], output: TensorId) -> TensorId {
        let name = format!("op_{}", self.graph.ops.len());
        let inputs = inputs.iter().copied().map(Some).collect();
        self.graph.ops.push(Op { name, kind, inputs, outputs: vec![output] });
        output
    }

    pub fn shape(&self, id: TensorId) -> Vec<usize> {
        self.graph.tensors[id].shape.clone()
    }

    pub fn step(&self, id: TensorId) -> Step {
        let quant = self.graph.tensors[id].quant.as_ref().expect("a quantised tensor");
        (quant.scales[0], quant.zero_points[0])
    }

    /// The finished graph.
    pub fn finish(mut self, output: TensorId) -> Graph {
        self.graph.outputs.push(output);
        if let Err(error) = self.graph.validate() {
            panic!("a generated graph is not valid: {error}\n{:#?}", self.graph.ops);
        }
        self.graph
    }
}

/// Quantisation with one scale.
pub fn per_tensor((scale, zero_point): Step) -> Quant {
    Quant { scales: vec![scale], zero_points: vec![zero_point], dimension: 0 }
}

/// A random scale and zero point of activations.
pub fn step(rng: &mut Rng) -> Step {
    (rng.log(1e-3, 1.0), rng.zero_point())
}

/// One to `most` in each of one to four dimensions.
pub fn shape(rng: &mut Rng, least_rank: usize, most: usize) -> Vec<usize> {
    (0..rng.range(least_rank, 4)).map(|_| rng.range(1, most)).collect()
}

pub fn activation(rng: &mut Rng) -> Activation {
    use Activation::{None, Relu, Relu6, ReluN1To1};
    rng.pick(&[None, None, Relu, Relu6, ReluN1To1])
}
