//! A description to begin with, from the names and shapes of arrays alone.

use super::weights::{Stored, Weights};
use crate::graph::shape_string;
use crate::words::short;

/// What one looks like.
pub const EXAMPLE: &str = r#"weights = "model.safetensors"
layout = "pytorch"
input = [28, 28, 1]

[[layer]]
conv = "features.0"
padding = 2
activation = "relu"

[[layer]]
max_pool = 2

[[layer]]
flatten = true

[[layer]]
linear = "classifier"
"#;

/// The most layers that are begun.
const MOST_LAYERS: usize = 256;

/// A description of weights in a file of this name: a layer for each array that may be one's weights.
pub fn starter(file: &str, weights: &Weights<'_>) -> String {
    let arrays = weights.all();
    let is_keras = arrays.iter().any(|(name, _)| name.ends_with("/kernel"));
    let layout = if is_keras { "keras" } else { "pytorch" };
    let mut text =
        format!("weights = {}\nlayout = \"{layout}\"\ninput = {}\n", quoted(file), input(&arrays));
    let layers = arrays.iter().filter_map(|(name, array)| begun(weights, is_keras, name, array));
    let (linear, others): (Vec<_>, Vec<_>) =
        layers.take(MOST_LAYERS).partition(|layer| layer.contains("\nlinear = "));
    let flatten = "\n[[layer]]\nflatten = true\n".to_owned();
    let between = (!(linear.is_empty() || others.is_empty())).then_some(flatten);
    text.extend(others.into_iter().chain(between).chain(linear));
    text
}

/// Sizes of a sample, of as many axes as windows have.
fn input(arrays: &[(&str, &Stored<'_>)]) -> &'static str {
    match arrays.iter().map(|(_, array)| array.shape.len()).max() {
        Some(4..) => "[28, 28, 1]    # height, width, channels",
        Some(3) => "[100, 1]    # length, channels",
        _ => "[10]    # numbers",
    }
}

/// The layer that an array may be the weights of, or the means.
fn begun(weights: &Weights<'_>, is_keras: bool, name: &str, array: &Stored<'_>) -> Option<String> {
    let [ending, mean] =
        if is_keras { ["/kernel", "/moving_mean"] } else { [".weight", ".running_mean"] };
    if let Some(base) = name.strip_suffix(mean) {
        return Some(format!("\n[[layer]]\nbatch_norm = {}\n", quoted(base)));
    }
    let base = name.strip_suffix(ending)?;
    let is_norm = weights.get(&format!("{base}{mean}")).is_some();
    let key = match array.shape.as_slice() {
        [outputs, 1, _, ..] if !is_keras && *outputs > 1 => "depthwise",
        [_, _, _] | [_, _, _, _] => "conv",
        [_, _] if !is_norm => "linear",
        _ => return None,
    };
    Some(format!("\n[[layer]]\n{key} = {}    # {}\n", quoted(base), shape_string(&array.shape)))
}

/// A name as TOML has it.
fn quoted(name: &str) -> String {
    format!("{:?}", short(name))
}
