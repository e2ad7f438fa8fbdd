//! An archive of arrays: a ZIP file with one `.npy` file each, stored or deflated.

use super::{Array, Fault, npy};
use crate::failure::Failure;
use crate::files::{self, MAX_BYTES};
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

/// An opened archive.
pub struct Archive<'a> {
    name: String,
    zip: ZipSliceArchive<Cow<'a, [u8]>>,
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
        match ZipArchive::from_slice(bytes) {
            Ok(zip) => Ok(Archive { name, zip }),
            Err(error) => {
                Err(bad(format!("it is no .npz archive: {error}")).of(&format!("`{name}`")))
            }
        }
    }

    /// The array called `key`.
    ///
    /// # Errors
    ///
    /// No such array, or one that is damaged or no array of numbers.
    pub fn array(&self, key: &str) -> Result<Array, Failure> {
        let whose = format!("array `{key}` of `{}`", self.name);
        let file = format!("{key}.npy");
        let mut known = vec![];
        for entry in self.zip.entries() {
            let entry = entry.map_err(|error| bad(error.to_string()).of(&whose))?;
            let path = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            if path == file {
                let array = self.read(&entry).and_then(|bytes| npy::parse(&bytes));
                return array.map_err(|fault| fault.of(&whose));
            }
            known.push(path);
        }
        let known = if known.is_empty() { "no arrays".into() } else { known.join(", ") };
        Err(Failure::new(format!("there is no {whose}"))
            .because(format!("the archive holds {known}"))
            .help(format!("save it with numpy.savez(…, {key}=…)")))
    }

    /// The bytes of an entry: no more than the directory says, and checked against it.
    fn read(&self, entry: &ZipFileHeaderRecord<'_>) -> Result<Cow<'_, [u8]>, Fault> {
        let len = entry.uncompressed_size_hint();
        if len > MAX_BYTES {
            return Err(bad(format!("it has {len} bytes, at most {MAX_BYTES} are read")));
        }
        let stored = self.zip.get_entry(entry.wayfinder());
        let stored = stored.map_err(|error| bad(error.to_string()))?;
        let bytes: Cow<'_, [u8]> = match entry.compression_method() {
            CompressionMethod::STORE => stored.data().into(),
            CompressionMethod::DEFLATE => decompress_to_vec_with_limit(stored.data(), len as usize)
                .map_err(|error| bad(format!("it does not inflate: {error}")))?
                .into(),
            other => return Err(bad(format!("it is compressed as {other}, expected deflate"))),
        };
        let mut verifier = stored.verifying_reader(&*bytes);
        let verified = std::io::copy(&mut verifier.by_ref(), &mut std::io::sink());
        verified.map_err(|error| bad(error.to_string())).map(|_| bytes)
    }
}

fn bad(what: String) -> Fault {
    Fault { what, help: "save the archive again with numpy.savez" }
}
