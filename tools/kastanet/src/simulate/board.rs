//! What a board has: a profile in TOML.
//!
//! ```toml
//! name = "nRF52840"
//! ram = 262144                        # bytes
//! flash = 1048576                     # bytes
//! page = 4096                         # bytes that are erased at once
//! log_pages = 48                      # pages that the log may have
//! endurance = 10000                   # times that a page can be erased
//! megahertz = 64.0
//! cycles_per_instruction = 1.3
//! nanojoules_per_instruction = 0.2
//! microjoules_per_erase = 1500.0
//! ```

use super::Ram;
use crate::failure::Failure;
use crate::report::number;
use serde::Deserialize;
use thiserror::Error;

/// What a board has.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// What it is called.
    pub name: String,
    /// Bytes of RAM.
    pub ram: u64,
    /// Bytes of flash.
    pub flash: u64,
    /// Bytes of a page.
    pub page: u32,
    /// Pages that the log may have; without it, as many as three states need.
    pub log_pages: Option<u32>,
    /// Times that a page can be erased.
    pub endurance: u32,
    /// Of the clock.
    pub megahertz: f64,
    /// Of the core, on the mean.
    pub cycles_per_instruction: f64,
    /// Energy of an instruction.
    pub nanojoules_per_instruction: f64,
    /// Energy of erasing a page.
    pub microjoules_per_erase: f64,
}

/// Why there is no board.
#[derive(Debug, Error)]
pub enum BoardError {
    /// It is not TOML, a key is missing, or one is not known.
    #[error("{0}")]
    Syntax(String),
    /// A number that cannot be.
    #[error("{0} must be above 0 and finite")]
    Number(&'static str),
}

impl Board {
    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// What is not one.
    pub fn parse(text: &str) -> Result<Self, BoardError> {
        let board: Board =
            toml::from_str(text).map_err(|error| BoardError::Syntax(error.message().into()))?;
        let numbers = [
            ("megahertz", board.megahertz),
            ("cycles_per_instruction", board.cycles_per_instruction),
            ("nanojoules_per_instruction", board.nanojoules_per_instruction),
            ("microjoules_per_erase", board.microjoules_per_erase),
            ("endurance", board.endurance.into()),
            ("page", board.page.into()),
        ];
        match numbers.into_iter().find(|(_, number)| !(number.is_finite() && *number > 0.0)) {
            Some((what, _)) => Err(BoardError::Number(what)),
            None => Ok(board),
        }
    }

    /// Bytes of the log for states of `state` bytes.
    pub(super) fn log(&self, state: usize, chunk: usize) -> u32 {
        let page = u64::from(self.page);
        // Two banks, each with room for a state and half of another, and for heads.
        let bank = (state as u64 * 3 / 2 + state as u64 / chunk as u64 * 4 + 256).div_ceil(page);
        let pages = self.log_pages.map_or(2 * bank, u64::from);
        (pages * page).min(1 << 30) as u32
    }

    /// Whether RAM and flash are enough.
    pub(super) fn check(&self, ram: &Ram, flash: u64) -> Result<(), Failure> {
        let short = |what: &str, needed: u64, has: u64, help: &str| {
            let (needed, has) = (number(needed as usize), number(has as usize));
            Err(Failure::new(format!("{} is too small", self.name))
                .because(format!("{needed} bytes of {what} are needed, it has {has}"))
                .help(help.to_string()))
        };
        let all = ram.all() as u64;
        match () {
            () if all > self.ram => short(
                "RAM",
                all,
                self.ram,
                "keep fewer samples with `--replay`, take `--bf16`, or pack with `--recompute` or a smaller `--backward`",
            ),
            () if flash > self.flash => short(
                "flash",
                flash,
                self.flash,
                "give the log fewer pages, or pack with a smaller reserve",
            ),
            () => Ok(()),
        }
    }

    pub(super) fn no_page(&self, page: u32) -> Failure {
        Failure::new(format!("{} has pages of {page} bytes", self.name))
            .because("pages from 256 bytes to 256 KiB are supported, powers of two")
            .help("give the size of the sectors that are erased")
    }
}
