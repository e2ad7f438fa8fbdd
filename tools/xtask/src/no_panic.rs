//! That nothing in firmware can panic between an image's bytes and a network's outputs, or while it learns.

use crate::process::run;
use crate::qemu::Board;
use crate::setup;
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use std::process::Output;

/// Links a network as this board's firmware is, one that runs and one that learns, and looks for panics in
/// what the linker kept; one that is known must be found.
pub fn check(tree: &Tree, board: &Board) -> Result<()> {
    setup::targets()?;
    let mut command = board.builds(tree, "load");
    // What learns is compiled from the same source for all, by a compiler for each of these.
    let learns = board.is_unlike().then_some("no_panic_train");
    for program in ["no_panic", "one_panic"].into_iter().chain(learns) {
        command.args(["--bin", program]);
    }
    run(&mut command)?;
    for program in ["no_panic"].into_iter().chain(learns) {
        let (none, places) = panics(tree, board, program)?;
        ensure!(none, "{program} can panic:\n{places}");
    }
    let (none, places) = panics(tree, board, "one_panic")?;
    let found = !none && places.lines().count() == 1 && places.contains("one_panic.rs:");
    ensure!(found, "only the panic in one_panic.rs is to be found, but found is:\n{places}");
    Ok(())
}

/// Whether nothing in the program can panic, and the places that can.
fn panics(tree: &Tree, board: &Board, program: &str) -> Result<(bool, String)> {
    let args = ["run", "--quiet", "-p", "kastanet-boards-panics", "--"];
    let mut command = tree.boards_cargo(&args);
    command.arg(board.built(tree, program));
    let Output { status, stdout, stderr } = command.output()?;
    let stderr = String::from_utf8_lossy(&stderr);
    ensure!(matches!(status.code(), Some(0 | 3)), "kastanet-boards-panics: {stderr}");
    Ok((status.success(), String::from_utf8(stdout).context("the places' text")?))
}
