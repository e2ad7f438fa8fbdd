//! Batch normalisation, which is a product and a sum once a network is trained.

use super::super::constant::{Constant, Values};
use super::super::error::Fault;
use super::super::node::Node;
use super::super::values::{Import, Value};
use super::combine::with;
use crate::graph::{Activation, OpKind};

/// `y = (x − mean) ÷ √(variance + ε) · scale + shift`, channel by channel.
pub fn batch<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let (shape, rank) = (value.shape(), value.layout.rank());
    let channels = shape.get(1).copied().unwrap_or_default();
    let epsilon = node.float("epsilon", 1e-5);
    let mut parameters = vec![];
    for (index, role) in (1..).zip(["scales", "shifts", "means", "variances"]) {
        let constant = import.reals(node, index, role)?;
        if constant.values.len() != channels {
            let found = constant.values.len();
            return Err(node.fault(format!("it has {found} {role}, its input {channels} channels")));
        }
        parameters.push(constant.reals().unwrap_or_default().to_vec());
    }
    let [scales, shifts, means, variances] = parameters.as_slice() else { return Ok(value) };
    let factors = scales.iter().zip(variances).map(|(scale, variance)| {
        (f64::from(*scale) / (f64::from(*variance) + f64::from(epsilon)).sqrt()) as f32
    });
    let factors: Vec<f32> = factors.collect();
    if factors.iter().any(|factor| !factor.is_finite()) {
        return Err(node.fault("a variance is not above zero"));
    }
    let sums = shifts.iter().zip(means).zip(&factors);
    let sums = sums.map(|((shift, mean), factor)| shift - mean * factor).collect();
    let mut along = vec![1; rank];
    along[1] = channels;
    let constant = |values| Constant::new(along.clone(), Values::Real(values));
    let activation = Activation::None;
    let scaled = with(import, node, OpKind::Mul { activation }, &value, &constant(factors))?;
    with(import, node, OpKind::Add { activation }, &scaled, &constant(sums))
}
