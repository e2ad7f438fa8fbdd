//! What boards printed, joined with what is known of the images.

use crate::manifest::{Entry, LayerEntry};
use crate::peers;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// A network, or one of its layers, on a board.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Name of the network.
    pub case: String,
    /// Name of the board.
    pub board: String,
    /// Number, kind and shape, of a layer's row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Share of the weights that were pruned.
    pub sparsity: f64,
    /// What was pruned together.
    pub unit: String,
    /// The format asked for, `auto` where each layer's was chosen; of a layer's row, its format.
    pub format: String,
    /// Instructions of convolutions and fully connected layers.
    pub instructions: u64,
    /// Multiplications of a dense inference.
    pub macs: usize,
    /// Those of them by weights that are not zero.
    pub nonzero_macs: usize,
    /// Weights that are not zero.
    pub nnz: usize,
    /// Bytes of weights, tables and padding included.
    pub weight_bytes: usize,
    /// Of a network's row.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRow>,
}

/// What only a whole network has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkRow {
    /// Bytes of the image.
    pub flash_bytes: usize,
    /// Bytes of the arena.
    pub arena_bytes: usize,
    /// CMSIS-NN's instructions for the same layers, dense.
    pub peer_instructions: Option<u64>,
    /// The same of CMSIS-NN 4.0.0, as counted here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_release_instructions: Option<u64>,
    /// Instructions of each layer with weights.
    #[serde(default)]
    pub layer_instructions: Vec<u64>,
    /// The format of each layer with weights.
    pub chosen: Vec<String>,
    /// Instructions of the other operators.
    pub other_instructions: u64,
    /// Bytes of stack that inference takes.
    pub stack_bytes: usize,
}

/// An image's measurements.
#[derive(Default)]
pub struct Measured {
    /// Of each operator.
    pub instructions: Vec<u64>,
    stack: usize,
}

/// The rows of one network on one board; with `layers` one for each layer, behind its network's.
pub fn read(dir: &Path, board: &str, case: &str, layers: bool) -> Result<Vec<Row>> {
    let manifest = dir.join(format!("{board}-{case}.json"));
    let manifest = fs::read_to_string(&manifest).context(manifest.display().to_string())?;
    let entries: Vec<Entry> =
        manifest.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let measured = output(dir, board, case, entries.len())?;
    let rows = entries.iter().zip(&measured).flat_map(|(entry, measured)| {
        let network = network(board, entry, measured);
        let layers = entry.layers.iter().filter(|_| layers);
        let layers = layers.map(|layer| layer_row(&network, layer, measured)).collect::<Vec<_>>();
        [network].into_iter().chain(layers)
    });
    Ok(rows.collect())
}

/// What a board printed of a list.
pub fn output(dir: &Path, board: &str, list: &str, count: usize) -> Result<Vec<Measured>> {
    let output = dir.join(format!("{board}-{list}.out"));
    let text = fs::read_to_string(&output).context(output.display().to_string())?;
    parse(&text, count).with_context(|| output.display().to_string())
}

fn parse(output: &str, count: usize) -> Result<Vec<Measured>> {
    let mut all: Vec<Measured> = (0..count).map(|_| Measured::default()).collect();
    for line in output.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let understood = match words[..] {
            ["op", case, _, _, instructions] => case
                .parse()
                .ok()
                .and_then(|case: usize| all.get_mut(case))
                .zip(instructions.parse().ok())
                .map(|(case, instructions)| case.instructions.push(instructions)),
            ["case", case, stack] => case
                .parse()
                .ok()
                .and_then(|case: usize| all.get_mut(case))
                .zip(stack.parse().ok())
                .map(|(case, stack)| case.stack = stack),
            _ => None,
        };
        if understood.is_none() {
            bail!("the board printed `{line}`");
        }
    }
    Ok(all)
}

fn network(board: &str, entry: &Entry, measured: &Measured) -> Row {
    let weighted = |layer: &LayerEntry| measured.instructions.get(layer.operator);
    let layers: Vec<u64> = entry.layers.iter().filter_map(weighted).copied().collect();
    let instructions = layers.iter().sum();
    let all: u64 = measured.instructions.iter().sum();
    Row {
        case: entry.case.clone(),
        board: board.into(),
        layer: None,
        sparsity: entry.sparsity,
        unit: entry.unit.clone(),
        format: entry.format.clone(),
        instructions,
        macs: entry.layers.iter().map(|layer| layer.macs).sum(),
        nonzero_macs: entry.layers.iter().map(|layer| layer.nonzero_macs).sum(),
        nnz: entry.nnz,
        weight_bytes: entry.weight_bytes,
        network: Some(NetworkRow {
            flash_bytes: entry.flash_bytes,
            arena_bytes: entry.arena_bytes,
            peer_instructions: peers::cmsis_nn(board, &entry.case),
            peer_release_instructions: release(board, &entry.case),
            layer_instructions: layers,
            chosen: entry.layers.iter().map(|layer| layer.format.clone()).collect(),
            other_instructions: all - instructions,
            stack_bytes: measured.stack,
        }),
    }
}

fn release(board: &str, case: &str) -> Option<u64> {
    let layers = peers::recorded::layers(board, case);
    (!layers.is_empty()).then(|| layers.iter().map(|layer| layer.instructions).sum())
}

fn layer_row(network: &Row, layer: &LayerEntry, measured: &Measured) -> Row {
    Row {
        layer: Some(format!("{} {}", layer.operator, layer.name)),
        format: layer.format.clone(),
        instructions: measured.instructions.get(layer.operator).copied().unwrap_or_default(),
        macs: layer.macs,
        nonzero_macs: layer.nonzero_macs,
        nnz: layer.nnz,
        weight_bytes: layer.weight_bytes,
        network: None,
        ..network.clone()
    }
}
