//! Where things are.

use crate::process::run;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout and its target directory.
pub struct Tree {
    /// The workspace's root.
    pub root: PathBuf,
    /// Where cargo builds, wherever it was told to.
    pub target: PathBuf,
    /// Checks that run side by side have a lane each, in which their boards' programs are built and run.
    lane: usize,
}

impl Tree {
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        // This program is <target>/<profile>/xtask.
        let this = std::env::current_exe()?;
        let target = this.ancestors().nth(2);
        Ok(Tree {
            root: root.context("xtask is not in tools/xtask")?.into(),
            target: target.context("xtask was not built by cargo")?.into(),
            lane: 0,
        })
    }

    /// The same tree, seen from another lane.
    pub fn lane(&self, lane: usize) -> Self {
        Tree { root: self.root.clone(), target: self.target.clone(), lane }
    }

    /// Where this lane builds boards' programs.
    pub fn board_target(&self) -> PathBuf {
        self.target.join(format!("boards-{}", self.lane))
    }

    /// Where this lane runs them.
    pub fn board_run(&self) -> PathBuf {
        self.target.join("qemu").join(format!("run-{}", self.lane))
    }

    /// The boards' workspace.
    pub fn boards(&self) -> PathBuf {
        self.root.join("boards")
    }

    /// `cargo` with this target directory, in the checkout's root.
    pub fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.current_dir(&self.root).args(args).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A tool of this workspace, built as the tests build it: where they have run, it is there already.
    pub fn tool(&self, name: &str) -> Result<Command> {
        let args = ["build", "--quiet", "--workspace", "--bin", "kastanet", "--bin"];
        run(self.cargo(&args).arg("kastanet-bench"))?;
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        Ok(Command::new(self.target.join("debug").join(file)))
    }

    /// The same as [`Tree::cargo`] in the boards' workspace, with a target directory of its own: for what runs
    /// on the host.
    pub fn boards_cargo(&self, args: &[&str]) -> Command {
        let mut command = self.cargo(args);
        command.current_dir(self.boards()).env("CARGO_TARGET_DIR", self.target.join("boards"));
        command
    }
}
