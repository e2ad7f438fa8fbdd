//! `cargo xtask qemu`: the boards' programs in QEMU.
//!
//! What a program prints is compared with a file under git, one for all boards; what a model gives
//! on a board is compared with what the host gives.

mod board;
mod diff;
mod elf;
mod expected;
mod model;
mod npy;
pub mod train;

use crate::setup::{self, Emulators};
use crate::tree::Tree;
use anyhow::{Result, ensure};
use lexopt::prelude::*;
use std::path::{Path, PathBuf};

pub use board::{BOARDS, Board};
pub use elf::flash_bytes;

/// The model whose results are under git.
const DEMO: &str = "tools/kastanet/demo/watch_sparse.tflite";

/// Models that are tried where they are at hand.
const MODELS_DIR: &str = "../shared/data/mlperf_tiny";
const MODELS: [&str; 2] = ["pretrainedResnet_quant.tflite", "kws_ref_model.tflite"];

/// `cargo xtask qemu`.
pub fn command(tree: &Tree, mut args: lexopt::Parser) -> Result<()> {
    let (mut boards, mut overwrite, mut model) = (Vec::new(), false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("overwrite") => overwrite = true,
            Long("model") => model = Some(absolute(args.value()?.into())?),
            Value(name) => boards.push(Board::named(&name.to_string_lossy())?),
            other => return Err(other.unexpected().into()),
        }
    }
    if boards.is_empty() {
        boards.extend(&BOARDS);
    }
    let bench = Bench::new(tree, tree.board_run())?;
    let failed = boards.into_iter().enumerate().map(|(index, board)| match &model {
        Some(model) => bench.failures([board
            .build(tree, &["load"], None)
            .and_then(|()| bench.model(board, model))]),
        // One board writes, the others are compared with it.
        None => bench.all(board, overwrite && index == 0),
    });
    verdict(failed.sum())
}

/// Every check on one board.
pub fn check(tree: &Tree, board: &Board) -> Result<()> {
    verdict(Bench::new(tree, tree.board_run())?.all(board, false))
}

/// What it takes to run programs.
pub struct Bench<'a> {
    pub tree: &'a Tree,
    emulators: Emulators,
    /// Where programs run and leave their files.
    pub dir: PathBuf,
}

impl<'a> Bench<'a> {
    pub fn new(tree: &'a Tree, dir: PathBuf) -> Result<Self> {
        setup::targets()?;
        let emulators = setup::qemu(tree)?;
        std::fs::create_dir_all(&dir)?;
        Ok(Bench { tree, emulators, dir })
    }

    /// The programs against the files, then the models against the host; gives how many failed.
    fn all(&self, board: &Board, overwrite: bool) -> usize {
        if let Err(error) = expected::build(self, board) {
            return self.failures([Err(error)]);
        }
        let texts = ["self_test", "lanes", "infer"];
        let texts = texts.map(|program| expected::printed(self, board, program, overwrite));
        let log = expected::log(self, board, overwrite);
        let trained = self.trained(board, overwrite).unwrap_or_else(|error| vec![Err(error)]);
        let models = MODELS.iter().map(|name| self.root().join(MODELS_DIR).join(name));
        let models = [self.root().join(DEMO)].into_iter().chain(models);
        let models = models.map(|model| self.model(board, &model));
        self.failures(texts.into_iter().chain([log]).chain(trained).chain(models))
    }

    /// What came of each network that learns on the board.
    fn trained(&self, board: &Board, overwrite: bool) -> Result<Vec<Result<()>>> {
        let all = train::images(self)?;
        let elf = train::build(self, board, &all)?;
        let each = train::compared(board, &all);
        Ok(each.map(|trained| train::printed(self, board, (&elf, trained), overwrite)).collect())
    }

    /// Prints what failed, as it fails, and counts.
    fn failures(&self, results: impl IntoIterator<Item = Result<()>>) -> usize {
        let errors = results.into_iter().filter_map(Result::err);
        errors.inspect(|error| println!("FAILED {error:#}")).count()
    }

    fn model(&self, board: &Board, path: &Path) -> Result<()> {
        if path.exists() || !path.starts_with(self.root().join(MODELS_DIR)) {
            return model::compare(self, board, path);
        }
        report(board, "load", &format!("skipped: {MODELS_DIR}/{} not present", file_name(path)));
        Ok(())
    }

    fn root(&self) -> &Path {
        &self.tree.root
    }
}

fn report(board: &Board, program: &str, what: &str) {
    println!("{:<5} {program:<10} {what}", board.name);
}

pub fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn verdict(failed: usize) -> Result<()> {
    ensure!(failed == 0, "{failed} programs failed, see above");
    Ok(())
}

/// As the user's shell means it, not as seen from the checkout's root.
fn absolute(path: PathBuf) -> Result<PathBuf> {
    Ok(std::path::absolute(path)?)
}
