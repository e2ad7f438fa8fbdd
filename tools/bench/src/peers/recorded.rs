//! What the peer took for each layer: a table under git, so that nobody needs its compiler.

use super::like;
use crate::layers::Kind;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("cmsis_nn.txt");

const HEAD: &str = "\
# Instructions of CMSIS-NN 4.0.0's int8 kernels, kernel calls only, dense, random data, layer by layer of
# the benchmark's networks: board, network, kind of layer, instructions. Written by
# `cargo xtask bench --peer`, which builds its sources (from the package bakenn 1.0.0 of the Python index,
# pinned by hash) with arm-none-eabi-gcc at -O3 and counts under QEMU's -icount.
";

/// A layer on a board.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub board: String,
    pub case: String,
    pub kind: Kind,
    pub instructions: u64,
}

/// The layers of a network on a board, in order; empty where they are not known.
pub fn layers(board: &str, case: &str) -> Vec<Layer> {
    parse(TABLE).filter(|layer| layer.board == like(board) && layer.case == case).collect()
}

/// What the peer takes of July 2026, for which only the networks' totals are known: each shared out over
/// the layers as by this table. On RISC-V, which the table does not have, as on the Cortex-M3, which
/// runs the same C code without instructions of its own for it.
pub fn shared_out(board: &str, case: &str) -> Vec<Layer> {
    let known = layers(board, case);
    let layers = if known.is_empty() { layers("m3", case) } else { known };
    let sum: u64 = layers.iter().map(|layer| layer.instructions).sum();
    let total = super::cmsis_nn(board, case).unwrap_or(sum);
    let share = |layer: Layer| Layer { instructions: layer.instructions * total / sum, ..layer };
    layers.into_iter().map(share).collect()
}

/// Writes what was counted; boards that were not stay.
pub fn write(path: &Path, counted: &[Layer]) -> Result<()> {
    let stays = |layer: &Layer| counted.iter().all(|new| new.board != layer.board);
    let old = fs::read_to_string(path).unwrap_or_default();
    let mut all: Vec<Layer> = parse(&old).filter(stays).chain(counted.iter().cloned()).collect();
    all.sort_by(|a, b| a.board.cmp(&b.board));
    let lines = all.iter().map(|layer| {
        let Layer { board, case, kind, instructions } = layer;
        format!("{board:<4} {case:<10} {:<10} {instructions:>9}\n", kind.name())
    });
    let text = HEAD.to_string() + &lines.collect::<String>();
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn parse(table: &str) -> impl Iterator<Item = Layer> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (board, case) = (words.next()?.into(), words.next()?.into());
        let (kind, instructions) = (Kind::named(words.next()?)?, words.next()?.parse().ok()?);
        Some(Layer { board, case, kind, instructions })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Case;
    use crate::layers;
    use crate::mask::Mask;

    #[test]
    fn totals_are_shared_out() {
        let layers = shared_out("rv32", "resnet8");
        let sum: u64 = layers.iter().map(|layer| layer.instructions).sum();
        assert!((63_191_440..=63_191_455).contains(&sum), "{sum}");
        assert_eq!(shared_out("m55", "fc256")[0].instructions, 34_063);
        assert!(shared_out("m4", "lenet").is_empty());
    }

    #[test]
    fn the_table_has_every_layer() {
        for case in Case::ALL {
            let graph = case.build(Mask::DENSE).graph;
            let kinds: Vec<_> =
                layers::of(&graph).map(|layer| Kind::of(&graph, layer.op)).collect();
            for board in ["m0", "m3", "m4", "m7", "m33", "m55"] {
                let found: Vec<_> =
                    super::layers(board, case.name()).iter().map(|layer| layer.kind).collect();
                assert_eq!(found, kinds, "{board} {}", case.name());
            }
        }
    }
}
