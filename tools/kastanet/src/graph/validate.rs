//! The rules every graph obeys.
//!
//! In order: each tensor by itself; ids; names; each tensor set once, and before it is read; then,
//! for each operator, its inputs and their types ([`Node`]), [`shapes`], and [`quantised`].

use std::collections::HashSet;

use super::node::Node;
use super::{DType, Graph, GraphError, MAX_BYTES, MAX_RANK, OpError, Quant, Tensor, TensorId};
use super::{quantised, shapes};

impl Graph {
    /// Checks that the graph is consistent; the first thing wrong is the error.
    pub fn validate(&self) -> Result<(), GraphError> {
        self.tensors.iter().try_for_each(check_tensor)?;
        self.check_ids()?;
        self.check_names()?;
        self.check_order()?;
        for op in &self.ops {
            let node = Node { graph: self, op };
            let fault = |fault| GraphError::Op {
                op: op.name.clone(),
                kind: op.kind.name(),
                fault: Box::new(fault),
            };
            check_node(&node).map_err(fault)?;
        }
        Ok(())
    }

    fn check_ids(&self) -> Result<(), GraphError> {
        if self.inputs.is_empty() {
            return Err(GraphError::NoBorder { what: "inputs" });
        }
        if self.outputs.is_empty() {
            return Err(GraphError::NoBorder { what: "outputs" });
        }
        let border = self.inputs.iter().chain(&self.outputs);
        border.copied().try_for_each(|id| self.check_id(id, || "the model".into()))?;
        self.ops.iter().try_for_each(|op| {
            let mut ids = op.inputs.iter().flatten().chain(&op.outputs).copied();
            ids.try_for_each(|id| self.check_id(id, || operator(&op.name)))
        })
    }

    fn check_id(&self, id: TensorId, owner: impl Fn() -> String) -> Result<(), GraphError> {
        let count = self.tensors.len();
        if id < count { Ok(()) } else { Err(GraphError::TensorId { owner: owner(), id, count }) }
    }

    fn check_names(&self) -> Result<(), GraphError> {
        let mut names = HashSet::new();
        match self.ops.iter().find(|op| !names.insert(&op.name)) {
            Some(op) => Err(GraphError::Name { op: op.name.clone() }),
            None => Ok(()),
        }
    }

    fn check_order(&self) -> Result<(), GraphError> {
        let mut set: Vec<bool> = self.tensors.iter().map(Tensor::is_constant).collect();
        for &id in &self.inputs {
            self.set(&mut set, id, || "the model's inputs".into())?;
        }
        for op in &self.ops {
            for &id in op.inputs.iter().flatten() {
                self.read(&set, id, || operator(&op.name))?;
            }
            for &id in &op.outputs {
                self.set(&mut set, id, || operator(&op.name))?;
            }
        }
        let mut outputs = self.outputs.iter();
        outputs.try_for_each(|&id| self.read(&set, id, || "the model's outputs".into()))
    }

    fn set(
        &self,
        set: &mut [bool],
        id: TensorId,
        by: impl Fn() -> String,
    ) -> Result<(), GraphError> {
        match set.get_mut(id) {
            Some(set) if !*set => {
                *set = true;
                Ok(())
            }
            _ => Err(GraphError::SetTwice { tensor: self.name_of(id), by: by() }),
        }
    }

    fn read(&self, set: &[bool], id: TensorId, by: impl Fn() -> String) -> Result<(), GraphError> {
        if set.get(id).is_some_and(|&set| set) {
            return Ok(());
        }
        Err(GraphError::Unset { tensor: self.name_of(id), by: by() })
    }

    fn name_of(&self, id: TensorId) -> String {
        self.tensors.get(id).map(|tensor| tensor.name.clone()).unwrap_or_default()
    }
}

fn check_node(node: &Node<'_>) -> Result<(), OpError> {
    node.check()?;
    shapes::check(node)?;
    quantised::check(node)
}

fn operator(name: &str) -> String {
    format!("operator {name:?}")
}

fn check_tensor(tensor: &Tensor) -> Result<(), GraphError> {
    let (name, shape, dtype) = (|| tensor.name.clone(), || tensor.shape_string(), tensor.dtype);
    let found = tensor.shape.len();
    if found > MAX_RANK {
        return Err(GraphError::Rank { tensor: name(), shape: shape(), found, limit: MAX_RANK });
    }
    if tensor.shape.contains(&0) {
        return Err(GraphError::EmptyDimension { tensor: name(), shape: shape() });
    }
    let expected = tensor.byte_len();
    if expected > MAX_BYTES {
        let limit = MAX_BYTES;
        return Err(GraphError::TooLarge { tensor: name(), shape: shape(), dtype, limit });
    }
    let found = tensor.data.as_ref().map_or(expected, Vec::len);
    if found != expected {
        let (tensor, shape) = (name(), shape());
        return Err(GraphError::ConstantBytes { tensor, shape, dtype, expected, found });
    }
    match &tensor.quant {
        Some(quant) => check_quant(tensor, quant),
        None => Ok(()),
    }
}

fn check_quant(tensor: &Tensor, quant: &Quant) -> Result<(), GraphError> {
    let (name, scales) = (|| tensor.name.clone(), quant.scales.len());
    if scales == 0 || scales != quant.zero_points.len() {
        let zero_points = quant.zero_points.len();
        return Err(GraphError::QuantCounts { tensor: name(), scales, zero_points });
    }
    if scales > 1 && tensor.shape.get(quant.dimension) != Some(&scales) {
        let (shape, dimension) = (tensor.shape_string(), quant.dimension);
        return Err(GraphError::QuantDimension { tensor: name(), shape, dimension, scales });
    }
    let usable = |scale: &f32| scale.is_finite() && *scale > 0.0;
    let bad = quant.scales.iter().copied().enumerate().find(|(_, scale)| !usable(scale));
    if let Some((channel, scale)) = bad {
        return Err(GraphError::Scale { tensor: name(), channel, scale });
    }
    check_zero_points(tensor, quant)
}

fn check_zero_points(tensor: &Tensor, quant: &Quant) -> Result<(), GraphError> {
    let dtype = tensor.dtype;
    let (low, high) = match dtype {
        DType::I8 => (i8::MIN.into(), i8::MAX.into()),
        DType::U8 => (u8::MIN.into(), u8::MAX.into()),
        DType::I16 => (i16::MIN.into(), i16::MAX.into()),
        _ => (i32::MIN, i32::MAX),
    };
    let mut zero_points = quant.zero_points.iter().copied().enumerate();
    match zero_points.find(|(_, zero_point)| !(low..=high).contains(zero_point)) {
        Some((channel, zero_point)) => {
            let tensor = tensor.name.clone();
            Err(GraphError::ZeroPoint { tensor, channel, zero_point, dtype, low, high })
        }
        None => Ok(()),
    }
}
