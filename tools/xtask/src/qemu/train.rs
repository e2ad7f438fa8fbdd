//! The program `train`, with the images of some networks: what it prints, and what it costs.

use super::board::{Board, Ended};
use super::{Bench, elf, expected, file_name};
use crate::process::capture;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// A network that is trained.
pub struct Trained {
    pub name: String,
    /// Its place among the images.
    number: String,
    /// The bytes of memory it takes, by how live weights are stored.
    lens: [(&'static str, usize); 2],
}

/// The images in the program's flash, one after another; and the first of them, where flash is small.
const IMAGES: [&str; 2] = ["train.kst", "train-few.kst"];

/// Networks whose training every board is to end with the same bytes; the first fits the smallest board.
const COMPARED: [&str; 2] = ["small", "mlp"];

/// What is measured: networks, and how their live weights are stored.
const MEASURED: [(&str, &str); 4] =
    [("small", "f32"), ("mlp", "f32"), ("mlp", "bf16"), ("ad", "bf16")];

/// Has the images written into the bench's directory.
pub fn images(bench: &Bench<'_>) -> Result<Vec<Trained>> {
    let text = capture(bench.tree.tool("kastanet-bench")?.arg("train").arg(&bench.dir))?;
    let trained = |(number, line): (usize, &str)| -> Option<Trained> {
        let mut words = line.split(' ').map(String::from);
        let (name, number) = (words.next()?, number.to_string());
        let mut len = || words.next()?.parse().ok();
        Some(Trained { name, number, lens: [("f32", len()?), ("bf16", len()?)] })
    };
    let text = String::from_utf8(text)?;
    let lines = text.lines().enumerate();
    lines
        .map(|line| trained(line).with_context(|| format!("the bench printed `{}`", line.1)))
        .collect()
}

/// The program, with memory for all that is measured.
pub fn build(bench: &Bench<'_>, board: &Board, all: &[Trained]) -> Result<PathBuf> {
    let len = most(board, all)?.to_string();
    let [images, few] = IMAGES;
    let file = if board.has_little_flash() { few } else { images };
    board.build_train(bench.tree, &bench.dir.join(file), &len)
}

/// The bytes of memory that the program has.
fn most(board: &Board, all: &[Trained]) -> Result<usize> {
    let measured = MEASURED.into_iter().filter(|(name, _)| runs(board, name));
    let mut lens = measured.map(|(name, storage)| named(all, name)?.len(storage));
    lens.try_fold(0, |most, len| Ok(len?.max(most)))
}

fn named<'t>(all: &'t [Trained], name: &str) -> Result<&'t Trained> {
    all.iter().find(|trained| trained.name == name).context("no such network")
}

impl Trained {
    fn len(&self, storage: &str) -> Result<usize> {
        let len = self.lens.iter().find(|(name, _)| *name == storage);
        len.map(|(_, len)| *len).context("no such storage")
    }
}

/// Compares what the board prints with the files under git.
pub fn printed(
    bench: &Bench<'_>,
    board: &Board,
    (elf, trained): (&Path, &Trained),
    overwrite: bool,
) -> Result<()> {
    let ended = board.run(bench, elf, &[&trained.number])?;
    let name = format!("train-{}", trained.name);
    expected::compare(bench, board, elf, (&name, &ended), &ended.output, overwrite)
}

/// The networks that a board's training is compared for.
pub fn compared<'t>(board: &Board, all: &'t [Trained]) -> impl Iterator<Item = &'t Trained> {
    all.iter().filter(|trained| COMPARED.contains(&&*trained.name) && runs(board, &trained.name))
}

/// Counts the instructions of every step on a board; the outputs are files `BOARD-train-NAME-STORAGE.out`.
pub fn measure(bench: &Bench<'_>, board: &Board, all: &[Trained]) -> Result<()> {
    let elf = build(bench, board, all)?;
    let elf::Sizes { data, bss, .. } = elf::sizes(&std::fs::read(&elf)?)?;
    // The memory of the network that is trained is counted by the program.
    let fixed = (data + bss) as usize - most(board, all)?;
    for (name, storage) in MEASURED.into_iter().filter(|(name, _)| runs(board, name)) {
        let output = bench.dir.join(format!("{}-train-{name}-{storage}.out", board.name));
        let args = [&*named(all, name)?.number, storage];
        let Ended { code, output: text } = board.count(bench, &elf, &args, &output)?;
        let what = format!("{} {}", board.name, file_name(&output));
        ensure!(code == 0, "{what}: exit code {code}: {}", String::from_utf8_lossy(&text));
        write(&output, &text, fixed)?;
    }
    Ok(())
}

/// Whether a network is one for this board.
fn runs(board: &Board, name: &str) -> bool {
    match (board.is_small(), board.has_little_flash()) {
        (true, _) => name == COMPARED[0],
        (_, true) => COMPARED.contains(&name),
        _ => true,
    }
}

/// The output, with what the program has of static data.
fn write(path: &Path, text: &[u8], fixed: usize) -> Result<()> {
    let text = format!("{}static {fixed}\n", String::from_utf8_lossy(text));
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
