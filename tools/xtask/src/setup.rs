//! Installs what the tests need: compiler targets, Miri, emulators, the oracle, a browser.
//!
//! Everything is idempotent and silent where there is nothing to do, so that each check of
//! `test` asks for what it needs. Compilers are rustup's; what else is not installed is put under the
//! target directory, and the system is not changed.

mod chromium;
mod fashion;
mod miri;
mod oracle;
mod packages;
mod qemu;
mod targets;

use crate::tree::Tree;
use anyhow::{Result, ensure};
use std::sync::Mutex;

pub use chromium::Browser;
pub use fashion::fashion;
pub use oracle::oracle;
pub use qemu::Emulators;
pub use targets::TARGETS;

/// Checks run side by side, but only one of them installs.
static TURN: Mutex<()> = Mutex::new(());

/// The compiler's libraries for the boards.
pub fn targets() -> Result<()> {
    let _turn = TURN.lock();
    targets::targets()
}

/// The toolchain that has Miri.
pub fn miri() -> Result<&'static str> {
    let _turn = TURN.lock();
    miri::miri()
}

/// The emulators.
pub fn qemu(tree: &Tree) -> Result<Emulators> {
    let _turn = TURN.lock();
    qemu::qemu(tree)
}

/// The browser.
pub fn chromium(tree: &Tree) -> Result<Browser> {
    let _turn = TURN.lock();
    chromium::chromium(tree)
}

/// `cargo xtask setup`.
pub fn command(tree: &Tree, mut args: lexopt::Parser) -> Result<()> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    let results = [
        targets(),
        miri().map(drop),
        qemu(tree).map(drop),
        oracle(tree).map(drop),
        chromium(tree).map(drop),
    ];
    let failed: Vec<String> =
        results.into_iter().filter_map(|result| Some(format!("{:#}", result.err()?))).collect();
    ensure!(failed.is_empty(), "{}", failed.join("\n\nerror: "));
    println!("ready: cargo xtask test");
    Ok(())
}

/// One line for a step that takes a while.
fn say(what: &str) {
    println!("setup: {what}");
}
