//! The outside oracle: TFLite Micro's interpreter, in a Python environment of its own.

use crate::process::{capture, run};
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NO_VENV: &str = "the tests' oracle needs Python 3 with the module venv:
    Debian, Ubuntu  apt-get install python3-venv
    others          install Python 3 from https://www.python.org
    (KASTANET_PYTHON names another interpreter than python3)";

/// The environment's interpreter; makes the environment anew where the requirements changed.
pub fn oracle(tree: &Tree) -> Result<PathBuf> {
    let wanted = tree.root.join("host-tests/oracle/requirements.txt");
    let wanted = fs::read(&wanted).with_context(|| wanted.display().to_string())?;
    let home = tree.target.join("oracle");
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = home.join("requirements.txt");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) && python.exists() {
        return Ok(python);
    }
    super::say("the TFLite Micro oracle");
    create(&home)?;
    install(tree, &python)?;
    // Last, so that an environment that was not finished is made again.
    fs::write(&installed, wanted)?;
    Ok(python)
}

fn create(home: &Path) -> Result<()> {
    let python = std::env::var_os("KASTANET_PYTHON").unwrap_or("python3".into());
    capture(Command::new(python).args(["-m", "venv", "--clear"]).arg(home)).context(NO_VENV)?;
    Ok(())
}

fn install(tree: &Tree, python: &Path) -> Result<()> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    run(pip.args(["-r", "host-tests/oracle/requirements.txt"]).current_dir(&tree.root))
        .context("the oracle's packages")
}
