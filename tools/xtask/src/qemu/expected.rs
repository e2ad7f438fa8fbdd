//! The programs whose output is under git.

use super::{Bench, Board, DEMO, board::Ended, diff, model};
use crate::process::capture;
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::Path;

/// Builds the board's programs, those below and `load`, with the demo's image in their flash.
pub fn build(bench: &Bench<'_>, board: &Board) -> Result<()> {
    let demo = model::image(bench, &bench.root().join(DEMO))?;
    board.build(bench.tree, &["self_test", "lanes", "infer", "log", "load"], Some(&demo))
}

/// Compares what a program prints.
pub fn printed(bench: &Bench<'_>, board: &Board, program: &str, overwrite: bool) -> Result<()> {
    let elf = board.elf(bench.tree, program);
    let ended = board.run(bench, &elf, &[])?;
    compare(bench, board, &elf, (program, &ended), &ended.output, overwrite)
}

/// Compares what `log` logs.
pub fn log(bench: &Bench<'_>, board: &Board, overwrite: bool) -> Result<()> {
    let elf = board.elf(bench.tree, "log");
    let ended = board.run(bench, &elf, &[])?;
    let text = decode(bench, board, &elf)?;
    compare(bench, board, &elf, ("log", &ended), &text, overwrite)
}

/// The text of the frames that the program left in its output file.
fn decode(bench: &Bench<'_>, board: &Board, elf: &Path) -> Result<Vec<u8>> {
    let frames = bench.dir.join(format!("{}-{}.out", board.name, super::file_name(elf)));
    let args = ["run", "--quiet", "-p", "kastanet-boards-decode", "--"];
    capture(bench.tree.boards_cargo(&args).arg(elf).stdin(File::open(frames)?))
}

/// Compares what a program printed with the file of this name.
pub fn compare(
    bench: &Bench<'_>,
    board: &Board,
    elf: &Path,
    (program, ended): (&str, &Ended),
    text: &[u8],
    overwrite: bool,
) -> Result<()> {
    let found = String::from_utf8_lossy(text).replace("\r\n", "\n");
    if ended.code != 0 {
        bail!("{} {program} ended with exit code {}:\n{found}", board.name, ended.code);
    }
    let path = bench.tree.boards().join("expected").join(format!("{program}.txt"));
    if overwrite {
        fs::write(&path, &found).with_context(|| path.display().to_string())?;
    }
    let expected = fs::read_to_string(&path)
        .with_context(|| format!("{}; `cargo xtask qemu --overwrite` writes it", path.display()))?;
    if found != expected {
        let differs = diff::lines(&expected, &found);
        bail!("{} {program} differs from boards/expected/{program}.txt, {differs}", board.name);
    }
    board.report_ok(program, "as expected", elf)
}
