//! From the bytes of an `.onnx` file to a graph.

use super::assembly::Assembly;
use super::constant::Constant;
use super::error::{Fault, ImportError};
use super::node::Node;
use super::operators::{self, quantise};
use super::proto::{self, element};
use super::{MAX_INPUTS, MAX_NODES, MAX_VALUES, OPSETS, integer};
use crate::graph::{Graph, MAX_RANK};
use crate::words::short;
use prost::Message;

/// Reads a model; `name` is the file's, for messages and [`Graph::source`].
///
/// The graph is [validated](Graph::validate). It computes in float; in int8 where the file says how its values are
/// stored, be it by QuantizeLinear and DequantizeLinear or by operators on integers.
///
/// # Errors
///
/// In this order: what is no ONNX file, all unsupported operators at once, then whatever else stands first in the
/// file.
pub fn import(name: &str, bytes: &[u8]) -> Result<Graph, ImportError> {
    graph(name, bytes).map_err(|fault| ImportError { file: name.into(), fault: Box::new(fault) })
}

fn graph(name: &str, bytes: &[u8]) -> Result<Graph, Fault> {
    let mut model =
        proto::Model::decode(bytes).map_err(|error| Fault::Structure(error.to_string()))?;
    let graph = model.graph.take().ok_or(Fault::NoGraph)?;
    let opset = opset(&model)?;
    let graph = &integer::rewritten(graph)?;
    check(graph)?;
    let mut assembly = Assembly::new(name, opset);
    for tensor in &graph.initializers {
        assembly.constant(&tensor.name, Constant::read(tensor)?)?;
    }
    inputs(&mut assembly, graph)?;
    graph.nodes.iter().try_for_each(|node| assembly.node(node))?;
    graph.outputs.iter().try_for_each(|output| assembly.output(&output.name))?;
    assembly.finish()
}

fn opset(model: &proto::Model) -> Result<i64, Fault> {
    let own = model.opsets.iter().find(|opset| matches!(opset.domain.as_str(), "" | "ai.onnx"));
    let found = own.map_or(1, |opset| opset.version);
    if OPSETS.contains(&found) { Ok(found) } else { Err(Fault::Opset { found }) }
}

/// Names everything that cannot be imported before anything is.
fn check(graph: &proto::Graph) -> Result<(), Fault> {
    let nodes: Vec<&proto::Node> = all(graph).collect();
    let (found, limit) = (nodes.len(), MAX_NODES);
    if found > limit {
        return Err(Fault::Count { what: "nodes", found, limit });
    }
    let is_known = |node: &&proto::Node| {
        matches!(node.domain.as_str(), "" | "ai.onnx") && operators::is_supported(&node.kind)
    };
    let mut kinds: Vec<(String, Vec<String>)> = vec![];
    for node in nodes.into_iter().filter(|node| !is_known(node)) {
        let node = Node { proto: node, opset: 0 };
        let (kind, name) = (short(&node.kind()), format!("{:?}", short(node.name())));
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    let said = |(kind, names): (String, Vec<String>)| match names.as_slice() {
        [first, _, rest @ ..] if !rest.is_empty() => {
            format!("{kind} ({first} and {} more)", names.len() - 1)
        }
        _ => format!("{kind} ({})", names.join(", ")),
    };
    match kinds.is_empty() {
        true => Ok(()),
        false => Err(Fault::Operators { nodes: kinds.into_iter().map(said).collect() }),
    }
}

/// Every node, those of inner graphs behind the one that runs them.
fn all(graph: &proto::Graph) -> impl Iterator<Item = &proto::Node> {
    let (mut nodes, mut rest) = (vec![], vec![graph.nodes.iter()]);
    while let Some(inner) = rest.last_mut() {
        let Some(node) = inner.next() else {
            rest.pop();
            continue;
        };
        nodes.push(node);
        let graphs = node.attributes.iter().filter_map(|attribute| attribute.graph.as_ref());
        rest.extend(graphs.map(|graph| graph.nodes.iter()));
    }
    nodes.into_iter()
}

/// The inputs that are no constants.
fn inputs<'m>(assembly: &mut Assembly<'m>, graph: &'m proto::Graph) -> Result<(), Fault> {
    let mut found = 0;
    for input in &graph.inputs {
        if !assembly.knows(&input.name) {
            found += 1;
            if found > MAX_INPUTS {
                return Err(Fault::Count { what: "inputs", found, limit: MAX_INPUTS });
            }
            let (shape, stored) = shape(input)?;
            let has_channels = operators::wants_channels_last(graph, &input.name);
            assembly.input(&input.name, &shape, has_channels, stored)?;
        }
    }
    Ok(())
}

/// The sizes of an input, an open batch being 1, and how its integers are stored, if it has such.
fn shape(input: &proto::ValueInfo) -> Result<(Vec<usize>, Option<i32>), Fault> {
    let tensor = input.name.clone();
    let kind = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let kind = kind.ok_or_else(|| Fault::Dynamic { tensor: tensor.clone(), shape: "?".into() })?;
    let stored = match kind.element {
        element::FLOAT => None,
        element::INT8 | element::UINT8 => Some(quantise::shift(kind.element)),
        other => return Err(Fault::Type { tensor, found: element::name(other) }),
    };
    let dims = kind.shape.as_ref().map_or(&[][..], |shape| &shape.dims);
    let said = || {
        let one = |dim: &proto::Dimension| match (dim.value, &dim.name) {
            (Some(value), _) => value.to_string(),
            (None, Some(name)) => name.clone(),
            _ => "?".into(),
        };
        dims.iter().map(one).collect::<Vec<_>>().join("×")
    };
    let dynamic = || Fault::Dynamic { tensor: tensor.clone(), shape: said() };
    if dims.len() > MAX_RANK {
        return Err(dynamic());
    }
    let size = |(at, dim): (usize, &proto::Dimension)| match dim.value {
        Some(value) if value > 0 => usize::try_from(value).map_err(|_| dynamic()),
        // Some exporters write 0 or −1 for an open batch.
        _ if at == 0 => Ok(1),
        _ => Err(dynamic()),
    };
    let shape = dims.iter().enumerate().map(size).collect::<Result<Vec<usize>, Fault>>()?;
    let found = shape.iter().fold(1, |product: usize, &size| product.saturating_mul(size));
    if found > MAX_VALUES {
        return Err(Fault::Count { what: "elements in an input", found, limit: MAX_VALUES });
    }
    match shape.as_slice() {
        &[found, _, ..] if found > 1 => Err(Fault::Batch { tensor, shape: said(), found }),
        _ => Ok((shape, stored)),
    }
}
