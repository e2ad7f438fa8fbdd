//! Readable names for operators, which have none in the file.
//!
//! Keras names tensors after layers, and the converter joins the names of all layers it fused:
//! `model/activation/Relu;model/batch_normalization/FusedBatchNormV3;model/conv2d/Conv2D`. The
//! part that ends as the operator does (`Conv2D`) is the layer's own; its last but one component
//! is the name the user gave it: `conv2d`.

use std::collections::{HashMap, HashSet};

use super::operators;
use crate::graph::Tensor;

/// How much of a tensor's name is looked at.
const LOOKED_AT: usize = 1024;

/// The longest name, in characters.
const LONGEST: usize = 48;

/// What the converter calls outputs when it has nothing to call them after.
const EMPTY: [&str; 6] = [
    "Identity",
    "PartitionedCall",
    "StatefulPartitionedCall",
    "serving_default",
    "tfl.",
    "tensor ",
];

/// Gives out names, each once.
#[derive(Default)]
pub struct Names {
    taken: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Names {
    /// A name for an operator, from its weights' name, its output's, or else its kind.
    pub fn name(&mut self, code: i32, weights: Option<&Tensor>, output: Option<&Tensor>) -> String {
        let from_hint = [weights, output].into_iter().flatten().find_map(|t| hinted(code, &t.name));
        let base = from_hint
            .or_else(|| output.and_then(|tensor| first(&tensor.name)))
            .unwrap_or_else(|| operators::name(code).unwrap_or("op").to_lowercase());
        self.unique(base.chars().take(LONGEST).collect())
    }

    /// `base`, or `base_1`, `base_2`, … if it is taken.
    fn unique(&mut self, base: String) -> String {
        let next = self.next.entry(base.clone()).or_default();
        let mut name = base.clone();
        while !self.taken.insert(name.clone()) {
            *next += 1;
            name = format!("{base}_{next}");
        }
        name
    }
}

/// The layer of the part whose end is the operator's own.
fn hinted(code: i32, name: &str) -> Option<String> {
    let hints = operators::hints(code);
    parts(name).find_map(|part| {
        let (layers, end) = part.rsplit_once('/')?;
        let end = end.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_lowercase();
        let end = if hints.contains(&end.as_str()) { Some(layers) } else { None };
        Some(end?.rsplit('/').next()?.to_string())
    })
}

/// The layer of the first part.
fn first(name: &str) -> Option<String> {
    let part = parts(name).next().filter(|part| !EMPTY.iter().any(|e| part.starts_with(e)))?;
    let layers = part.rsplit_once('/').map_or(part, |(layers, _)| layers);
    let layer = layers.rsplit('/').next()?;
    Some(layer.to_string()).filter(|layer| !layer.is_empty())
}

/// The parts that the converter joined, or the whole name if it is a plain one.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let end = name.char_indices().map(|(at, _)| at).find(|&at| at >= LOOKED_AT);
    let looked_at = end.and_then(|end| name.get(..end)).unwrap_or(name);
    looked_at.split(';').filter(|part| !part.is_empty())
}
