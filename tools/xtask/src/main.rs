//! The developers' commands: `cargo xtask help`.

mod bench;
mod experiment;
mod no_panic;
mod process;
mod qemu;
mod setup;
mod size;
mod test;
mod tree;

use anyhow::Result;
use lexopt::prelude::*;
use std::process::ExitCode;
use tree::Tree;

const HELP: &str = "\
cargo xtask COMMAND

  setup                           install what the tests need, or say what to install
  test [STEP…]                    every check, or the steps named; `test --list` lists them
  qemu [BOARD…] [--overwrite]     the boards' programs in QEMU against boards/expected;
                                  --overwrite writes those files instead
  qemu [BOARD…] --model FILE      a model (.kst or .tflite) on the boards against the host
  bench [--board B]… [--case C]… [--sparsity S]… [--format F]… [--unit U]… [--json] [--layers]
        [--record] [--plot]
                                  instructions, bytes and stack of networks on the boards;
                                  --record puts them under docs/results/bench and fails where
                                  they grew, --plot draws what is recorded
  bench --costs [--board B]…      what formats cost on the boards, to the table that pack goes by
  bench --peer [--board B]…       builds CMSIS-NN and counts it, to the table of its layers
  experiment NAME [--seeds N] [--continue] [--json]
                                  Top-KAST beside other ways to train with few weights, on
                                  Fashion-MNIST: fashion, refresh, explore, penalty, cnn, speed;
                                  results go to docs/results/experiments; --continue keeps those
                                  that are there
  size [BOARD…] [--json]          bytes of flash that the runtime takes, with every operator and with
                                  fully connected layers only
  help                            this text

  cargo xtask test fmt clippy
  cargo xtask qemu m4 --model model.kst
  cargo xtask bench --board m4 --case fc256 --sparsity 0.9 --format delta8
";

fn main() -> ExitCode {
    match command(lexopt::Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<lexopt::Error>() => {
            eprintln!("error: {error}; see `cargo xtask help`");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(mut args: lexopt::Parser) -> Result<()> {
    let tree = Tree::find()?;
    match args.next()? {
        Some(Value(name)) => match &*name.to_string_lossy() {
            "setup" => setup::command(&tree, args),
            "test" => test::command(&tree, args),
            "qemu" => qemu::command(&tree, args),
            "bench" => bench::command(&tree, args),
            "experiment" => experiment::command(&tree, args),
            "size" => size::command(&tree, args),
            "help" => help(),
            other => Err(usage(format!("no command `{other}`"))),
        },
        Some(Short('h') | Long("help")) => help(),
        Some(other) => Err(other.unexpected().into()),
        None => Err(usage("a command is missing".into())),
    }
}

fn help() -> Result<()> {
    print!("{HELP}");
    Ok(())
}

/// An error of the command line: exit code 2.
fn usage(message: String) -> anyhow::Error {
    lexopt::Error::Custom(message.into()).into()
}
