//! Ctrl-C as a request to stop when it suits.

use crate::failure::Failure;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether somebody has asked to stop.
pub struct Interrupted(());

/// From now on an interrupt does not end the program; a second one does.
pub fn watch() -> Result<Interrupted, Failure> {
    let asked = || {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    match ctrlc::set_handler(asked) {
        Ok(()) => Ok(Interrupted(())),
        Err(error) => Err(Failure::new("cannot watch for interrupts").because(error)),
    }
}

impl Interrupted {
    /// Whether that is so.
    pub fn now(&self) -> bool {
        ASKED.load(Ordering::Relaxed)
    }
}
