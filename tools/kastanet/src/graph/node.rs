//! One operator with the tensors around it: how many, constant or not, and of which type.

use super::{DType, Graph, Op, OpError, OpKind, Tensor, shape_string};

/// An operator in its graph, whose ids are in range.
#[derive(Clone, Copy)]
pub(super) struct Node<'g> {
    pub graph: &'g Graph,
    pub op: &'g Op,
}

/// What an input is for.
struct Role {
    name: &'static str,
    required: bool,
    constant: bool,
    dtype: Type,
}

/// The type of an input or an output.
#[derive(Clone, Copy)]
enum Type {
    /// The type the operator computes in.
    Same,
    /// The type of a sum of products of it.
    Sum,
    /// Sizes or indices.
    Index,
}

const fn role(name: &'static str, required: bool, constant: bool, dtype: Type) -> Role {
    Role { name, required, constant, dtype }
}

const INPUT: Role = role("input", true, false, Type::Same);
const WEIGHTS: Role = role("weights", true, true, Type::Same);
const BIAS: Role = role("bias", false, true, Type::Sum);

fn roles(kind: &OpKind) -> &'static [Role] {
    const LAYER: &[Role] = &[INPUT, WEIGHTS, BIAS];
    const TWO: &[Role] = &[INPUT, role("second input", true, false, Type::Same)];
    const MEAN: &[Role] = &[INPUT, role("axes", true, true, Type::Index)];
    const PAD: &[Role] = &[INPUT, role("paddings", true, true, Type::Index)];
    const PADV2: &[Role] =
        &[INPUT, role("paddings", true, true, Type::Index), role("value", true, true, Type::Same)];
    const RESHAPE: &[Role] = &[INPUT, role("new shape", false, true, Type::Index)];
    match kind {
        kind if kind.has_weights() => LAYER,
        OpKind::Add { .. } | OpKind::Mul { .. } => TWO,
        OpKind::Mean { .. } => MEAN,
        OpKind::Pad => PAD,
        OpKind::PadV2 => PADV2,
        OpKind::Reshape => RESHAPE,
        _ => &[INPUT],
    }
}

impl<'g> Node<'g> {
    /// Checks the number of inputs and outputs, which are constant, and all types.
    pub fn check(&self) -> Result<(), OpError> {
        self.check_arity()?;
        let roles = roles(&self.op.kind);
        for (index, role) in roles.iter().enumerate() {
            match self.graph.input(self.op, index) {
                Some(tensor) => self.check_input(role, tensor)?,
                None if role.required => return Err(OpError::Missing { role: role.name }),
                None => {}
            }
        }
        for index in roles.len()..self.op.inputs.len() {
            self.check_type("input", self.input(index)?, Type::Same)?;
        }
        self.check_type("output", self.output()?, Type::Same)
    }

    fn check_arity(&self) -> Result<(), OpError> {
        let found = self.op.outputs.len();
        if found != 1 {
            return Err(OpError::Arity { what: "outputs", expected: "1".into(), found });
        }
        let roles = roles(&self.op.kind);
        let least = roles.iter().filter(|role| role.required).count();
        let variadic = matches!(self.op.kind, OpKind::Concatenation { .. });
        let most = if variadic { usize::MAX } else { roles.len() };
        let found = self.op.inputs.len();
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let expected = match (variadic, least == most) {
            (true, _) => format!("{least} or more"),
            (false, true) => least.to_string(),
            (false, false) => format!("{least} to {most}"),
        };
        Err(OpError::Arity { what: "inputs", expected, found })
    }

    fn check_input(&self, role: &Role, tensor: &Tensor) -> Result<(), OpError> {
        if role.constant && !tensor.is_constant() {
            return Err(OpError::NotConstant { role: role.name, tensor: tensor.name.clone() });
        }
        self.check_type(role.name, tensor, role.dtype)
    }

    fn check_type(&self, role: &'static str, tensor: &Tensor, dtype: Type) -> Result<(), OpError> {
        let expected = self.types(role, dtype)?;
        if expected.contains(&tensor.dtype) {
            return Ok(());
        }
        let expected = expected.iter().map(|dtype| dtype.name()).collect::<Vec<_>>().join(" or ");
        Err(OpError::DType { role, tensor: tensor.name.clone(), found: tensor.dtype, expected })
    }

    /// The types that a tensor may have.
    fn types(&self, role: &'static str, dtype: Type) -> Result<&'static [DType], OpError> {
        use DType::*;
        let output = role == "output";
        Ok(match (self.op.kind, self.input(0)?.dtype, dtype) {
            (_, _, Type::Index) => &[I32, I64],
            (OpKind::Quantize, ..) if output => &[I8, U8, I16],
            (OpKind::Quantize, ..) => &[F32, I8, U8, I16],
            (OpKind::Dequantize, ..) if output => &[F32],
            (OpKind::Dequantize, ..) => &[I8, U8, I16],
            (_, F32, _) => &[F32],
            (_, I8, Type::Sum) => &[I32],
            (_, I8, Type::Same) => &[I8],
            _ => &[I8, F32],
        })
    }

    /// The `index`-th input.
    pub fn input(&self, index: usize) -> Result<&'g Tensor, OpError> {
        self.graph.input(self.op, index).ok_or(OpError::Missing { role: "input" })
    }

    /// The output.
    pub fn output(&self) -> Result<&'g Tensor, OpError> {
        self.graph.output(self.op).ok_or(OpError::Missing { role: "output" })
    }

    /// Checks the output's shape.
    pub fn output_is(&self, expected: &[usize]) -> Result<(), OpError> {
        let output = self.output()?;
        if output.shape == expected {
            return Ok(());
        }
        Err(bad_shape("output", output, shape_string(expected)))
    }
}

/// The error for a tensor whose shape does not fit.
pub(super) fn bad_shape(role: &'static str, tensor: &Tensor, expected: String) -> OpError {
    let (tensor, found) = (tensor.name.clone(), tensor.shape_string());
    OpError::Shape { role, tensor, found, expected }
}

/// The error for a parameter that cannot be used.
pub(super) fn bad_parameter(
    what: &'static str,
    found: impl ToString,
    expected: impl ToString,
) -> OpError {
    OpError::Parameter { what, found: found.to_string(), expected: expected.to_string() }
}
