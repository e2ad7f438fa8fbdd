//! The run that a file of weights was written by.

use crate::failure::Failure;
use crate::tune::History;
use safetensors::SafeTensors;
use std::path::Path;

/// Where a run lies in the file's metadata.
pub const RUN: &str = "kastanet.run";

/// The run that weights come from, where their file says it.
///
/// # Errors
///
/// What is no safetensors file, or a run that this version cannot read.
pub fn recorded(path: &Path, bytes: &[u8]) -> Result<Option<History>, Failure> {
    let failed = || Failure::new(format!("cannot use the weights `{}`", path.display()));
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| {
        failed()
            .because(format!("it is no safetensors file, or a damaged one: {error}"))
            .help("give what `kastanet tune` wrote")
    })?;
    let Some(run) = header.metadata().as_ref().and_then(|texts| texts.get(RUN)) else {
        return Ok(None);
    };
    serde_json::from_str(run).map(Some).map_err(|error| {
        failed()
            .because(format!("its run, `{RUN}` in the metadata, cannot be read: {error}"))
            .help("tune again with this version of kastanet, or leave --weights away")
    })
}
