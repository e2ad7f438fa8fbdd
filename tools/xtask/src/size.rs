//! `cargo xtask size`: the flash that the runtime takes on each board.
//!
//! `boards/size` links what lies between an image's bytes and a network's outputs, at the settings of
//! a release, and nothing else: code and constants of its programs are the runtime's.

use crate::process::run;
use crate::qemu::{BOARDS, Board, flash_bytes};
use crate::setup;
use crate::tree::Tree;
use anyhow::{Result, ensure};
use lexopt::prelude::*;

/// The programs, what they have, and the most bytes that each may take on a Cortex-M4.
const PROGRAMS: [(&str, &str, u32); 2] = [
    ("all_operators", "every operator", 69 << 10),
    ("fully_connected", "fully connected layers only", 22 << 10),
];

/// The board that the limits are for.
const LIMITED: &str = "m4";

/// `cargo xtask size`.
pub fn command(tree: &Tree, mut args: lexopt::Parser) -> Result<()> {
    let (mut boards, mut json) = (Vec::new(), false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => json = true,
            Value(name) => boards.push(Board::named(&name.to_string_lossy())?),
            other => return Err(other.unexpected().into()),
        }
    }
    if boards.is_empty() {
        boards.extend(&BOARDS);
    }
    for board in boards {
        let [all, fully_connected] = sizes(tree, board)?;
        let name = board.name;
        match json {
            true => println!(
                "{{\"board\":\"{name}\",\"all_operators\":{all},\"fully_connected\":{fully_connected}}}"
            ),
            false => {
                println!("{name:<5} {all:>6} bytes, {fully_connected:>6} fully connected only")
            }
        }
    }
    Ok(())
}

/// The runtime is small where there is a limit.
pub fn check(tree: &Tree) -> Result<()> {
    let sizes = sizes(tree, Board::named(LIMITED)?)?;
    for ((_, what, most), found) in PROGRAMS.into_iter().zip(sizes) {
        println!("{LIMITED} {what}: {found} of {most} bytes");
        ensure!(found <= most, "the runtime with {what} takes {found} bytes, {most} are the most");
    }
    Ok(())
}

/// Bytes of each program.
fn sizes(tree: &Tree, board: &Board) -> Result<[u32; 2]> {
    setup::targets()?;
    let args = ["build", "--quiet", "--release", "-p", "kastanet-boards-size"];
    run(&mut board.cargo(tree, "load", &args))?;
    let mut sizes = [0; 2];
    for ((program, ..), size) in PROGRAMS.into_iter().zip(&mut sizes) {
        *size = flash_bytes(&std::fs::read(board.built(tree, program))?)?;
    }
    Ok(sizes)
}
