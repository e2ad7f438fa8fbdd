//! Samples for a command.

use super::progress::Progress;
use crate::data::{self, Data, Wanted};
use crate::failure::Failure;
use std::path::Path;

/// Reads samples, with a bar where that takes long.
pub(super) fn open(path: &Path, wanted: &Wanted) -> Result<Data, Failure> {
    let mut progress = None;
    let mut after = |all| progress.get_or_insert_with(|| Progress::new(all, "reading")).step();
    data::open(path, wanted, &mut after)
}
