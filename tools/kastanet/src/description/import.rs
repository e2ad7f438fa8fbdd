//! From a description and its weights to a graph.

use super::MOST;
use super::error::{DescriptionError, Fault};
use super::file::{Description, Kind, Layer};
use super::layers::{At, Made};
use super::weights::Weights;
use crate::graph::Graph;
use crate::onnx::{self, Assembly, ProtoNode};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// The version of ONNX's operators that layers are written in.
const OPSET: i64 = 17;

/// What the network reads is called.
const INPUT: &str = "input";

/// The most numbers of a sample.
const MOST_INPUTS: usize = 1 << 24;

/// The network that a description says; `name` is the file's, for messages and [`Graph::source`].
///
/// The graph is [validated](Graph::validate), and computes in float.
///
/// # Errors
///
/// The first layer that cannot be as it is said, or whose arrays are missing or do not fit; then arrays that no layer
/// uses.
pub fn import(
    name: &str,
    description: &Description,
    weights: &Weights<'_>,
) -> Result<Graph, DescriptionError> {
    graph(name, description, weights)
        .map_err(|fault| DescriptionError { file: name.into(), fault: Box::new(fault) })
}

/// A layer with what it is called, and what its arrays' names begin with.
struct Named<'d> {
    layer: &'d Layer,
    kind: Kind,
    arrays: &'d str,
    name: String,
}

fn graph(source: &str, said: &Description, weights: &Weights<'_>) -> Result<Graph, Fault> {
    let layers = named(said)?;
    let inputs = inputs(&layers)?;
    let mut used = HashSet::new();
    let slots: Vec<Slot> = layers.iter().map(|_| Slot::new()).collect();
    let shape = input(said)?;
    let mut assembly = Assembly::new(source, OPSET);
    assembly.input(INPUT, &shape, shape.len() > 2, None)?;
    for ((layer, inputs), slot) in layers.iter().zip(inputs).zip(&slots) {
        let shape = inputs.first().and_then(|first| assembly.shape(first)).unwrap_or_default();
        let Named { layer: said_of, kind, arrays, name } = layer;
        let mut at = At {
            layout: said.layout,
            weights,
            used: &mut used,
            layer: said_of,
            kind: *kind,
            arrays,
            name,
            inputs,
            shape,
        };
        add(&mut assembly, at.made()?, slot).map_err(|fault| of_layer(layer, fault))?;
    }
    let last = layers.last().map_or(INPUT, |layer| layer.name.as_str());
    assembly.output(last)?;
    all_used(said, weights, &used)?;
    Ok(assembly.finish()?)
}

/// Where a layer's nodes and the names of its arrays stay while the graph is put together.
type Slot = OnceCell<(Vec<ProtoNode>, Vec<String>)>;

/// Adds what a layer becomes.
fn add<'s>(assembly: &mut Assembly<'s>, made: Made, slot: &'s Slot) -> Result<(), onnx::Fault> {
    let (names, constants): (Vec<String>, Vec<_>) = made.arrays.into_iter().unzip();
    let (nodes, names) = slot.get_or_init(|| (made.nodes, names));
    for (name, constant) in names.iter().zip(constants) {
        // Another layer may have the same weights.
        if !assembly.knows(name) {
            assembly.constant(name, constant)?;
        }
    }
    nodes.iter().try_for_each(|node| assembly.node(node))
}

/// What a node of a layer cannot do.
fn of_layer(layer: &Named<'_>, fault: onnx::Fault) -> Fault {
    match fault {
        onnx::Fault::Node { what, .. } => {
            Fault::Layer { layer: layer.name.clone(), kind: layer.kind.key(), what }
        }
        other => Fault::Network(other),
    }
}

/// The sizes of a sample: one, channels, places.
fn input(said: &Description) -> Result<Vec<usize>, Fault> {
    let elements = said.input.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
    let fits = elements.is_some_and(|all| (1..=MOST_INPUTS).contains(&all));
    match said.input.split_last() {
        Some((&channels, places)) if fits && places.len() <= 2 => {
            Ok([&[1, channels], places].concat())
        }
        _ => Err(Fault::Input { found: said.input.iter().copied().take(8).collect() }),
    }
}

/// The layers by names of their own.
fn named(said: &Description) -> Result<Vec<Named<'_>>, Fault> {
    let found = said.layers.len();
    if !(1..=MOST).contains(&found) {
        return Err(Fault::Layers { found });
    }
    let mut names = HashSet::from([INPUT.to_owned()]);
    let mut layers = vec![];
    for (layer, number) in said.layers.iter().zip(1..) {
        let (kind, arrays) = layer.kind(number)?;
        let other = || arrays.map_or_else(|| format!("{}_{number}", kind.key()), Into::into);
        let name = layer.name.clone().unwrap_or_else(other);
        if !names.insert(name.clone()) {
            return Err(Fault::Twice { name });
        }
        layers.push(Named { layer, kind, arrays: arrays.unwrap_or_default(), name });
    }
    Ok(layers)
}

/// What each layer reads: the one before it, or another one by its name, and those that it adds or puts beside.
fn inputs<'l>(layers: &'l [Named<'_>]) -> Result<Vec<Vec<&'l str>>, Fault> {
    let numbers: HashMap<&str, usize> =
        layers.iter().map(|layer| layer.name.as_str()).zip(0..).collect();
    let (mut read, mut inputs) = (vec![false; layers.len()], vec![]);
    for (number, Named { layer, name, .. }) in layers.iter().enumerate() {
        let before = number.checked_sub(1).map_or(INPUT, |before| &layers[before].name);
        let first = layer.from.as_deref().unwrap_or(before);
        let others =
            [&layer.add, &layer.concat].into_iter().flatten().flat_map(|names| names.all());
        let mut all = vec![];
        for from in [first].into_iter().chain(others.map(String::as_str)) {
            let earlier = numbers.get(from).copied().filter(|&from| from < number);
            match (earlier, from == INPUT) {
                (Some(earlier), _) => {
                    read[earlier] = true;
                    all.push(layers[earlier].name.as_str());
                }
                (None, true) => all.push(INPUT),
                (None, false) => {
                    return Err(Fault::From { layer: name.clone(), from: from.into() });
                }
            }
        }
        inputs.push(all);
    }
    let unread = read.iter().rev().skip(1).rev().position(|&is_read| !is_read);
    match unread {
        Some(number) => Err(Fault::Unread { layer: layers[number].name.clone() }),
        None => Ok(inputs),
    }
}

/// No array is left over, but for those that training alone needs.
fn all_used(
    said: &Description,
    weights: &Weights<'_>,
    used: &HashSet<String>,
) -> Result<(), Fault> {
    let is_said = |name: &str| {
        said.unused.iter().any(|unused| match unused.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == unused,
        })
    };
    let is_idle = |name: &str| {
        name.ends_with(".num_batches_tracked")
            || name.strip_suffix(".mask").is_some_and(|l| used.contains(&format!("{l}.weight")))
    };
    let names = weights.all().into_iter().map(|(name, _)| name);
    let left = names.filter(|name| !(used.contains(*name) || is_said(name) || is_idle(name)));
    let tensors: Vec<String> = left.map(|name| format!("{name:?}")).collect();
    if tensors.is_empty() { Ok(()) } else { Err(Fault::Unused { tensors }) }
}
