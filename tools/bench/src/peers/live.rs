//! The layers for a peer that is built and run here, and what it printed.

use super::recorded::Layer;
use crate::cases::Case;
use crate::layers::{self, Kind};
use crate::mask::Mask;
use anyhow::{Context, Result};
use kastanet_cli::graph::{Graph, Op, OpKind};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Writes the C initialisers of every network's layers to `peer.h`.
pub fn write(dir: &Path) -> Result<()> {
    let mut text = String::new();
    for case in Case::ALL {
        let graph = case.build(Mask::DENSE).graph;
        for op in graph.ops.iter().filter(|op| op.kind.has_weights()) {
            initialiser(&mut text, case, &graph, op).context("a network of ours")?;
        }
    }
    let path = dir.join("peer.h");
    fs::write(&path, text).with_context(|| path.display().to_string())
}

fn initialiser(text: &mut String, case: Case, graph: &Graph, op: &Op) -> Option<()> {
    let kernel = match *graph.input(op, 1)?.shape {
        [_, height, width, _] => [height, width],
        _ => [1, 1],
    };
    let stride = match op.kind {
        OpKind::Conv2d { stride, .. } | OpKind::DepthwiseConv2d { stride, .. } => stride[0],
        _ => 1,
    };
    let (input, output) = (image(&graph.input(op, 0)?.shape), image(&graph.output(op)?.shape));
    let pad = |d: usize| ((output[d] - 1) * stride + kernel[d]).saturating_sub(input[d]) / 2;
    let (name, kind, pads) = (case.name(), op.kind.name(), [pad(0), pad(1)]);
    let list = |sizes: &[usize]| format!("{sizes:?}").replace('[', "{").replace(']', "}");
    let (input, output, kernel, pads) = (list(&input), list(&output), list(&kernel), list(&pads));
    writeln!(text, "{{\"{name}\", {kind}, {input}, {output}, {kernel}, {stride}, {pads}}},").ok()
}

/// Height, width and channels.
fn image(shape: &[usize]) -> [usize; 3] {
    match *shape {
        [_, height, width, channels] => [height, width, channels],
        _ => [1, 1, shape.last().copied().unwrap_or(1)],
    }
}

/// The instructions that the peer took for each layer on a board, network after network.
pub fn read(dir: &Path, board: &str) -> Result<Vec<Layer>> {
    let path = dir.join(format!("{board}-peer.out"));
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let layers = kinds().zip(text.lines()).map(|((case, kind), line)| {
        let instructions = line.strip_prefix(case.name())?.trim().parse().ok()?;
        Some(Layer { board: board.into(), case: case.name().into(), kind, instructions })
    });
    layers.collect::<Option<_>>().with_context(|| path.display().to_string())
}

/// The layers of every network, in the order in which they are run.
fn kinds() -> impl Iterator<Item = (Case, Kind)> {
    Case::ALL.into_iter().flat_map(|case| {
        let graph = case.build(Mask::DENSE).graph;
        let kinds: Vec<_> = layers::of(&graph).map(|layer| Kind::of(&graph, layer.op)).collect();
        kinds.into_iter().map(move |kind| (case, kind))
    })
}
