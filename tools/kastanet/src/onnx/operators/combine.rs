//! Element by element: sums, products, functions; and tensors put side by side.

use super::super::constant::{Constant, Values};
use super::super::error::Fault;
use super::super::layout::Layout;
use super::super::node::Node;
use super::super::values::{Import, Known, Value};
use crate::graph::{Activation, OpKind};

const ADD: OpKind = OpKind::Add { activation: Activation::None };
const MUL: OpKind = OpKind::Mul { activation: Activation::None };

pub fn add<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    match constant(import, node)? {
        Some((value, constant, _)) => with(import, node, ADD, &value, &constant),
        None => both(import, node, ADD),
    }
}

pub fn mul<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    match constant(import, node)? {
        Some((value, constant, _)) => with(import, node, MUL, &value, &constant),
        None => both(import, node, MUL),
    }
}

/// Of a constant, the sum with its opposite.
pub fn sub<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    match constant(import, node)? {
        Some((value, constant, 1)) => with(import, node, ADD, &value, &each(&constant, |c| -c)),
        Some((value, constant, _)) => {
            let minus = Constant::new(vec![], Values::Real(vec![-1.0]));
            let opposite = with(import, node, MUL, &value, &minus)?;
            with(import, node, ADD, &opposite, &constant)
        }
        None => Err(node.fault("both of its inputs are computed, expected one constant")),
    }
}

/// By a constant, the product with its inverse.
pub fn div<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    match constant(import, node)? {
        Some((value, constant, 1)) => {
            let inverse = each(&constant, |c| 1.0 / c);
            if inverse.reals().unwrap_or_default().iter().any(|c| !c.is_finite()) {
                return Err(node.fault("it divides by zero"));
            }
            with(import, node, MUL, &value, &inverse)
        }
        _ => Err(node.fault("its divisor is computed, expected a constant")),
    }
}

fn each(constant: &Constant, f: impl Fn(f32) -> f32) -> Constant {
    let values = constant.reals().unwrap_or_default().iter().map(|&c| f(c)).collect();
    Constant::new(constant.shape.clone(), Values::Real(values))
}

/// Of two inputs the computed one, the constant one, and which of them that is; `None` where none is constant.
fn constant<'m>(
    import: &Import<'m>,
    node: Node<'m>,
) -> Result<Option<(Value, Constant, usize)>, Fault> {
    for (at, other) in [(1, 0), (0, 1)] {
        if let Known::Constant(_) = import.required(node, at)? {
            let constant = import.reals(node, at, "constants")?;
            return Ok(Some((import.value(node, other)?, constant, at)));
        }
    }
    Ok(None)
}

/// A value with a constant beside it.
pub(super) fn with<'m>(
    import: &mut Import<'m>,
    node: Node<'m>,
    kind: OpKind,
    value: &Value,
    constant: &Constant,
) -> Result<Value, Fault> {
    let beside = import.beside(value, constant).ok_or_else(|| {
        let shapes = format!("{:?} and {:?}", value.shape(), constant.shape);
        node.fault(format!("a constant that is larger than its value: {shapes}"))
    })?;
    let (name, quant) = (format!("{}_constant", node.name()), constant.quant.clone());
    let constant = import.reals_tensor(name, beside.0, &beside.1);
    import.graph.tensors[constant].quant = quant.filter(|quant| quant.scales.len() == 1);
    let shape = import.graph.tensors[value.tensor].shape.clone();
    Ok(import.emit(node, kind, &[value.tensor, constant], (shape, value.layout.clone())))
}

/// Two values; an axis of one element serves a whole other one.
fn both<'m>(import: &mut Import<'m>, node: Node<'m>, kind: OpKind) -> Result<Value, Fault> {
    let (a, b) = (import.value(node, 0)?, import.value(node, 1)?);
    if a.layout == b.layout {
        let shape = import.graph.tensors[a.tensor].shape.clone();
        let other = import.shaped(node, &b, &shape);
        return Ok(import.emit(node, kind, &[a.tensor, other], (shape, a.layout)));
    }
    let wrong = || {
        node.fault(format!(
            "its inputs {:?} and {:?} lie in different orders",
            a.shape(),
            b.shape()
        ))
    };
    let larger = if a.layout.rank() >= b.layout.rank() { &a } else { &b };
    let rank = larger.layout.rank();
    let wide = |value: &Value| {
        let missing = rank - value.layout.rank();
        let shape = [vec![1; missing], value.shape()].concat();
        value.layout.reshaped(&shape).map(|layout| (shape, layout))
    };
    let ((a_shape, a_layout), (b_shape, b_layout)) = wide(&a).zip(wide(&b)).ok_or_else(wrong)?;
    let elements = |shape: &[usize]| shape.iter().product::<usize>();
    let order =
        if elements(&a_shape) >= elements(&b_shape) { &a_layout } else { &b_layout }.memory();
    if !(a_layout.lies(&order) && b_layout.lies(&order)) {
        return Err(wrong());
    }
    let pairs = a_shape.iter().zip(&b_shape);
    let sizes = pairs.map(|(&a, &b)| match (a, b) {
        (a, b) if a == b || b == 1 => Ok(a),
        (1, b) => Ok(b),
        _ => Err(wrong()),
    });
    let seen = sizes.collect::<Result<Vec<usize>, Fault>>()?;
    let in_memory = |shape: &[usize]| order.iter().map(|&axis| shape[axis]).collect::<Vec<usize>>();
    let inputs = [
        import.shaped(node, &a, &in_memory(&a_shape)),
        import.shaped(node, &b, &in_memory(&b_shape)),
    ];
    let layout = Layout::ordered(&seen, order.iter().copied());
    Ok(import.emit(node, kind, &inputs, (in_memory(&seen), layout)))
}

fn function<'m>(import: &mut Import<'m>, node: Node<'m>, kind: OpKind) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let shape = import.graph.tensors[value.tensor].shape.clone();
    Ok(import.emit(node, kind, &[value.tensor], (shape, value.layout)))
}

pub fn relu<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    function(import, node, OpKind::Relu)
}

pub fn sigmoid<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    function(import, node, OpKind::Logistic)
}

pub fn tanh<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    function(import, node, OpKind::Tanh)
}

/// From 0 to 6, or from 0 on.
pub fn clip<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let bound = |index: usize, name: &str, default: f32| match import.optional(node, index) {
        Ok(Some(Known::Constant(constant))) => Ok(constant.scalar().unwrap_or(f32::NAN)),
        Ok(None) => Ok(node.float(name, default)),
        Ok(Some(Known::Value(_))) => Err(node.fault("its bounds are computed")),
        Err(fault) => Err(fault),
    };
    let (low, high) = (bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?);
    match (low, high) {
        (0.0, 6.0) => function(import, node, OpKind::Relu6),
        (0.0, f32::MAX..) => function(import, node, OpKind::Relu),
        _ => {
            Err(node
                .fault(format!("its bounds are {low} and {high}, expected 0 and 6, or 0 and none")))
        }
    }
}

/// Zeros, or a constant, before and after.
pub fn pad<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let value = import.value(node, 0)?;
    let (seen, rank) = (value.shape(), value.layout.rank());
    if !matches!(node.word("mode"), "" | "constant") {
        return Err(node.fault(format!("its mode is {}, expected constant", node.word("mode"))));
    }
    let widths = match import.optional(node, 1)? {
        Some(Known::Constant(constant)) => constant.wholes().map(<[i64]>::to_vec),
        Some(Known::Value(_)) => None,
        None => node.ints("pads").map(<[i64]>::to_vec),
    };
    let sizes: Option<Vec<usize>> = widths
        .and_then(|widths| widths.into_iter().map(|width| usize::try_from(width).ok()).collect());
    let widths = sizes.filter(|sizes| sizes.len() == 2 * rank);
    let widths =
        widths.ok_or_else(|| node.fault(format!("its widths are no {} known sizes", 2 * rank)))?;
    let with = match import.optional(node, 2)? {
        Some(Known::Constant(constant)) => constant.scalar().unwrap_or(f32::NAN),
        Some(Known::Value(_)) => f32::NAN,
        None => node.float("value", 0.0),
    };
    if !with.is_finite() {
        return Err(node.fault("what it pads with is no known number"));
    }
    let order = in_order(node, &value)?;
    let wide =
        |axis: usize| seen[axis].saturating_add(widths[axis]).saturating_add(widths[rank + axis]);
    let out: Vec<usize> = (0..rank).map(wide).collect();
    let sizes = |shape: &[usize]| order.iter().map(|&axis| shape[axis]).collect::<Vec<usize>>();
    let input = import.shaped(node, &value, &sizes(&seen));
    let both: Vec<usize> =
        order.iter().flat_map(|&axis| [widths[axis], widths[rank + axis]]).collect();
    if both.iter().any(|&width| width > super::super::MAX_VALUES) {
        return Err(node.fault("its widths are larger than any device"));
    }
    let widths = import.sizes_tensor(format!("{}_widths", node.name()), vec![rank, 2], &both);
    let placed = (sizes(&out), Layout::ordered(&out, order.iter().copied()));
    if with == 0.0 {
        return Ok(import.emit(node, OpKind::Pad, &[input, widths], placed));
    }
    let with = import.reals_tensor(format!("{}_value", node.name()), vec![1], &[with]);
    Ok(import.emit(node, OpKind::PadV2, &[input, widths, with], placed))
}

/// The order of a value's axes in memory.
pub(super) fn in_order(node: Node<'_>, value: &Value) -> Result<Vec<usize>, Fault> {
    let wrong = || {
        node.fault(format!("an axis of {:?} lies in pieces, channels being last", value.shape()))
    };
    value.layout.order().ok_or_else(wrong)
}

/// Tensors side by side.
pub fn concat<'m>(import: &mut Import<'m>, node: Node<'m>) -> Result<Value, Fault> {
    let values = (0..node.proto.inputs.len()).map(|index| import.value(node, index));
    let values = values.collect::<Result<Vec<Value>, Fault>>()?;
    let first = values.first().ok_or_else(|| node.fault("it has no inputs"))?;
    let axis = node.axis(node.int("axis", 1), first.layout.rank())?;
    let largest = values.iter().max_by_key(|value| value.shape().iter().product::<usize>());
    let order = in_order(node, largest.unwrap_or(first))?;
    let mut out = first.shape();
    out[axis] = 0;
    let mut inputs = vec![];
    for value in &values {
        let shape = value.shape();
        if shape.len() != out.len() || !value.layout.lies(&order) {
            return Err(node.fault("its inputs lie in different orders"));
        }
        out[axis] = out[axis].saturating_add(shape[axis]);
        let sizes: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
        inputs.push(import.shaped(node, value, &sizes));
    }
    let place = order.iter().position(|&other| other == axis).unwrap_or_default() as i32;
    let kind = OpKind::Concatenation { axis: place, activation: Activation::None };
    let sizes = order.iter().map(|&axis| out[axis]).collect();
    let layout = Layout::ordered(&out, order.iter().copied());
    Ok(import.emit(node, kind, &inputs, (sizes, layout)))
}
