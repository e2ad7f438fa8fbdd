//! The program `train`, built for one image at a time: what it prints, and what it costs.

use super::board::{Board, COUNTED, Ended, TRAIN};
use super::{Bench, elf, expected, file_name};
use crate::process::{capture, run};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// A network that is trained: its image, and the bytes of memory it takes by how live weights are stored.
pub struct Trained {
    pub name: String,
    lens: [(&'static str, String); 2],
}

/// Networks whose training every board is to end with the same bytes; the first fits the smallest board.
const COMPARED: [&str; 2] = ["small", "mlp"];

/// What is measured: networks, and how their live weights are stored.
const MEASURED: [(&str, &str); 4] =
    [("small", "f32"), ("mlp", "f32"), ("mlp", "bf16"), ("ad", "bf16")];

/// Has the images written into the bench's directory.
pub fn images(bench: &Bench<'_>) -> Result<Vec<Trained>> {
    run(&mut bench.tree.cargo(&["build", "--quiet", "--release", "-p", "kastanet-bench"]))?;
    let tool = bench.tree.target.join("release").join("kastanet-bench");
    let text = capture(std::process::Command::new(tool).arg("train").arg(&bench.dir))?;
    let trained = |line: &str| -> Option<Trained> {
        let mut words = line.split(' ').map(String::from);
        let name = words.next()?;
        Some(Trained { name, lens: [("f32", words.next()?), ("bf16", words.next()?)] })
    };
    String::from_utf8(text)?
        .lines()
        .map(|line| trained(line).with_context(|| format!("the bench printed `{line}`")))
        .collect()
}

impl Trained {
    fn image(&self, bench: &Bench<'_>) -> PathBuf {
        bench.dir.join(format!("train-{}.kst", self.name))
    }

    /// The program with this image, and with memory for live weights stored in this way.
    fn build(
        &self,
        bench: &Bench<'_>,
        board: &Board,
        (program, storage): (&str, &str),
    ) -> Result<PathBuf> {
        let len = self.lens.iter().find(|(name, _)| *name == storage).map(|(_, len)| len);
        board.build_train(bench.tree, program, &self.image(bench), len.context("no such storage")?)
    }
}

/// Compares what the board prints with the files under git.
pub fn printed(bench: &Bench<'_>, board: &Board, trained: &Trained, overwrite: bool) -> Result<()> {
    let elf = trained.build(bench, board, (TRAIN, "f32"))?;
    let ended = board.run(bench, &elf, &[])?;
    let name = format!("train-{}", trained.name);
    expected::compare(bench, board, &elf, (&name, &ended), &ended.output, overwrite)
}

/// The networks that a board's training is compared for.
pub fn compared<'t>(board: &Board, all: &'t [Trained]) -> impl Iterator<Item = &'t Trained> {
    let names = if board.is_small() { &COMPARED[..1] } else { &COMPARED[..] };
    all.iter().filter(|trained| names.contains(&&*trained.name))
}

/// Counts the instructions of every step on a board; the outputs are files `BOARD-train-NAME-STORAGE.out`.
pub fn measure(bench: &Bench<'_>, board: &Board, all: &[Trained]) -> Result<()> {
    for (name, storage) in MEASURED {
        if board.is_small() && name != "small" {
            continue;
        }
        let trained = all.iter().find(|trained| trained.name == name).context("no such network")?;
        let elf = trained.build(bench, board, (COUNTED, storage))?;
        let output = bench.dir.join(format!("{}-train-{name}-{storage}.out", board.name));
        let Ended { code, output: text } = board.count(bench, &elf, &[storage], &output)?;
        let what = format!("{} {}", board.name, file_name(&output));
        ensure!(code == 0, "{what}: exit code {code}: {}", String::from_utf8_lossy(&text));
        let elf::Sizes { data, bss, .. } = elf::sizes(&std::fs::read(&elf)?)?;
        write(&output, &text, data + bss)?;
    }
    Ok(())
}

/// The output, with what the program has of static data.
fn write(path: &Path, text: &[u8], fixed: u32) -> Result<()> {
    let text = format!("{}static {fixed}\n", String::from_utf8_lossy(text));
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
