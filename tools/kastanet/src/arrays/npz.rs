//! An archive of arrays: a ZIP file with one `.npy` file each, stored or deflated.

use super::{Array, Fault, npy};
use crate::failure::Failure;
use crate::files::{self, MAX_BYTES};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// An opened archive.
pub struct Archive<'a> {
    name: String,
    zip: ZipArchive<Cursor<Cow<'a, [u8]>>>,
}

impl Archive<'static> {
    /// Opens a `.npz` file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is no archive.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::new(path.display().to_string(), files::read(path)?.into())
    }
}

impl<'a> Archive<'a> {
    /// Opens an archive in memory; `name` is for messages.
    ///
    /// # Errors
    ///
    /// Bytes that are no archive.
    pub fn new(name: impl Into<String>, bytes: Cow<'a, [u8]>) -> Result<Self, Failure> {
        let name = name.into();
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            Failure::new(format!("cannot use `{name}`"))
                .because(format!("it is not a .npz archive: {error}"))
                .help("save it with numpy.savez")
        })?;
        Ok(Archive { name, zip })
    }

    /// The array called `key`.
    ///
    /// # Errors
    ///
    /// No such array, or one that is damaged or no array of numbers.
    pub fn array(&mut self, key: &str) -> Result<Array, Failure> {
        let whose = format!("array `{key}` of `{}`", self.name);
        let bytes = self.entry(key, &whose)?;
        npy::parse(&bytes).map_err(|fault| fault.of(&whose))
    }

    fn entry(&mut self, key: &str, whose: &str) -> Result<Vec<u8>, Failure> {
        let file = format!("{key}.npy");
        let known: Vec<_> = self.zip.file_names().filter_map(Result::ok).collect();
        if !known.iter().any(|name| *name == file) {
            let known = if known.is_empty() { "no arrays".into() } else { known.join(", ") };
            return Err(Failure::new(format!("there is no {whose}"))
                .because(format!("it holds {known}"))
                .help(format!("save it with numpy.savez(..., {key}=...)")));
        }
        let bad = |what: String| Fault { what, help: "save the archive again with numpy.savez" };
        let entry = self.zip.by_name(&file).map_err(|error| bad(error.to_string()).of(whose))?;
        let mut bytes = vec![];
        let read = entry.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| bad(error.to_string()).of(whose))?;
        match bytes.len() as u64 <= MAX_BYTES {
            true => Ok(bytes),
            false => Err(bad(format!("it has more than {MAX_BYTES} bytes")).of(whose)),
        }
    }
}
