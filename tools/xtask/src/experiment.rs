//! `cargo xtask experiment`: Top-KAST beside other ways to train with few weights.
//!
//! The package `kastanet-experiment` trains; here it is given the data set and a place for its results.

use crate::process::run;
use crate::setup;
use crate::tree::Tree;
use anyhow::Result;
use lexopt::prelude::*;
use std::process::Command;

/// Where results are under git.
const RESULTS: &str = "docs/results/experiments";

/// What measures time, beside NumPy.
const SPEED: &str = "speed";

/// What has its data in the repository.
const WEARERS: (&str, &str) = ("wearers", "tools/kastanet/demo/watch.npz");

/// `cargo xtask experiment`.
pub fn command(tree: &Tree, mut args: lexopt::Parser) -> Result<()> {
    let (mut name, mut options) = (None, Vec::new());
    while let Some(arg) = args.next()? {
        match arg {
            Long(name @ ("json" | "continue")) => options.push(format!("--{name}").into()),
            Long("seeds") => options.extend(["--seeds".into(), args.value()?]),
            Value(value) if name.is_none() => name = Some(value),
            other => return Err(other.unexpected().into()),
        }
    }
    let name = name.ok_or_else(|| crate::usage("the experiment's name is missing".into()))?;
    run(&mut tree.cargo(&["build", "--quiet", "--release", "-p", "kastanet-experiment"]))?;
    let tool = format!("kastanet-experiment{}", std::env::consts::EXE_SUFFIX);
    let mut tool = Command::new(tree.target.join("release").join(tool));
    let data = match name == WEARERS.0 {
        true => tree.root.join(WEARERS.1),
        false => setup::fashion(tree)?,
    };
    tool.arg("--data").arg(data);
    tool.arg("--results").arg(tree.root.join(RESULTS));
    if name == SPEED {
        tool.arg("--python").arg(setup::oracle(tree)?);
    }
    run(tool.arg(name).args(options))
}
